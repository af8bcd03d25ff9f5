"""What the rest of the product says about its work: one call each, for figures and traces together."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from nextnest.telemetry import figures, spans


@dataclass
class Outcome:
    """How it ended, to be said before it is over."""

    name: str


@contextmanager
def web_request(method: str) -> Iterator[None]:
    """One request to web. Its route is not known yet: see `web_answer`."""
    with spans.span(method, kind="server"):
        yield


def web_answer(method: str, route: str, status: int, seconds: float) -> None:
    """The same request, answered. `route` is the rule, never the path: a chat link is a secret."""
    figures.HTTP_SECONDS.labels(route).observe(seconds)
    figures.HTTP_REQUESTS.labels(method, route, status).inc()
    said: dict[str, spans.Attribute] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
    }
    spans.rename(f"{method} {route}", said)


@contextmanager
def attempt(task: str, parent: str | None) -> Iterator[Outcome]:
    """One attempt of a job; `parent` is the trace that deferred it. An outcome nobody names is a failure."""
    outcome, began = Outcome("failed"), time.monotonic()
    figures.JOBS_RUNNING.labels(task).inc()
    try:
        with spans.span(f"job {task}", kind="consumer", parent=parent):
            try:
                yield outcome
            finally:
                spans.add({"outcome": outcome.name})
    finally:
        figures.JOBS_RUNNING.labels(task).dec()
        figures.ATTEMPTS.labels(task, outcome.name).inc()
        figures.ATTEMPT_SECONDS.labels(task).observe(time.monotonic() - began)


@contextmanager
def chatwoot_request(operation: str, ids: dict[str, int]) -> Iterator[None]:
    """One request to Chatwoot. `operation` is the endpoint's method and template."""
    outcome, began = "failed", time.monotonic()
    with spans.span(f"chatwoot {operation}", ids, kind="client"):
        try:
            yield
            outcome = "ok"
        except BaseException as error:
            outcome = _word(type(error).__name__)
            raise
        finally:
            spans.add({"outcome": outcome})
            figures.CHATWOOT_REQUESTS.labels(operation, outcome).inc()
            figures.CHATWOOT_SECONDS.labels(operation).observe(time.monotonic() - began)


@contextmanager
def model_call(model: str) -> Iterator[Outcome]:
    """One call of the model."""
    outcome, began = Outcome("cut short"), time.monotonic()
    with spans.span("model call", {"model": model}, kind="client"):
        try:
            yield outcome
        finally:
            spans.add({"outcome": _word(outcome.name)})
            figures.MODEL_CALLS.labels(model, _word(outcome.name)).inc()
            figures.MODEL_SECONDS.labels(model).observe(time.monotonic() - began)


def paid(model: str, *, input_tokens: int, cached_tokens: int, output_tokens: int, cost: Decimal) -> None:
    """What one call used. Cached tokens are part of the input and counted apart, because they cost less."""
    figures.MODEL_TOKENS.labels(model, "input").inc(input_tokens - cached_tokens)
    figures.MODEL_TOKENS.labels(model, "cached_input").inc(cached_tokens)
    figures.MODEL_TOKENS.labels(model, "output").inc(output_tokens)
    figures.MODEL_DOLLARS.labels(model).inc(float(cost))


def turn_ended(outcome: str, deliberate_wait_s: float) -> None:
    """One turn of a customer is over, committed."""
    figures.TURNS.labels(_word(outcome)).inc()
    figures.WAIT_SECONDS.observe(deliberate_wait_s)


def answered(seconds: float) -> None:
    """A reply was sent, so long after the customer's last message came in."""
    figures.ANSWER_SECONDS.observe(seconds)


def listened(*, went_on: bool) -> None:
    """A moment to go on is over."""
    figures.LISTENINGS.labels("went_on" if went_on else "quiet").inc()


@contextmanager
def drafting() -> Iterator[Outcome]:
    """One reply is written: model, calculators, guard, repair."""
    outcome = Outcome("failed")
    with spans.span("draft"):
        try:
            yield outcome
        finally:
            spans.add({"outcome": outcome.name})
            figures.DRAFTINGS.labels(outcome.name).inc()


def judged(broken: tuple[str, ...]) -> None:
    """The guard has read a draft; the ids of the rules it breaks."""
    for rule in broken or ("passed",):
        figures.VERDICTS.labels(rule).inc()
    spans.event("guard", {"rules": ", ".join(broken) or "passed"})


def handed_over(reason: str) -> None:
    """A worker gave a conversation to a person, committed."""
    figures.HANDOVERS.labels(reason).inc()


def effect(kind: str, state: str) -> None:
    """What became of an effect in Chatwoot: `sent`, `unknown` or `withheld`."""
    figures.EFFECTS.labels(kind, state).inc()


def _word(name: str) -> str:
    """`ChatwootUnavailable` and `cut short` as label values are written."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[ -]", "_", name).lower()
