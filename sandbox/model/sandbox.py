"""ModelSandbox: the model in this process, over real HTTP, for tests, benches and the demo."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sandbox.faults import Faults
from sandbox.hooks import RequestHooks
from sandbox.journal import Journal, RequestRecord
from sandbox.model.app import ALIASES, API, BEFORE, MODELS, REQUEST_FAULTS, create_app
from sandbox.model.page import render
from sandbox.model.script import Line, Script
from sandbox.server import LocalServer


@dataclass(frozen=True)
class ModelCall:
    """One call of POST /v1/responses. `status` is None when no answer was sent; times are epoch seconds."""

    model: str
    instructions: str | None
    input: Any
    body: dict[str, Any]
    at: float
    finished_at: float
    status: int | None
    fault: str | None
    cancelled: bool  # the caller hung up before the answer
    answer: dict[str, Any] | None

    @property
    def output_text(self) -> str:
        """What it answered in words; empty for errors and function calls."""
        items = (self.answer or {}).get("output") or []
        return "".join(part.get("text", "") for item in items for part in item.get("content", ()))


class ModelSandbox:
    """Speaks the Responses API at `base_url` (which ends in /v1, as OPENAI_BASE_URL does).

    `latency` (seconds before each answer) may be changed while it runs. Faults are described in
    `sandbox.faults`: `model.faults.add("hang", seconds=20)`.
    """

    def __init__(
        self,
        *,
        api_key: str = "sandbox-model-key",
        latency: float = 0.0,
        models: Sequence[str] = MODELS,
        host: str = "127.0.0.1",
        port: int = 0,
        verbose: bool = False,
    ) -> None:
        self.api_key = api_key
        self.latency = latency
        self.models = models
        self.faults = Faults(REQUEST_FAULTS, ALIASES)
        self.script = Script()
        self._requests: Journal[RequestRecord] = Journal()
        self._closing = threading.Event()
        self._hooks = RequestHooks(
            self.faults,
            self._requests,
            self._closing,
            prefix=(API,),
            before=BEFORE,
            after={},
            keep_answers=True,
            gives_up=True,
        )
        app = create_app(self, self.faults, self.script, self._hooks, self._page)
        self._server = LocalServer(app, host, port, verbose=verbose)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Ends every call under way."""
        self._closing.set()
        self._server.stop()

    def wait(self) -> None:
        """Returns when the server has stopped."""
        self._server.wait()

    @property
    def base_url(self) -> str:
        return f"{self._server.base_url}{API}"

    @property
    def page_url(self) -> str:
        return f"{self._server.base_url}/"

    @property
    def calls(self) -> list[ModelCall]:
        """Every finished call, oldest first."""
        return [_call(record) for record in self._requests.entries() if record.path == f"{API}/responses"]

    @property
    def arrived(self) -> int:
        """How many answers were asked for, those still being written included."""
        return self._hooks.arrivals().count(f"{API}/responses")

    def clear_journals(self) -> None:
        self._requests.clear()

    def say_next(self, text: str, times: int = 1) -> None:
        """The next calls get this text."""
        self.script.add(Line(text=text, times=times))

    def call_next(self, name: str, arguments: Mapping[str, Any] | str, times: int = 1) -> None:
        """The next calls get a function call; a string as arguments is sent as it is."""
        self.script.add(Line(calls=((name, arguments),), times=times))

    def _page(self) -> str:
        return render(self.calls, self.faults, self.base_url)


def _call(record: RequestRecord) -> ModelCall:
    body = record.body if isinstance(record.body, dict) else {}
    return ModelCall(
        model=str(body.get("model")),
        instructions=body.get("instructions"),
        input=body.get("input"),
        body=body,
        at=record.at,
        finished_at=record.finished_at,
        status=record.status,
        fault=record.fault,
        cancelled=record.cancelled,
        answer=record.answer,
    )
