"""The first page: it is quiet when all is well, and says what is wrong, with a way to the page that mends it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import AppFor, Query
from tests.web.ops import standing
from tests.web.ops.conftest import OPERATOR_PASSWORD, signed_in

ALARM = re.compile(r'<li class="(bad|warn)">.*?<strong>(.*?)</strong>', re.DOTALL)


def alarms(client: FlaskClient) -> dict[str, str]:
    """What is said, and how urgent it is."""
    page = client.get("/ops/").text
    return {re.sub(r"<span.*?</span>", "", says): level for level, says in ALARM.findall(page)}


@pytest.fixture(autouse=True)
def a_worker_lives(query: Query) -> None:
    standing.worker(query)


def test_when_all_is_well_the_page_says_so(operator: FlaskClient) -> None:
    page = operator.get("/ops/").text
    assert "All is well" in page
    assert alarms(operator) == {}


def test_it_is_the_page_one_lands_on(operator: FlaskClient) -> None:
    answer = operator.post("/ops/sign-in", data={"name": "Aisha", "password": OPERATOR_PASSWORD})
    assert answer.location == "/ops/"


@pytest.mark.parametrize(
    ("statement", "said", "level"),
    [
        ("delete from procrastinate_workers", "No worker is alive.", "bad"),
        (
            "update circuit_breakers set state = 'open', reason = 'refused', opened_at = now() - interval '5 minutes',"
            " retry_at = now() + interval '9 seconds', last_error = '401' where name = 'chatwoot'",
            "Chatwoot has refused us for 5 min. Last said: 401.",
            "bad",
        ),
        ("update ai_brokers set is_active = false", "No broker takes conversations", "bad"),
        (
            "update ai_brokers set active_conversations = '{7}' where slug = 'grace-lim'",
            "The places of Grace Lim are not her open conversations.",
            "bad",
        ),
        (
            "insert into procrastinate_jobs (queue_name, task_name, status) values ('default', 'upkeep', 'failed')",
            "1 job has failed for good.",
            "bad",
        ),
        (
            "insert into paused_tasks (task_name, operator) values ('retention', 'Aisha'), ('check-models', 'Ben')",
            "2 tasks are paused: check-models, retention.",
            "warn",
        ),
        (
            "insert into spend_days values ((now() at time zone 'Asia/Singapore')::date, 1, 81)",
            "Today&#39;s spending nears its cap: US$81.00 of US$100.00.",
            "warn",
        ),
        (
            "insert into model_checks (model, listed) values ('old-model', false)",
            "old-model is gone.",
            "bad",
        ),
    ],
)
def test_what_is_wrong_stands_on_top(
    operator: FlaskClient, query: Query, statement: str, said: str, level: str
) -> None:
    query(statement)
    [(says, how)] = alarms(operator).items()
    assert says.startswith(said)
    assert how == level


def test_a_message_without_a_job_is_an_alarm_and_one_that_waits_for_its_job_too_long(
    operator: FlaskClient, query: Query
) -> None:
    for number, slug in ((41, "sarah-wong"), (42, "grace-lim")):
        standing.held(query, number, slug)
        standing.unanswered(query, number, ago_s=90)
    standing.queued(query, 42)
    page = operator.get("/ops/").text
    told = {re.sub(r"\b9\d s", "some 90 s", words): mark for words, mark in alarms(operator).items()}
    assert told == {
        "1 message has no answer and no job.": "bad",
        "A customer has waited some 90 s for an answer.": "bad",
    }
    assert "/ops/conversations?open=unanswered" in page
    assert "/ops/conversations/41" in page


def test_who_waits_is_shown_in_order_with_a_way_to_each(operator: FlaskClient, query: Query) -> None:
    query("update ai_brokers set max_concurrent_chats = 0 where slug <> 'grace-lim'")
    query("update ai_brokers set max_concurrent_chats = 1")
    for number, slug in enumerate(
        ("michelle-chen", "jasmine-lee", "rachel-tan", "sarah-wong", "grace-lim"), 60
    ):
        standing.held(query, number, slug)
    standing.conversation(query, 51, "waiting", "Nur Aisyah")
    standing.conversation(query, 52, "waiting", "Priya Nair")
    page = operator.get("/ops/").text
    assert page.index("Nur Aisyah") < page.index("Priya Nair")
    assert "/ops/conversations/51" in page
    assert alarms(operator) == {"2 leads wait for a broker, the first for 10 min.": "bad"}


def test_a_hand_over_nobody_took_in_time_is_an_alarm_and_one_in_time_is_not(
    operator: FlaskClient, query: Query
) -> None:
    standing.handed_over(query, 71, remind_in_s=600)
    assert alarms(operator) == {}
    standing.handed_over(query, 72, remind_in_s=-1)
    assert alarms(operator) == {"1 hand-over was not taken by anybody in time.": "bad"}
    query("update broker_conversations set taken_at = now() where conversation_id = 72")
    assert alarms(operator) == {}


def test_silent_webhooks_are_noticed_once_a_reply_has_no_echo(operator: FlaskClient, query: Query) -> None:
    standing.held(query, 81, "sarah-wong")
    query(
        "insert into outgoing_messages (conversation_id, kind, payload) values (81, 'reply', '{}');"
        "update outgoing_messages set state = 'sent', sent_at = now() - interval '3 minutes'"
    )
    [said] = alarms(operator)
    assert said.startswith("We replied 3 min ago")
    query("insert into webhook_events (event, status) values ('message_created', 'swept')")
    assert alarms(operator)
    query("insert into webhook_events (event, status) values ('message_created', 'echo_skipped')")
    assert alarms(operator) == {}


def test_a_rollout_below_the_whole_is_said(app_for: AppFor) -> None:
    console = app_for(
        nextnest_ops_password=OPERATOR_PASSWORD,
        nextnest_public_url="http://localhost",
        queue_rollout_percentage=25,
        n8n_ai_broker_webhook_url="https://n8n.example/hook",
    )
    found = alarms(signed_in(console, OPERATOR_PASSWORD, "Aisha"))
    assert found == {"25 % of conversations are on the queue; the others take the legacy path.": "warn"}


def test_a_viewer_reads_no_names(viewer: FlaskClient, query: Query) -> None:
    standing.conversation(query, 51, "waiting", "Nur Aisyah")
    standing.handed_over(query, 72, remind_in_s=600)
    page = viewer.get("/ops/").text
    assert "N•••" in page
    assert not re.search("Nur|Aisyah|Wei Ming", page)


def test_a_broker_above_her_limit_is_said_in_words(operator: FlaskClient, query: Query) -> None:
    for number in (1, 2, 3):
        standing.held(query, number, "grace-lim")
    query("update ai_brokers set max_concurrent_chats = 1 where slug = 'grace-lim'")
    assert "3 of 1 · 2 above the limit" in operator.get("/ops/").text
