"""The only reader of the environment.

A missing or malformed setting stops the process with one line that names the variable and what it should look like.
"""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlparse

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from nextnest import embedded
from nextnest.errors import ConfigurationError
from nextnest.rules.money import Price
from nextnest.rules.office_hours import OfficeHours, parse_days
from nextnest.rules.prompts import texts_named
from nextnest.targets import is_cloud_internal

Some = TypeVar("Some", bound=BaseSettings)

STATE_FOLDER = Path(".nextnest")
# US dollars per million tokens. A thousand times what models cost: whoever writes more means another unit.
_DEAREST = 10_000


def _http_url(value: str) -> str:
    wrong = ValueError("should be a URL such as https://chat.example.com")
    try:
        parsed = urlparse(value)
    except ValueError:  # its words quote the URL, which may hold a password
        raise wrong from None
    if parsed.scheme not in {"http", "https"} or not parsed.hostname:
        raise wrong
    return value.rstrip("/")


def _outgoing_url(value: str, settings: ValidationInfo) -> str:
    """Where we send requests. The setting that allows more is declared before all that ask it."""
    url = _http_url(value)
    if is_cloud_internal(url) and not settings.data.get("nextnest_allow_link_local"):
        raise ValueError(
            "should be neither link-local nor a cloud's metadata service, unless NEXTNEST_ALLOW_LINK_LOCAL is true"
        )
    return url


def _postgres_url(value: str) -> str:
    """What libpq cannot read must not reach it: what it says of address, host and port quotes parts of the password."""
    wrong = ValueError(
        "should be a URL such as postgresql://user:password@host:5432/postgres,"
        " with the password percent-encoded: p@ss is p%40ss"
    )
    try:
        scheme, parts = urlparse(value).scheme, conninfo_to_dict(value)
    except (ValueError, ProgrammingError):
        raise wrong from None
    ports = str(parts.get("port") or "").replace(",", "")
    if (
        scheme not in {"postgres", "postgresql"}
        or "@" in str(parts.get("host"))
        or not f"0{ports}".isdecimal()
    ):
        raise wrong
    return value


def _prices(value: object) -> dict[str, Price] | None:
    """A price per model from JSON; amounts as text or number, exact, 0 or more."""
    if value is None:
        return None
    wrong = ValueError(
        'should be JSON such as {"gpt-6-luna": {"input": "0.10", "cached_input": "0.01", "output": "0.50"}},'
        " in US dollars per million tokens"
    )
    try:
        models = json.loads(str(value), parse_float=Decimal, parse_int=Decimal, parse_constant=lambda _: None)
        return {model: _price(amounts) for model, amounts in models.items()}
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        raise wrong from None


def _price(amounts: dict[str, Any]) -> Price:
    if not all(isinstance(amount, str | Decimal) for amount in amounts.values()):
        raise TypeError
    price = Price(**{name: Decimal(amount) for name, amount in amounts.items()})
    if not all(0 <= amount <= _DEAREST for amount in (price.input, price.cached_input, price.output)):
        raise ValueError
    return price


def _international_number(value: str) -> str:
    if not re.fullmatch(r"\+[1-9][\d ]{6,18}", value):
        raise ValueError("should be a number with its country code such as +65 9123 4567")
    return value


def _office_hours(value: str) -> str:
    OfficeHours.parse(value)
    return value


def _days(value: str) -> str:
    parse_days(value)
    return value


def _prompt_version(value: str) -> str:
    texts_named(value)
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
OutgoingUrl = Annotated[str, AfterValidator(_outgoing_url)]
PostgresUrl = Annotated[str, AfterValidator(_postgres_url)]


class Settings(BaseSettings):
    """Every setting, its default and its meaning. docs/operations.md lists them for operators."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    # First, because the URLs below ask it.
    nextnest_allow_link_local: bool = Field(
        default=False, description="true lets requests go to link-local addresses and metadata services"
    )

    # They hold passwords or keys: whoever prints the settings does not print them.
    database_url: PostgresUrl | None = Field(
        default=None,
        repr=False,
        description="Postgres, direct or session mode. Unset: the embedded one under .nextnest/",
    )
    web_database_url: PostgresUrl | None = Field(
        default=None, repr=False, description="Optional: web may go through a transaction-mode pooler"
    )

    chatwoot_base_url: OutgoingUrl = Field(description="Chatwoot, such as https://chat.example.com")
    chatwoot_account_id: int = Field(description="the number in Chatwoot's address bar after /accounts/")
    chatwoot_inbox_id: int = Field(description="the API inbox the conversations live in")
    chatwoot_api_token: SecretStr = Field(description="an administrator's access token")
    chatwoot_webhook_secret: SecretStr | None = Field(
        default=None, description="the webhook's secret. Without it webhooks are refused"
    )
    chatwoot_allow_unsigned: bool = Field(
        default=False, description="true accepts unsigned webhooks (Chatwoot before 4.11.2)"
    )
    chatwoot_timeout_s: float = Field(default=10, gt=0, description="total seconds for one Chatwoot call")
    chatwoot_settle_s: float = Field(
        default=20,
        ge=0,
        description="seconds after a lost answer before an effect that cannot be found is sent again",
    )

    openai_api_key: SecretStr = Field(description="the model provider's key")
    openai_base_url: OutgoingUrl | None = Field(default=None, description="another Responses-API endpoint")
    openai_model: str = Field(description="the model's name, such as gpt-6-luna")
    openai_fallback_model: str | None = Field(default=None, description="tried when the first fails")
    openai_timeout_s: float = Field(default=20, gt=0, description="total seconds for one model answer")
    openai_max_output_tokens: int = Field(default=600, gt=0, description="upper bound of one answer")
    openai_history_tokens: int = Field(
        default=6000, gt=0, description="how much of the conversation the model sees; oldest dropped first"
    )

    openai_prices: Annotated[dict[str, Price] | None, NoDecode, BeforeValidator(_prices)] = Field(
        default=None, description="US dollars per million tokens, by model; unset: booked at a dear price"
    )

    # One full-length call of a model without a price costs some 0.13 US dollars; a long talk is thirty turns. A full worker
    # reserves 300 turns at once, which is 60 dollars; what fifty conversations a day really cost is a few.
    nextnest_cap_per_turn: Decimal = Field(
        default=Decimal("0.20"), ge=0, description="the most the model may cost for one answer, in US dollars"
    )
    nextnest_cap_per_conversation: Decimal = Field(
        default=Decimal(5), ge=0, description="the most it may cost for one conversation"
    )
    nextnest_cap_per_day: Decimal = Field(
        default=Decimal(100), ge=0, description="the most it may cost on one Singapore day"
    )

    nextnest_pace: float = Field(default=1, ge=0, description="multiplies every deliberate wait")
    nextnest_secret_key: SecretStr | None = Field(
        default=None, description="signs chat links and the operator's session; required with DATABASE_URL"
    )
    nextnest_public_url: HttpUrl = Field(
        default="http://localhost:8000", description="where customers reach web; chat links begin with it"
    )
    nextnest_rate_limits: bool = Field(default=True, description="on by default; off behind another limiter")
    nextnest_trusted_proxies: int = Field(default=0, ge=0, description="proxies in front of web to believe")
    nextnest_ops_password: SecretStr | None = Field(default=None, description="unset: the console is off")
    nextnest_ops_viewer_password: SecretStr | None = Field(
        default=None, description="signs in to look at the console, with personal data masked"
    )
    nextnest_worker_concurrency: int = Field(
        default=300, gt=0, description="jobs one worker holds at once; most of them are only waiting"
    )
    nextnest_pool_size: int = Field(default=8, ge=3, description="database connections of one worker")
    nextnest_poll_s: float = Field(default=0.25, gt=0, description="seconds between looks for a job")
    nextnest_grace_s: float = Field(default=20, ge=0, description="seconds running jobs get at shutdown")
    nextnest_pulse_file: Path | None = Field(
        default=None,
        description="a file a worker touches every 3 s, for a supervisor's health check; unset: none",
    )
    nextnest_reuse_days: int = Field(
        default=30, ge=0, description="a contact's open conversation younger than this is reused"
    )
    # From the option to purchase to completion some twelve weeks pass; a bank wants three months' notice for a refinancing.
    nextnest_chat_link_days: int = Field(
        default=90,
        ge=0,
        le=36500,
        description="days after the last message until a chat link ends; 0: links do not end by themselves",
    )
    nextnest_max_burst_s: float = Field(
        default=20, ge=0, description="a customer who keeps typing is answered after this many seconds"
    )
    nextnest_patience_s: float = Field(
        default=25,
        ge=0,
        description="while the model is away a customer waits this many seconds, then a person is asked",
    )
    nextnest_retention_days: int = Field(
        default=1095,
        ge=0,
        description="days after the last sign of a contact until its personal data is erased; 0 keeps it for ever",
    )
    nextnest_jobs_kept_days: int = Field(
        default=30, ge=1, description="days the records of finished jobs are kept"
    )
    nextnest_office_hours: Annotated[str, AfterValidator(_office_hours)] = Field(
        default="Mon-Fri 09:00-19:00, Sat 09:00-14:00", description="when people are there, Singapore time"
    )
    nextnest_holidays: Annotated[str, AfterValidator(_days)] | None = Field(
        default=None, description="more days off, such as 2027-02-08, 2027-03-10"
    )
    nextnest_handoff_team_id: int | None = Field(
        default=None, gt=0, description="Chatwoot's number of the team a handed-over conversation goes to"
    )
    nextnest_handoff_agent_id: int | None = Field(
        default=None, gt=0, description="Chatwoot's number of the person it goes to"
    )
    nextnest_handoff_reminder_s: float = Field(
        default=900, gt=0, description="seconds of office time until people are reminded of a hand-over"
    )
    nextnest_prompt_version: Annotated[str, AfterValidator(_prompt_version)] = Field(
        default="current", description="which version of the prompt the model gets"
    )
    nextnest_person_label: str = Field(
        default="person",
        pattern=r"^[a-z0-9_-]+$",
        description="the label that silences the AI, in lower case",
    )
    nextnest_log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
    nextnest_log_format: str = Field(default="json", description="json for machines, text for people")
    nextnest_phone_fallback: str = Field(
        default="+65 6000 0000", description="the number customers are given when chat is away"
    )
    nextnest_whatsapp_number: Annotated[str, AfterValidator(_international_number)] | None = Field(
        default=None, description="a WhatsApp number customers may write to instead, such as +65 9123 4567"
    )
    nextnest_live_streams: int = Field(
        default=16,
        ge=0,
        description="chat pages one web process tells of news at once, a thread each; the others poll",
    )

    nextnest_metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65_000,
        description="a worker serves its metrics there or on one of the next nine",
    )
    otel_exporter_otlp_endpoint: OutgoingUrl | None = Field(
        default=None,
        description="traces go there by OTLP over HTTP, such as http://localhost:4318; unset: none",
    )

    queue_rollout_percentage: int = Field(
        default=100, ge=0, le=100, description="share of conversations on the queue"
    )
    n8n_ai_broker_webhook_url: OutgoingUrl | None = Field(
        default=None,
        repr=False,
        description="where messages of conversations outside the rollout are forwarded",
    )

    def database(self) -> str:
        """The worker's and migration's connection string; starts the embedded Postgres when none is set."""
        return self.database_url or embedded.ensure_running(STATE_FOLDER)

    def web_database(self) -> str:
        """Web's connection string."""
        return self.web_database_url or self.database()

    def office_hours(self) -> OfficeHours:
        """When people are there."""
        return OfficeHours.parse(self.nextnest_office_hours, parse_days(self.nextnest_holidays or ""))

    def secret_key(self) -> str:
        """The signing key; kept beside the embedded database when none is set."""
        if self.nextnest_secret_key:
            return self.nextnest_secret_key.get_secret_value()
        if self.database_url:
            raise ConfigurationError(
                "NEXTNEST_SECRET_KEY is required when DATABASE_URL is set: any long random text."
            )
        return _kept_secret(STATE_FOLDER / "secret_key")


@cache
def load() -> Settings:
    """Read the settings once per process; ConfigurationError names every variable that is missing or malformed."""
    settings = _read(Settings)
    if settings.queue_rollout_percentage < 100 and not settings.n8n_ai_broker_webhook_url:
        raise ConfigurationError(
            "N8N_AI_BROKER_WEBHOOK_URL is required when QUEUE_ROLLOUT_PERCENTAGE is below 100."
        )
    if settings.nextnest_cap_per_day and not settings.nextnest_cap_per_turn:
        raise ConfigurationError(
            "NEXTNEST_CAP_PER_TURN must be above 0 when NEXTNEST_CAP_PER_DAY is: it is what a turn reserves of the day."
        )
    return settings


def _read(kind: type[Some]) -> Some:
    """Pydantic's own error shows what it was given, secrets included: it must not even be our error's context."""
    try:
        return kind()
    except ValidationError as error:
        lines = [_line(problem) for problem in error.errors(include_input=False, include_url=False)]
    raise ConfigurationError("; ".join(lines))


def database_settings() -> str:
    """The database alone, for `make migrate`, which needs nothing else."""
    return _read(_DatabaseOnly).database()


def database_given() -> str | None:
    """DATABASE_URL as it is set, for who must not start the embedded one. None when it is not."""
    return _read(_DatabaseOnly).database_url


class _DatabaseOnly(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")
    database_url: PostgresUrl | None = Field(default=None, repr=False)

    def database(self) -> str:
        return self.database_url or embedded.ensure_running(STATE_FOLDER)


def _line(problem: object) -> str:
    assert isinstance(problem, dict)
    name = str(problem["loc"][0]) if problem["loc"] else "settings"
    field = Settings.model_fields.get(name)
    meaning = field.description if field and field.description else ""
    what = "is missing" if problem["type"] == "missing" else f"is wrong ({problem['msg']})"
    return f"{name.upper()} {what}: {meaning}"


def _kept_secret(path: Path) -> str:
    """Read the secret, or make it once; two processes starting together end up with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()
