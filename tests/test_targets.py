"""Where our requests may go. A cloud's own services are refused at start, in every notation a client would understand."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nextnest.settings import HttpUrl, OutgoingUrl, Settings
from nextnest.targets import is_cloud_internal
from tests import forkserver
from tests.test_settings import GOOD

TARGETS = [
    "CHATWOOT_BASE_URL",
    "OPENAI_BASE_URL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "N8N_AI_BROKER_WEBHOOK_URL",
]
REFUSED = [
    "http://169.254.169.254",
    "http://169.254.170.2/v2/credentials",
    "https://someone:secret@169.254.169.254:8080/path?query#fragment",
    "http://169.254.169.254.",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://0xA9.0xFE.0xA9.0xFE",
    "http://0251.0376.0251.0376",
    "http://169.254.43518",
    "http://169.16689662",
    "http://169%2e254.169.254",
    "http://\uff11\uff16\uff19.254.169.254",
    "http://169\u3002254\uff61169\uff0e254",
    "http://[fe80::1]",
    "http://[fe80::1%25eth0]",
    "http://[febf::1]",
    "http://[::ffff:169.254.169.254]",
    "http://[::ffff:a9fe:a9fe]:80/",
    "http://[::169.254.169.254]",
    "http://[64:ff9b::a9fe:a9fe]",
    "http://[2002:a9fe:a9fe::1]",
    "http://[fd00:ec2::254]",
    "http://[fd00:0ec2:0:0:0:0:0:254]",
    "http://[fd20:ce::254]",
    "http://100.100.100.200",
    "http://168.63.129.16",
    "http://192.0.0.192",
    "http://metadata.google.internal",
    "http://METADATA.google.internal./computeMetadata/v1",
    "http://metadata",
    "http://instance-data",
]
ALLOWED = [
    "https://chat.example.com",
    "https://169.254.169.254.example.com",
    "https://metadata.google.internal.example.com",
    "https://chat.example.com/169.254.169.254",
    "https://169.254.169.254@chat.example.com",
    "http://localhost:3000",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
    "http://10.0.0.5",
    "http://172.16.0.5",
    "http://192.168.1.5",
    "http://100.64.0.1",
    "http://[fd12:3456::1]",
    "http://[::ffff:10.0.0.5]",
    "http://chatwoot:3000",
    "http://169.253.255.255",
    "http://169.255.0.0",
    "http://[fec0::1]",
    "http://b\u00fccher.example",
]


@pytest.mark.parametrize("url", REFUSED)
def test_what_only_a_clouds_machines_answer_is_recognised_however_it_is_written(url: str) -> None:
    assert is_cloud_internal(url)


@pytest.mark.parametrize("url", ALLOWED)
def test_hosts_of_ones_own_stay_allowed(url: str) -> None:
    assert not is_cloud_internal(url)


@given(st.integers(0, 0xFFFF))
def test_every_link_local_address_is_recognised_as_a_number_too(rest: int) -> None:
    number = 0xA9FE0000 + rest
    assert is_cloud_internal(f"http://{number}/")
    assert is_cloud_internal(f"http://{number:#x}/")
    assert is_cloud_internal(f"http://[::ffff:{number >> 16:x}:{rest:x}]/")


@given(st.text())
def test_no_host_however_odd_breaks_the_check(host: str) -> None:
    with suppress(ValidationError):
        _settings(chatwoot_base_url=f"http://{host}")


def test_a_url_that_cannot_be_read_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as refused:
        _settings(chatwoot_base_url="http://user:hunter2\u2100@chat.example.com")
    [problem] = refused.value.errors(include_input=False)
    assert "hunter2" not in f"{problem}"


@pytest.mark.parametrize("name", TARGETS)
def test_each_outgoing_target_is_checked_when_the_settings_are_read(name: str) -> None:
    with pytest.raises(ValidationError, match="should be neither link-local nor") as refused:
        _settings(**{name.lower(): "http://169.254.169.254/latest"})
    assert [problem["loc"] for problem in refused.value.errors()] == [(name.lower(),)]


@pytest.mark.parametrize("name", TARGETS)
def test_a_setting_allows_what_is_refused_otherwise(name: str) -> None:
    settings = _settings(nextnest_allow_link_local="true", **{name.lower(): "http://169.254.1.2:4318"})
    assert getattr(settings, name.lower()) == "http://169.254.1.2:4318"


def test_every_url_we_call_is_such_a_target() -> None:
    """Web's own address is the only other one, and nobody calls it."""
    kinds = {name: str(field.rebuild_annotation()) for name, field in Settings.model_fields.items()}
    assert sorted(name.upper() for name, kind in kinds.items() if "_outgoing_url" in kind) == sorted(TARGETS)
    assert [name for name, kind in kinds.items() if "_http_url" in kind] == ["nextnest_public_url"]
    assert HttpUrl is not OutgoingUrl


def test_a_process_with_such_a_target_stops_with_one_line_that_names_the_setting(tmp_path: Path) -> None:
    environment = GOOD | {"CHATWOOT_BASE_URL": "http://hunter2@169.254.169.254"}
    command = ("procrastinate", "--app=nextnest.tasks.app", "worker")
    ended = forkserver.run(*command, environment=environment, cwd=tmp_path)
    assert ended.returncode != 0
    [line] = [line for line in ended.stderr.splitlines() if line]
    assert "CHATWOOT_BASE_URL is wrong" in line
    assert "NEXTNEST_ALLOW_LINK_LOCAL" in line
    assert "hunter2" not in line


def _settings(**changes: str) -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in GOOD.items()} | changes)
