"""What stays inside: the token, and whatever a customer said of themselves."""

from __future__ import annotations

import logging
import traceback
from uuid import uuid4

import pytest

from nextnest.chatwoot import Chatwoot
from nextnest.errors import NextNestError
from sandbox.chatwoot import ChatwootSandbox
from tests.doors.attempts import ANY, EMAIL, PHONE, TEXT
from tests.doors.conftest import client_of
from tests.doors.wire import Recorder, says, server


@pytest.mark.parametrize(
    "fault", ["error_500_before", "drop_before", "rate_limited", "refuse_401", "unprocessable_422"]
)
async def test_no_error_tells_the_token_or_anything_of_the_customer(
    sandbox: ChatwootSandbox, chatwoot: Chatwoot, fault: str
) -> None:
    secrets = (sandbox.token, EMAIL, PHONE, TEXT)
    sandbox.faults.add(fault, times=None, message=" ".join(secrets))
    for attempt in ANY.values():
        with pytest.raises(NextNestError) as caught:
            await attempt(chatwoot)
        told = "".join(traceback.format_exception(caught.value))
        assert not [secret for secret in secrets if secret in told]
        assert "httpx." not in told


async def test_no_log_line_tells_an_address(chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await chatwoot.find_contact(EMAIL, PHONE)
    assert not [line for line in caplog.messages if "weiming" in line or "91234567" in line]


async def test_a_token_with_a_line_break_from_its_file_still_works(
    sandbox: ChatwootSandbox, conversation_id: int
) -> None:
    async with Chatwoot(
        base_url=sandbox.base_url + "/",
        account_id=sandbox.account_id,
        inbox_id=sandbox.inbox_id,
        token=f"{sandbox.token}\n",
    ) as chatwoot:
        assert (await chatwoot.get_conversation(conversation_id)).id == conversation_id


async def test_a_chatwoot_on_this_machine_is_reached_past_the_environments_proxy(
    sandbox: ChatwootSandbox, conversation_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(says({}, 502)) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        async with client_of(sandbox) as chatwoot:
            assert (await chatwoot.get_conversation(conversation_id)).id == conversation_id


async def test_the_token_travels_under_a_name_proxies_let_through(
    sandbox: ChatwootSandbox, conversation_id: int
) -> None:
    recorder = Recorder(sandbox.base_url)
    with server(recorder) as url:
        async with client_of(sandbox, base_url=url) as chatwoot:
            await chatwoot.send_message(conversation_id, TEXT, uuid4())
    sent = recorder.exchanges[0].request.headers
    assert [name for name in sent if sent[name] == sandbox.token] == ["Api-Access-Token"]
