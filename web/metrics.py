"""Prometheus text: the database's views as they are at the scrape, and this process's own requests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from nextnest.store import web
from nextnest.store.web import Figures
from web.doors import Doors

# From a webhook's milliseconds to the eight seconds a lead may take.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16)

Rows = Iterable[Mapping[str, Any]]


def install(app: Flask) -> None:
    """Count the application's requests and serve /metrics. With several processes each answers for its own requests."""
    registry = CollectorRegistry()
    registry.register(_Views(app.extensions["doors"]))
    seconds = Histogram(
        "nextnest_http_request_seconds",
        "Seconds per request of this process",
        ["route"],
        buckets=_BUCKETS,
        registry=registry,
    )
    requests = Counter(
        "nextnest_http_requests", "Requests of this process", ["method", "route", "status"], registry=registry
    )

    @app.before_request
    def start() -> None:
        g.started_at = time.perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        seconds.labels(route).observe(time.perf_counter() - g.started_at)
        requests.labels(_method(), route, response.status_code).inc()
        return response

    @app.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST}


def _method() -> str:
    """A made-up method must not become a label of its own."""
    return request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other"


class _Views(Collector):
    def __init__(self, here: Doors) -> None:
        self._doors = here

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing at registration: the database is not asked before somebody scrapes."""
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            with self._doors.transaction() as conn:
                figures = web.figures(conn)
        except psycopg.OperationalError:
            yield _single("database_up", "1 when the database answers", 0)
            return
        yield _single("database_up", "1 when the database answers", 1)
        yield from _queue(figures)
        yield from _conversations(figures)
        yield from _brokers(figures.brokers)
        yield _by("model_days_left", "Days until its announced end", ["model"], figures.models, "days_left")
        yield _by("circuit_breaker_open", "1 while it is away", ["name"], figures.breakers, "open")
        yield _single(
            "broker_capacity_drift",
            "Brokers whose list is not their open assignments",
            figures.drifting_brokers,
        )


def _queue(figures: Figures) -> Iterable[GaugeMetricFamily]:
    rows, task = figures.queue, ["task_name"]
    yield _by("queue_waiting_jobs", "Jobs that wait", task, rows, "waiting")
    yield _by("queue_running_jobs", "Jobs that run", task, rows, "running")
    yield _by("queue_failed_jobs", "Jobs that failed for good", task, rows, "failed")
    yield _by("queue_oldest_waiting_seconds", "Age of the oldest waiting job", task, rows, "oldest_waiting_s")
    yield _by("queue_run_p50_seconds", "Median run time of a day", task, rows, "run_p50_s")
    yield _by("queue_run_p95_seconds", "95th percentile of a day's run times", task, rows, "run_p95_s")


def _conversations(figures: Figures) -> Iterable[GaugeMetricFamily]:
    unanswered, waiting = figures.unanswered, figures.waiting
    yield _by("unanswered_messages", "Messages without an answer", ["reason"], unanswered, "messages")
    yield _by("unanswered_oldest_seconds", "Age of the oldest of them", ["reason"], unanswered, "oldest_s")
    yield _single("waiting_leads", "Leads for whom no broker is free", waiting["leads"])
    yield _single("waiting_leads_oldest_seconds", "How long the first has waited", waiting["oldest_s"])
    yield _by("leads_of_the_last_day", "Leads by what became of them", ["state"], figures.leads, "leads")


def _brokers(rows: Rows) -> Iterable[GaugeMetricFamily]:
    name = ["name"]
    yield _by("broker_active", "1 when the broker takes conversations", name, rows, "is_active")
    yield _by("broker_workload", "Conversations the broker holds", name, rows, "current_workload")
    yield _by("broker_limit", "Conversations the broker may hold", name, rows, "max_concurrent_chats")
    yield _by("broker_conversations", "Conversations ever assigned", name, rows, "conversations")
    yield _by("broker_messages", "Messages exchanged", name, rows, "messages")
    yield _by("broker_handoffs", "Conversations handed to a person", name, rows, "handoffs")
    yield _by(
        "broker_first_response_p50_seconds", "Lead to greeting, median", name, rows, "first_response_p50_s"
    )
    yield _by(
        "broker_first_response_p95_seconds", "Lead to greeting, 95th", name, rows, "first_response_p95_s"
    )


def _by(name: str, help_text: str, labels: list[str], rows: Rows, column: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"nextnest_{name}", help_text, labels=labels)
    for row in rows:
        if row[column] is not None:
            family.add_metric([str(row[label]) for label in labels], float(row[column]))
    return family


def _single(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"nextnest_{name}", help_text, value=float(value))
