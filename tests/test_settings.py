"""Settings: one line that names what is wrong, never the value."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from nextnest.rules.money import Price
from nextnest.settings import Settings
from tests import forkserver

ROOT = Path(__file__).resolve().parents[1]
GOOD = {
    "DATABASE_URL": "postgresql://nextnest:a-password@127.0.0.1:1/nothing",
    "CHATWOOT_BASE_URL": "https://chat.example.com",
    "CHATWOOT_ACCOUNT_ID": "1",
    "CHATWOOT_INBOX_ID": "1",
    "CHATWOOT_API_TOKEN": "a-token",
    "OPENAI_API_KEY": "a-key",
    "OPENAI_MODEL": "a-model",
    "NEXTNEST_SECRET_KEY": "a-secret",
}


def _start(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ("procrastinate", "--app=nextnest.tasks.app", "worker")
    return forkserver.run(*command, environment=environment, cwd=folder)


def test_missing_settings_stop_web_with_one_line_that_names_them(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(ROOT / "gunicorn.conf.py"),
        "web:create_app()",
    ]
    environment = {"PYTHONPATH": str(ROOT)} | {name: GOOD[name] for name in GOOD if name != "OPENAI_MODEL"}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert [line for line in ended.stderr.splitlines() if "OPENAI_MODEL is missing" in line]
    assert "Traceback" not in ended.stderr


def test_missing_settings_stop_the_worker_with_one_line_that_names_them(tmp_path: Path) -> None:
    given = {name: value for name, value in GOOD.items() if name not in {"OPENAI_MODEL", "CHATWOOT_INBOX_ID"}}
    ended = _start(tmp_path, given)
    assert ended.returncode != 0
    [line] = [line for line in ended.stderr.splitlines() if line]
    assert "OPENAI_MODEL is missing" in line
    assert "CHATWOOT_INBOX_ID is missing" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHATWOOT_BASE_URL", "chat.example.com"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x"),
        # Passwords with characters that should have been percent-encoded.
        ("DATABASE_URL", "postgresql://nextnest:hunter2%zz@127.0.0.1:1/x"),
        ("DATABASE_URL", "postgresql://nextnest:a hunter2@127.0.0.1:1/x"),
        ("DATABASE_URL", "postgresql://nextnest:a@hunter2@127.0.0.1:1/x"),
        ("DATABASE_URL", "postgresql://nextnest:hunter2/a@127.0.0.1:1/x"),
        ("DATABASE_URL", "postgresql://nextnest:[hunter2@127.0.0.1:1/x"),
        ("WEB_DATABASE_URL", "postgresql://nextnest:hunter2%zz@127.0.0.1:1/x"),
        ("CHATWOOT_ACCOUNT_ID", "hunter2"),
        ("NEXTNEST_PACE", "-1"),
        ("QUEUE_ROLLOUT_PERCENTAGE", "101"),
        ("QUEUE_ROLLOUT_PERCENTAGE", "50"),
        ("NEXTNEST_CAP_PER_DAY", "-1"),
        ("NEXTNEST_CAP_PER_TURN", "0"),
        ("OPENAI_PRICES", "hunter2"),
    ],
)
def test_a_malformed_setting_is_named_and_its_value_is_not_shown(
    tmp_path: Path, name: str, value: str
) -> None:
    ended = _start(tmp_path, GOOD | {name: value})
    assert ended.returncode != 0
    assert name in ended.stderr
    assert "hunter2" not in ended.stderr
    assert "a-password" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "prices",
    [
        "[]",
        '{"a-model": 1}',
        '{"a-model": {"input": "0.1", "output": "0.5"}}',
        '{"a-model": {"input": "0.1", "cached_input": "0", "output": "0.5", "per": "token"}}',
        '{"a-model": {"input": "-0.1", "cached_input": "0", "output": "0.5"}}',
        '{"a-model": {"input": "NaN", "cached_input": "0", "output": "0.5"}}',
        '{"a-model": {"input": true, "cached_input": "0", "output": "0.5"}}',
        '{"a-model": {"input": "1e9", "cached_input": "0", "output": "0.5"}}',
        '{"a-model": {"input": NaN, "cached_input": "0", "output": "0.5"}}',
    ],
)
def test_prices_that_are_not_quite_right_are_refused(prices: str) -> None:
    with pytest.raises(ValidationError, match="should be JSON such as"):
        _with_prices(prices)


def test_prices_are_exact_whether_written_as_text_or_as_numbers() -> None:
    prices = '{"a-model": {"input": 0.1, "cached_input": "0.01", "output": 2}}'
    assert _with_prices(prices).openai_prices == {
        "a-model": Price(Decimal("0.1"), Decimal("0.01"), Decimal(2))
    }


def _with_prices(prices: str) -> Settings:
    return Settings.model_validate(
        {name.lower(): value for name, value in GOOD.items()} | {"openai_prices": prices}
    )


def test_printed_settings_show_no_secret_and_no_password() -> None:
    secrets = {name: f"hunter2{name}" for name, field in Settings.model_fields.items() if _is_secret(field)}
    assert len(secrets) > 4
    urls = {
        "database_url": "postgresql://nextnest:hunter2@127.0.0.1:1/x",
        "web_database_url": "postgresql://nextnest:hunter2@127.0.0.1:1/x",
        "n8n_ai_broker_webhook_url": "https://n8n.example.com/hook?key=hunter2",
    }
    settings = Settings.model_validate({name.lower(): value for name, value in GOOD.items()} | secrets | urls)
    assert "hunter2" not in f"{settings!r} {settings}"


@pytest.mark.parametrize("module", ["nextnest.migrate", "nextnest.roles", "nextnest.personal_data"])
def test_a_command_does_not_print_the_password_of_a_malformed_address(tmp_path: Path, module: str) -> None:
    arguments = {"nextnest.roles": ["worker"], "nextnest.personal_data": ["export", "--phone", "91234567"]}
    environment = {"DATABASE_URL": "postgresql://nextnest:hunter2%zz@127.0.0.1:1/x"}
    ended = forkserver.run(module, *arguments.get(module, []), environment=environment, cwd=tmp_path)
    assert ended.returncode == 1
    assert "DATABASE_URL is wrong" in ended.stderr
    assert "hunter2" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)
