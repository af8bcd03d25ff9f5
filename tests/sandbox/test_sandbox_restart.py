"""A sandbox with a state file carries on where it was, also as a process that is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sandbox.chatwoot import ChatwootSandbox
from tests.sandbox.conftest import client

ROOT = Path(__file__).parents[2]


def test_a_restart_keeps_conversations_and_continues_the_ids(tmp_path: Path) -> None:
    state = tmp_path / "a folder" / "chatwoot.sqlite"
    with ChatwootSandbox(state=state) as before:
        contact = before.add_contact(name="Tan", email="tan@example.sg")
        before.add_conversation(contact["id"], custom_attributes={"lead_score": 72})
        before.customer_says(1, "Hello")
        before.resolve(1)
        kept = (before.conversations(), before.messages(1))
    with ChatwootSandbox(state=state) as after, client(after, after.token) as api:
        assert (after.conversations(), after.messages(1)) == kept
        assert api.post("/contacts", json={"email": "tan@example.sg"}).status_code == 422
        assert after.add_conversation(contact["id"])["id"] == 2
        assert after.customer_says(2, "Again")["id"] == kept[1][-1]["id"] + 1


def test_a_killed_process_has_kept_what_it_answered(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    with _process("sandbox.chatwoot", "--state", str(state), "--token", "t") as (process, url):
        api = httpx.Client(base_url=f"{url}api/v1/accounts/1", headers={"Api-Access-Token": "t"})
        with api:
            made = api.post("/contacts", json={"inbox_id": 1, "name": "Tan"}).json()["payload"]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with ChatwootSandbox(state=state) as after:
        assert [contact["id"] for contact in after.contacts()] == [made["contact"]["id"]]


def test_both_sandboxes_stop_cleanly_on_sigterm() -> None:
    for module in ("sandbox.chatwoot", "sandbox.model"):
        with _process(module) as (process, url):
            assert httpx.get(url).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0


def test_a_taken_port_ends_the_process_with_a_line_that_names_it(chatwoot: ChatwootSandbox) -> None:
    command = [sys.executable, "-m", "sandbox.chatwoot", "--port", str(chatwoot.port)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert str(chatwoot.port) in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The sandbox as a process, and the URL it announces."""
    command = [sys.executable, "-m", module, "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        words = process.stdout.readline().split()
        yield process, next(word for word in words if word.startswith("http"))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
