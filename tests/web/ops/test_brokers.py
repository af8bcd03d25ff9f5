"""Brokers: their load and figures, and what an operator changes about them, each with its line in the log."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Query
from tests.web.ops import standing
from tests.web.ops.conftest import act

GRACE = "/ops/brokers/grace-lim"


def grace(query: Query) -> dict[str, Any]:
    [row] = query("select * from ai_brokers where slug = 'grace-lim'")
    return row


def words(query: Query, **changes: str) -> dict[str, str]:
    """The form of her words as the page fills it in, with some of them changed."""
    row = grace(query)
    now = {"title": row["title"], "greeting": row["persona"]["greeting"]} | row["persona"]["response_style"]
    return now | {f"shown_{name}": text for name, text in now.items()} | changes


def log(query: Query) -> list[tuple[str, str, dict[str, Any]]]:
    rows = query("select action, target, detail from operator_actions where action <> 'sign-in' order by id")
    return [(row["action"], row["target"], row["detail"]) for row in rows]


def upkeep_jobs(query: Query) -> int:
    [row] = query("select count(*) as jobs from procrastinate_jobs where task_name = 'upkeep'")
    return int(row["jobs"])


def told(client: FlaskClient) -> str:
    """What the page says of the action before it."""
    page = client.get("/ops/brokers").text
    return html.unescape(" ".join(re.findall(r'<p class="flash[^>]*>(.*?)</p>', page)))


@pytest.mark.parametrize("period", ["", "24h", "7d", "30d", "nonsense"])
def test_every_broker_is_shown_with_load_and_figures(
    operator: FlaskClient, query: Query, period: str
) -> None:
    standing.held(query, 41, "grace-lim", "Nur Aisyah")
    page = operator.get("/ops/brokers", query_string={"period": period}).text
    for name in ("Michelle Chen", "Jasmine Lee", "Rachel Tan", "Sarah Wong", "Grace Lim"):
        assert name in page
    assert "1 of 5" in page
    assert "Nur Aisyah #41" in page


def test_a_raised_limit_lets_her_hold_more_and_has_the_line_served(
    operator: FlaskClient, query: Query
) -> None:
    answer = act(operator, f"{GRACE}/limit", shown=5, limit=8)
    assert answer.location == "/ops/brokers#grace-lim"
    assert grace(query)["max_concurrent_chats"] == 8
    assert upkeep_jobs(query) == 1
    assert log(query) == [("change-limit", "broker grace-lim", {"was": 5, "now": 8})]
    assert told(operator) == "Grace Lim may hold 8 at once now."


def test_a_lowered_limit_takes_no_conversation_away_and_says_so(operator: FlaskClient, query: Query) -> None:
    for number in (41, 42, 43):
        standing.held(query, number, "grace-lim")
    act(operator, f"{GRACE}/limit", shown=5, limit=1)
    assert grace(query)["active_conversations"] == [41, 42, 43]
    assert not grace(query)["is_available"]
    assert upkeep_jobs(query) == 0
    assert "She holds 2 conversations more than that, keeps them" in told(operator)


def test_a_limit_somebody_else_changed_meanwhile_stays(operator: FlaskClient, query: Query) -> None:
    query("update ai_brokers set max_concurrent_chats = 7 where slug = 'grace-lim'")
    act(operator, f"{GRACE}/limit", shown=5, limit=2)
    assert grace(query)["max_concurrent_chats"] == 7
    assert log(query) == []
    assert "Somebody else has changed this limit meanwhile: it is 7." in told(operator)


def test_pressing_twice_changes_a_limit_once(operator: FlaskClient, query: Query) -> None:
    for _ in range(2):
        act(operator, f"{GRACE}/limit", shown=5, limit=8)
    assert len(log(query)) == 1
    assert told(operator).endswith("The limit is 8 already.")


@pytest.mark.parametrize("limit", ["-1", "1001", "", "five", "²", "9" * 40, "1e3"])
def test_what_is_no_limit_changes_nothing(operator: FlaskClient, query: Query, limit: str) -> None:
    act(operator, f"{GRACE}/limit", shown=5, limit=limit)
    assert grace(query)["max_concurrent_chats"] == 5
    assert log(query) == []


def test_a_paused_broker_keeps_what_she_holds_and_takes_nothing_new(
    operator: FlaskClient, query: Query
) -> None:
    standing.held(query, 41, "grace-lim")
    act(operator, f"{GRACE}/pause")
    assert "keeps the one conversation she holds" in told(operator)
    act(operator, f"{GRACE}/pause")
    assert told(operator) == "She is paused already."
    row = grace(query)
    assert (row["is_active"], row["is_available"], row["active_conversations"]) == (False, False, [41])
    assert log(query) == [("pause-broker", "broker grace-lim", {"was": "active", "now": "paused"})]


def test_a_resumed_broker_serves_the_line_at_once(operator: FlaskClient, query: Query) -> None:
    act(operator, f"{GRACE}/pause")
    assert upkeep_jobs(query) == 0
    for _ in range(2):
        act(operator, f"{GRACE}/resume")
    assert grace(query)["is_active"]
    assert upkeep_jobs(query) == 1
    assert [action for action, _, _ in log(query)] == ["pause-broker", "resume-broker"]


def test_changed_words_are_kept_with_what_they_were(operator: FlaskClient, query: Query) -> None:
    before = grace(query)["persona"]
    form = words(
        query, greeting="Hi $name,\r\n\r\nI'm $broker_name, an AI. Ask for a human any time.", tone="calm"
    )
    answer = act(operator, f"{GRACE}/wording", **form)
    assert answer.status_code == 303
    persona = grace(query)["persona"]
    assert persona["greeting"] == "Hi $name,\n\nI'm $broker_name, an AI. Ask for a human any time."
    assert persona["response_style"] == before["response_style"] | {"tone": "calm"}
    assert {name: persona[name] for name in before if name not in ("greeting", "response_style")} == {
        name: before[name] for name in before if name not in ("greeting", "response_style")
    }
    [(action, target, detail)] = log(query)
    assert (action, target) == ("change-wording", "broker grace-lim")
    assert detail == {
        "greeting_was": before["greeting"],
        "greeting_now": persona["greeting"],
        "tone_was": before["response_style"]["tone"],
        "tone_now": "calm",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"greeting": "Hi $nmae"}, "$nmae is not known."),
        ({"greeting": "It is $5"}, "A single $ begins a placeholder"),
        ({"greeting": "Hi {{ contact.name }}"}, "placeholders here begin with $"),
        ({"greeting": "Hi $name, your approval is guaranteed."}, "No broker may say this"),
        ({"greeting": "Hi $name, rates from 1.2% today."}, "No broker may say this"),
        ({"greeting": "Hi " * 300}, "600 are the most"),
        ({"greeting": " \r\n "}, "This must not be empty."),
        ({"title": "{% raw %}"}, "placeholders here begin with $"),
    ],
)
def test_words_no_customer_may_read_are_refused_and_stay_in_the_form(
    operator: FlaskClient, query: Query, changes: dict[str, str], said: str
) -> None:
    before = grace(query)
    answer = act(operator, f"{GRACE}/wording", **words(query, **changes))
    assert answer.status_code == 400
    assert said in html.unescape(answer.text)
    [written] = changes.values()
    assert written.strip() in html.unescape(answer.text)
    assert grace(query) == before
    assert log(query) == []


def test_words_somebody_else_changed_meanwhile_stay(operator: FlaskClient, query: Query) -> None:
    form = words(query, tone="calm")
    query(
        "update ai_brokers set persona = jsonb_set(persona, '{response_style,tone}', '\"brisk\"') where slug = 'grace-lim'"
    )
    answer = act(operator, f"{GRACE}/wording", **form)
    assert answer.status_code == 409
    assert "Somebody else has changed these words meanwhile" in answer.text
    assert grace(query)["persona"]["response_style"]["tone"] == "brisk"
    assert log(query) == []


def test_words_that_did_not_change_are_not_written_down(operator: FlaskClient, query: Query) -> None:
    assert act(operator, f"{GRACE}/wording", **words(query)).status_code == 303
    assert log(query) == []


def test_the_preview_is_what_a_customer_would_read_and_changes_nothing(
    operator: FlaskClient, query: Query
) -> None:
    before = grace(query)
    form = words(query, greeting="Salam $name! $facts <b>", sample="A resale flat, next months")
    page = html.unescape(act(operator, f"{GRACE}/preview", **form).text)
    assert "Salam Nur Aisyah! I see from your form that you're looking at a resale HDB flat" in page
    assert "I'm an AI assistant; you can ask for a human colleague at any time." in page
    assert "You are Grace Lim" in page
    assert "&lt;b&gt;" in act(operator, f"{GRACE}/preview", **form).text
    assert grace(query) == before


def test_a_viewer_sees_the_words_and_cannot_change_them(viewer: FlaskClient) -> None:
    page = viewer.get(GRACE).text
    assert "readonly" in page
    assert "Keep these words" not in page


def test_a_broker_who_is_not_there_is_not_found(operator: FlaskClient) -> None:
    assert operator.get("/ops/brokers/nobody").status_code == 404
    assert operator.get("/ops/brokers/a%00b").status_code == 404
    for what in ("pause", "resume", "wording", "preview"):
        assert act(operator, f"/ops/brokers/nobody/{what}").status_code == 404
