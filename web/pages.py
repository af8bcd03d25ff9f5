"""The lead form. Without JavaScript it shows the phone number instead."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.doors import doors

routes = Blueprint("pages", __name__)


@routes.app_context_processor
def phone() -> dict[str, str]:
    """The way out of every page."""
    number = doors().settings.nextnest_phone_fallback
    return {"phone": number, "phone_link": "tel:" + "".join(c for c in number if c.isdigit() or c == "+")}


@routes.get("/")
def home() -> ResponseReturnValue:
    """The lead form."""
    return render_template("form.html")
