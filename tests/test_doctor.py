"""The doctor: against a real Postgres and the stand-ins over HTTP, as an operator runs it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nextnest.doctor.findings import Check, Finding, green, red, run
from nextnest.settings import Settings
from tests import forkserver
from tests.databases import as_login, drop_login
from tests.doors.wire import Recorder, server
from tests.pgbouncer import pgbouncer
from tests.pipelines.world import ROOT
from tests.practice import WEBHOOK, Practice, in_practice, lines


@pytest.fixture
def practice(database_url: str) -> Iterator[Practice]:
    with in_practice(database_url) as one:
        yield one


def test_a_system_that_is_well_is_green_in_every_line_and_the_status_says_so(practice: Practice) -> None:
    practice.worker_lives()
    result = practice.doctor()
    found = lines(result)
    assert result.returncode == 0, result.stdout + result.stderr
    assert {line.split()[0] for name in found for line in found[name]} == {"ok"}, result.stdout
    assert {"Settings", "Database", "Door", "Clock", "Schema", "Rights", "Exposure"} <= set(found)
    assert {"Workers", "Chatwoot", "Inbox", "Webhook", "Model"} <= set(found)
    assert result.stderr == ""


def test_a_word_stands_beside_every_mark_and_no_colour_in_a_pipe(practice: Practice) -> None:
    result = practice.doctor()
    assert "\033" not in result.stdout
    assert [line for line in lines(result)["Workers"] if line.startswith("WRONG") and "-> Start one" in line]


def test_without_a_worker_the_status_is_one(practice: Practice) -> None:
    assert practice.doctor().returncode == 1


def test_a_database_that_is_away_leaves_the_rest_to_be_looked_at(practice: Practice) -> None:
    found = lines(practice.doctor(DATABASE_URL="postgresql://nobody:hidden@127.0.0.1:1/postgres"))
    assert found["Database"][0].startswith("WRONG not reached")
    assert all(found[name][0].startswith("look not looked at") for name in ("Schema", "Workers", "Exposure"))
    assert found["Chatwoot"][0].startswith("ok")
    assert found["Model"][0].startswith("ok")


def test_settings_that_are_missing_are_named_and_the_database_is_looked_at(practice: Practice) -> None:
    """As in the first steps of setting a system up."""
    result = practice.doctor(CHATWOOT_BASE_URL="", OPENAI_API_KEY="")
    found = lines(result)
    assert "CHATWOOT_BASE_URL" in found["Settings"][0]
    assert "OPENAI_API_KEY" in found["Settings"][0]
    assert found["Schema"][0].startswith("ok")
    assert "Chatwoot" not in found


def test_an_empty_database_is_told_to_be_migrated(practice: Practice, empty_database_url: str) -> None:
    found = lines(practice.doctor(DATABASE_URL=empty_database_url))
    assert "WRONG lacks procrastinate" in found["Schema"][0]
    assert "make migrate" in found["Schema"][0]
    assert found["Exposure"][0].startswith("look not looked at")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("alter table nextnest.leads drop column session_id cascade", "session_id"),
        ("alter table nextnest.procrastinate_jobs rename column queueing_lock to other", "queueing_lock"),
        ("alter table nextnest.outgoing_messages disable trigger user", "trigger "),
        (
            "update supabase_migrations.schema_migrations set statements = '{select 1}'"
            " where version = '20261122000100'",
            "20261122000100",
        ),
    ],
)
def test_a_schema_changed_by_hand_is_noticed(practice: Practice, change: str, says: str) -> None:
    practice.execute(change)
    found = lines(practice.doctor())
    assert [line for line in found["Schema"] if line.startswith("WRONG") and says in line], found["Schema"]


def test_a_schema_that_stands_open_is_noticed(practice: Practice) -> None:
    practice.execute("grant usage on schema nextnest to public")
    practice.execute("alter table nextnest.leads disable row level security")
    practice.execute("alter view nextnest.ai_usage set (security_invoker = false)")
    [line] = lines(practice.doctor())["Exposure"]
    assert line.startswith("WRONG open:")
    for part in ("schema nextnest (PUBLIC)", "leads (no row level security)", "ai_usage (a view"):
        assert part in line


@pytest.mark.parametrize("kind", ["web", "worker", "web-with-console"])
def test_each_login_finds_itself_well(practice: Practice, kind: str) -> None:
    practice.worker_lives()
    login = as_login(practice.database_url, kind)
    result = practice.doctor(DATABASE_URL=login)
    drop_login(practice.database_url, login)
    assert result.returncode == 0, result.stdout
    assert f"nextnest_{kind.split('-')[0]}" in lines(result)["Rights"][0]


def test_a_login_for_dashboards_is_told_what_it_cannot_see_and_nothing_is_wrong(practice: Practice) -> None:
    practice.worker_lives()
    login = as_login(practice.database_url, "dashboards")
    result = practice.doctor(DATABASE_URL=login)
    drop_login(practice.database_url, login)
    assert result.returncode == 0, result.stdout
    found = lines(result)
    assert "nextnest_readonly" in found["Rights"][0]
    for name in ("Schema", "Workers"):
        assert found[name][0].startswith("look not for this login to see")


def test_looking_starts_no_database(practice: Practice, tmp_path: Path) -> None:
    given = {name: value for name, value in practice.environment.items() if name != "DATABASE_URL"}
    result = forkserver.run("nextnest", "doctor", environment=given, cwd=tmp_path)
    found = lines(result)
    assert found["Database"][0].startswith(
        "WRONG DATABASE_URL is not set, and no embedded database runs here"
    )
    assert found["Chatwoot"][0].startswith("ok")
    assert list(tmp_path.iterdir()) == []


def test_a_transaction_pooler_is_recognised_for_worker_and_web(practice: Practice) -> None:
    practice.worker_lives()
    practice.execute("do $$ begin execute format('alter database %I set search_path = nextnest',"
                     " current_database()); end $$")  # fmt: skip
    with pgbouncer(practice.database_url, "transaction") as pooled:
        of_worker = lines(practice.doctor(DATABASE_URL=pooled))
        of_web = lines(practice.doctor(WEB_DATABASE_URL=pooled))
    assert of_worker["Door"][0].startswith("look a transaction-mode pooler")
    assert of_web["Door"] == ["ok the database itself; a notification is heard"]
    assert of_web["Web's door"][0].startswith("ok a transaction-mode pooler")
    assert of_worker["Schema"][0].startswith("ok")


def test_a_session_pooler_that_drops_the_limits_of_time_is_noticed(practice: Practice) -> None:
    practice.execute("do $$ begin execute format('alter database %I set search_path = nextnest',"
                     " current_database()); end $$")  # fmt: skip
    with pgbouncer(practice.database_url, "session") as pooled:
        found = lines(practice.doctor(DATABASE_URL=pooled))["Door"]
    assert found[0].startswith(
        "look no idle_in_transaction_session_timeout and no lock_timeout and no statement"
    )
    assert found[1] == "ok a session-mode pooler; a notification is heard"


def test_a_token_that_is_an_agents_or_wrong_is_told_apart(practice: Practice) -> None:
    agent = lines(practice.doctor(CHATWOOT_API_TOKEN=practice.chatwoot.agent_token))
    wrong = lines(practice.doctor(CHATWOOT_API_TOKEN="nobody"))
    assert "WRONG our token is of the role agent" in agent["Chatwoot"][0]
    assert "WRONG refuses our token" in wrong["Chatwoot"][0]
    assert wrong["Webhook"][0].startswith("look not looked at")


@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        ({"CHATWOOT_ACCOUNT_ID": "7"}, "Chatwoot", "not in account 7"),
        ({"CHATWOOT_INBOX_ID": "9"}, "Inbox", "there is no inbox 9"),
        ({"CHATWOOT_WEBHOOK_SECRET": "another"}, "Webhook", "its secret is not CHATWOOT_WEBHOOK_SECRET"),
        ({"CHATWOOT_WEBHOOK_SECRET": ""}, "Settings", "every webhook is refused"),
        ({"NEXTNEST_PUBLIC_URL": "http://localhost:9000"}, "Webhook", "not http://localhost:9000"),
        ({"OPENAI_MODEL": "gone-model"}, "Model", "gone-model is not among"),
        ({"OPENAI_FALLBACK_MODEL": "gone-model"}, "Model", "OPENAI_FALLBACK_MODEL"),
        ({"OPENAI_API_KEY": "wrong"}, "Model", "refuses our key"),
        ({"CHATWOOT_SETTLE_S": "5"}, "Settings", "could be sent twice"),
        ({"NEXTNEST_CAP_PER_DAY": "0.1"}, "Settings", "no turn fits into a day"),
        ({"NEXTNEST_PATIENCE_S": "5"}, "Settings", "one slow answer fetches a person"),
    ],
)
def test_what_is_set_wrong_is_said_with_its_mend(
    practice: Practice, change: dict[str, str], name: str, says: str
) -> None:
    found = lines(practice.doctor(**change))
    assert [line for line in found[name] if not line.startswith("ok") and says in line and " -> " in line]


def test_the_webhook_is_made_when_asked_for_and_only_then(practice: Practice) -> None:
    practice.chatwoot.set_webhook("https://elsewhere.example/hook")
    before = lines(practice.doctor())["Webhook"]
    assert before[0].startswith("WRONG Chatwoot does not call")
    made = practice.doctor("--set-up-webhook")
    assert f"made: Chatwoot calls {WEBHOOK}" in made.stdout
    assert "CHATWOOT_WEBHOOK_SECRET" in made.stdout
    again = practice.doctor("--set-up-webhook")
    assert "made:" not in again.stdout
    after = lines(practice.doctor())["Webhook"]
    assert f"ok Chatwoot calls {WEBHOOK} with what we need" in after
    assert [line for line in after if "its secret is not" in line]


def test_no_webhook_is_made_that_could_never_arrive(practice: Practice) -> None:
    """Chatwoot elsewhere finds no localhost of ours."""
    practice.chatwoot.set_webhook("https://elsewhere.example/hook")
    # The same machine by a name that is not among its usual ones.
    elsewhere = practice.chatwoot.base_url.replace("127.0.0.1", "0.0.0.0")  # noqa: S104
    made = lines(practice.doctor("--set-up-webhook", CHATWOOT_BASE_URL=elsewhere))
    assert made["Webhook"][0].startswith("WRONG not made")
    assert lines(practice.doctor())["Webhook"][0].startswith("WRONG Chatwoot does not call")


def test_a_webhook_without_an_event_gets_it_and_keeps_its_secret(practice: Practice) -> None:
    practice.worker_lives()
    practice.chatwoot.set_webhook(WEBHOOK, ("message_created",))
    assert "it brings no conversation_status_changed" in practice.doctor().stdout
    assert practice.doctor("--set-up-webhook").returncode == 0
    assert practice.doctor().returncode == 0


def test_a_chatwoot_that_hangs_is_given_up_in_time_and_the_others_are_looked_at(practice: Practice) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        found = lines(practice.doctor(CHATWOOT_BASE_URL=url, CHATWOOT_TIMEOUT_S="1", CHATWOOT_SETTLE_S="20"))
    assert found["Chatwoot"][0].startswith("WRONG does not answer")
    assert found["Model"][0].startswith("ok")
    assert time.monotonic() - began < 30


def test_the_clock_of_a_chatwoot_that_tells_the_time_is_compared(practice: Practice) -> None:
    with server(Recorder(practice.chatwoot.base_url)) as through_a_proxy:
        found = lines(practice.doctor(CHATWOOT_BASE_URL=through_a_proxy))
    assert "ok Chatwoot's clock and this machine's agree" in found["Chatwoot"]


def test_a_check_that_hangs_or_fails_keeps_no_other_from_being_looked_at() -> None:
    def hangs() -> Iterator[Finding]:
        yield green("so far")
        time.sleep(5)

    def fails() -> Iterator[Finding]:
        raise RuntimeError("with a password in it")
        yield

    checks = [Check("a", hangs, 0.1), Check("b", fails, 5), Check("c", lambda: [red("no", "mend")], 5)]
    checks += [Check("d", lambda: [green("never")], 5, needs="c"), Check("e", lambda: [green("yes")], 5)]
    found = [(name, finding.mark, finding.what) for name, finding in run(checks)]
    assert found == [
        ("a", "green", "so far"),
        ("a", "red", "no answer within 0 s"),
        ("b", "red", "could not be looked at: RuntimeError"),
        ("c", "red", "no"),
        ("d", "yellow", "not looked at"),
        ("e", "green", "yes"),
    ]


def test_no_secret_is_ever_printed(practice: Practice) -> None:
    """Neither when all is well nor when each of them is refused, nor the password of the database."""
    dsn = "postgresql://nobody:db-pass-7f3a@127.0.0.1:1/postgres"
    results = [
        practice.doctor(),
        practice.doctor("--set-up-webhook"),
        practice.doctor(DATABASE_URL=dsn, CHATWOOT_API_TOKEN="wrong-7f3a", OPENAI_API_KEY="also-wrong-7f3a"),
        practice.doctor(CHATWOOT_WEBHOOK_SECRET="other-7f3a", CHATWOOT_ACCOUNT_ID="x"),
    ]
    printed = "".join(result.stdout + result.stderr for result in results)
    assert "7f3a" not in printed


def test_every_secret_setting_is_among_those_looked_for() -> None:
    secret = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert set(secret) - {"nextnest_ops_viewer_password"} == {
        "chatwoot_api_token",
        "chatwoot_webhook_secret",
        "openai_api_key",
        "nextnest_secret_key",
        "nextnest_ops_password",
    }


def test_a_command_that_does_not_exist_is_answered_with_how_to_use_it() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "nextnest"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 2
    assert "doctor" in result.stderr
