"""The model stand-in, read by the real SDK: answers, usage, states, errors, scripts."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from sandbox.model import ModelSandbox
from tests.sandbox.conftest import eventually

INSTRUCTIONS = """You are Rachel Tan, a mortgage broker in Singapore.
- Customer name: Wei Ming Tan
- Loan type: refinance
- Property type: HDB
- Monthly income: 8500
"""


@pytest.fixture
def client(model: ModelSandbox) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=model.base_url, api_key=model.api_key, max_retries=0, timeout=5) as found:
        yield found


def ask(client: openai.OpenAI, *messages: str, **more: Any) -> Any:
    given = [{"role": "user", "content": text} for text in messages]
    return client.responses.create(model="gpt-6-luna", instructions=INSTRUCTIONS, input=given, **more)


def test_the_sdk_reads_text_usage_and_request_id(client: openai.OpenAI) -> None:
    response = ask(client, "Hello", store=False)
    assert response.status == "completed"
    assert response.output_text.startswith("Hello Wei, Rachel Tan here.")
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 20
    assert response.usage.output_tokens == pytest.approx(len(response.output_text) / 4, abs=1)
    assert response._request_id.startswith("req_")


def test_the_brokers_own_name_is_not_taken_for_the_customers(client: openai.OpenAI) -> None:
    instructions = "You are Rachel Tan, a broker.\nName: Rachel Tan"
    response = client.responses.create(model="gpt-6-luna", instructions=instructions, input="Hi")
    assert response.output_text.startswith("Hello, Rachel Tan here.")


def test_every_question_of_a_burst_is_mentioned(client: openai.OpenAI) -> None:
    text = ask(client, "Which documents do I need?", "And what about rates? Is my cat welcome?").output_text
    assert "documents" in text
    assert "rates" in text
    assert "Is my cat welcome?" in text


def test_no_figure_is_invented(client: openai.OpenAI) -> None:
    text = ask(
        client, "How much can I borrow?", "What is the interest rate?", "And the stamp duty?"
    ).output_text
    assert not any(character.isdigit() for character in text)


def test_only_the_words_since_the_last_reply_are_answered(client: openai.OpenAI) -> None:
    given: Any = [
        {"role": "user", "content": "Which documents do I need?"},
        {"role": "assistant", "content": "Payslips."},
        {"role": "user", "content": [{"type": "input_text", "text": "How long does it take?"}]},
    ]
    text = client.responses.create(model="gpt-6-luna", instructions=INSTRUCTIONS, input=given).output_text
    assert "timing" in text
    assert "documents" not in text
    assert not text.startswith("Hello")


@pytest.mark.parametrize(
    ("said", "greeting"),
    [
        ("你好，我可以贷款多少？", "您好"),
        ("Boleh saya buat pinjaman rumah?", "Selamat"),
        ("வணக்கம்", "வணக்கம்"),
        ("Hello", "Hello"),
    ],
)
def test_the_customer_is_greeted_in_his_language(client: openai.OpenAI, said: str, greeting: str) -> None:
    assert ask(client, said).output_text.startswith(greeting)


def test_replies_can_be_laid_out_in_advance(model: ModelSandbox, client: openai.OpenAI) -> None:
    model.say_next("First", times=2)
    httpx.post(f"{model.page_url}sandbox/replies", json={"text": "Second"})
    assert [ask(client, "Hi").output_text for _ in range(3)] == ["First", "First", "Second"]
    assert ask(client, "Hi").output_text.startswith("Hello")


def test_function_calls_can_be_laid_out_and_their_results_are_told(
    model: ModelSandbox, client: openai.OpenAI
) -> None:
    model.call_next("max_loan", {"income": 8500})
    tool: Any = {"type": "function", "name": "max_loan", "strict": True}
    tool["parameters"] = {"type": "object", "properties": {}, "additionalProperties": False}
    asked: Any = {"role": "user", "content": "How much?"}
    first = client.responses.create(model="gpt-6-luna", input=[asked], tools=[tool])
    call = first.output[0]
    assert (call.type, call.name, call.arguments) == ("function_call", "max_loan", '{"income": 8500}')
    result: Any = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": '{"max_loan": "S$712,000"}',
    }
    second = client.responses.create(
        model="gpt-6-luna", input=[asked, call.model_dump(), result], tools=[tool]
    )
    assert "max loan S$712,000" in second.output_text


class Answer(BaseModel):
    reply: str
    hand_over: bool
    reasons: list[str]
    note: str | None


def test_structured_output_parses(client: openai.OpenAI) -> None:
    parsed = client.responses.parse(model="gpt-6-luna", input="Hello", text_format=Answer).output_parsed
    assert parsed is not None
    assert parsed.reply.startswith("Hello")
    assert (parsed.hand_over, parsed.reasons, parsed.note) == (False, [], None)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("rate_limit_exceeded", openai.RateLimitError, "rate_limit_exceeded"),
        ("insufficient_quota", openai.RateLimitError, "insufficient_quota"),
        ("error_500", openai.InternalServerError, "server_error"),
        ("refuse_401", openai.AuthenticationError, "invalid_api_key"),
        ("model_not_found", openai.NotFoundError, "model_not_found"),
        ("context_length_exceeded", openai.BadRequestError, "context_length_exceeded"),
        ("drop", openai.APIConnectionError, None),
    ],
)
def test_each_refusal_becomes_its_own_error_of_the_sdk(
    model: ModelSandbox, client: openai.OpenAI, fault: str, error: type[openai.APIError], code: str | None
) -> None:
    model.faults.add(fault)
    with pytest.raises(error) as caught:
        ask(client, "Hi")
    assert caught.value.code == code
    assert ask(client, "Hi").status == "completed"


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ("failed", "failed", None),
        ("incomplete", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_an_answer_of_no_use_arrives_without_an_exception(
    model: ModelSandbox, client: openai.OpenAI, fault: str, status: str, reason: str | None
) -> None:
    model.faults.add(fault)
    response = ask(client, "Hi")
    assert response.status == status
    assert (response.incomplete_details.reason if response.incomplete_details else None) == reason
    assert (response.error is not None) == (fault == "failed")


def test_a_refusal_has_no_text(model: ModelSandbox, client: openai.OpenAI) -> None:
    model.faults.add("refusal")
    response = ask(client, "Hi")
    assert response.output_text == ""
    assert response.output[0].content[0].type == "refusal"


def test_a_reply_longer_than_allowed_is_cut_and_says_so(client: openai.OpenAI) -> None:
    response = ask(client, "Which documents do I need?", max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.usage.output_tokens == 16


async def test_a_cancelled_call_is_noted_as_cancelled(model: ModelSandbox) -> None:
    model.latency = 30
    async with openai.AsyncOpenAI(base_url=model.base_url, api_key=model.api_key, max_retries=0) as client:
        call = asyncio.create_task(client.responses.create(model="gpt-6-luna", input="Hi"))
        await asyncio.to_thread(eventually, lambda: model.arrived)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert eventually(lambda: model.calls)[0].cancelled


async def test_a_cancelled_call_leaves_the_laid_out_reply_for_the_next(model: ModelSandbox) -> None:
    model.say_next("For whoever waits")
    model.faults.add("slow", seconds=30)
    async with openai.AsyncOpenAI(base_url=model.base_url, api_key=model.api_key, max_retries=0) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await client.responses.create(model="gpt-6-luna", input="Hi")
        second = await client.responses.create(model="gpt-6-luna", input="Hi")
    assert second.output_text == "For whoever waits"


def test_a_hanging_call_runs_into_the_callers_timeout(model: ModelSandbox, client: openai.OpenAI) -> None:
    model.faults.add("hang", seconds=60)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.2).responses.create(model="gpt-6-luna", input="Hi")
    (call,) = eventually(lambda: model.calls)
    assert (call.fault, call.status, call.cancelled) == ("hang_before", None, True)


def test_calls_are_remembered_with_what_was_asked_and_answered(
    model: ModelSandbox, client: openai.OpenAI
) -> None:
    response = ask(client, "Hello")
    (call,) = model.calls
    assert (call.model, call.instructions, call.status) == ("gpt-6-luna", INSTRUCTIONS, 200)
    assert call.input == [{"role": "user", "content": "Hello"}]
    assert call.output_text == response.output_text
    assert call.at <= call.finished_at


def test_a_wrong_key_is_refused(model: ModelSandbox) -> None:
    with (
        openai.OpenAI(base_url=model.base_url, api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.models.list()


def test_the_models_are_listed(model: ModelSandbox, client: openai.OpenAI) -> None:
    assert [each.id for each in client.models.list()] == list(model.models)


def test_the_page_shows_the_last_calls_as_text(model: ModelSandbox, client: openai.OpenAI) -> None:
    ask(client, "<b>bold</b>")
    page = httpx.get(model.page_url).text
    assert "gpt-6-luna" in page
    assert "<b>bold</b>" not in page
