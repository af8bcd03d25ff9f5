"""One thing that happened in a conversation, in the words of the page.

Every kind of the story has a function that makes a Moment's fields of its facts. What a customer said or told us is `text`
or a detail marked personal: the page masks both for viewers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nextnest.store.statements import Row
from web.ops import talking_moments as talking
from web.ops import working_moments as working
from web.ops.wording import Detail, Facts


@dataclass(frozen=True, kw_only=True)
class Moment:
    """`word` says what it is, `title` which; `mark` is a state with the kind of its pill; `facts` are short.

    `job` is the number of the job it is about. `raw` is what the story holds of it.
    """

    at: datetime
    kind: str
    id: str
    icon: str
    word: str
    title: str = ""
    mark: tuple[str, str] | None = None
    facts: tuple[str, ...] = ()
    text: str | None = None
    details: tuple[Detail, ...] = ()
    side: str = "inside"
    minor: bool = False
    by_people: bool = False
    ends_turn: bool = False
    job: int | None = None
    raw: Facts


def moment(row: Row) -> Moment:
    """A row of the story as the page shows it."""
    kind, facts = row["kind"], dict(row["facts"])
    shown = _KINDS[kind](facts)
    key = facts.get("id") or facts.get("job_id") or int(row["at"].timestamp() * 1000)
    attempt = f"-{facts['attempt']}" if kind == "outcome" else ""
    return Moment(at=row["at"], kind=kind, id=f"{kind.replace(' ', '-')}-{key}{attempt}", raw=facts, **shown)


_KINDS: dict[str, Callable[[Facts], Facts]] = {
    "lead": talking.lead,
    "opened": talking.opened,
    "matched": talking.matched,
    "waiting": talking.waiting,
    "taken": talking.taken,
    "handed off": talking.handed_off,
    "resolved": talking.resolved,
    "message": talking.message,
    "effect": talking.effect,
    "person": talking.person,
    "command": talking.command,
    "draft": working.draft,
    "call": working.call,
    "tool": working.tool,
    "brief": talking.brief,
    "reminded": talking.reminded,
    "action": talking.action,
    "webhook": working.webhook,
    "job": working.job,
    "outcome": working.outcome,
    "attempt": working.attempt,
}
