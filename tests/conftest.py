"""What every test may ask for: a database of its own, migrated or empty.

The server is the one of TEST_DATABASE_URL or DATABASE_URL (scratch databases are made in it), else one started for the
session from the same binaries the embedded Postgres uses.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pytest_postgresql import factories

from nextnest.embedded.places import installed_binaries
from nextnest.migrate import migrate
from tests.databases import FAST, scratch_database, server_run_by_another_account

_OURS = ("DATABASE_URL", "WEB_DATABASE_URL", "CHATWOOT_", "OPENAI_", "NEXTNEST_", "QUEUE_", "N8N_", "PG")
_FOR_TESTS = ("CHATWOOT_OPENAPI", "CHATWOOT_CONTRACT_")
_GIVEN_SERVER = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
# The developer's own settings must not reach a test; at import, so that no module has read them yet.
for _name in [name for name in os.environ if name.startswith(_OURS) and not name.startswith(_FOR_TESTS)]:
    del os.environ[_name]

_started_by_us = factories.postgresql_proc(
    executable=None if _GIVEN_SERVER else str(installed_binaries()[0] / "pg_ctl"),
    port=None,
    postgres_options=" ".join(FAST),
)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Connection string of the session's server, with the right to create databases."""
    with ExitStack() as stack:
        if _GIVEN_SERVER:
            yield _GIVEN_SERVER
        elif os.geteuid() == 0:
            yield stack.enter_context(server_run_by_another_account())
        else:
            server = request.getfixturevalue("_started_by_us")
            yield f"postgresql://{server.user}@{server.host}:{server.port}/postgres"


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[str]:
    """Name of a migrated database nobody is connected to, to be copied."""
    with scratch_database(postgres_url) as url:
        migrate(url, say=lambda _line: None)
        yield url.rpartition("/")[2]


@pytest.fixture
def database_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """A migrated database of the test's own, gone after it."""
    with scratch_database(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """A migrated database shared by the tests of one module, for worlds that are dear to start."""
    with scratch_database(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """An empty database of the test's own, gone after it."""
    with scratch_database(postgres_url) as url:
        yield url
