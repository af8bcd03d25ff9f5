"""Unmistakable secrets for every setting that holds one, and the look for them in what was printed, stored or served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from nextnest.settings import Settings

SECRET_SETTINGS = sorted(
    name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
)
# By setting; long enough for all of them, and of characters that neither JSON nor HTML nor a URL writes otherwise.
PLANTED = {name: f"Numbat{name.replace('_', '')}0123456789" for name in SECRET_SETTINGS}


def secrets_of(database_url: str, **more: str) -> dict[str, str]:
    """What nobody may find: the planted ones, the password of the database, and `more`."""
    password = urlsplit(database_url).password
    return PLANTED | ({"password of the database": password} if password else {}) | more


def found_in(texts: Mapping[str, str] | Iterable[tuple[str, str]], secrets: Mapping[str, str]) -> list[str]:
    """Where which secret stands: "openai_api_key in the log of worker-0"."""
    pairs = texts.items() if isinstance(texts, Mapping) else texts
    return [
        f"{name} in {where}" for where, text in pairs for name, secret in secrets.items() if secret in text
    ]
