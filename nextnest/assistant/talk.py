"""One model's work on one prompt: calls of the model, and of calculators on its behalf, until it has an answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import openai
from openai.types.responses import (
    EasyInputMessageParam,
    Response,
    ResponseFunctionToolCall,
    ResponseFunctionToolCallParam,
    ResponseInputItemParam,
)
from openai.types.responses.response_input_item_param import FunctionCallOutput

from nextnest.assistant.answers import UNEXPECTED, calls_of, check, failure, read, text_of, usage_of
from nextnest.errors import ModelUnavailable
from nextnest.models import Prompt, Reply, Turn, Usage
from nextnest.telemetry.watching import model_call

# A question needs a calculation or two, rarely one that depends on another. After so many rounds without an answer, and
# with no tool left to call, the model is made to write one.
_ROUNDS = 4
# Calculations in one answer; a loop stops here.
_MOST_CALLS = 8
# JSON has three to four bytes to a token.
_BYTES_PER_TOKEN = 3


class Toolbox(Protocol):
    """What the model may call. It sees names, descriptions and schemas, and gets back what `run` returns."""

    @property
    def definitions(self) -> Sequence[Mapping[str, object]]:
        """Function tools as the Responses API takes them."""

    def run(self, name: str, arguments: str) -> str:
        """Run one on the JSON text the model wrote; JSON text. A wrong name or argument is an answer, too."""


class Purse(Protocol):
    """What the calls of one turn may cost."""

    def allow(self, model: str, input_tokens: int, output_tokens: int) -> None:
        """Raise SpendingCapReached when a call of at most so many tokens could go beyond a cap."""

    def note(self, model: str, usage: Usage, outcome: str) -> None:
        """Remember what a call used; `answered`, `failed` or `cut short`."""


class Talk:
    """One model's work on one prompt: calls and calculations until it has an answer."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        model: str,
        until: float,
        max_output_tokens: int,
        prompt: Prompt,
        toolbox: Toolbox | None,
        purse: Purse | None,
    ) -> None:
        self._client, self._model, self._until = client, model, until
        self._max_output_tokens = max_output_tokens
        self._prompt, self._toolbox, self._purse = prompt, toolbox, purse
        self._items: list[ResponseInputItemParam] = _input(prompt.turns)
        self._tokens = prompt.estimated_tokens + _tokens_of(toolbox)
        self._usage = Usage()
        self._calls = 0

    async def answer(self, safety_identifier: str, cache_key: str) -> Reply:
        """The text, after as many calculations as it took."""
        began = time.monotonic()
        for left in reversed(range(_ROUNDS)):
            may_call = self._toolbox is not None and left > 0 and self._calls < _MOST_CALLS
            response = await self._ask(safety_identifier, cache_key, may_call=may_call)
            calls = calls_of(self._model, response)
            if not calls or not may_call:
                break
            self._calculate(calls)
        return Reply(
            text=text_of(self._model, response),
            # As configured: the provider's answer may name a dated version, and prices are kept by this name.
            model=self._model,
            usage=self._usage,
            latency_s=time.monotonic() - began,
            response_id=response.id,
        )

    async def _ask(self, safety_identifier: str, cache_key: str, *, may_call: bool) -> Response:
        """One call, paid for whatever comes of it."""
        if self._purse:
            self._purse.allow(self._model, self._tokens, self._max_output_tokens)
        usage = Usage()
        with model_call(self._model) as outcome:
            try:
                response = await self._call(safety_identifier, cache_key, may_call=may_call)
                usage, outcome.name = usage_of(response), "failed"
                check(self._model, response)
                outcome.name = "answered"
            finally:
                self._usage = added(self._usage, usage)
                if self._purse:
                    self._purse.note(self._model, usage, outcome.name)
        return response

    async def _call(self, safety_identifier: str, cache_key: str, *, may_call: bool) -> Response:
        tools = self._toolbox.definitions if self._toolbox else ()
        try:
            async with asyncio.timeout_at(self._until):
                answer = await self._client.responses.with_raw_response.create(
                    model=self._model,
                    instructions=self._prompt.instructions,
                    tool_choice=openai.omit if may_call or not tools else "none",
                    max_output_tokens=self._max_output_tokens,
                    safety_identifier=safety_identifier,
                    prompt_cache_key=cache_key,
                    store=False,
                    extra_body=self._long_parts(tools),
                )
                return read(answer.http_response.json())
        except TimeoutError:
            raise ModelUnavailable(f"{self._model}: no answer in time") from None
        except openai.APIStatusError as error:
            raise failure(self._model, f"HTTP {error.status_code}", error.code, error.status_code) from None
        except (openai.OpenAIError, *UNEXPECTED) as error:
            raise ModelUnavailable(f"{self._model}: {type(error).__name__}") from None

    def _long_parts(self, tools: Sequence[Mapping[str, object]]) -> dict[str, object]:
        """Input and tools as they are: the SDK would compare every key of every schema with its types, for each request
        anew, which took a fifth of a worker's time."""
        return {"input": self._items, **({"tools": list(tools)} if tools else {})}

    def _calculate(self, calls: Sequence[ResponseFunctionToolCall]) -> None:
        """Every call gets its output, in this order, or the next request would be refused."""
        assert self._toolbox is not None
        for call in calls:
            self._calls += 1
            output = self._toolbox.run(call.name, call.arguments)
            self._items.append(
                ResponseFunctionToolCallParam(
                    type="function_call", call_id=call.call_id, name=call.name, arguments=call.arguments
                )
            )
            self._items.append(
                FunctionCallOutput(type="function_call_output", call_id=call.call_id, output=output)
            )
            self._tokens += (len(call.arguments) + len(output)) // _BYTES_PER_TOKEN


def _tokens_of(toolbox: Toolbox | None) -> int:
    """What the definitions take of every request."""
    return len(json.dumps(list(toolbox.definitions))) // _BYTES_PER_TOKEN if toolbox else 0


def added(first: Usage, second: Usage) -> Usage:
    """Both together."""
    return Usage(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        total_tokens=first.total_tokens + second.total_tokens,
        cached_tokens=first.cached_tokens + second.cached_tokens,
    )


def _input(turns: tuple[Turn, ...]) -> list[ResponseInputItemParam]:
    """The conversation as the Responses API takes it: brokers and colleagues are one voice, ours."""
    return [
        EasyInputMessageParam(
            role="user" if turn.role == "customer" else "assistant", content=turn.content, type="message"
        )
        for turn in turns
    ]
