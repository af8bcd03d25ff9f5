"""No process ever holds more connections than its budget: counted in the database while everything comes at once."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import httpx
import psycopg
import pytest

from nextnest.database import OPENING_POOL, WEB_BUDGET, WEB_POOL, WORKER_BESIDE_POOL
from nextnest.settings import Settings
from tests.pipelines.test_main_road import Person
from tests.pipelines.world import ROOT, World

# gunicorn.conf.py starts two.
WEB_PROCESSES = 2
WORKER_POOL = Settings.model_fields["nextnest_pool_size"].default
HELD = """
    select application_name, count(*) from pg_stat_activity
    where datname = current_database() and application_name like 'nextnest-%' group by 1
"""


class Census:
    """The most connections ever seen at once, by the name their process gave them."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._over = Event()
        self._thread = Thread(target=self._count)
        self.most: Counter[str] = Counter()

    def __enter__(self) -> Census:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _count(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as conn:
            while not self._over.wait(0.01):
                for name, held in conn.execute(HELD).fetchall():
                    self.most[name] = max(self.most[name], held)


@pytest.fixture
def crowded(world: World, somebody: Person) -> Counter[str]:
    """Thirty leads at once, each with an open chat page and three messages; the most connections held meanwhile."""
    with Census(world.database_url) as census, ExitStack() as pages, ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda n: world.submit(**_person(somebody, n)), range(30)))
        links = [answer.json()["chatUrl"].rsplit("/chat/", 1)[1] for answer in answers]
        for link in links[:6]:
            pages.enter_context(httpx.stream("GET", f"{world.web_url}/api/chat/{link}/events", timeout=10))
        opened = [answer.json()["conversationId"] for answer in answers if answer.status_code == 201]
        list(pool.map(lambda one: [world.chatwoot.customer_says(one, "And CPF?") for _ in "abc"], opened))
        world.until(world.quiet, 60)
    return census.most


def _person(somebody: Person, number: int) -> Person:
    return somebody | {"email": f"crowd{number}@example.com", "phone": f"+65 9{number:07d}"}


def test_neither_web_nor_worker_goes_above_its_budget(crowded: Counter[str]) -> None:
    assert crowded["nextnest-web"] <= WEB_PROCESSES * WEB_POOL
    assert crowded["nextnest-web-opening"] <= WEB_PROCESSES * OPENING_POOL
    assert crowded["nextnest-web-live"] <= WEB_PROCESSES
    workers = sum(crowded[f"nextnest-{name}"] for name in ("worker", "worker-fetch", "worker-sweep"))
    assert workers <= WORKER_POOL + WORKER_BESIDE_POOL
    # That it was crowded at all, and that every kind of connection has a name here.
    assert min(crowded["nextnest-web"], crowded["nextnest-worker"]) > 3
    assert set(crowded) <= {
        *("nextnest-web", "nextnest-web-opening", "nextnest-web-live"),
        *("nextnest-worker", "nextnest-worker-fetch", "nextnest-worker-sweep", "nextnest-door"),
    }


def test_the_budget_is_the_one_the_pages_state() -> None:
    assert WEB_POOL + OPENING_POOL < WEB_BUDGET
    for page in ("operations.md", "supabase.md"):
        text = Path(ROOT / "docs" / page).read_text("utf-8")
        assert re.search(rf"\| web, each gunicorn process \| {WEB_BUDGET} \|", text), page
        assert f"`NEXTNEST_POOL_SIZE` + {WORKER_BESIDE_POOL} = {WORKER_POOL + WORKER_BESIDE_POOL}" in text, (
            page
        )
