"""Chatwoot's answers as they really come: numbers or words, seconds or ISO 8601, nulls, and things of tomorrow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from nextnest.chatwoot import ChatwootMessage, MessageType, harmless
from sandbox.chatwoot import ChatwootSandbox
from tests.doors.conftest import client_of
from tests.doors.wire import says, server

AT = datetime(2026, 6, 17, 10, tzinfo=UTC)
MESSAGE: dict[str, Any] = {"id": 7, "content": "Hello", "message_type": 0, "created_at": int(AT.timestamp())}
SPARSE: dict[str, Any] = {
    "id": 42,
    "inbox_id": 1,
    "status": "open",
    "custom_attributes": None,
    "labels": None,
    "created_at": None,
    "meta": {"sender": None, "assignee": None, "team": None},
}


def message(**changes: Any) -> ChatwootMessage:
    return ChatwootMessage.model_validate(MESSAGE | changes)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0, MessageType.INCOMING),
        (1, MessageType.OUTGOING),
        (2, MessageType.ACTIVITY),
        (3, MessageType.TEMPLATE),
        ("incoming", MessageType.INCOMING),
        ("outgoing", MessageType.OUTGOING),
        ("activity", MessageType.ACTIVITY),
        ("template", MessageType.TEMPLATE),
    ],
)
def test_a_message_type_is_the_same_as_number_and_as_word(written: object, meant: MessageType) -> None:
    assert message(message_type=written).message_type is meant


@pytest.mark.parametrize("unheard_of", [9, "hologram", None])
def test_a_type_we_do_not_know_is_neither_the_customers_nor_ours(unheard_of: object) -> None:
    assert message(message_type=unheard_of).message_type is MessageType.ACTIVITY


@pytest.mark.parametrize("written", [int(AT.timestamp()), AT.timestamp(), "2026-06-17T10:00:00.000Z"])
def test_a_moment_is_the_same_as_seconds_and_as_text(written: object) -> None:
    assert message(created_at=written).created_at == AT


def test_a_message_of_attachments_only_has_an_empty_text() -> None:
    bare = message(content=None, content_attributes=None, sender=None, attachments=[{"id": 1}])
    assert (bare.content, bare.content_attributes, bare.sender) == ("", {}, None)


def test_only_a_proper_id_of_ours_is_an_effect() -> None:
    ours = "4d0f6f0a-9a0f-4b7e-8f0c-3b1f7d2f8a11"
    assert message(content_attributes={"nextnest_id": ours}).effect_id == UUID(ours)
    for other in ("", "7", None, 7, ["x"]):
        assert message(content_attributes={"nextnest_id": other}).effect_id is None


async def test_a_conversation_may_be_full_of_nulls(sandbox: ChatwootSandbox) -> None:
    with server(says(SPARSE)) as url:
        async with client_of(sandbox, base_url=url) as chatwoot:
            read = await chatwoot.get_conversation(42)
    assert (read.custom_attributes, read.labels, read.contact_id, read.assignee_type) == ({}, (), None, None)


async def test_an_assignee_without_a_type_is_a_person(sandbox: ChatwootSandbox) -> None:
    with server(says(SPARSE | {"meta": {"assignee": {"id": 3, "name": "Priya"}}})) as url:
        async with client_of(sandbox, base_url=url) as chatwoot:
            read = await chatwoot.get_conversation(42)
    assert (read.assignee_id, read.assignee_type) == (3, "User")


async def test_conversations_of_other_inboxes_are_not_ours(sandbox: ChatwootSandbox) -> None:
    rows = [SPARSE, SPARSE | {"id": 43, "inbox_id": 2}]
    with server(says({"payload": rows, "data": {"payload": rows}})) as url:
        async with client_of(sandbox, base_url=url) as chatwoot:
            of_contact = await chatwoot.contact_conversations(1)
            recent = await chatwoot.recent_conversations()
    assert [each.conversation_id for each in of_contact] == [each.id for each in recent] == [42]


async def test_recent_conversations_come_page_by_page_latest_activity_first(sandbox: ChatwootSandbox) -> None:
    made = [int(sandbox.add_conversation()["id"]) for _ in range(27)]
    spoken = sandbox.customer_says(made[0], "Hello")
    async with client_of(sandbox) as chatwoot:
        pages = [await chatwoot.recent_conversations(page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 2, 0]
    assert [each.id for page in pages for each in page] == [made[0], *reversed(made[1:])]
    assert pages[0][0].newest_message_id == spoken["id"]
    assert pages[0][1].newest_message_id is None


@pytest.mark.parametrize("plain", ["", "S$500k", "{ x }", "}} %}", "a{b}c", "100 % {"])
def test_text_without_liquid_stays_as_it_is(plain: str) -> None:
    assert harmless(plain) == plain


@pytest.mark.parametrize("text", ["{{x}}", "{%x%}", "{{{x}}}", "{{%", "{{{{", "`{{x}}`"])
def test_no_liquid_is_left_and_nothing_visible_changes(text: str) -> None:
    changed = harmless(text)
    assert "{{" not in changed
    assert "{%" not in changed
    assert changed.replace("\u2060", "") == text
    assert harmless(changed) == changed
