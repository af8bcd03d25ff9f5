"""Figures and traces of a whole system: web and worker as they run, a Prometheus's scrape, an OTLP collector."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from nextnest.rules import alarms
from tests.doors.wire import Answer, Request, server
from tests.pipelines.world import ROOT, World, free_port, running_world
from tests.waiting import until

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "nextnest.json"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
BY_NAME = {rule["alert"]: rule for rule in RULES}
NAMES = re.compile(r"\bnextnest_\w+")
# Unmistakable wherever they should not be.
SECRET = "secret-9d41"
NAME, EMAIL, PHONE = "Ong Unmistakable", "unmistakable9d41@example.com", "+65 8999 4141"
WORDS = "What is TDSR, by the way, says the purple walrus?"


@dataclass
class Collector:
    """An OTLP collector that keeps what it is sent."""

    bodies: list[bytes]

    def __call__(self, request: Request) -> Answer:
        self.bodies.append(request.body)
        return Answer(200, (b"",), "application/x-protobuf")

    def spans(self) -> list[dict[str, Any]]:
        """Every span as plain values."""
        found = []
        for body in list(self.bodies):
            for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
                [service] = [
                    a.value.string_value for a in sent.resource.attributes if a.key == "service.name"
                ]
                found += [_plain(span, service) for scope in sent.scope_spans for span in scope.spans]
        return found


def _plain(span: Any, service: str) -> dict[str, Any]:
    attributes = {
        a.key: a.value.int_value if a.value.HasField("int_value") else a.value.string_value
        for a in span.attributes
    }
    return {
        "service": service,
        "name": span.name,
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        **attributes,
    }


@dataclass
class Observed:
    """A system in which one lead was greeted, answered and handed over, while somebody watched."""

    world: World
    collector: Collector
    port: int
    conversation_id: int

    def scrape(self) -> dict[str, str]:
        """Web's and the worker's text."""
        addresses = {"web": self.world.web_url, "worker": f"http://127.0.0.1:{self.port}"}
        return {name: httpx.get(f"{url}/metrics", timeout=30).text for name, url in addresses.items()}

    def samples(self, process: str) -> dict[tuple[str, tuple[str, ...]], float]:
        """By name and values of labels, these in the order of the labels' names."""
        return {
            (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.scrape()[process])
            for sample in family.samples
        }


@pytest.fixture(scope="module")
def observed(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    collector, port = Collector([]), free_port()
    with ExitStack() as stack:
        endpoint = stack.enter_context(server(collector))
        world = stack.enter_context(
            running_world(
                module_database_url,
                tmp_path_factory.mktemp("logs"),
                of_workers={"NEXTNEST_METRICS_PORT": str(port)},
                web_anew=True,
                OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
                OTEL_BSP_SCHEDULE_DELAY="200",
                NEXTNEST_SECRET_KEY=SECRET,
                NEXTNEST_OPS_PASSWORD=f"ops-{SECRET}",
            )
        )
        conversation_id = world.greeted(name=NAME, email=EMAIL, phone=PHONE)
        for text, outcome in ((WORDS, "answered"), ("Can I talk to a human please?", "handed over")):
            asked = world.chatwoot.customer_says(conversation_id, text)
            lock = f"incoming-{conversation_id}-{asked['id']}"
            world.until(lambda lock=lock, outcome=outcome: world.outcome_of(lock) == outcome)
        world.until(world.quiet)
        yield Observed(world, collector, port, conversation_id)


def test_one_trace_leads_from_the_form_through_its_job_to_what_chatwoot_was_asked(observed: Observed) -> None:
    spans = _of_the_trace(observed, "POST /api/chatwoot-conversation", "job new-conversation")
    assert {span["service"] for span in spans} == {"nextnest-web", "nextnest-worker"}
    [job] = [span for span in spans if span["name"] == "job new-conversation"]
    assert (job["conversation_id"], job["task"], job["attempt"]) == (
        observed.conversation_id,
        "new-conversation",
        0,
    )
    sent = [
        span
        for span in spans
        if span["name"] == "chatwoot POST /conversations/{conversation_id}/messages"
        and span.get("job_id") == job["job_id"]
    ]
    assert len(sent) == 2, "joined and greeting"
    assert _above(spans, sent[0])[-1]["name"] == "POST /api/chatwoot-conversation"
    assert [span for span in spans if span["name"].startswith("chatwoot POST /contacts")]


def test_one_trace_leads_from_a_webhook_through_its_job_to_the_model_and_the_reply(
    observed: Observed,
) -> None:
    spans = _of_the_trace(observed, "POST /api/chatwoot-webhook", "model call")
    names = [span["name"] for span in spans]
    assert "job incoming-message" in names
    assert "draft" in names
    assert "transaction" in names
    assert "chatwoot POST /conversations/{conversation_id}/messages" in names
    [call] = [span for span in spans if span["name"] == "model call"]
    assert (call["model"], call["outcome"], call["task"]) == ("sandbox-model", "answered", "incoming-message")
    assert call["conversation_id"] == observed.conversation_id
    assert call["attempt"] == 0
    assert call["job_id"]


def test_the_workers_figures_tell_the_story_of_one_conversation(observed: Observed) -> None:
    shown = observed.samples("worker")
    assert shown["nextnest_job_attempts_total", ("done", "new-conversation")] == 1
    assert shown["nextnest_turns_total", ("answered",)] == 1
    assert shown["nextnest_turns_total", ("handed_over",)] == 1
    assert shown["nextnest_handovers_total", ("asked_for_person",)] == 1
    assert shown["nextnest_answer_seconds_count", ()] == 1
    assert shown["nextnest_guard_verdicts_total", ("passed",)] == 1
    assert shown["nextnest_draftings_total", ("planned",)] == 1
    assert shown["nextnest_listenings_total", ("quiet",)] >= 1
    assert shown["nextnest_model_calls_total", ("sandbox-model", "answered")] >= 1
    assert shown["nextnest_effects_total", ("greeting", "sent")] == 1
    [row] = observed.world.rows("select sum(cost) as cost, sum(output_tokens) as tokens from ai_calls")
    assert shown["nextnest_model_cost_dollars_total", ("sandbox-model",)] == pytest.approx(float(row["cost"]))
    assert shown["nextnest_model_tokens_total", ("output", "sandbox-model")] == row["tokens"]
    posts = ("POST /conversations/{conversation_id}/messages", "ok")
    ours = [m for m in observed.world.chatwoot.messages(observed.conversation_id)
            if "nextnest_id" in m["content_attributes"]]  # fmt: skip
    assert shown["nextnest_chatwoot_requests_total", posts] == len(ours)


def test_whichever_of_webs_processes_is_asked_answers_for_all(observed: Observed) -> None:
    """Two processes share the requests; every scrape shows all of them, whoever answers it."""
    key = ("nextnest_http_requests_total", ("GET", "/healthz", "200"))
    before = observed.samples("web")[key]
    for asked in range(1, 11):
        httpx.get(f"{observed.world.web_url}/healthz", timeout=10)
        assert observed.samples("web")[key] == before + asked


def test_what_a_web_process_counted_outlives_it(observed: Observed) -> None:
    key = ("nextnest_http_requests_total", ("GET", "/healthz", "200"))
    before = observed.samples("web")[key]
    children = psutil.Process(observed.world.web.pid).children()
    children[0].kill()
    until(
        lambda: {c.pid for c in psutil.Process(observed.world.web.pid).children()} - {c.pid for c in children}
    )
    assert observed.samples("web")[key] >= before


def test_the_figures_hold_no_secret_no_name_and_no_word_of_anybody(observed: Observed) -> None:
    text = "".join(observed.scrape().values())
    assert _leaks(text, observed) == []


def test_traces_hold_no_secret_no_name_and_no_word_of_anybody(observed: Observed) -> None:
    until(lambda: [span for span in observed.collector.spans() if span["name"] == "model call"])
    assert _leaks(b"".join(observed.collector.bodies).decode("latin-1"), observed) == []


def test_off_means_that_nothing_of_opentelemetry_is_loaded_and_nothing_is_kept() -> None:
    code = (
        "import sys, nextnest.tasks, web; from nextnest.telemetry import spans;"
        "spans.start('web', None); assert spans.traceparent() is None and not spans.on();"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_is_about_metrics_that_are_there_and_says_what_to_do(
    observed: Observed, rule: dict[str, Any]
) -> None:
    assert set(NAMES.findall(rule["expr"])) <= names_of(observed)
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_alert_is_in_the_operators_table() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert set(re.findall(r"`(NextNest\w+)`", operations)) == set(BY_NAME)


@pytest.mark.parametrize(
    ("alert", "threshold"),
    [
        ("NextNestCustomerWaits", alarms.VERY_LATE_S),
        ("NextNestLeadWaits", alarms.VERY_LONG_WAIT_S),
        ("NextNestWorkerSilent", alarms.SILENT_S),
        ("NextNestWebhookSilence", alarms.NO_WEBHOOK_S),
        ("NextNestEffectUnsettled", alarms.LONG_UNSETTLED_S),
        ("NextNestSpendingNearCap", alarms.NEAR_CAP),
    ],
)
def test_alerts_and_the_consoles_alarms_agree_on_when(alert: str, threshold: object) -> None:
    assert re.search(rf"[>=] {threshold}(?![\d.])", BY_NAME[alert]["expr"])


def test_the_dashboard_draws_only_metrics_that_are_there_and_every_panel_says_what_it_is(
    observed: Observed,
) -> None:
    panels = [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]
    drawn = {name for p in panels for target in p["targets"] for name in NAMES.findall(target["expr"])}
    assert len(drawn) > 30
    assert drawn <= names_of(observed)
    assert all(panel["title"] and panel["description"] for panel in panels)


def test_every_metric_is_explained_and_every_explained_one_is_there(observed: Observed) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text().split("## Prometheus\n")[1].split("\n## ")[0]
    explained = set(re.findall(r"`(nextnest_\w+)`", page))
    families = names_of(observed, plain=True)
    assert families - explained == set()
    assert explained - families == set()


def names_of(observed: Observed, *, plain: bool = False) -> set[str]:
    """What may stand in a query: of a histogram its three series. `plain`: each once, as it is written about."""
    found: set[str] = set()
    for text in observed.scrape().values():
        for name, kind in re.findall(r"^# TYPE (nextnest_\w+) (\w+)$", text, re.MULTILINE):
            if name.endswith("_created"):
                continue
            found |= (
                {name}
                if plain or kind != "histogram"
                else {f"{name}_{p}" for p in ("bucket", "sum", "count")}
            )
    return found


def _of_the_trace(observed: Observed, root: str, wanted: str) -> list[dict[str, Any]]:
    """The spans of the trace that begins with this request and leads to that span."""

    def found() -> list[dict[str, Any]]:
        spans = observed.collector.spans()
        reached = {span["trace"] for span in spans if span["name"] == wanted}
        begun = {span["trace"] for span in spans if span["name"] == root and not span["parent"]}
        for trace in reached & begun:
            return [span for span in spans if span["trace"] == trace]
        return []

    return until(found, 20, lambda: str([(s["trace"][:6], s["name"]) for s in observed.collector.spans()]))


def _above(spans: list[dict[str, Any]], span: dict[str, Any]) -> list[dict[str, Any]]:
    """What stands above a span, up to the root."""
    by_id = {one["id"]: one for one in spans}
    above = []
    while span := by_id.get(span["parent"], {}):
        above.append(span)
    return above


def _leaks(text: str, observed: Observed) -> list[str]:
    world = observed.world
    secrets = [world.chatwoot.token, world.chatwoot.webhook_secret, world.model.api_key, SECRET]
    personal = [NAME, "Unmistakable", EMAIL, "89994141", "8999 4141", "walrus"]
    links = [row["id"].hex for row in world.rows("select id from leads")]
    return [word for word in (*secrets, *personal, *links) if word in text]
