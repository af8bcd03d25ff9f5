"""A simulated customer: says the steps of the case, waits for what comes back, and answers what was asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from evals.case import Case
from evals.evidence import Evidence, collect
from evals.stage import Stage

# A model may take 20 s for an answer and be asked twice; a machine may be slow.
_PATIENCE_S = 90
# More than any script has: who goes round in circles is stopped.
_MOST_TURNS = 12
_numbers = count(1)

_FORM: dict[str, Any] = {
    "loanType": "new_purchase",
    "propertyCategory": "resale",
    "propertyType": "private",
    "employmentType": "employed",
    "purchaseTimeline": "next_3_months",
    "actualAges": [36],
    "actualIncomes": [9500],
    "propertyPrice": 1400000,
}
_BROKER = "select broker_id::text as broker, status from broker_conversations where conversation_id = %(id)s"
# Settled: all that was said has come in and has its answer, and no job of this conversation is under way.
_SETTLED = """
select 1
where (select count(*) from incoming_messages where conversation_id = %(id)s) >= %(said)s
    and not exists (select 1 from incoming_messages where conversation_id = %(id)s and state = 'unanswered')
    and not exists (
        select 1 from procrastinate_jobs
        where status in ('todo', 'doing') and args ->> 'conversation_id' = %(id)s::text
    )
"""


class Stuck(Exception):
    """Nothing came back in time."""


@dataclass
class Customer:
    """One customer in one conversation; `said` counts her messages."""

    stage: Stage
    case: Case
    conversation_id: int = 0
    broker: str | None = None
    said: int = 0
    used: set[str] = field(default_factory=set)

    def play(self) -> Evidence:
        """The whole conversation, and what came of it."""
        trouble = None
        try:
            self._arrive()
            for burst in self.case.says:
                self._say(burst)
                self._answer_what_is_asked()
        except (Stuck, RuntimeError) as error:
            trouble = str(error)
        if not self.conversation_id:
            return Evidence(trouble=trouble)
        return collect(self.stage, self.conversation_id, self.broker, trouble)

    def _arrive(self) -> None:
        """By the form, and greeted; or without one, with the first message of the script."""
        number = next(_numbers)
        if self.case.lead is None:
            contact = self.stage.chatwoot.add_contact(name=f"Walk In {number}")
            self.conversation_id = int(self.stage.chatwoot.add_conversation(contact["id"])["id"])
            return
        somebody = {
            "name": f"Goh Customer {number}",
            "email": f"customer{number}@example.com",
            "phone": f"+65 8{number:07d}",
        }
        self.conversation_id = self.stage.submit(_FORM | somebody | dict(self.case.lead))
        self._wait(self._greeted, "no greeting")

    def _greeted(self) -> bool:
        rows = self.stage.rows(_BROKER, id=self.conversation_id)
        if rows and rows[0]["status"] == "active":
            self.broker = rows[0]["broker"]
            return self._settled()
        return False

    def _say(self, burst: tuple[str, ...]) -> None:
        for text in burst:
            self.stage.chatwoot.customer_says(self.conversation_id, text)
        self.said += len(burst)
        self._wait(self._settled, f"no answer to {burst[-1][:60]!r}")
        if self.broker is None:
            self.broker = self.stage.rows(_BROKER, id=self.conversation_id)[0]["broker"]

    def _answer_what_is_asked(self) -> None:
        """Answer what the last reply asks for, while the script knows an answer."""
        while self.said < _MOST_TURNS:
            asked = self._last_reply()
            branch = next(
                (one for one in self.case.answers if one.when not in self.used and _asks(asked, one.when)),
                None,
            )
            if branch is None:
                return
            self.used.add(branch.when)
            self._say(branch.says)

    def _last_reply(self) -> str:
        """The last line, if it is ours."""
        lines = [one for one in self.stage.chatwoot.messages(self.conversation_id) if not one["private"]]
        spoken = [one for one in lines if one["message_type"] in {0, 1}]
        return str(spoken[-1]["content"]) if spoken and spoken[-1]["message_type"] == 1 else ""

    def _settled(self) -> bool:
        return bool(self.stage.rows(_SETTLED, id=self.conversation_id, said=self.said))

    def _wait(self, probe: Any, what: str) -> None:
        if not self.stage.until(probe, _PATIENCE_S):
            raise Stuck(f"{what} within {_PATIENCE_S} s")


def _asks(text: str, pattern: str) -> bool:
    return bool(re.search(r"[?？]", text) and re.search(pattern, text, re.IGNORECASE))
