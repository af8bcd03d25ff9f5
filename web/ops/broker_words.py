"""Editing a broker's words, with what the customer would read beside them. Routes of the brokers' page."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nextnest import staffing
from nextnest.models import Broker
from nextnest.rules.broker_wording import LONGEST, PLACEHOLDERS, SAMPLES, Wording, problems
from nextnest.rules.greeting import greeting, joined_line
from nextnest.rules.prompt import who
from nextnest.rules.prompts import texts_named
from nextnest.staffing import Refused
from web.doors import doors
from web.ops.access import acting, operators_only, signed_in
from web.ops.brokers import routes, the_broker

# Five texts that are too long, twice; whatever is longer was not typed.
_LARGEST_FORM = 64 * 1024
_SHOWN = "shown_"


@routes.get("/brokers/<slug>")
@signed_in
def broker(slug: str) -> ResponseReturnValue:
    """Her words, and a form to change them."""
    found = the_broker(slug)
    wording = Wording.of(found)
    return _form(found, shown=wording, wording=wording)


@routes.post("/brokers/<slug>/preview")
@operators_only
def preview(slug: str) -> ResponseReturnValue:
    """What customer and model would read with the words of the form. Changes nothing."""
    return render_template("ops/broker_preview.html", **_previewed(the_broker(slug), _given()))


@routes.post("/brokers/<slug>/wording")
@operators_only
def wording(slug: str) -> ResponseReturnValue:
    """Keep the words, if they may be said and nobody else has changed them meanwhile."""
    found, wanted = the_broker(slug), _given()
    shown = Wording(
        **{name: request.form.get(f"{_SHOWN}{name}", "").replace("\r\n", "\n") for name in LONGEST}
    )
    changes = wanted.changes(shown)
    if not changes:
        flash("Nothing was changed.", "good")
        return redirect(url_for("ops_brokers.broker", slug=slug), 303)
    if problems(wanted, found):
        return _form(found, shown=shown, wording=wanted), 400
    was = {f"{name}_was": before for name, (before, _) in changes.items()}
    now = {f"{name}_now": after for name, (_, after) in changes.items()}
    try:
        with acting("change-wording", f"broker {slug}", conversation_id=None, **was, **now) as conn:
            done = staffing.change_wording(conn, slug, shown=shown, wanted=wanted)
    except Refused as refused:
        flash(str(refused), "bad")
        return _form(found, shown=Wording.of(found), wording=wanted), 409
    flash(done, "good")
    return redirect(url_for("ops_brokers.broker", slug=slug), 303)


def _given() -> Wording:
    request.max_content_length = _LARGEST_FORM
    return Wording.read(request.form)


def _form(broker: Broker, *, shown: Wording, wording: Wording) -> str:
    return render_template(
        "ops/broker.html",
        broker=broker,
        shown=shown,
        longest=LONGEST,
        placeholders=PLACEHOLDERS,
        samples=SAMPLES,
        **_previewed(broker, wording),
    )


def _previewed(broker: Broker, wording: Wording) -> dict[str, object]:
    chosen = request.form.get("sample", "")
    chosen = chosen if chosen in SAMPLES else next(iter(SAMPLES))
    speaking = wording.spoken_by(broker)
    texts = texts_named(doors().settings.nextnest_prompt_version)
    return {
        "wording": wording,
        "found": problems(wording, broker),
        "sample": chosen,
        "joined": joined_line(speaking),
        "greets": greeting(speaking, SAMPLES[chosen]),
        "told": who(texts, speaking),
    }
