"""Finding conversations, and what a page shows of one to whom."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Query
from tests.web.ops.conftest import act

PATH = "/ops/conversations"


@pytest.fixture(autouse=True)
def people(query: Query) -> None:
    """Three customers: Tan Wei Ming (1), Nur Aisyah (2), and somebody who wrote without a form (3)."""
    for number, name, email, phone in (
        (1, "Tan Wei Ming", "weiming@example.com", "+6591234567"),
        (2, "Nur Aisyah binte Rahman", "nur.aisyah@example.com", "+60123456789"),
    ):
        query(
            "with l as (insert into leads (raw, lead, contact_key, loan_type, lead_score, lead_score_points)"
            " values ('{}', jsonb_build_object('name', %(name)s::text, 'email', %(email)s::text, 'phone', %(phone)s::text,"
            " 'incomes', '[7200]'::jsonb), %(email)s, 'refinance', 52, '{\"timeline\": 15, \"income\": 10}') returning id)"
            " insert into broker_conversations (conversation_id, lead_id, created_at)"
            " select %(id)s, id, now() - make_interval(hours => 10 - %(id)s) from l",
            id=number, name=name, email=email, phone=phone,
        )  # fmt: skip
        query(
            "update leads set state = 'opened', conversation_id = %(id)s, opened_at = now() where contact_key = %(email)s",
            id=number,
            email=email,
        )
    query("insert into broker_conversations (conversation_id) values (3)")


def listed(client: FlaskClient, **asked: str) -> list[int]:
    """The numbers on the page, in order."""
    page = client.get(PATH, query_string=asked)
    assert page.status_code == 200
    found = [
        part.split("#newest")[0]
        for part in page.text.split('<th scope="row"><a href="/ops/conversations/')[1:]
    ]
    return [int(number) for number in found]


def test_the_newest_activity_comes_first(operator: FlaskClient, query: Query) -> None:
    assert listed(operator) == [3, 2, 1]
    query(
        "update broker_conversations set last_message_at = now() + interval '1 second' where conversation_id = 1"
    )
    assert listed(operator) == [1, 3, 2]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("1", [1]),
        ("#2", [2]),
        ("9123 4567", [1]),
        ("+65 9123-4567", [1]),
        ("0060 12 345 6789", [2]),
        ("WEIMING@Example.com", [1]),
        ("nur.a@", []),
        ("nur.aisyah@", [2]),
        ("ming", [1]),
        ("tan mi", [1]),
        ("rahman NUR", [2]),
        ("an", []),
        ("o'brien \\ & | !", []),
        ("99999999999999999999", []),
        ("", [3, 2, 1]),
    ],
)
def test_a_customer_is_found_however_it_is_written(
    operator: FlaskClient, words: str, found: list[int]
) -> None:
    assert listed(operator, q=words) == found


def test_a_viewer_finds_numbers_only_and_is_told_so(viewer: FlaskClient) -> None:
    assert listed(viewer, q="2") == [2]
    for words in ("ming", "9123 4567", "weiming@example.com"):
        assert listed(viewer, q=words) == []
    assert "by their number only" in viewer.get(PATH, query_string={"q": "ming"}).text


def test_filters_narrow_and_stand_in_the_address(operator: FlaskClient, query: Query) -> None:
    query(
        "update broker_conversations set status = 'active',"
        " broker_id = (select id from ai_brokers where slug = 'rachel-tan')"
        " where conversation_id = 1"
    )
    query("update broker_conversations set held_by = 'person' where conversation_id = 2")
    query("insert into incoming_messages values (3, 30, 'Hello?', 'chat')")
    query(
        "insert into procrastinate_jobs (queue_name, task_name, args, status)"
        " values ('default', 'incoming-message', '{\"conversation_id\": 2}', 'failed')"
    )
    assert listed(operator, status="active") == [1]
    assert listed(operator, held="person") == [2]
    assert listed(operator, held="ai") == [3, 1]
    assert listed(operator, broker="rachel-tan") == [1]
    assert listed(operator, broker="rachel-tan", status="new") == []
    assert listed(operator, open="unanswered") == [3]
    assert listed(operator, open="failed") == [2]
    assert listed(operator, open="failed", held="ai") == []
    assert listed(operator, q="nur", held="person") == [2]
    assert listed(operator, status="nonsense", before="nonsense") == [3, 2, 1]


def test_pages_go_on_where_the_last_one_ended(operator: FlaskClient, query: Query) -> None:
    query(
        "insert into broker_conversations (conversation_id, created_at)"
        " select n, now() - make_interval(days => n / 7) from generate_series(100, 219) n"
    )
    seen: list[int] = []
    query_string = "held=ai"
    for _ in range(3):
        page = operator.get(f"{PATH}?{query_string}").text
        seen += listed(operator, **dict(pair.split("=") for pair in query_string.split("&")))
        query_string = (
            page.split('<a href="/ops/conversations?')[1].split('"')[0].replace("&amp;", "&")
            if "Older" in page
            else ""
        )
    assert query_string == ""
    assert len(seen) == len(set(seen)) == 123


def test_names_and_texts_are_masked_for_a_viewer(
    viewer: FlaskClient, operator: FlaskClient, query: Query
) -> None:
    query("insert into incoming_messages values (1, 30, 'My NRIC is a secret', 'chat')")
    for path in (PATH, f"{PATH}/1"):
        page = viewer.get(path).text
        for personal in ("Wei Ming", "weiming@", "91234567", "My NRIC", "7200"):
            assert personal not in page, (path, personal)
        assert "T•••" in page
    whole = operator.get(f"{PATH}/1").text
    for personal in ("Tan Wei Ming", "weiming@example.com", "+6591234567", "My NRIC is a secret", "7200"):
        assert personal in whole


def test_a_page_links_to_chatwoot_and_never_to_the_customers_chat(
    operator: FlaskClient, viewer: FlaskClient
) -> None:
    for client in (operator, viewer):
        page = client.get(f"{PATH}/1").text
        assert "/app/accounts/1/conversations/1" in page
        assert "/chat/" not in page


@pytest.mark.parametrize("number", ["4", "99999999999999999999"])
def test_an_unknown_conversation_is_not_found(operator: FlaskClient, number: str) -> None:
    assert operator.get(f"{PATH}/{number}").status_code == 404


def test_what_a_customer_writes_is_shown_as_text(operator: FlaskClient, query: Query) -> None:
    query("insert into incoming_messages values (1, 30, '<script>alert(1)</script>', 'chat')")
    page = operator.get(f"{PATH}/1").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_long_story_is_read_in_parts_and_nothing_is_left_out(operator: FlaskClient, query: Query) -> None:
    query(
        "insert into incoming_messages (conversation_id, message_id, content, source, received_at)"
        " select 3, n, 'word ' || n || '.', 'chat', now() - make_interval(mins => 2000 - n / 2)"
        " from generate_series(1, 900) n"
    )
    seen: set[int] = set()
    path = f"{PATH}/3"
    for _ in range(4):
        page = operator.get(path).text
        part = {int(piece.split(".")[0]) for piece in page.split(">word ")[1:]}
        assert not part & seen
        seen |= part
        if "What happened before" not in page:
            break
        path = page.split('">What happened before')[0].rsplit('"', 1)[1].replace("&amp;", "&")
    assert len(seen) == 900


# Refusals: nothing changes, nothing is written down, and the page says why.
@pytest.mark.parametrize(
    ("arrange", "action", "words"),
    [
        (
            "update broker_conversations set held_by = 'person'",
            "take-over",
            "A person has this conversation already",
        ),
        ("update broker_conversations set held_by = 'person'", "run-again", "A person has this conversation"),
        (
            "update broker_conversations set held_by = 'ai'",
            "give-back",
            "The AI has this conversation already",
        ),
        ("update broker_conversations set status = 'resolved'", "close", "closed already"),
        ("update broker_conversations set held_by = 'ai'", "close", "holds no place"),
        (
            "update broker_conversations set status = 'waiting', waiting_since = now()",
            "run-again",
            "waits in line",
        ),
        ("update broker_conversations set status = 'resolved'", "run-again", "Nothing is left to do"),
        ("update leads set link_revoked_at = now()", "end-link", "No chat link opens this conversation"),
        (
            "update broker_conversations set held_by = 'ai'",
            "restore-link",
            "No chat link of this conversation was ended",
        ),
        (
            "insert into procrastinate_jobs (queue_name, task_name, lock, args)"
            " values ('default', 'deliver-effects', 'conversation-1', '{\"conversation_id\": 1}')",
            "run-again",
            "(deliver-effects) waits for it already",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words_and_changes_nothing(
    operator: FlaskClient, query: Query, arrange: str, action: str, words: str
) -> None:
    query(arrange)
    before = _everything(query)
    answer = act(operator, f"{PATH}/1/{action}")
    assert (answer.status_code, answer.location) == (303, f"{PATH}/1")
    assert words in operator.get(f"{PATH}/1").text
    assert _everything(query) == before


def test_ending_the_chat_link_is_written_down_told_to_colleagues_and_can_be_undone(
    operator: FlaskClient, query: Query
) -> None:
    ended = "select conversation_id from leads where link_revoked_at is not null"
    assert "End the chat link" in operator.get(f"{PATH}/1").text
    act(operator, f"{PATH}/1/end-link")
    page = operator.get(f"{PATH}/1").text
    assert "The chat link has ended" in page
    assert "its chat link was ended" in page
    assert "End the chat link" not in page
    assert query(ended) == [{"conversation_id": 1}]
    act(operator, f"{PATH}/1/restore-link")
    assert "The chat link opens this conversation again" in operator.get(f"{PATH}/1").text
    assert query(ended) == []
    actions = query("select action from operator_actions where conversation_id = 1 order by id")
    assert [row["action"] for row in actions] == ["end-chat-link", "restore-chat-link"]
    notes = query(
        "select payload ->> 'content' as words from outgoing_messages where kind = 'private_note' order by turn desc"
    )
    assert [row["words"].split(" ", 2)[2] for row in notes] == [
        "ended the chat link. The customer reads nothing here without it.",
        "opened the chat link again. The customer can read here.",
    ]


def test_a_conversation_without_a_form_has_no_link_to_end(operator: FlaskClient) -> None:
    assert "chat link" not in operator.get(f"{PATH}/3").text


def test_acting_on_an_unknown_conversation_says_so(operator: FlaskClient, query: Query) -> None:
    assert act(operator, f"{PATH}/77/take-over").status_code == 303
    assert act(operator, f"{PATH}/99999999999999999999/take-over").status_code == 404
    assert query("select 1 from operator_actions where action <> 'sign-in'") == []


@pytest.mark.parametrize(
    ("arrange", "task"),
    [
        ("select 1", "new-conversation"),
        (
            "insert into incoming_messages values (1, 30, 'Hello?', 'chat');"
            " update broker_conversations set status = 'resolved'",
            "incoming-message",
        ),
        (
            "insert into incoming_messages values (1, 30, 'Hello?', 'chat');"
            " update broker_conversations set status = 'resolved', uses_queue = false",
            "forward-message",
        ),
        (
            "insert into outgoing_messages (conversation_id, kind, payload) values (1, 'attributes', '{}');"
            " update broker_conversations set status = 'resolved'",
            "deliver-effects",
        ),
    ],
)
def test_running_again_defers_the_job_that_is_missing_once(
    operator: FlaskClient, query: Query, arrange: str, task: str
) -> None:
    query(arrange)
    for _ in range(2):
        act(operator, f"{PATH}/1/run-again")
    jobs = query("select task_name, args ->> 'conversation_id' as id from procrastinate_jobs")
    assert jobs == [{"task_name": task, "id": "1"}]
    actions = query("select action, target, conversation_id from operator_actions where action <> 'sign-in'")
    assert actions == [{"action": "run-again", "target": "conversation 1", "conversation_id": 1}]


def _everything(query: Query) -> list[object]:
    tables = ("broker_conversations", "outgoing_messages", "procrastinate_jobs", "operator_actions")
    return [query(f"select * from {table} order by 1") for table in tables]  # noqa: S608
