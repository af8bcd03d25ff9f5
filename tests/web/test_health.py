"""Health and metrics: green only when a lead would really be greeted."""

from __future__ import annotations

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import AppFor, Query, form

NO_DATABASE = "postgresql://nobody@127.0.0.1:9/none"


def worker(query: Query, seconds_ago: int) -> None:
    query(
        "insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => %(s)s))",
        s=seconds_ago,
    )


def metrics(client: FlaskClient) -> dict[tuple[str, tuple[str, ...]], float]:
    text = client.get("/metrics").get_data(as_text=True)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_living_process_says_so_even_without_a_database(app_for: AppFor) -> None:
    assert app_for(database_url=NO_DATABASE).test_client().get("/healthz").status_code == 200


def test_ready_means_schema_and_worker(client: FlaskClient, query: Query) -> None:
    worker(query, 5)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ready", "wrong": []})


def test_no_worker_is_named(client: FlaskClient, query: Query) -> None:
    worker(query, 31)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["wrong"] == ["no worker has been heard of for 30 s"]


def test_an_old_schema_is_named(client: FlaskClient, query: Query) -> None:
    worker(query, 0)
    query("delete from supabase_migrations.schema_migrations where name = 'messages'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "messages.sql" in answer.get_json()["wrong"][0]


def test_an_empty_database_is_named(app_for: AppFor, empty_database_url: str) -> None:
    answer = app_for(database_url=empty_database_url).test_client().get("/readyz")
    assert answer.status_code == 503
    assert "run the migration" in answer.get_json()["wrong"][0]


def test_an_unreachable_database_is_named(app_for: AppFor) -> None:
    answer = app_for(database_url=NO_DATABASE).test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["wrong"]) == (503, ["the database cannot be reached"])


def test_metrics_show_the_database_as_it_is_now(client: FlaskClient, query: Query) -> None:
    client.post("/api/chatwoot-conversation", json=form())
    shown = metrics(client)
    assert shown["nextnest_database_up", ()] == 1
    assert shown["nextnest_queue_waiting_jobs", ("new-conversation",)] == 1
    assert shown["nextnest_waiting_leads", ()] == 0
    assert shown["nextnest_broker_capacity_drift", ()] == 0
    assert shown["nextnest_leads_of_the_last_day", ("opened",)] == 1
    query("update broker_conversations set status = 'waiting', waiting_since = now()")
    assert metrics(client)["nextnest_waiting_leads", ()] == 1


def test_metrics_count_requests_by_route_and_never_by_link(client: FlaskClient) -> None:
    before = metrics(client)  # a process counts for all applications in it
    client.get("/chat/somebody")
    client.get("/nowhere/at/all")
    client.open("/", method="BREW")
    shown = metrics(client)
    for counted in (
        ("nextnest_http_requests_total", ("GET", "/chat/<link>", "404")),
        ("nextnest_http_requests_total", ("GET", "none", "404")),
        ("nextnest_http_request_seconds_count", ("/chat/<link>",)),
    ):
        assert shown[counted] == before.get(counted, 0) + 1
    assert not any("somebody" in label or "BREW" in label for _, labels in shown for label in labels)


def test_metrics_answer_without_a_database(app_for: AppFor) -> None:
    assert metrics(app_for(database_url=NO_DATABASE).test_client())["nextnest_database_up", ()] == 0
