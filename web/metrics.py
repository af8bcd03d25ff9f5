"""Prometheus text: the database as it is at the scrape, and what web's processes did."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import psycopg
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from nextnest.rules.alarms import DEAD_S
from nextnest.store import web
from nextnest.store.web import Figures
from nextnest.telemetry import figures, watching
from web.doors import Doors

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Rows = Iterable[Mapping[str, Any]]


def install(app: Flask) -> None:
    """Count and trace the application's requests, and serve /metrics."""
    registry = CollectorRegistry()
    registry.register(_Database(app.extensions["doors"]))
    figures.register(registry)
    app.wsgi_app = _Traced(app.wsgi_app)  # type: ignore[method-assign]

    @app.before_request
    def start() -> None:
        g.started_at = time.perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        took_s = time.perf_counter() - g.started_at
        watching.web_answer(_method(request.method), route, response.status_code, took_s)
        return response

    @app.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST}


class _Traced:
    """A span around each request until its answer begins; a live page's stream is not followed."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with watching.web_request(_method(environ["REQUEST_METHOD"])):
            return self._app(environ, start_response)


def _method(name: str) -> str:
    """A made-up method must not become a label of its own."""
    return name if name in ("GET", "HEAD", "POST", "OPTIONS") else "other"


class _Database(Collector):
    """The database as it is at the scrape; the same whichever process answers."""

    def __init__(self, here: Doors) -> None:
        self._doors = here
        self._cap = float(here.settings.nextnest_cap_per_day)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing at registration: the database is not asked before somebody scrapes."""
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            with self._doors.transaction() as conn:
                found = web.figures(conn, DEAD_S)
        except psycopg.OperationalError:
            yield _single("database_up", "1 when the database answers", 0)
            return
        yield _single("database_up", "1 when the database answers", 1)
        yield from _queue(found)
        yield from _conversations(found)
        yield from _brokers(found.brokers)
        yield from _outside(found)
        yield from _machinery(found.machinery)
        yield _single("spending_cap_dollars", "The most a day may cost; 0 is no cap", self._cap)
        yield _single(
            "broker_capacity_drift",
            "Brokers whose list is not their open assignments",
            found.drifting_brokers,
        )


def _queue(found: Figures) -> Iterable[GaugeMetricFamily]:
    rows, task = found.queue, ["task_name"]
    yield _by("queue_waiting_jobs", "Jobs that wait", task, rows, "waiting")
    yield _by("queue_running_jobs", "Jobs that run", task, rows, "running")
    yield _by("queue_failed_jobs", "Jobs that failed for good", task, rows, "failed")
    yield _by("queue_oldest_waiting_seconds", "Age of the oldest waiting job", task, rows, "oldest_waiting_s")


def _conversations(found: Figures) -> Iterable[GaugeMetricFamily]:
    unanswered, waiting = found.unanswered, found.waiting
    yield _by("unanswered_messages", "Messages without an answer", ["reason"], unanswered, "messages")
    yield _by("unanswered_oldest_seconds", "Age of the oldest of them", ["reason"], unanswered, "oldest_s")
    yield _single("waiting_leads", "Leads for whom no broker is free", waiting["leads"])
    yield _single("waiting_leads_oldest_seconds", "How long the first has waited", waiting["oldest_s"])
    yield _by("leads_of_the_last_day", "Leads by what became of them", ["state"], found.leads, "leads")


def _brokers(rows: Rows) -> Iterable[GaugeMetricFamily]:
    name = ["name"]
    yield _by("broker_active", "1 when the broker takes conversations", name, rows, "is_active")
    yield _by("broker_workload", "Conversations the broker holds", name, rows, "current_workload")
    yield _by("broker_limit", "Conversations the broker may hold", name, rows, "max_concurrent_chats")


def _outside(found: Figures) -> Iterable[GaugeMetricFamily]:
    breakers, flight, which = found.breakers, found.in_flight, ["kind", "state"]
    yield _by("circuit_breaker_open", "1 while it is away", ["name"], breakers, "open")
    yield _by("circuit_breaker_refused", "1 while it refuses our token or key", ["name"], breakers, "refused")
    yield _by("effects_in_flight", "Effects that are not settled", which, flight, "effects")
    yield _by("effects_in_flight_oldest_seconds", "Age of the oldest of them", which, flight, "oldest_s")
    yield _by("model_days_left", "Days until its announced end", ["model"], found.models, "days_left")


def _machinery(row: Mapping[str, Any]) -> Iterable[GaugeMetricFamily]:
    yield _single("workers_alive", "Workers heard of within 30 seconds", row["workers"])
    yield _single("paused_tasks", "Tasks whose jobs no worker takes", row["paused_tasks"])
    yield _single("spent_today_dollars", "What the model cost on this Singapore day", row["spent"])
    yield _single(
        "webhook_silence_seconds", "Age of the oldest reply no webhook followed", row["silence_s"] or 0
    )
    # Without any there is no age: no sample, rather than a wrong one.
    yield _by("worker_last_heartbeat_seconds", "Age of the last sign of any worker", [], [row], "heartbeat_s")
    yield _by("last_webhook_seconds", "Age of the last webhook", [], [row], "webhook_s")


def _by(name: str, help_text: str, labels: list[str], rows: Rows, column: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"nextnest_{name}", help_text, labels=labels)
    for row in rows:
        if row[column] is not None:
            family.add_metric([str(row[label]) for label in labels], float(row[column]))
    return family


def _single(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"nextnest_{name}", help_text, value=float(value))
