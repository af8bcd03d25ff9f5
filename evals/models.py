"""Which model is evaluated: the one the environment configures, or the stand-in."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.model import ModelSandbox

STAND_IN = "sandbox"
_STAND_INS_NAME, _HOSTILE_NAME = "sandbox-model", "sandbox-hostile"


class CannotRun(Exception):
    """There is no use in playing the cases: no model, or a product that does not answer."""


class _Configured(BaseSettings):
    """The settings of the model alone, as production reads them."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_model: str | None = None
    openai_fallback_model: str | None = None
    openai_prices: str | None = None
    openai_timeout_s: str | None = None


@dataclass(frozen=True)
class Model:
    """A model by name, with the variables a worker needs for it."""

    name: str
    environment: dict[str, str]

    @property
    def is_stand_in(self) -> bool:
        return self.name == STAND_IN


def chosen(name: str | None, stand_in: ModelSandbox) -> Model:
    """The stand-in when asked for or when nothing is configured; else the configured one, or another of its provider."""
    return configured(name) or Model(STAND_IN, of_stand_in(stand_in))


def configured(name: str | None) -> Model | None:
    """None for the stand-in. CannotRun when a model is wanted and its provider has no key."""
    settings = _Configured()
    if name == STAND_IN or (name is None and not (settings.openai_api_key and settings.openai_model)):
        return None
    if settings.openai_api_key is None:
        raise CannotRun(f"OPENAI_API_KEY is missing: {name} cannot be asked. --model sandbox needs none.")
    given = {
        "OPENAI_API_KEY": settings.openai_api_key.get_secret_value(),
        "OPENAI_BASE_URL": settings.openai_base_url,
        "OPENAI_MODEL": name or settings.openai_model,
        "OPENAI_FALLBACK_MODEL": settings.openai_fallback_model,
        "OPENAI_PRICES": settings.openai_prices,
        "OPENAI_TIMEOUT_S": settings.openai_timeout_s,
    }
    return Model(str(name or settings.openai_model), {key: value for key, value in given.items() if value})


def of_stand_in(stand_in: ModelSandbox, *, hostile: bool = False) -> dict[str, str]:
    """The variables that lead a worker to the stand-in, which costs nothing."""
    name = _HOSTILE_NAME if hostile else _STAND_INS_NAME
    return {
        "OPENAI_API_KEY": stand_in.api_key,
        "OPENAI_BASE_URL": stand_in.base_url,
        "OPENAI_MODEL": name,
        "OPENAI_PRICES": json.dumps({name: dict.fromkeys(("input", "cached_input", "output"), "0")}),
    }
