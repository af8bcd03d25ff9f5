"""The lead form's route. The lead is committed before anything else is tried: from then on it cannot be lost."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import psycopg
import structlog
from flask import Blueprint
from flask.typing import ResponseReturnValue

from nextnest import deferring
from nextnest.errors import NextNestError
from nextnest.lead_form import InvalidLead, parse_lead
from nextnest.models import Lead
from nextnest.opening import Opened, OpeningRules, open_lead
from nextnest.rules.scoring import lead_score
from nextnest.settings import Settings
from nextnest.store import leads
from web.doors import Doors, Outside, doors
from web.incoming import count, parse_json, read_body, sender, veiled
from web.robots import FASTEST_S

log = structlog.get_logger(__name__)
routes = Blueprint("conversations", __name__)

_LARGEST_FORM = 64 * 1024
_FORMS_PER_MINUTE = 20
# Of one e-mail or phone number, from wherever they come: a person who presses again and again is well below that.
_FORMS_PER_CONTACT = 5
# How long somebody looks at "connecting" before a page that says "we have it, we are on our way" is kinder.
_PATIENCE_S = 8.0
_EXPECTED = {
    "website": "nothing: people do not see this field",
    "renderedAt": "a page made more than a second ago: nobody fills in the form so fast",
}


@routes.post("/api/chatwoot-conversation")
def open_conversation() -> ResponseReturnValue:
    """Keep the lead, open its conversation while the customer waits, or leave that to a job."""
    here = doors()
    count(here, f"lead-{sender(here)}", _FORMS_PER_MINUTE)
    raw = parse_json(read_body(_LARGEST_FORM))
    try:
        lead = parse_lead(raw)
    except InvalidLead as invalid:
        return _refuse(here, raw, invalid)
    # Before the contact's forms are counted: coming once more costs nobody one of the few she may send.
    if field := _suspected_field(here, raw, lead):
        return _ask_again(here, raw, lead, field)
    for address in (lead.email, lead.phone):
        count(here, f"contact-{veiled(here, address)}", _FORMS_PER_CONTACT)
    score = lead_score(lead)
    with here.transaction() as conn:
        lead_id = leads.keep(conn, raw=raw, lead=lead, score=score)
    log.info("lead kept", lead_id=str(lead_id), lead_score=score.total, flags=lead.flags)
    opened = _open_now(here, lead_id)
    if opened is None:
        return _open_later(here, lead_id)
    return _opened(here, opened)


def _refuse(here: Doors, raw: object, invalid: InvalidLead) -> ResponseReturnValue:
    problems = [problem.as_json() for problem in invalid.problems]
    _keep_refused(here, raw, problems)
    log.info("lead refused", fields=[problem.field for problem in invalid.problems])
    return {
        "success": False,
        "error": "Some fields need another look.",
        "problems": problems,
        "phoneFallback": here.settings.nextnest_phone_fallback,
    }, 400


def _suspected_field(here: Doors, raw: object, lead: Lead) -> str | None:
    """What makes a form look like a program's; None for a person's, and when it came once more as it was asked to."""
    robots, now = here.robots(), time.time()
    field = robots.suspected_field(raw, now)
    return None if field is None or robots.came_again(raw, lead.email, now) else field


def _ask_again(here: Doors, raw: object, lead: Lead, field: str) -> ResponseReturnValue:
    """The page sends it once more by itself; people read the sentence only where that did not help."""
    _keep_refused(here, raw, [{"field": field, "expected": _EXPECTED[field]}])
    log.info("lead asked to come again", field=field)
    return {
        "success": False,
        "error": "This looked as if a program had sent it. If you are a person, please send it once more, or call us.",
        "field": field,
        "expected": _EXPECTED[field],
        "again": here.robots().ask_again(lead.email, time.time()),
        "afterSeconds": FASTEST_S,
        "phoneFallback": here.settings.nextnest_phone_fallback,
    }, 422


def _keep_refused(here: Doors, raw: object, problems: list[dict[str, str]]) -> None:
    """Nobody's request is thrown away: a form we do not take is kept with what is wrong with it."""
    with here.transaction() as conn:
        leads.keep_rejected(conn, raw=raw, problems=problems)


def _open_now(here: Doors, lead_id: UUID) -> Opened | None:
    """The conversation, or None when Chatwoot or the database was not there in time."""
    rules = _rules(here.settings)

    async def ask(outside: Outside) -> Opened:
        opened = await open_lead(outside.pool, outside.chatwoot, lead_id, rules)
        if opened.to_engage:
            outside.manager.begin(opened.conversation_id)
        return opened

    try:
        return here.ask_outside(ask, _PATIENCE_S)
    except (NextNestError, TimeoutError, psycopg.OperationalError) as error:
        log.warning("lead left to a job", lead_id=str(lead_id), error=type(error).__name__)
        return None


def _rules(settings: Settings) -> OpeningRules:
    return OpeningRules(
        reuse_days=settings.nextnest_reuse_days,
        settle_s=settings.chatwoot_settle_s,
        rollout_percentage=settings.queue_rollout_percentage,
    )


def _open_later(here: Doors, lead_id: UUID) -> ResponseReturnValue:
    """The lead is kept, so this is no failure; should even the job not be deferred, upkeep defers it."""
    try:
        with here.transaction() as conn:
            deferring.open_conversation(lead_id).defer_sync(conn)
    except psycopg.OperationalError:
        log.warning("lead left to upkeep", lead_id=str(lead_id))
    return {
        "success": True,
        "pending": True,
        "leadId": str(lead_id),
        "chatUrl": here.links().url(lead_id),
        "phoneFallback": here.settings.nextnest_phone_fallback,
    }, 202


def _opened(here: Doors, opened: Opened) -> ResponseReturnValue:
    body: dict[str, Any] = {
        "success": True,
        "conversationId": opened.conversation_id,
        "contactId": opened.contact_id,
        "reused": opened.reused,
        "leadScore": opened.lead_score,
        "chatUrl": here.links().url(opened.lead_id),
    }
    return body, 200 if opened.reused else 201
