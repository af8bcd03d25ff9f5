"""What the tests of the rollout ask and do, whichever web took the lead."""

from __future__ import annotations

from typing import Any

from tests.pipelines.webs import Web
from tests.pipelines.world import World

Person = dict[str, str]


def opened(world: World, by: World | Web, somebody: Person) -> int:
    """Send a lead and wait until its greeting is done, whoever does it; the conversation's id."""
    answer = by.submit(**somebody)
    assert answer.status_code == 201, answer.text
    conversation_id = int(answer.json()["conversationId"])
    world.until(lambda: arrived(world, conversation_id), seconds=40)
    return conversation_id


def arrived(world: World, conversation_id: int) -> bool:
    """Its greeting is sent, and nobody has anything left to do for it."""
    effects = world.rows(
        "select state from outgoing_messages where conversation_id = %(id)s", id=conversation_id
    )
    return (
        bool(effects) and all(row["state"] == "sent" for row in effects) and not busy(world, conversation_id)
    )


def busy(world: World, conversation_id: int) -> list[dict[str, Any]]:
    return world.rows(
        "select 1 as busy from legacy_engagements where conversation_id = %(id)s union all select 1"
        " from procrastinate_jobs where lock = 'conversation-' || %(id)s and status in ('todo', 'doing')",
        id=conversation_id,
    )


def jobs(world: World, conversation_id: int) -> set[str]:
    """The tasks of all jobs a conversation ever had."""
    rows = world.rows(
        "select distinct task_name from procrastinate_jobs where args ->> 'conversation_id' = %(id)s::text",
        id=conversation_id,
    )
    return {row["task_name"] for row in rows}


def conversation(world: World, conversation_id: int) -> dict[str, Any]:
    [row] = world.rows(
        "select * from broker_conversations where conversation_id = %(id)s", id=conversation_id
    )
    return row


def ask(world: World, web: World | Web, conversation_id: int, text: str) -> str:
    """The customer writes while this web is the one that hears of it; how the message's job ended."""
    url = web.web_url if isinstance(web, World) else web.url
    world.chatwoot.set_webhook(f"{url}/api/chatwoot-webhook")
    message_id = world.chatwoot.customer_says(conversation_id, text)["id"]
    ids = (f"forward-{conversation_id}-{message_id}", f"incoming-{conversation_id}-{message_id}")
    return world.until(lambda: world.outcome_of(ids[0]) or world.outcome_of(ids[1]), seconds=40)


def answered_by_us(world: World, conversation_id: int) -> list[dict[str, Any]]:
    return world.rows("select 1 from ai_replies where conversation_id = %(id)s", id=conversation_id)
