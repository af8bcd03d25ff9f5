"""docs/supabase.md, from an empty project to a working system: each of its ten steps is taken, and the doctor sees it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest

from nextnest.migrate import migrate
from tests import forkserver
from tests.databases import drop_login
from tests.pipelines.world import ROOT
from tests.practice import WEBHOOK, Practice, in_practice, lines
from tests.tls import Protected, protected_server

pytestmark = pytest.mark.skipif(
    not shutil.which("openssl"), reason="NO OPENSSL: the guide's third step is untested here"
)
GUIDE = (ROOT / "docs" / "supabase.md").read_text("utf-8")
STEPS = {int(row[0]): row[1:] for row in re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", GUIDE, re.MULTILINE)}
LOGINS = ("worker", "web-with-console", "dashboards")
Found = dict[str, list[str]]


@dataclass
class Journey:
    """The steps in their order on one project. `found` is what the doctor said after each that changes something."""

    server: Protected
    practice: Practice
    given: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    found: dict[int, Found] = field(default_factory=dict)
    as_login: dict[str, Found] = field(default_factory=dict)
    status: int = -1

    def take(self) -> None:
        """Not 1, 4 and 10: a project is made, nothing is exposed, a lead is sent."""
        steps: dict[int, Callable[[], None]] = {
            2: self.copy_the_connection_string,
            3: self.ask_for_a_verified_server,
            5: lambda: migrate(self.given["DATABASE_URL"], say=lambda _line: None),
            6: self.make_the_logins,
            7: self.give_web_its_own,
            8: self.fill_in_the_rest,
            9: self.practice.worker_lives,
        }
        for number, take in steps.items():
            take()
            if number not in (6, 7):  # looked at as each login, and with what step 8 completes
                self.found[number] = self.look()

    def look(self, **changes: str) -> Found:
        result = forkserver.run("nextnest", "doctor", environment=self.given | changes, timeout=120)
        self.status = result.returncode
        return lines(result)

    def copy_the_connection_string(self) -> None:
        self.given["DATABASE_URL"] = self.server.url

    def ask_for_a_verified_server(self) -> None:
        self.given["DATABASE_URL"] = self.server.at()

    def make_the_logins(self) -> None:
        for kind in LOGINS:
            made = forkserver.run("nextnest.roles", kind, environment=self.given)
            assert made.returncode == 0, made.stderr
            self.logins[kind] = made.stdout.strip()
            self.as_login[kind] = self.look(DATABASE_URL=self.logins[kind])

    def give_web_its_own(self) -> None:
        web = self.logins["web-with-console"]
        self.given |= {"DATABASE_URL": web, "WEB_DATABASE_URL": f"{web}&application_name=pooled"}

    def fill_in_the_rest(self) -> None:
        others = {name: value for name, value in self.practice.environment.items() if "DATABASE" not in name}
        self.given |= others
        self.practice.chatwoot.set_webhook("https://elsewhere.example/hook")
        forkserver.run("nextnest", "doctor", "--set-up-webhook", environment=self.given, timeout=120)
        self.given["CHATWOOT_WEBHOOK_SECRET"] = self.secret_shown_by_chatwoot()

    def secret_shown_by_chatwoot(self) -> str:
        chatwoot = self.practice.chatwoot
        url = f"{chatwoot.base_url}/api/v1/accounts/{chatwoot.account_id}/webhooks"
        answer = httpx.get(url, headers={"api_access_token": chatwoot.token}, timeout=10)
        [secret] = [one["secret"] for one in answer.json()["payload"]["webhooks"] if one["url"] == WEBHOOK]
        return str(secret)


@pytest.fixture(scope="module")
def journey() -> Iterator[Journey]:
    with ExitStack() as stack:
        server = stack.enter_context(protected_server())
        one = Journey(server, stack.enter_context(in_practice(server.url)))
        one.take()
        yield one
        for url in one.logins.values():
            drop_login(server.url, url)


def ok(journey: Journey, step: int, name: str, says: str) -> None:
    """Green, and so it says; what has not been done yet is another step's."""
    found = journey.found[step].get(name, [])
    assert [line for line in found if line.startswith("ok ") and says in line], journey.found[step]


def test_the_guide_has_ten_steps_and_says_of_each_what_the_doctor_finds() -> None:
    assert list(STEPS) == list(range(1, 11))
    words = [
        "nothing",
        "door",
        "encrypted",
        "closed",
        "complete",
        "asked as",
        "LISTEN",
        "webhook",
        "alive",
        "green",
    ]
    assert [number for number, word in enumerate(words, 1) if word not in STEPS[number][1]] == []


def test_step_2_leads_to_the_database_by_a_door_that_is_named(journey: Journey) -> None:
    ok(journey, 2, "Database", "answers as")
    ok(journey, 2, "Door", "the database itself")
    assert "verified" not in str(journey.found[2]["Database"])


def test_step_3_encrypts_and_verifies(journey: Journey) -> None:
    ok(journey, 3, "Database", "encrypted, the server's name and certificate verified")


def test_steps_4_and_5_leave_a_complete_and_closed_schema_with_its_groups(journey: Journey) -> None:
    assert journey.found[3]["Schema"][0].startswith("WRONG lacks procrastinate")
    assert journey.found[3]["Exposure"][0].startswith("look not looked at")
    ok(journey, 5, "Schema", "complete")
    ok(journey, 5, "Exposure", "closed to PUBLIC, anon, authenticated")
    ok(journey, 5, "Rights", "owns the schema")


@pytest.mark.parametrize(
    ("kind", "groups"),
    [
        ("worker", "nextnest_worker"),
        ("web-with-console", "nextnest_console, nextnest_web"),
        ("dashboards", "nextnest_readonly"),
    ],
)
def test_step_6_makes_logins_that_find_themselves_well(journey: Journey, kind: str, groups: str) -> None:
    found = journey.as_login[kind]
    assert found["Rights"][0].endswith(f"may do what {groups} may")
    assert "verified" in found["Database"][1]
    wrong = {name for name, said in found.items() if any(line.startswith("WRONG") for line in said)}
    assert wrong <= {"Settings", "Workers"}, "those are steps 8 and 9"


def test_step_7_has_a_door_for_each_and_hears_where_it_has_to(journey: Journey) -> None:
    for found in (journey.as_login["worker"], journey.found[8]):
        assert found["Door"] == ["ok the database itself; a notification is heard"]
    ok(journey, 8, "Web's door", "which web can use")


def test_step_8_connects_chatwoot_and_the_model(journey: Journey) -> None:
    ok(journey, 8, "Settings", "complete")
    ok(journey, 8, "Chatwoot", "administrator")
    ok(journey, 8, "Inbox", "of the kind API")
    ok(journey, 8, "Webhook", "with what we need")
    ok(journey, 8, "Webhook", "its secret is the one web knows")
    ok(journey, 8, "Model", "is there")
    assert journey.found[8]["Workers"][0].startswith("WRONG none was heard of")


def test_steps_9_and_10_leave_nothing_to_look_at(journey: Journey) -> None:
    ok(journey, 9, "Workers", "2 are alive")
    said = [line for lines_of in journey.found[9].values() for line in lines_of]
    assert [line for line in said if not line.startswith("ok ")] == []
    assert journey.status == 0
