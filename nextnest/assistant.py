"""The one door to the model: one prompt in, one reply out, before a deadline.

The provider keeps nothing (`store=False`) and remembers nothing: the history goes along each time. The SDK's
own retries are off: its timeout is per read, and its retries multiply it. What fails is asked of the fallback
model, within the same deadline.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import openai
from openai.types.responses import EasyInputMessageParam, Response, ResponseInputParam

from nextnest.errors import ModelRefusesUs, ModelUnavailable
from nextnest.models import Prompt, Reply, Turn, Usage
from nextnest.settings import Settings

PROVIDER = "https://api.openai.com/v1"
# The first model's share of the deadline; the rest must be enough for the fallback to answer.
_FIRST_SHARE = 0.6
# Error codes that mean our account and not this request (platform.openai.com/docs/guides/error-codes).
_ACCOUNT_CODES = {
    "insufficient_quota",
    "invalid_api_key",
    "account_deactivated",
    "billing_hard_limit_reached",
}
# Answered in a token or two: what it costs is nothing beside a customer's attempt.
_LOOK = Prompt(
    instructions="Answer with the word OK.",
    turns=(Turn(role="customer", content="OK?", at=datetime.fromtimestamp(0, UTC)),),
    estimated_tokens=10,
    version="look",
)
# What an answer of an unexpected shape makes the SDK, or us, raise.
_UNEXPECTED = (ValueError, TypeError, AttributeError, KeyError, IndexError)


class Assistant:
    """One configured model and perhaps a fallback, for one event loop. `timeout_s` bounds a whole reply."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        model: str,
        fallback_model: str | None,
        timeout_s: float,
        max_output_tokens: int,
    ) -> None:
        self._models = [model, *([fallback_model] if fallback_model and fallback_model != model else [])]
        self._timeout_s = timeout_s
        self._max_output_tokens = max_output_tokens
        url = base_url or PROVIDER
        self._client = openai.AsyncOpenAI(
            api_key=api_key.strip(),
            base_url=url,
            timeout=timeout_s,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpx2Client(trust_env=not _is_this_machine(url)),
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The model the settings name."""
        return cls(
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url,
            model=settings.openai_model,
            fallback_model=settings.openai_fallback_model,
            timeout_s=settings.openai_timeout_s,
            max_output_tokens=settings.openai_max_output_tokens,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def generate_broker_response(
        self, prompt: Prompt, *, safety_identifier: str, cache_key: str
    ) -> Reply:
        """The broker's next message.

        `safety_identifier` tells customers apart for the provider's abuse checks: a hash of at most 64
        characters, nothing personal. `cache_key` is the same for prompts that begin alike. Cancelling closes
        the call at once. Raises ModelUnavailable, or ModelRefusesUs when our key or quota is at fault.
        """
        failures: list[ModelUnavailable | ModelRefusesUs] = []
        for model, until in self._tries():
            try:
                return await self._ask(model, until, prompt, safety_identifier, cache_key)
            except (ModelUnavailable, ModelRefusesUs) as failure:
                failures.append(failure)
        raise _all_of(failures)

    async def look(self) -> None:
        """Ask for a word, to see whether a model answers and accepts our key; raises as above."""
        await self.generate_broker_response(_LOOK, safety_identifier="nextnest", cache_key="look")

    def _tries(self) -> Iterator[tuple[str, float]]:
        """Each model, and the moment by which it must have answered on the event loop's clock."""
        now = asyncio.get_running_loop().time()
        last = now + self._timeout_s
        ends = [last] if len(self._models) == 1 else [now + _FIRST_SHARE * self._timeout_s, last]
        return zip(self._models, ends, strict=True)

    async def _ask(
        self, model: str, until: float, prompt: Prompt, safety_identifier: str, cache_key: str
    ) -> Reply:
        """One call of one model."""
        began = time.monotonic()
        try:
            async with asyncio.timeout_at(until):
                response = await self._client.responses.create(
                    model=model,
                    instructions=prompt.instructions,
                    input=_input(prompt.turns),
                    max_output_tokens=self._max_output_tokens,
                    safety_identifier=safety_identifier,
                    prompt_cache_key=cache_key,
                    store=False,
                )
            text = _text(model, response)
        except TimeoutError:
            raise ModelUnavailable(f"{model}: no answer in time") from None
        except openai.APIStatusError as error:
            raise _failure(model, f"HTTP {error.status_code}", error.code, error.status_code) from None
        except (openai.OpenAIError, *_UNEXPECTED) as error:
            raise ModelUnavailable(f"{model}: {type(error).__name__}") from None
        return Reply(
            text=text,
            # As configured: the provider's answer may name a dated version, and prices are kept by this name.
            model=model,
            usage=_usage(response),
            latency_s=time.monotonic() - began,
            response_id=response.id,
        )


def _input(turns: tuple[Turn, ...]) -> ResponseInputParam:
    """The conversation as the Responses API takes it: brokers and colleagues are one voice, ours."""
    return [
        EasyInputMessageParam(
            role="user" if turn.role == "customer" else "assistant", content=turn.content, type="message"
        )
        for turn in turns
    ]


def _text(model: str, response: Response) -> str:
    """What was said. HTTP 200 proves little: status, error, refusal and emptiness come in this order."""
    if not isinstance(response, Response):
        raise ModelUnavailable(f"{model}: an answer that is no response")
    if response.status not in {"completed", None}:
        details = response.error or response.incomplete_details
        named = getattr(details, "code", None) or getattr(details, "reason", None)
        raise _failure(model, f"status {_word(response.status)}", named)
    if response.error:
        raise _failure(model, "an error", response.error.code)
    if _is_refusal(response):
        raise ModelUnavailable(f"{model}: a refusal")
    if not (text := response.output_text.strip()):
        raise ModelUnavailable(f"{model}: an empty answer")
    return text


def _is_refusal(response: Response) -> bool:
    messages = [item for item in response.output if item.type == "message"]
    return any(part.type == "refusal" for message in messages for part in message.content)


def _failure(
    model: str, what: str, code: object, status: int | None = None
) -> ModelUnavailable | ModelRefusesUs:
    """Which error a failure is. The provider's sentences stay out of it: they may quote key or customer."""
    word = _word(code)
    kind = ModelRefusesUs if status in {401, 403} or word in _ACCOUNT_CODES else ModelUnavailable
    return kind(f"{model}: {what}" + (f" ({word})" if word else ""))


def _all_of(failures: list[ModelUnavailable | ModelRefusesUs]) -> ModelUnavailable | ModelRefusesUs:
    """One error for all tries; a refusal of our account outweighs the others, since somebody has to act."""
    refused = any(isinstance(failure, ModelRefusesUs) for failure in failures)
    detail = "; ".join(failure.detail for failure in failures)
    return ModelRefusesUs(detail) if refused else ModelUnavailable(detail)


def _usage(response: Response) -> Usage:
    """Tokens as the provider counted them; an odd count must not cost us the answer."""
    try:
        used = response.usage
        if used is None:
            return Usage()
        return Usage(
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            total_tokens=used.total_tokens,
            cached_tokens=used.input_tokens_details.cached_tokens if used.input_tokens_details else 0,
        )
    except _UNEXPECTED:
        return Usage()


def _word(value: object) -> str:
    """A code such as `rate_limit_exceeded`; empty for anything that is not just a word."""
    return value if isinstance(value, str) and re.fullmatch(r"[a-z_]{1,64}", value) else ""


def _is_this_machine(url: str) -> bool:
    """A proxy of the environment is for the outside, whether or not somebody remembered to say so."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
