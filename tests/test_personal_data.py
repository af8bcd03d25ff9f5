"""What is held of a contact can be exported and erased, as a whole, by the command an operator runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nextnest.database import conninfo
from nextnest.reception import accept_customer_message
from nextnest.store import personal_data, web
from tests import forkserver
from tests.people_held import everything, found, hold, refuse
from tests.pipelines.world import ROOT, running_world

Connection = psycopg.Connection[Any]

# Columns that can hold words, and hold none of a contact's: ids, states, names of ours, settings, what we ourselves say.
NOT_OF_A_CONTACT = {
    "ai_calls": {"model", "outcome"},
    "ai_brokers": {"slug", "name", "personality_type", "title", "persona"},
    "ai_replies": {"model", "prompt_version", "outcome"},
    "broker_conversations": {
        *(
            "status",
            "held_by",
            "chatwoot_status",
            "loan_type",
            "assignment_method",
            "assignment_reason",
            "handoff_reason",
            "pictures",
        ),
    },
    "circuit_breakers": {"name", "state", "reason", "last_error"},
    "handover_briefs": {"reason"},
    "incoming_messages": {"source", "state"},
    "job_outcomes": {"task_name", "outcome", "detail"},
    "lead_openings": {"loan_type"},
    "leads": {"state", "loan_type"},
    "model_checks": {"model"},
    "operator_actions": {"operator", "role", "action", "target", "detail"},
    # Kinds and sentences of errors are ours; frames are places in the code.
    "lost_attempts": {"task_name", "reason", "error", "frames"},
    "job_traces": {"traceparent"},
    "paused_tasks": {"task_name", "operator"},
    "outgoing_messages": {"kind", "state", "last_error"},
    "person_commands": {"command"},
    "rate_limits": {"client"},
    "rollup_brokers": {"first_response"},
    "rollup_guard": {"rule"},
    "rollup_handovers": {"reason"},
    "rollup_jobs": {"task_name", "run"},
    "rollup_models": {"model", "latency"},
    "rollup_traffic": {"response", "deliberate", "processing"},
    "rights": {"role", "kind", "names", "besides", "privileges"},
    "setbacks": {"key"},
    "tool_runs": {"name", "version"},
    "webhook_events": {"event", "delivery_id", "status"},
}
# What erasing blanks, or deletes with its row.
ERASED = {
    "ai_replies": {"verdict", "tool_calls"},
    "broker_conversations": {"property_type", "timeline"},
    "handover_briefs": {"brief"},
    "incoming_messages": {"content"},
    "lead_openings": {"contact_key"},
    "leads": {"raw", "problems", "lead", "contact_key", "lead_score_points", "session_id"},
    "outgoing_messages": {"payload"},
    "person_messages": {"content"},
    "tool_runs": {"arguments", "result"},
}


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """A look into the database that sees what others commit."""
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as connection:
        yield connection


def run(database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator runs it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | {"DATABASE_URL": database_url}
    return forkserver.run("nextnest.personal_data", *arguments, environment=environment)


def test_after_erasing_no_table_holds_anything_of_the_contact(database_url: str, conn: Connection) -> None:
    somebody, other = hold(conn, 1, name="陈大文"), hold(conn, 2)
    refuse(conn, {"formData": {"email": " MUTHU1@example.com", "name": "陈大文"}})
    refuse(conn, {"formData": {"email": "muthu1@", "phone": 91000001}})
    assert found(conn, somebody) == list(somebody.words)
    done = run(database_url, "erase", "--email", "Muthu1@example.com")
    assert done.returncode == 0, done.stderr
    assert "3 erased in leads" in done.stdout
    assert "Chatwoot keeps its own copy" in done.stdout
    assert found(conn, somebody) == []
    assert "11234.56" in everything(conn)
    assert found(conn, other) == list(other.words)
    assert [row[0] for row in conn.execute("select state from leads order by 1")] == ["erased"] * 3 + [
        "opened"
    ]


@pytest.mark.parametrize("by", ["email", "phone", "contact", "lead"])
def test_a_contact_is_found_by_any_of_its_names(database_url: str, conn: Connection, by: str) -> None:
    somebody = hold(conn, 1)
    values = {
        "email": somebody.lead.email,
        "phone": "9100 0001",
        "contact": somebody.contact_id,
        "lead": somebody.lead_id,
    }
    done = run(database_url, "erase", f"--{by}", str(values[by]))
    assert done.returncode == 0, done.stderr
    assert found(conn, somebody) == []


def test_two_forms_of_one_contact_in_chatwoot_go_together_and_a_shared_phone_ties_nobody(
    database_url: str, conn: Connection
) -> None:
    one, same = hold(conn, 1), hold(conn, 2)
    spouse = hold(conn, 3, phone=one.lead.phone)
    conn.execute("update leads set contact_id = %s where id = %s", [one.contact_id, same.lead_id])
    assert run(database_url, "erase", "--email", one.lead.email).returncode == 0
    assert found(conn, same) == []
    assert [word for word in spouse.words if word not in everything(conn)] == []
    assert run(database_url, "erase", "--phone", spouse.lead.phone).returncode == 0
    assert found(conn, spouse) == []


def test_erasing_again_changes_nothing_and_says_so(database_url: str, conn: Connection) -> None:
    somebody = hold(conn, 1)
    assert run(database_url, "erase", "--lead", str(somebody.lead_id)).returncode == 0
    before = everything(conn)
    again = run(database_url, "erase", "--lead", str(somebody.lead_id))
    assert again.returncode == 0
    assert "Nothing was left to erase." in again.stdout
    assert everything(conn) == before


def test_nobody_is_found_by_an_unknown_address(database_url: str, conn: Connection) -> None:
    hold(conn, 1)
    before = everything(conn)
    done = run(database_url, "erase", "--email", "nobody@example.com")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Nothing was left to erase.")
    assert everything(conn) == before


def test_counts_still_add_up_after_erasing(database_url: str, conn: Connection) -> None:
    hold(conn, 1), hold(conn, 2, status="handed_off")
    views = ("broker_metrics", "response_times", "handoffs", "ai_usage", "queue_metrics")

    def counted() -> list[Any]:
        return [conn.execute(f"select * from {view} order by 1".encode()).fetchall() for view in views]  # noqa: S608

    before = counted()
    assert run(database_url, "erase", "--email", "muthu1@example.com").returncode == 0
    assert counted() == before


@pytest.mark.parametrize("status", ["new", "waiting", "active", "handed_off"])
def test_an_open_conversation_is_erased_only_when_it_may_be_closed(
    database_url: str, conn: Connection, status: str
) -> None:
    somebody = hold(conn, 1, status=status)
    before = everything(conn)
    refused = run(database_url, "erase", "--email", somebody.lead.email)
    assert refused.returncode == 1
    assert "--close" in refused.stderr
    assert "101" in refused.stderr
    assert everything(conn) == before
    assert run(database_url, "erase", "--email", somebody.lead.email, "--close").returncode == 0
    assert found(conn, somebody) == []
    assert conn.execute("select status from broker_conversations").fetchall() == [("resolved",)]
    told = conn.execute(
        "select kind, payload, state from outgoing_messages where state = 'planned'"
    ).fetchall()
    assert told == [("status", {"status": "resolved"}, "planned")]
    jobs = conn.execute("select task_name from procrastinate_jobs where status = 'todo'").fetchall()
    assert jobs == [("deliver-effects",)]
    assert conn.execute("select * from broker_capacity_drift").fetchall() == []


def test_the_place_of_a_closed_conversation_goes_to_the_next_in_line_and_never_to_the_contacts_own(
    database_url: str, conn: Connection
) -> None:
    conn.execute("update ai_brokers set max_concurrent_chats = 0")
    conn.execute(
        "update ai_brokers set max_concurrent_chats = 1 where id = (select id from ai_brokers order by slug limit 1)"
    )
    hold(conn, 1, status="active")
    own = hold(conn, 2, status="waiting", email="muthu1@example.com")
    next_one = hold(conn, 3, status="waiting")
    assert run(database_url, "erase", "--email", "muthu1@example.com", "--close").returncode == 0
    assert found(conn, own) == []
    rows = conn.execute("select conversation_id, status from broker_conversations order by 1").fetchall()
    assert rows == [(101, "resolved"), (102, "resolved"), (next_one.conversation_id, "active")]


def test_what_waits_is_called_off_and_what_may_or_may_not_have_been_sent_is_given_up(
    database_url: str, conn: Connection
) -> None:
    hold(conn, 1)
    for state, turn in (("planned", 11), ("sending", 12), ("unknown", 13)):
        conn.execute(
            "insert into outgoing_messages (conversation_id, kind, turn, payload)"
            " values (101, 'reply', %s, '{\"content\": \"x\"}')",
            [turn],
        )
        conn.execute("update outgoing_messages set state = %s where turn = %s", [state, turn])
    conn.execute(
        "insert into incoming_messages (conversation_id, message_id, content, source)"
        " values (101, 9, 'still there?', 'webhook')"
    )
    conn.execute(
        "insert into procrastinate_jobs (queue_name, task_name, lock)"
        " values ('default', 'incoming-message', 'conversation-101')"
    )
    assert run(database_url, "erase", "--email", "muthu1@example.com").returncode == 1
    assert run(database_url, "erase", "--email", "muthu1@example.com", "--close").returncode == 0
    assert {row[0] for row in conn.execute("select state from outgoing_messages where turn > 10")} == {
        "withheld"
    }
    assert conn.execute("select state, content from incoming_messages where message_id = 9").fetchall() == [
        ("left_to_person", "")
    ]
    assert conn.execute("select status::text from procrastinate_jobs").fetchall() == [("cancelled",)]


def test_nothing_is_erased_under_a_running_job(database_url: str, conn: Connection) -> None:
    somebody = hold(conn, 1, status="active")
    conn.execute(
        "insert into procrastinate_jobs (queue_name, task_name, lock, status)"
        " values ('default', 'incoming-message', 'conversation-101', 'doing')"
    )
    refused = run(database_url, "erase", "--email", somebody.lead.email, "--close")
    assert refused.returncode == 1
    assert "Try again" in refused.stderr
    assert found(conn, somebody) == list(somebody.words)


def test_no_message_comes_into_a_conversation_that_is_being_erased(
    database_url: str, conn: Connection
) -> None:
    somebody = hold(conn, 1)
    message: dict[str, Any] = {
        "conversation_id": somebody.conversation_id,
        "message_id": 99,
        "content": "kopi?",
    }
    message |= {"sent_at": None, "contact_id": None, "source": "webhook", "rollout_percentage": 100}

    async def meanwhile() -> None:
        contact = personal_data.Contact([somebody.lead_id], [somebody.conversation_id])
        async with (
            await psycopg.AsyncConnection.connect(conninfo(database_url, "test"), autocommit=True) as erasing,
            erasing.transaction(),
        ):
            await personal_data.lock(erasing, contact)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                accept_customer_message(conn, **message)

    conn.execute("set lock_timeout = '200ms'")
    asyncio.run(meanwhile())
    assert accept_customer_message(conn, **message) == "queued"


def test_a_form_that_waits_for_chatwoot_is_erased_and_its_opening_called_off(
    database_url: str, conn: Connection
) -> None:
    conn.execute(
        "insert into leads (raw, lead, contact_key)"
        ' values (\'{"name": "Muthu"}\', \'{"name": "Muthu"}\', \'muthu@example.com\')'
    )
    conn.execute(
        "insert into procrastinate_jobs (queue_name, task_name, lock)"
        " select 'default', 'open-conversation', 'lead-' || id from leads"
    )
    assert run(database_url, "erase", "--email", "muthu@example.com").returncode == 0
    assert "Muthu" not in everything(conn)
    assert conn.execute("select status::text from procrastinate_jobs").fetchall() == [("cancelled",)]


def test_the_chat_link_of_an_erased_lead_opens_nothing(database_url: str, conn: Connection) -> None:
    somebody = hold(conn, 1)
    assert web.chat_view(conn, somebody.lead_id, 90) is not None
    assert run(database_url, "erase", "--email", somebody.lead.email).returncode == 0
    assert web.chat_view(conn, somebody.lead_id, 90) is None


def test_an_export_holds_everything_of_the_contact_and_nothing_of_others(
    database_url: str, conn: Connection, tmp_path: Path
) -> None:
    somebody, other = hold(conn, 1), hold(conn, 2)
    refuse(conn, {"formData": {"email": somebody.lead.email, "wish": "a refused wish"}})
    file = tmp_path / "export.json"
    before = everything(conn)
    assert run(database_url, "export", "--email", somebody.lead.email, "--to", str(file)).returncode == 0
    assert everything(conn) == before
    text = file.read_text()
    assert [word for word in (*somebody.words, "a refused wish") if word not in text] == []
    assert [word for word in other.words if word in text] == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = json.loads(text)
    assert len(document["leads"]) == 2
    [talk] = document["conversations"]
    assert [
        len(talk[part]) for part in ("customer_messages_said", "our_messages", "colleagues_messages")
    ] == [1, 2, 1]
    others = ("handover_briefs", "calculations", "ai_replies", "job_outcomes")
    assert [len(talk[part]) for part in others] == [1, 1, 1, 1]
    assert len(document["chat_posts"]) == 1


def test_an_export_without_a_file_goes_to_standard_output(database_url: str, conn: Connection) -> None:
    hold(conn, 1)
    done = run(database_url, "export", "--phone", "91000001")
    assert json.loads(done.stdout)["leads"][0]["lead"]["name"] == "Muthu Person1"


def test_a_number_that_is_none_is_refused_in_words(database_url: str) -> None:
    done = run(database_url, "export", "--phone", "12")
    assert done.returncode == 2
    assert "9123 4567" in done.stderr


def test_every_column_that_can_hold_words_is_erased_or_holds_none_of_a_contacts(conn: Connection) -> None:
    rows = conn.execute(
        "select c.table_name, c.column_name from information_schema.columns c join information_schema.tables t"
        " using (table_schema, table_name) where table_schema = 'nextnest' and table_type = 'BASE TABLE'"
        " and c.data_type in ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'bytea')"
        " and table_name not like 'procrastinate%%'"
        " and not (table_name, column_name) = ('ai_brokers', 'active_conversations')"
    ).fetchall()
    decided = {(t, c) for part in (NOT_OF_A_CONTACT, ERASED) for t, columns in part.items() for c in columns}
    assert set(rows) - decided == set(), "decide whether nextnest/store/personal_data.sql must erase it"


def test_prompts_are_made_where_numbers_are_masked_and_nowhere_else() -> None:
    places = {
        str(path.relative_to(ROOT))
        for folder in ("nextnest", "web")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"(?<!class )\bPrompt\(", path.read_text())
    }
    # The assistant's look at whether the model answers says nothing of anybody.
    assert places == {"nextnest/rules/prompt.py", "nextnest/assistant/client.py"}


def test_a_conversation_with_secrets_leaves_none_with_the_model_in_notes_or_logs_and_can_be_forgotten(
    database_url: str, tmp_path: Path
) -> None:
    secrets = ["S1234567D", "4111 1111 1111 1111", "003-123456-7"]
    with running_world(database_url, tmp_path) as world:
        conversation_id = world.greeted()
        text = f"NRIC {secrets[0]}, visa {secrets[1]}, DBS account {secrets[2]}. What is TDSR?"
        asked = world.chatwoot.customer_says(conversation_id, text)
        world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}"))
        again = world.chatwoot.customer_says(
            conversation_id, f"I want to talk to a human. My card: {secrets[1]}"
        )
        world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{again['id']}"))
        prompts = "".join(json.dumps(call.body) for call in world.model.calls)
        notes = "".join(world.said(conversation_id, private=True))
        assert "[NRIC], visa [card number], DBS account [account number]" in prompts
        assert "[card number]" in notes
        logs = "".join(path.read_text() for path in world.log_folder.iterdir())
        assert [secret for secret in secrets if secret in prompts + notes + logs] == []
        world.chatwoot.resolve(conversation_id)
        world.until(
            lambda: (
                world.rows("select 1 from broker_conversations where status = 'resolved'") and world.quiet()
            )
        )
        done = run(database_url, "erase", "--email", "weiming@example.com")
        assert done.returncode == 0, done.stderr
        with psycopg.connect(database_url) as look:
            left = everything(look)
        private = [*secrets, "Wei Ming", "weiming@example.com", "91234567", "TDSR"]
        assert [word for word in private if word in left] == []
