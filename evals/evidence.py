"""What happened in one conversation, from the database and from Chatwoot."""

from __future__ import annotations

from dataclasses import dataclass, field

from evals.case import Call
from evals.stage import Stage

_CONVERSATION = """
select c.status, c.held_by, c.handoff_reason, c.broker_id::text as broker,
       (select count(*) from incoming_messages m where m.conversation_id = c.conversation_id and m.state = 'unanswered')
           as unanswered
from broker_conversations c where c.conversation_id = %(id)s
"""
_EFFECTS = "select id::text, kind from outgoing_messages where conversation_id = %(id)s"
_RUNS = "select name, arguments from tool_runs where conversation_id = %(id)s order by id"
_DRAFTS = """
select prompt_version, outcome, verdict, total_tokens, cost::float from ai_replies where conversation_id = %(id)s order by id
"""


@dataclass(frozen=True)
class Evidence:
    """`replies` are the model's texts that reached the customer, `notices` our own; `lines` all of the conversation.

    `refused` are the rules drafts were refused for. `breaches` says what was touched that belongs to others.
    """

    status: str = ""
    held_by: str = ""
    reason: str | None = None
    unanswered: int = 0
    replies: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    refused: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    tokens: int = 0
    cost: float = 0
    breaches: tuple[str, ...] = ()
    trouble: str | None = field(default=None)


def collect(stage: Stage, conversation_id: int, broker: str | None, trouble: str | None) -> Evidence:
    """Everything there is about a conversation that `broker` greeted."""
    [row] = stage.rows(_CONVERSATION, id=conversation_id)
    drafts = stage.rows(_DRAFTS, id=conversation_id)
    lines = _lines(stage, conversation_id)
    return Evidence(
        status=row["status"],
        held_by=row["held_by"],
        reason=row["handoff_reason"],
        unanswered=row["unanswered"],
        replies=tuple(text for kind, text in lines if kind == "reply"),
        notices=tuple(text for kind, text in lines if kind == "handoff_notice"),
        calls=tuple(Call(run["name"], run["arguments"]) for run in stage.rows(_RUNS, id=conversation_id)),
        refused=tuple(rule for draft in drafts for rule in (draft["verdict"] or {}).get("broken", ())),
        versions=tuple(dict.fromkeys(draft["prompt_version"] for draft in drafts)),
        lines=lines,
        tokens=sum(draft["total_tokens"] for draft in drafts),
        cost=sum(draft["cost"] for draft in drafts),
        breaches=() if row["broker"] == broker else ("another broker has the conversation",),
        trouble=trouble,
    )


def _lines(stage: Stage, conversation_id: int) -> tuple[tuple[str, str], ...]:
    """What the customer sees, each line with its kind: `customer`, or that of our effect."""
    kinds = {row["id"]: row["kind"] for row in stage.rows(_EFFECTS, id=conversation_id)}
    seen = [one for one in stage.chatwoot.messages(conversation_id) if not one["private"]]
    return tuple(
        ("customer" if one["message_type"] == 0 else _kind(one, kinds), str(one["content"]))
        for one in seen
        if one["message_type"] in {0, 1}
    )


def _kind(message: dict[str, object], kinds: dict[str, str]) -> str:
    attributes = message["content_attributes"]
    assert isinstance(attributes, dict)
    return kinds.get(str(attributes.get("nextnest_id")), "unknown")
