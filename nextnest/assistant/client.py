"""The client callers hold: the configured models, tried one after the other before one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import openai

from nextnest.assistant.answers import UNEXPECTED, all_of, failure
from nextnest.assistant.talk import Purse, Talk, Toolbox
from nextnest.errors import ModelRefusesUs, ModelUnavailable
from nextnest.models import Prompt, Reply, Turn
from nextnest.settings import Settings

PROVIDER = "https://api.openai.com/v1"
# The first model's share of the deadline; the rest must be enough for the fallback to answer.
_FIRST_SHARE = 0.6
# Answered in a token or two: what it costs is nothing beside a customer's attempt.
_LOOK = Prompt(
    instructions="Answer with the word OK.",
    turns=(Turn(role="customer", content="OK?", at=datetime.fromtimestamp(0, UTC)),),
    estimated_tokens=10,
    version="look",
)


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
            # The package's own default follows redirects, which would take prompts to a host nobody set.
            http_client=openai.DefaultAsyncHttpx2Client(
                trust_env=not _is_this_machine(url), follow_redirects=False
            ),
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
        self,
        prompt: Prompt,
        *,
        safety_identifier: str,
        cache_key: str,
        toolbox: Toolbox | None = None,
        purse: Purse | None = None,
    ) -> Reply:
        """The broker's next message.

        `safety_identifier` tells customers apart for the provider's abuse checks: a hash of at most 64
        characters, nothing personal. `cache_key` is the same for prompts that begin alike. Cancelling closes
        the call at once. Raises ModelUnavailable, ModelRefusesUs when our key or quota is at fault, or
        SpendingCapReached.
        """
        failures: list[ModelUnavailable | ModelRefusesUs] = []
        for model, until in self._tries():
            work = Talk(self._client, model, until, self._max_output_tokens, prompt, toolbox, purse)
            try:
                return await work.answer(safety_identifier, cache_key)
            except (ModelUnavailable, ModelRefusesUs) as failed:
                failures.append(failed)
        raise all_of(failures)

    async def look(self) -> None:
        """Ask for a word, to see whether a model answers and accepts our key; raises as above."""
        await self.generate_broker_response(_LOOK, safety_identifier="nextnest", cache_key="look")

    async def listed_models(self) -> dict[str, date | None]:
        """The models our key may use, each with the day on which the provider ends it, None while it has announced none.

        Raises ModelUnavailable, or ModelRefusesUs when our key is at fault.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                page = await self._client.models.list()
            return {str(model.id): _day(model.shutdown_date) for model in page.data}
        except TimeoutError:
            raise ModelUnavailable("the list of models: no answer in time") from None
        except openai.APIStatusError as error:
            raise failure(
                "the list of models", f"HTTP {error.status_code}", error.code, error.status_code
            ) from None
        except (openai.OpenAIError, *UNEXPECTED) as error:
            raise ModelUnavailable(f"the list of models: {type(error).__name__}") from None

    def _tries(self) -> Iterator[tuple[str, float]]:
        """Each model, and the moment by which it must have answered on the event loop's clock."""
        now = asyncio.get_running_loop().time()
        last = now + self._timeout_s
        ends = [last] if len(self._models) == 1 else [now + _FIRST_SHARE * self._timeout_s, last]
        return zip(self._models, ends, strict=True)


def _day(written: str | None) -> date | None:
    """`2027-01-14`, or that with a time behind it."""
    return date.fromisoformat(written[:10]) if written else None


def _is_this_machine(url: str) -> bool:
    """A proxy of the environment is for the outside, whether or not somebody remembered to say so."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
