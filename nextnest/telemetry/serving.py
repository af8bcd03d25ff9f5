"""A worker's own port for its figures. Web serves them at /metrics, beside those of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, start_http_server

from nextnest.telemetry import figures

log = structlog.get_logger(__name__)

# Workers of one machine share one setting: each takes the first free port from there on.
PORTS = 10


@contextmanager
def served(port: int | None) -> Iterator[int | None]:
    """Serve them while the block runs, on this port or the next free one of ten: which one, None without any."""
    server = _server(port) if port else None
    try:
        yield server.server_port if server else None
    finally:
        if server:
            server.shutdown()
            server.server_close()


def _server(first: int) -> WSGIServer | None:
    registry = CollectorRegistry()
    figures.register(registry)
    for port in range(first, first + PORTS):
        try:
            server, _ = start_http_server(port, registry=registry)
        except OSError:
            continue
        log.info("metrics served", port=port)
        return server
    log.warning("metrics not served", first=first, last=first + PORTS - 1)
    return None
