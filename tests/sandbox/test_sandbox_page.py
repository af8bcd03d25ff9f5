"""The inbox page: what people see, and what their buttons do."""

import httpx
import pytest

from sandbox.chatwoot import ChatwootSandbox


@pytest.fixture(autouse=True)
def conversation(chatwoot: ChatwootSandbox) -> None:
    chatwoot.add_conversation(custom_attributes={"lead_score": 72})


def page(chatwoot: ChatwootSandbox, path: str = "/inbox/1") -> str:
    answer = httpx.get(chatwoot.base_url + path)
    assert answer.status_code == 200
    return answer.text


def press(chatwoot: ChatwootSandbox, button: str, /, **fields: str) -> None:
    assert httpx.post(chatwoot.base_url + button, data=fields).status_code == 302


def test_the_inbox_lists_each_conversation_with_its_status(chatwoot: ChatwootSandbox) -> None:
    text = page(chatwoot, "/")
    assert "Tan Wei Ming" in text
    assert 'class="status open"' in text


def test_a_link_made_for_the_real_dashboard_leads_to_the_conversation(chatwoot: ChatwootSandbox) -> None:
    answer = httpx.get(chatwoot.base_url + "/app/accounts/1/conversations/1", follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/inbox/1")


def test_people_write_as_the_customer_the_agent_or_in_a_note(chatwoot: ChatwootSandbox) -> None:
    for speaker in ("customer", "agent", "note"):
        press(chatwoot, "/inbox/1/say", speaker=speaker, content=f"From the {speaker}")
    rows = [(row["message_type"], row["private"], row["content"]) for row in chatwoot.messages(1)]
    assert rows == [
        (0, False, "From the customer"),
        (1, False, "From the agent"),
        (1, True, "From the note"),
    ]
    text = page(chatwoot)
    for kind in ("customer", "broker", "note"):
        assert f'<article class="{kind}"' in text


def test_buttons_turn_the_status(chatwoot: ChatwootSandbox) -> None:
    for status in ("resolved", "open", "pending"):
        press(chatwoot, "/inbox/1/status", status=status)
        assert chatwoot.conversation(1)["status"] == status
    assert '<article class="system"' in page(chatwoot)


def test_what_people_write_is_shown_as_text(chatwoot: ChatwootSandbox) -> None:
    chatwoot.customer_says(1, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in page(chatwoot)
    assert "&lt;script&gt;alert(1)" in page(chatwoot)


def test_content_attributes_and_custom_attributes_are_shown(chatwoot: ChatwootSandbox) -> None:
    url = f"{chatwoot.base_url}/api/v1/accounts/1/conversations/1/messages"
    body = {"content": "Hi", "content_attributes": {"outbox_id": "9f2"}}
    httpx.post(url, json=body, headers={"Api-Access-Token": chatwoot.token})
    text = page(chatwoot)
    assert "outbox_id 9f2" in text
    assert "<dt>lead_score</dt><dd>72</dd>" in text


def test_the_poll_gives_the_parts_that_change(chatwoot: ChatwootSandbox) -> None:
    parts = httpx.get(f"{chatwoot.base_url}/inbox/parts", params={"conversation": "1"}).json()
    assert set(parts) == {"list", "thread", "state", "faults"}
    chatwoot.customer_says(1, "News")
    after = httpx.get(f"{chatwoot.base_url}/inbox/parts", params={"conversation": "1"}).json()
    assert "News" in after["thread"]
    assert after["list"] != parts["list"]


def test_who_opens_a_conversation_has_read_it(chatwoot: ChatwootSandbox) -> None:
    chatwoot.customer_says(1, "Hello")
    assert chatwoot.conversation(1)["unread_count"] == 1
    page(chatwoot)
    assert chatwoot.conversation(1)["unread_count"] == 0


def test_faults_are_switched_on_and_off_on_the_page(chatwoot: ChatwootSandbox) -> None:
    press(chatwoot, "/inbox/faults", fault="slow", times="2", seconds="1.5", path="/messages$")
    (fault,) = chatwoot.faults.active()
    assert (fault["fault"], fault["times"], fault["seconds"], fault["path"]) == ("slow", 2, 1.5, "/messages$")
    assert "slow</code> × 2" in page(chatwoot)
    press(chatwoot, "/inbox/faults/clear")
    assert chatwoot.faults.active() == []
