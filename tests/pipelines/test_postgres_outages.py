"""Postgres goes away and comes back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nextnest import embedded
from nextnest.migrate import migrate
from tests.pipelines.world import running_world


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder the server's own account may enter, which pytest's is not for root."""
    made = Path(tempfile.mkdtemp(prefix="nextnest-outage-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_a_worker_outlives_a_restart_of_postgres_and_goes_on(folder: Path, tmp_path: Path) -> None:
    server = embedded.server_for(folder)
    url = server.ensure_running()
    try:
        migrate(url, say=lambda _line: None)
        with running_world(url, tmp_path) as world:
            world.greeted(email="before@example.com", phone="+65 8100 0001")
            server.stop()
            world.until(lambda: world.submit(email="during@example.com").status_code == 503)
            server.ensure_running()
            world.until(
                lambda: world.submit(email="after@example.com", phone="+65 8100 0002").status_code < 300
            )
            world.until(
                lambda: len(world.rows("select 1 from job_outcomes where outcome = 'greeted'")) == 2,
                seconds=45,
            )
            assert world.workers[0].poll() is None, "it is the same worker process"
    finally:
        server.stop()
