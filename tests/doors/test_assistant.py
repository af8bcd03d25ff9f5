"""What the model's door promises: a reply before the deadline, or one of two errors, and no secrets told."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from nextnest.assistant import Assistant
from nextnest.errors import ModelRefusesUs, ModelUnavailable, NextNestError
from nextnest.models import Prompt, Reply, Turn
from sandbox.model import ModelSandbox
from tests.doors.conftest import assistant_of
from tests.doors.wire import Answer, Request, says, server

AT = datetime(2026, 6, 17, 10, tzinfo=UTC)
PROMPT = Prompt(
    instructions="You are Michelle Chen, a mortgage broker.",
    turns=(
        Turn(role="customer", content="Can I borrow more?", at=AT),
        Turn(role="broker", content="Let me look.", at=AT),
        Turn(role="person", content="Priya here, I know this file.", at=AT),
        Turn(role="customer", content="My income is 7200.", at=AT),
    ),
    estimated_tokens=40,
    version="1",
)
FALLBACK = "gpt-6-sol"


async def ask(assistant: Assistant) -> Reply:
    return await assistant.generate_broker_response(
        PROMPT, safety_identifier="b5a2c96250612366", cache_key="michelle-chen-1"
    )


class TestReply:
    async def test_a_reply_tells_its_words_its_model_its_cost_and_its_time(
        self, model: ModelSandbox, assistant: Assistant
    ) -> None:
        model.say_next("  Certainly.  ")
        reply = await ask(assistant)
        assert (reply.text, reply.model) == ("Certainly.", "gpt-6-luna")
        (call,) = model.calls
        assert call.answer is not None
        assert reply.response_id == call.answer["id"]
        assert reply.usage.input_tokens == call.answer["usage"]["input_tokens"] > 0
        assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens
        assert 0 < reply.latency_s < 5

    async def test_the_provider_gets_our_history_and_keeps_nothing(
        self, model: ModelSandbox, assistant: Assistant
    ) -> None:
        await ask(assistant)
        (call,) = model.calls
        assert call.instructions == PROMPT.instructions
        assert [(item["role"], item["content"]) for item in call.input] == [
            ("user", "Can I borrow more?"),
            ("assistant", "Let me look."),
            ("assistant", "Priya here, I know this file."),
            ("user", "My income is 7200."),
        ]
        settings = {name: call.body[name] for name in ("store", "max_output_tokens", "safety_identifier")}
        assert settings == {"store": False, "max_output_tokens": 600, "safety_identifier": "b5a2c96250612366"}
        assert call.body["prompt_cache_key"] == "michelle-chen-1"
        assert "previous_response_id" not in call.body

    async def test_an_answer_without_a_count_of_tokens_is_still_an_answer(self, model: ModelSandbox) -> None:
        for usage in (None, {}, {"input_tokens": "many"}):
            with server(says(completed("Certainly.") | {"usage": usage})) as url:
                async with assistant_of(model, base_url=url) as assistant:
                    reply = await ask(assistant)
            assert (reply.text, reply.usage.total_tokens) == ("Certainly.", 0)


class TestFallback:
    @pytest.mark.parametrize("fault", ["error_500", "drop", "model_not_found", "refusal", "incomplete"])
    async def test_the_fallback_answers_when_the_first_cannot(self, model: ModelSandbox, fault: str) -> None:
        model.faults.add(fault)
        async with assistant_of(model, fallback_model=FALLBACK) as assistant:
            reply = await ask(assistant)
        assert reply.model == FALLBACK
        assert [call.model for call in model.calls] == ["gpt-6-luna", FALLBACK]

    async def test_a_silent_first_model_leaves_the_fallback_time_to_answer(self, model: ModelSandbox) -> None:
        model.faults.add("hang")
        async with assistant_of(model, fallback_model=FALLBACK, timeout_s=1) as assistant:
            began = time.monotonic()
            reply = await ask(assistant)
        assert reply.model == FALLBACK
        assert time.monotonic() - began < 1

    async def test_both_tries_share_one_deadline(self, model: ModelSandbox) -> None:
        model.faults.add("hang", times=None)
        async with assistant_of(model, fallback_model=FALLBACK, timeout_s=0.6) as assistant:
            began = time.monotonic()
            with pytest.raises(ModelUnavailable, match=r"gpt-6-luna.*gpt-6-sol"):
                await ask(assistant)
        assert time.monotonic() - began < 1.5

    async def test_a_refused_account_is_the_error_even_when_the_fallback_failed_otherwise(
        self, model: ModelSandbox
    ) -> None:
        model.faults.add("insufficient_quota")
        model.faults.add("error_500")
        async with assistant_of(model, fallback_model=FALLBACK) as assistant:
            with pytest.raises(ModelRefusesUs):
                await ask(assistant)

    async def test_a_fallback_that_is_the_same_model_is_not_asked_again(self, model: ModelSandbox) -> None:
        model.faults.add("error_500", times=None)
        async with assistant_of(model, fallback_model="gpt-6-luna") as assistant:
            with pytest.raises(ModelUnavailable):
                await ask(assistant)
        assert len(model.calls) == 1


class TestErrors:
    @pytest.mark.parametrize(
        ("fault", "expected", "told"),
        [
            ("error_500", ModelUnavailable, "HTTP 500"),
            ("rate_limit_exceeded", ModelUnavailable, "rate_limit_exceeded"),
            ("model_not_found", ModelUnavailable, "model_not_found"),
            ("context_length_exceeded", ModelUnavailable, "context_length_exceeded"),
            ("drop", ModelUnavailable, "APIConnectionError"),
            ("drop_after", ModelUnavailable, "APIConnectionError"),
            ("failed", ModelUnavailable, "status failed"),
            ("incomplete", ModelUnavailable, "max_output_tokens"),
            ("content_filter", ModelUnavailable, "content_filter"),
            ("refusal", ModelUnavailable, "refusal"),
            ("insufficient_quota", ModelRefusesUs, "insufficient_quota"),
            ("refuse_401", ModelRefusesUs, "HTTP 401"),
        ],
    )
    async def test_each_failure_is_the_error_that_says_what_happens_next(
        self,
        model: ModelSandbox,
        assistant: Assistant,
        fault: str,
        expected: type[NextNestError],
        told: str,
    ) -> None:
        model.faults.add(fault)
        with pytest.raises(expected, match=told):
            await ask(assistant)
        assert len(model.calls) == 1, "the SDK tried again by itself"

    async def test_a_forbidden_model_is_our_accounts_fault(self, model: ModelSandbox) -> None:
        refusal = {"error": {"message": "no access", "type": "x", "code": None, "param": None}}
        with server(says(refusal, 403)) as url:
            async with assistant_of(model, base_url=url) as assistant:
                with pytest.raises(ModelRefusesUs):
                    await ask(assistant)

    async def test_words_that_come_with_an_error_are_no_answer(self, model: ModelSandbox) -> None:
        spoiled = completed("Half a sent") | {"error": {"code": "server_error", "message": "x"}}
        with server(says(spoiled)) as url:
            async with assistant_of(model, base_url=url) as assistant:
                with pytest.raises(ModelUnavailable, match="server_error"):
                    await ask(assistant)

    async def test_a_provider_that_is_down_is_unavailable(
        self, model: ModelSandbox, assistant: Assistant
    ) -> None:
        model.stop()
        with pytest.raises(ModelUnavailable):
            await ask(assistant)

    @pytest.mark.parametrize("text", ["", "   \n", "\u2003"])
    async def test_an_answer_without_words_is_no_answer(
        self, model: ModelSandbox, assistant: Assistant, text: str
    ) -> None:
        model.say_next(text)
        with pytest.raises(ModelUnavailable, match="empty"):
            await ask(assistant)

    async def test_a_function_call_nobody_asked_for_is_no_answer(
        self, model: ModelSandbox, assistant: Assistant
    ) -> None:
        model.call_next("calculate", {"income": 7200})
        with pytest.raises(ModelUnavailable, match="empty"):
            await ask(assistant)

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"<html>bad gateway</html>", "text/html"),
            (b"{not json", "application/json"),
            (b"", "application/json"),
            (b"null", "application/json"),
            (b"[]", "application/json"),
            (b"{}", "application/json"),
            (b'{"status":"completed","output":null}', "application/json"),
            (b'{"status":"completed","output":[{"type":"message","content":null}]}', "application/json"),
            (b'{"status":"completed","output":[{"type":"unheard-of"}]}', "application/json"),
            (b'{"status":"failed","error":"text"}', "application/json"),
            (b'{"status":"queued"}', "application/json"),
        ],
    )
    async def test_an_answer_of_an_unknown_shape_is_no_answer(
        self, model: ModelSandbox, body: bytes, content_type: str
    ) -> None:
        with server(says(body, content_type=content_type)) as url:
            async with assistant_of(model, base_url=url) as assistant:
                with pytest.raises(ModelUnavailable):
                    await ask(assistant)


class TestTime:
    async def test_the_deadline_holds_against_an_answer_that_drips(self, model: ModelSandbox) -> None:
        with server(lambda _request: Answer(pieces=_dripping())) as url:
            async with assistant_of(model, base_url=url, timeout_s=0.5) as assistant:
                began = time.monotonic()
                with pytest.raises(ModelUnavailable, match="in time"):
                    await ask(assistant)
                assert time.monotonic() - began < 1.5

    async def test_cancelling_stops_the_call_at_once_and_asks_no_other_model(
        self, model: ModelSandbox
    ) -> None:
        model.faults.add("hang", times=None)
        async with assistant_of(model, fallback_model=FALLBACK, timeout_s=20) as assistant:
            call = asyncio.create_task(ask(assistant))
            await _until(lambda: model.arrived == 1)
            began = time.monotonic()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert time.monotonic() - began < 1
            await _until(lambda: [each.cancelled for each in model.calls] == [True])
        assert model.arrived == 1


class TestDiscretion:
    async def test_no_error_tells_the_key_or_what_was_said(self, model: ModelSandbox) -> None:
        secrets = ("sk-very-secret", PROMPT.instructions, PROMPT.turns[-1].content)
        quoting = {"error": {"message": " ".join(secrets), "type": "x", "code": " ".join(secrets)}}
        for status in (400, 401, 403, 404, 429, 500):
            with server(says(quoting, status)) as url:
                async with assistant_of(model, base_url=url, api_key=secrets[0]) as assistant:
                    with pytest.raises(NextNestError) as caught:
                        await ask(assistant)
            told = "".join(traceback.format_exception(caught.value))
            assert not [secret for secret in secrets if secret in told]
            assert "openai." not in told

    async def test_no_log_line_tells_what_was_said(
        self, assistant: Assistant, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        await ask(assistant)
        assert not [line for line in caplog.messages if "7200" in line or "Michelle" in line]

    async def test_a_key_with_a_line_break_from_its_file_still_works(self, model: ModelSandbox) -> None:
        async with assistant_of(model, api_key=f"{model.api_key}\n") as assistant:
            assert (await ask(assistant)).text

    async def test_the_key_goes_to_the_provider_named_in_the_settings_and_nowhere_else(
        self, model: ModelSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[Request] = []

        def elsewhere(request: Request) -> Answer:
            seen.append(request)
            return says(completed("from elsewhere"))(request)

        with server(elsewhere) as url:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_BASE_URL"):
                monkeypatch.setenv(name, url)
            async with assistant_of(model) as assistant:
                await ask(assistant)
        assert seen == []
        assert len(model.calls) == 1


def completed(text: str) -> dict[str, Any]:
    """A response as the provider writes it."""
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "error": None,
        "model": "gpt-6-luna-2026-08-12",
        "output": [message],
    }


def _dripping() -> Iterator[bytes]:
    """A byte now and then: no single wait is long, all of them together are."""
    yield json.dumps(completed("late")).encode()[:-1]
    for _ in range(100):
        yield b" "
        time.sleep(0.1)


async def _until(condition: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)
