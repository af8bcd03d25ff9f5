"""What a failure of Chatwoot becomes: nothing done, outcome unknown, our fault, or a plain no."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from nextnest.chatwoot import Chatwoot
from nextnest.errors import (
    ChatwootRefusesUs,
    ChatwootRejected,
    ChatwootUnavailable,
    ConversationGone,
    NextNestError,
    OutcomeUnknown,
)
from sandbox.chatwoot import ChatwootSandbox
from tests.doors.attempts import ANY, CONTACT, EFFECT, EMAIL, PHONE, READS, SETS, TEXT, WRITES, Attempt
from tests.doors.conftest import client_of
from tests.doors.wire import Answer, Recorder, Request, says, server

Outcomes = dict[str, type[BaseException] | None]


def all_end_in(reads: type[NextNestError], writes: type[NextNestError]) -> Outcomes:
    return dict.fromkeys(READS, reads) | dict.fromkeys(WRITES | SETS, writes)


async def outcomes(chatwoot: Chatwoot, attempts: dict[str, Attempt] = ANY) -> Outcomes:
    """What each attempt ended in, all at once; None where it simply worked."""
    ended = await asyncio.gather(
        *(attempt(chatwoot) for attempt in attempts.values()), return_exceptions=True
    )
    return {
        name: type(end) if isinstance(end, BaseException) else None
        for name, end in zip(attempts, ended, strict=True)
    }


class TestNothingWasDone:
    async def test_a_chatwoot_that_is_down_was_asked_nothing(self, sandbox: ChatwootSandbox) -> None:
        sandbox.stop()
        async with client_of(sandbox) as chatwoot:
            ended = await outcomes(chatwoot)
        assert ended == all_end_in(ChatwootUnavailable, ChatwootUnavailable)

    async def test_a_host_nobody_knows_was_asked_nothing(self, sandbox: ChatwootSandbox) -> None:
        async with client_of(sandbox, base_url="http://chatwoot.invalid") as chatwoot:
            with pytest.raises(ChatwootUnavailable):
                await chatwoot.send_message(1, TEXT, EFFECT)

    async def test_a_rate_limit_means_that_nothing_was_done(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot
    ) -> None:
        sandbox.faults.add("rate_limited", times=None)
        assert await outcomes(chatwoot) == all_end_in(ChatwootUnavailable, ChatwootUnavailable)

    async def test_a_message_whose_connection_never_came_about_was_not_sent(
        self, sandbox: ChatwootSandbox
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never shakes hands
            url = f"https://127.0.0.1:{mute.getsockname()[1]}"
            async with client_of(sandbox, base_url=url, timeout_s=0.3) as chatwoot:
                with pytest.raises(ChatwootUnavailable):
                    await chatwoot.send_message(1, TEXT, EFFECT)

    @pytest.mark.parametrize(("status", "body"), [(404, b"<h1>Not Found</h1>"), (302, b""), (301, b"{}")])
    async def test_a_proxys_own_answer_sends_no_lead_to_a_person(
        self, sandbox: ChatwootSandbox, status: int, body: bytes
    ) -> None:
        with server(says(body, status, "text/html")) as url:
            async with client_of(sandbox, base_url=url) as chatwoot:
                with pytest.raises(ChatwootUnavailable):
                    await chatwoot.send_message(1, TEXT, EFFECT)


class TestOutcomeUnknown:
    @pytest.mark.parametrize("fault", ["error_500_before", "error_500_after", "drop_before", "drop_after"])
    async def test_a_lost_answer_to_a_message_says_that_it_may_have_arrived(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot, conversation_id: int, fault: str
    ) -> None:
        sandbox.faults.add(fault, method="POST", path="/messages$")
        with pytest.raises(OutcomeUnknown):
            await chatwoot.send_message(conversation_id, TEXT, EFFECT)
        stored = [message["id"] for message in sandbox.messages(conversation_id)]
        assert len(stored) == (1 if fault.endswith("after") else 0)
        found = await chatwoot.find_effect(conversation_id, EFFECT, newest_known=None)
        assert found == (stored[0] if stored else None)

    @pytest.mark.parametrize("fault", ["error_500_before", "drop_before"])
    async def test_a_server_that_breaks_is_unknown_for_writes_and_nothing_for_reads(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot, fault: str
    ) -> None:
        sandbox.faults.add(fault, times=None)
        assert await outcomes(chatwoot) == all_end_in(reads=ChatwootUnavailable, writes=OutcomeUnknown)

    async def test_silence_ends_at_the_deadline(self, sandbox: ChatwootSandbox) -> None:
        sandbox.faults.add("hang_before", times=None)
        async with client_of(sandbox, timeout_s=0.5) as chatwoot:
            began = time.monotonic()
            ended = await outcomes(chatwoot)
        assert ended == all_end_in(reads=ChatwootUnavailable, writes=OutcomeUnknown)
        assert time.monotonic() - began < 3

    @pytest.mark.parametrize(
        ("attempt", "expected"),
        [(READS["get_conversation"], ChatwootUnavailable), (WRITES["send_message"], OutcomeUnknown)],
    )
    async def test_an_answer_that_drips_does_not_stretch_the_deadline(
        self, sandbox: ChatwootSandbox, attempt: Attempt, expected: type[NextNestError]
    ) -> None:
        with server(lambda _request: Answer(pieces=_dripping())) as url:
            async with client_of(sandbox, base_url=url, timeout_s=0.5) as chatwoot:
                began = time.monotonic()
                with pytest.raises(expected):
                    await attempt(chatwoot)
                assert time.monotonic() - began < 2

    async def test_a_422_for_a_message_proves_nothing(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        sandbox.faults.add("unprocessable_422", path="/messages$")
        with pytest.raises(OutcomeUnknown):
            await chatwoot.send_message(conversation_id, TEXT, EFFECT)

    @pytest.mark.parametrize(
        "body",
        [b"<html>bad gateway</html>", b"", b"null", b"[]", b'"text"', b"{}", b"\xff", b"[" * 200_000],
        ids=["html", "empty", "null", "list", "text", "object", "no utf-8", "bottomless"],
    )
    async def test_an_answer_we_cannot_read_is_no_answer(self, sandbox: ChatwootSandbox, body: bytes) -> None:
        expected = all_end_in(reads=ChatwootUnavailable, writes=OutcomeUnknown)
        with server(says(body)) as url:
            async with client_of(sandbox, base_url=url) as chatwoot:
                ended = await outcomes(chatwoot, READS | WRITES)
        assert ended == {name: expected[name] for name in READS | WRITES}

    async def test_cancelling_closes_the_call_at_once(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        sandbox.faults.add("hang_before", path="/messages$")
        call = asyncio.create_task(chatwoot.send_message(conversation_id, TEXT, EFFECT))
        await _until(lambda: not sandbox.faults.active())
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await _until(lambda: any(record.cancelled for record in sandbox.requests))


class TestRefusals:
    async def test_a_refused_token_is_our_fault_and_not_the_customers(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot
    ) -> None:
        sandbox.faults.add("refuse_401", times=None)
        assert await outcomes(chatwoot) == all_end_in(ChatwootRefusesUs, ChatwootRefusesUs)

    async def test_a_403_is_our_fault_too(self, sandbox: ChatwootSandbox) -> None:
        refusal = says({"error": "API access is not enabled for this account"}, 403)
        with server(refusal) as url:
            async with client_of(sandbox, base_url=url) as chatwoot:
                with pytest.raises(ChatwootRefusesUs):
                    await chatwoot.send_message(1, TEXT, EFFECT)

    async def test_a_404_of_a_conversation_means_it_is_gone(self, chatwoot: Chatwoot) -> None:
        about_one = {
            name: ANY[name] for name in ("get_conversation", "list_messages", "send_message", "set_status")
        }
        assert await outcomes(chatwoot, about_one) == dict.fromkeys(about_one, ConversationGone)

    async def test_a_404_of_anything_else_is_a_plain_no(self, chatwoot: Chatwoot) -> None:
        with pytest.raises(ChatwootRejected):
            await chatwoot.contact_conversations(999)
        with pytest.raises(ChatwootRejected):
            await chatwoot.create_conversation(contact=CONTACT, custom_attributes={})

    async def test_a_422_elsewhere_is_a_plain_no(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        sandbox.faults.add("unprocessable_422", path="/custom_attributes$")
        with pytest.raises(ChatwootRejected):
            await chatwoot.update_conversation_custom_attributes(conversation_id, {"a": 1})


class TestRaces:
    async def test_a_contact_somebody_else_made_meanwhile_is_taken(self, sandbox: ChatwootSandbox) -> None:
        made: list[int] = []

        def another_worker(request: Request) -> None:
            if request.method == "POST" and not made:
                made.append(sandbox.add_contact(name="Tan", email=EMAIL)["id"])

        with server(Recorder(sandbox.base_url, another_worker)) as url:
            async with client_of(sandbox, base_url=url) as chatwoot:
                found = await chatwoot.find_or_create_contact(
                    name="Tan", email=EMAIL, phone=PHONE, custom_attributes={}
                )
        assert [found.id] == made == [contact["id"] for contact in sandbox.contacts()]

    async def test_a_lost_answer_to_a_new_contact_makes_no_second_one(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot
    ) -> None:
        sandbox.faults.add("error_500_after", method="POST", path="/contacts$")
        facts = {"name": "Tan", "email": EMAIL, "phone": PHONE, "custom_attributes": {}}
        with pytest.raises(OutcomeUnknown):
            await chatwoot.find_or_create_contact(**facts)
        found = await chatwoot.find_or_create_contact(**facts)
        assert [found.id] == [contact["id"] for contact in sandbox.contacts()]

    async def test_attributes_that_do_not_change_are_not_written(
        self, sandbox: ChatwootSandbox, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        for _ in range(2):
            await chatwoot.update_conversation_custom_attributes(conversation_id, {"lead_score": 88})
        written = [each.method for each in sandbox.requests if each.path.endswith("/custom_attributes")]
        assert written == ["POST"]

    async def test_calls_share_one_connection(self, sandbox: ChatwootSandbox, conversation_id: int) -> None:
        peers: list[str] = []

        async with client_of(sandbox) as chatwoot:
            logger = logging.getLogger("httpcore.connection")
            handler = _Collector(peers)
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
            try:
                for _ in range(5):
                    await chatwoot.get_conversation(conversation_id)
            finally:
                logger.removeHandler(handler)
                logger.setLevel(logging.NOTSET)
        assert len([line for line in peers if line.startswith("connect_tcp.started")]) == 1


class _Collector(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


def _dripping() -> Iterator[bytes]:
    """A byte now and then: no single wait is long, all of them together are."""
    for _ in range(100):
        yield b" "
        time.sleep(0.1)


async def _until(condition: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)
