"""Everything that moves places, in any order: leads, customers, colleagues, operators, repeated webhooks, a killed worker.

After every step, and at every commit in between: nobody over her limit, no drift, the line in order, nothing taken from a
person. When all is quiet: nobody waits beside a free place, nobody is told twice, no customer is left without an answer.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from nextnest import deferring
from tests.pipelines.watching import Watch
from tests.pipelines.world import running_world
from tests.waiting import until

BROKERS = ("jasmine-lee", "rachel-tan", "sarah-wong")
_people = count(1)

# One statement sees one snapshot: lists, generated workload and open assignments agree.
TORN = """
select b.slug, b.current_workload, b.active_conversations, array_agg(c.conversation_id) as open
from ai_brokers b left join broker_conversations c on c.broker_id = b.id and c.status = 'active'
group by b.id
having b.current_workload <> cardinality(b.active_conversations) or b.current_workload <> count(c.conversation_id)
    or exists (select from broker_capacity_drift)
"""
WAITING_BESIDE_A_FREE_PLACE = """
select 1 from waiting_leads where exists (select from ai_brokers where is_available)
"""
STILL_HERE = """
select conversation_id, status, held_by, chatwoot_status, assigned_at,
       (select array_agg(before || '-' || after || ' ' || at order by at) from watch.moves m
        where m.conversation_id = c.conversation_id) as moves
from broker_conversations c where status in ('new', 'waiting', 'active')
"""
# An operator's change is noticed by upkeep; every other change serves the line in its own commit.
NOT_AT_ONCE = "free beside a waiting lead"
# A killed worker is noticed after some 17 s, and its jobs take their turn.
QUIET_S = 90
RUNS_PER_KILL = 12


class Office(RuleBasedStateMachine):
    """One office of three brokers with a place each, two workers, and everybody who may do something."""

    conversations = Bundle("conversations")

    def __init__(self, watch: Watch, tried: Counter[str], broken: list[Exception]) -> None:
        super().__init__()
        self.watch, self.world, self.tried, self.broken = watch, watch.world, tried, broken
        self.ids: list[int] = []
        self.steps: list[str] = []
        # Each kill costs the seconds until it is noticed.
        self.may_kill = tried["runs"] % RUNS_PER_KILL == 0

    @initialize(target=conversations)
    def three_places_and_four_leads(self) -> MultipleResults[int]:
        if self.broken:
            raise self.broken[0]
        self.tried["runs"] += 1
        self._operate("update ai_brokers set is_active = slug = any (%(slugs)s), max_concurrent_chats = 1")
        return multiple(*(self.a_lead_comes() for _ in range(4)))

    @rule(target=conversations)
    def another_lead_comes(self) -> int:
        return self.a_lead_comes()

    def a_lead_comes(self) -> int:
        answer = self.world.submit(**_person(next(_people)))
        assert answer.status_code == 201, answer.text
        self.ids.append(int(answer.json()["conversationId"]))
        return self._done("lead", self.ids[-1])

    @rule(id_=conversations)
    def the_customer_writes(self, id_: int) -> None:
        self.world.chatwoot.customer_says(id_, "Which documents do I need?")
        self._done("message", id_)

    @rule(id_=conversations)
    def the_customer_asks_for_a_person(self, id_: int) -> None:
        self.world.chatwoot.customer_says(id_, "Can I talk to a human please?")
        self._done("asked for a person", id_)

    @rule(id_=conversations)
    def a_colleague_writes(self, id_: int) -> None:
        self.world.chatwoot.agent_says(id_, "Hi, this is Priya, I will take it from here.")
        self._done("taken over", id_)

    @rule(id_=conversations, status=st.sampled_from(["resolved", "resolved", "pending", "open"]))
    def a_colleague_sets_the_status(self, id_: int, status: str) -> None:
        self.world.chatwoot.set_status(id_, status)
        self._done(f"set {status}", id_)

    @rule(id_=conversations)
    def the_last_webhook_comes_again(self, id_: int) -> None:
        body = self._last_webhook(id_)
        headers = self.world.chatwoot.signed_headers(body)
        url = f"{self.world.web_url}/api/chatwoot-webhook"
        assert httpx.post(url, content=body, headers=headers, timeout=30).status_code == 200
        self._done("repeated webhook", id_)

    @rule(slug=st.sampled_from(BROKERS), limit=st.integers(0, 2))
    def an_operator_changes_a_limit(self, slug: str, limit: int) -> None:
        self._operate(
            "update ai_brokers set max_concurrent_chats = %(limit)s where slug = %(slug)s",
            slug=slug,
            limit=limit,
        )
        self._done(f"limit {limit}")

    @rule(slug=st.sampled_from(BROKERS))
    def an_operator_pauses_or_resumes(self, slug: str) -> None:
        self._operate("update ai_brokers set is_active = not is_active where slug = %(slug)s", slug=slug)
        self._done("pause or resume")

    @rule()
    def a_worker_is_killed(self) -> None:
        if not self.may_kill:
            return
        self.may_kill = False
        victim = self.world.workers[-2]
        victim.kill()
        victim.wait()
        self.world.start_worker()
        self._done("killed worker")

    @invariant()
    def places_are_true(self) -> None:
        assert self.watch.faults(NOT_AT_ONCE) == []
        assert self.world.rows(TORN) == []

    def teardown(self) -> None:
        """The end of every run. What a fault leaves behind stays for all later runs, so they fail with the first one."""
        fault = sys.exception()
        try:
            if not isinstance(fault, Exception):
                self._all_is_well_in_the_end()
        except Exception as error:
            fault = error
            raise
        finally:
            if isinstance(fault, Exception) and not self.broken:
                fault.add_note("\n".join(self.steps))
                self.broken.append(fault)

    def _all_is_well_in_the_end(self) -> None:
        """Wait until all is quiet, look at everybody, and send everybody home."""
        self._upkeep_looks()
        self.world.until(self._quiet, seconds=QUIET_S)
        self.places_are_true()
        for id_ in self.ids:
            self._nobody_was_told_twice(id_)
            self._nobody_is_left_in_silence(id_)
            self._closed_and_taken_conversations_hold_no_place(id_)
        self._everybody_goes_home()

    def _upkeep_looks(self) -> None:
        """Now, and not at the next quarter of a minute."""
        with psycopg.connect(self.world.database_url, options="-c search_path=nextnest") as conn:
            deferring.Planned("upkeep", "upkeep", None, {"timestamp": 0}).defer_sync(conn)

    def _quiet(self) -> bool:
        return self.world.quiet() and not self.world.rows(WAITING_BESIDE_A_FREE_PLACE)

    def _nobody_was_told_twice(self, id_: int) -> None:
        ours = [m["content_attributes"].get("nextnest_id") for m in self.world.chatwoot.messages(id_)]
        sent = [effect for effect in ours if effect]
        assert len(sent) == len(set(sent)), f"conversation {id_} shows an effect twice"
        assert len(self.world.activities(id_)) <= 1

    def _nobody_is_left_in_silence(self, id_: int) -> None:
        unanswered = self.world.rows(
            "select message_id, reason from unanswered_messages where conversation_id = %(id)s"
            " and reason <> 'waiting for a broker'",
            id=id_,
        )
        assert unanswered == [], f"conversation {id_}"

    def _closed_and_taken_conversations_hold_no_place(self, id_: int) -> None:
        if self.world.chatwoot.conversation(id_)["status"] != "pending":
            held = "select slug from ai_brokers where %(id)s = any (active_conversations)"
            assert self.world.rows(held, id=id_) == [], f"conversation {id_}"

    def _everybody_goes_home(self) -> None:
        for id_ in self.ids:
            self.world.chatwoot.resolve(id_)
        until(lambda: self.world.quiet() and not self.world.rows(STILL_HERE), QUIET_S, self._who_is_here)
        self.places_are_true()

    def _who_is_here(self) -> str:
        """Who should have gone home, with what Chatwoot says of them."""
        here = self.world.rows(STILL_HERE)
        return "\n".join(
            f"{row} in Chatwoot: {self.world.chatwoot.conversation(row['conversation_id'])['status']}"
            for row in here
        )

    def _operate(self, statement: str, **params: object) -> None:
        self.world.execute(statement, **({"slugs": list(BROKERS)} | params))

    def _last_webhook(self, id_: int) -> bytes:
        about = [d for d in self.world.chatwoot.webhooks if _conversation_of(d.payload) == id_]
        return json.dumps(about[-1].payload).encode()

    def _done(self, what: str, id_: int = 0) -> int:
        """Chatwoot's webhooks arrive before the next step; what they set going does not wait."""
        self.tried[what] += 1
        self.steps.append(f"{datetime.now(UTC):%H:%M:%S.%f} {what} {id_ or ''}")
        assert self.world.chatwoot.settle()
        return id_


@pytest.fixture
def watch(database_url: str, tmp_path: Path) -> Iterator[Watch]:
    with running_world(database_url, tmp_path, workers=2) as world:
        yield Watch.over(world)


def test_whatever_moves_places_they_stay_true_and_nobody_waits_beside_a_free_one(watch: Watch) -> None:
    tried = _run(watch, runs=10, steps=20)
    assert tried["runs"] >= 10
    assert watch.commits() > 100


@pytest.mark.long
def test_over_many_runs_whatever_moves_places_they_stay_true(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = _run(watch, runs=80, steps=40)
    with capsys.disabled():
        print(f"\ncapacity, two workers, {watch.commits()} commits watched, 0 faults; tried: {dict(tried)}")


def _run(watch: Watch, *, runs: int, steps: int) -> Counter[str]:
    tried: Counter[str] = Counter()
    broken: list[Exception] = []
    try:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            lambda: Office(watch, tried, broken),
            settings=settings(
                max_examples=runs,
                stateful_step_count=steps,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except Exception:
        if broken:
            # Hypothesis tells of its last attempt to repeat it.
            raise broken[0] from None
        raise
    return tried


def _conversation_of(payload: dict[str, object]) -> object:
    nested = payload.get("conversation")
    return nested["id"] if isinstance(nested, dict) else payload.get("id")


def _person(number: int) -> dict[str, str]:
    return {
        "email": f"office{number}@example.com",
        "phone": f"+65 9400{number:04d}",
        "name": f"Chua Number {number}",
    }
