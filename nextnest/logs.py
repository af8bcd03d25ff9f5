"""Structured logs: one line per step, with conversation and job ids, without personal data."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from nextnest.errors import NextNestError
from nextnest.settings import Settings

# Procrastinate logs every job's start and end; we log what it did, so its own lines are only wanted when debugging.
_QUIET = ("procrastinate", "httpx", "httpx2", "httpcore", "openai", "psycopg.pool")


def configure(settings: Settings) -> None:
    """Send our lines and every library's through one formatter to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _frames_only,
                _renderer(settings.nextnest_log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.nextnest_log_level.upper())
    if settings.nextnest_log_level.upper() != "DEBUG":
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
    # It logs every failed attempt a second time, with the error's own words; its side tasks log one level below.
    logging.getLogger("procrastinate.worker").setLevel(logging.CRITICAL)
    logging.getLogger("procrastinate.worker.worker").setLevel(logging.WARNING)


def describe(error: BaseException) -> str:
    """An error in a log line or a table: our own sentences, of others the kind alone.

    An unforeseen error of the database or of a validation quotes what it was given, and that may be a customer's.
    """
    if isinstance(error, NextNestError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


def _frames_only(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Where an error came from, without what it says."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        parts = []
        while error is not None:
            parts.append("".join(traceback.format_tb(error.__traceback__)) + describe(error))
            error = error.__cause__
        event["exception"] = "\ncaused by\n".join(parts)
    return event


def _renderer(name: str) -> Any:
    if name == "text":
        return structlog.dev.ConsoleRenderer(colors=False)
    return structlog.processors.JSONRenderer()
