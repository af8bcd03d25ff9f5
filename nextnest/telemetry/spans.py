"""Traces. Off, and nothing of OpenTelemetry loaded, until `start` is called with an endpoint.

A span carries names of ours and ids. Errors are named by their kind: their words may quote a customer.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Literal

import structlog

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

Kind = Literal["internal", "server", "client", "consumer"]
Attribute = str | int | float | bool

# What the log's lines of an attempt carry, too: whatever happens inside it is found by these.
_OF_THE_ATTEMPT = ("conversation_id", "message_id", "lead_id", "job_id", "task", "attempt")
# Of the seconds a process has to stop (NEXTNEST_GRACE_S, gunicorn's own) what is left for the last spans.
_FLUSH_S = 3.0
# A collector that does not answer costs spans, never a customer's time: they are sent by a thread.
_EXPORT_TIMEOUT_S = 5

_tracer: Tracer | None = None
_provider: TracerProvider | None = None


def start(process: Literal["web", "worker"], endpoint: str | None) -> None:
    """Send this process's traces to an OTLP collector over HTTP; without an endpoint nothing is loaded or done."""
    global _tracer, _provider
    if endpoint is None or _provider is not None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=_EXPORT_TIMEOUT_S)
    _provider = TracerProvider(
        resource=Resource.create({"service.name": f"nextnest-{process}"}), shutdown_on_exit=False
    )
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = _provider.get_tracer("nextnest")
    atexit.register(stop)


def stop() -> None:
    """Send what is left, for at most three seconds: a collector that is away must not keep a process from ending."""
    global _tracer, _provider
    provider, _provider, _tracer = _provider, None, None
    if provider:
        flushing = Thread(target=provider.shutdown, daemon=True, name="last-spans")
        flushing.start()
        flushing.join(_FLUSH_S)


def on() -> bool:
    """Whether traces are kept."""
    return _tracer is not None


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, Attribute] | None = None,
    *,
    kind: Kind = "internal",
    parent: str | None = None,
) -> Iterator[None]:
    """A span around the block, below the current one, or below the `traceparent` of another process."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    with _tracer.start_as_current_span(
        name,
        context=_context(parent) if parent else None,
        kind=SpanKind[kind.upper()],
        attributes=_of_the_attempt() | dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def add(attributes: Mapping[str, Attribute]) -> None:
    """More about the current span."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(dict(attributes))


def rename(name: str, attributes: Mapping[str, Attribute]) -> None:
    """Another name for the current span, once it is known."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().update_name(name)
        add(attributes)


def event(name: str, attributes: Mapping[str, Attribute]) -> None:
    """A moment of the current span."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().add_event(name, dict(attributes))


def traceparent() -> str | None:
    """The current span as the W3C writes it, for a job that is deferred now; None when there is none to go on with."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _context(parent: str) -> Context:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent})


def _of_the_attempt() -> dict[str, Attribute]:
    bound = structlog.contextvars.get_contextvars()
    return {name: bound[name] for name in _OF_THE_ATTEMPT if name in bound}
