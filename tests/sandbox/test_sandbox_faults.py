"""Faults: what is stored, what is answered, how often, and where."""

import time

import httpx
import pytest

from sandbox.chatwoot import ChatwootSandbox, UnknownFault
from tests.sandbox.conftest import client, eventually


@pytest.fixture(autouse=True)
def conversation(chatwoot: ChatwootSandbox) -> None:
    chatwoot.add_conversation()


def post(api: httpx.Client, text: str = "Hi") -> httpx.Response:
    return api.post("/conversations/1/messages", json={"content": text})


@pytest.mark.parametrize(
    ("fault", "status", "stored"),
    [
        ("error_500_before", 500, 0),
        ("error_500_after", 500, 1),
        ("rate_limited", 429, 0),
        ("refuse_401", 401, 0),
        ("unprocessable_422", 422, 0),
        ("unprocessable_422_after", 422, 1),
    ],
)
def test_a_fault_strikes_once_and_stores_or_not_as_its_name_says(
    chatwoot: ChatwootSandbox, api: httpx.Client, fault: str, status: int, stored: int
) -> None:
    chatwoot.faults.add(fault, method="POST", path="/messages$")
    assert api.get("/conversations/1/messages").status_code == 200
    assert post(api).status_code == status
    assert len(chatwoot.messages(1)) == stored
    assert post(api).status_code == 200


def test_the_rate_limit_is_plain_text_without_retry_after(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    chatwoot.faults.add("rate_limited")
    answer = post(api)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text == "Retry later\n"
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(("fault", "stored"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_gives_no_answer(
    chatwoot: ChatwootSandbox, api: httpx.Client, fault: str, stored: int
) -> None:
    chatwoot.faults.add(fault)
    with pytest.raises(httpx.RemoteProtocolError):
        post(api)
    assert len(chatwoot.messages(1)) == stored
    assert chatwoot.requests[-1].status is None


@pytest.mark.parametrize(("fault", "stored"), [("hang_before", 0), ("hang_after", 1)])
def test_a_hanging_call_never_answers_and_notes_that_its_caller_left(
    chatwoot: ChatwootSandbox, fault: str, stored: int
) -> None:
    chatwoot.faults.add(fault, seconds=60)
    with client(chatwoot, chatwoot.token, timeout=0.2) as api, pytest.raises(httpx.ReadTimeout):
        post(api)
    record = eventually(lambda: chatwoot.requests and chatwoot.requests[-1])
    assert (record.fault, record.status, record.cancelled) == (fault, None, True)
    assert len(chatwoot.messages(1)) == stored


def test_a_slow_call_answers_in_the_end(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    chatwoot.faults.add("slow", seconds=0.3)
    started = time.monotonic()
    assert post(api).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_slow_call_is_finished_even_if_its_caller_leaves(chatwoot: ChatwootSandbox) -> None:
    chatwoot.faults.add("slow", seconds=0.6)
    with client(chatwoot, chatwoot.token, timeout=0.2) as api, pytest.raises(httpx.ReadTimeout):
        post(api)
    assert chatwoot.messages(1) == []
    eventually(lambda: chatwoot.messages(1))
    assert eventually(lambda: chatwoot.requests)[-1].cancelled


def test_a_fault_can_wait_for_its_turn_and_for_a_word_in_the_body(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    chatwoot.faults.add("error_500_before", contains="greeting", skip=1, times=2)
    texts = ["greeting 1", "other", "greeting 2", "greeting 3", "greeting 4"]
    assert [post(api, text).status_code for text in texts] == [200, 200, 500, 500, 200]


def test_a_fault_without_an_end_strikes_until_it_is_cleared(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    fault = chatwoot.faults.add("error_500_before", times=None)
    assert {post(api).status_code for _ in range(5)} == {500}
    chatwoot.faults.clear(fault.id)
    assert post(api).status_code == 200


def test_faults_are_switched_over_http_too(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    url = f"{chatwoot.base_url}/sandbox/faults"
    added = httpx.post(url, json={"fault": "error_500_before", "path": "/messages$", "times": 3})
    assert added.status_code == 200
    assert post(api).status_code == 500
    assert httpx.get(url).json()["active"][0]["times"] == 2
    assert httpx.delete(url).json() == {"active": []}
    assert post(api).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fault": "earthquake"},
        {"fault": "slow", "colour": "red"},
        {"fault": "slow", "seconds": "long"},
        {"fault": "slow", "path": "("},
    ],
)
def test_an_unknown_fault_is_refused(chatwoot: ChatwootSandbox, body: dict[str, str]) -> None:
    assert httpx.post(f"{chatwoot.base_url}/sandbox/faults", json=body).status_code == 422
    with pytest.raises(UnknownFault):
        chatwoot.faults.add("earthquake")


def test_the_journal_remembers_each_request_with_its_body(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    api.get("/conversations", params={"status": "all"})
    post(api, "Remember me")
    first, second = chatwoot.requests[-2:]
    assert (first.method, first.query) == ("GET", {"status": "all"})
    assert (second.path, second.status) == ("/api/v1/accounts/1/conversations/1/messages", 200)
    assert second.body == {"content": "Remember me"}
    assert second.at <= second.finished_at


def test_one_connection_serves_many_calls(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    streams = set()
    for _ in range(5):
        streams.add(id(post(api).extensions["network_stream"].get_extra_info("socket")))
    assert len(streams) == 1


def test_a_stopped_sandbox_cuts_the_calls_under_way(chatwoot: ChatwootSandbox) -> None:
    other = ChatwootSandbox()
    other.start()
    with client(other, other.token) as api:
        api.get("/inboxes")  # the connection stays open
        other.stop()
        with pytest.raises(httpx.TransportError):
            api.get("/inboxes")
