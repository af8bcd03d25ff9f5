"""Reading what the provider answers. HTTP 200 proves little, and its sentences are never repeated: they may quote key or
customer."""

from __future__ import annotations

import re
from typing import Any

from openai.types.responses import Response, ResponseFunctionToolCall

from nextnest.errors import ModelRefusesUs, ModelUnavailable
from nextnest.models import Usage

# Error codes that mean our account and not this request (platform.openai.com/docs/guides/error-codes).
_ACCOUNT_CODES = {
    "insufficient_quota",
    "invalid_api_key",
    "account_deactivated",
    "billing_hard_limit_reached",
}
# What an answer of an unexpected shape makes the SDK, or us, raise.
UNEXPECTED = (ValueError, TypeError, AttributeError, KeyError, IndexError)
# What we read of an answer. It also repeats the request, whose tools the SDK would compare with their types, one by one.
_READ = frozenset({"id", "status", "error", "incomplete_details", "output", "usage"})


def read(said: dict[str, Any]) -> Response:
    """The parts of an answer we read, as the SDK builds them; one of UNEXPECTED when it is no answer."""
    return Response.construct(**{name: part for name, part in said.items() if name in _READ})


def check(model: str, response: Response) -> None:
    """HTTP 200 proves little: status and error come first."""
    if response.status not in {"completed", None}:
        details = response.error or response.incomplete_details
        named = getattr(details, "code", None) or getattr(details, "reason", None)
        raise failure(model, f"status {_word(response.status)}", named)
    if response.error:
        raise failure(model, "an error", response.error.code)


def text_of(model: str, response: Response) -> str:
    """What was said; a refusal and silence are no answers."""
    try:
        refused, text = _is_refusal(response), response.output_text.strip()
    except UNEXPECTED as error:
        raise ModelUnavailable(f"{model}: {type(error).__name__}") from None
    if refused:
        raise ModelUnavailable(f"{model}: a refusal")
    if not text:
        raise ModelUnavailable(f"{model}: an empty answer")
    return text


def calls_of(model: str, response: Response) -> list[ResponseFunctionToolCall]:
    """The calculations it asks for."""
    try:
        return [item for item in response.output if item.type == "function_call"]
    except UNEXPECTED as error:
        raise ModelUnavailable(f"{model}: {type(error).__name__}") from None


def _is_refusal(response: Response) -> bool:
    messages = [item for item in response.output if item.type == "message"]
    return any(part.type == "refusal" for message in messages for part in message.content)


def failure(
    model: str, what: str, code: object, status: int | None = None
) -> ModelUnavailable | ModelRefusesUs:
    """Which error a failure is. The provider's sentences stay out of it: they may quote key or customer."""
    word = _word(code)
    kind = ModelRefusesUs if status in {401, 403} or word in _ACCOUNT_CODES else ModelUnavailable
    return kind(f"{model}: {what}" + (f" ({word})" if word else ""))


def all_of(failures: list[ModelUnavailable | ModelRefusesUs]) -> ModelUnavailable | ModelRefusesUs:
    """One error for all tries; a refusal of our account outweighs the others, since somebody has to act."""
    refused = any(isinstance(failure, ModelRefusesUs) for failure in failures)
    detail = "; ".join(failure.detail for failure in failures)
    return ModelRefusesUs(detail) if refused else ModelUnavailable(detail)


def usage_of(response: Response) -> Usage:
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
    except UNEXPECTED:
        return Usage()


def _word(value: object) -> str:
    """A code such as `rate_limit_exceeded`; empty for anything that is not just a word."""
    return value if isinstance(value, str) and re.fullmatch(r"[a-z_]{1,64}", value) else ""
