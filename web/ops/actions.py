"""What was done through the console, by whom."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from nextnest.store import operator_actions
from web.doors import doors
from web.ops.access import signed_in

TITLE = "Log"
routes = Blueprint("ops_actions", __name__, url_prefix="/ops")

_AT_ONCE = 100


@routes.get("/log")
@signed_in
def page() -> ResponseReturnValue:
    """The newest actions, or those older than `before`."""
    with doors().transaction() as conn:
        rows = operator_actions.recent(conn, request.args.get("before", type=int), _AT_ONCE)
    older = rows[-1]["id"] if len(rows) == _AT_ONCE else None
    return render_template("ops/actions.html", rows=rows, older=older)
