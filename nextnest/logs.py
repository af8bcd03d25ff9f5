"""Structured logs: one line per step, with conversation and job ids, without personal data."""

from __future__ import annotations

import logging
import logging.config
from typing import Any

import structlog

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
                structlog.processors.format_exc_info,
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


def _renderer(name: str) -> Any:
    if name == "text":
        return structlog.dev.ConsoleRenderer(colors=False)
    return structlog.processors.JSONRenderer()
