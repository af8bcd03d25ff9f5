"""A story in order: what happened, grouped by the customer's turns, with the gaps between."""

from __future__ import annotations

from dataclasses import dataclass, field

from web.ops.moments import Moment

# A pause worth a line of its own; what a broker waits on purpose is shorter.
_GAP_S = 60.0


@dataclass(frozen=True)
class Step:
    """A moment, and the seconds since the one before where they are worth saying."""

    moment: Moment
    gap_s: float | None


@dataclass
class Turn:
    """What belongs together: an arrival, a customer's turn up to its answer, or a while in which people acted."""

    kind: str
    steps: list[Step] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Stays the same while the turn grows."""
        return f"turn-{self.steps[0].moment.id}"

    @property
    def messages(self) -> list[Moment]:
        return [step.moment for step in self.steps if step.moment.kind == "message"]

    @property
    def title(self) -> str:
        if self.kind != "turn":
            return {"arrival": "Arrival", "people": "People at work", "before": "Before"}[self.kind]
        number = len(self.messages)
        return "The customer wrote" if number == 1 else f"The customer wrote {number} messages"

    @property
    def answered(self) -> Moment | None:
        """The last message that a reply answered, with its times in `facts_of`."""
        done = [moment for moment in self.messages if moment.raw.get("replied_s") is not None]
        return done[-1] if done else None


def turns(moments: list[Moment]) -> list[Turn]:
    """Group moments, which come oldest first."""
    found: list[Turn] = []
    last: Moment | None = None
    for moment in moments:
        kind = _begins(moment, found[-1] if found else None)
        if kind:
            found.append(Turn(kind))
        gap = (moment.at - last.at).total_seconds() if last else 0.0
        found[-1].steps.append(Step(moment, gap if gap >= _GAP_S else None))
        last = moment
    return found


def _begins(moment: Moment, current: Turn | None) -> str | None:
    """The kind of turn that this moment begins; None when it belongs to the current one."""
    if moment.kind == "message":
        return "turn" if current is None or _is_over(current, moment) else None
    if moment.by_people:
        return "people" if current is None or current.kind != "people" else None
    if current is None:
        return "arrival" if moment.kind in {"lead", "opened"} else "before"
    return None


def _is_over(turn: Turn, message: Moment) -> bool:
    """Whether a customer's message begins a turn of its own. With a person in charge it goes on with theirs."""
    if turn.kind == "people":
        return message.raw.get("state") != "left_to_person"
    return turn.kind != "turn" or any(step.moment.ends_turn for step in turn.steps)
