"""What was said and decided: leads, messages, effects, people."""

from __future__ import annotations

from nextnest.rules.handover_brief import HandoverBrief, render
from web.ops.wording import Detail, Facts, after, details, joined, pretty, reason, some

# A shorter wait is none.
_WORTH_SAYING_S = 0.01
_SPOKEN = {"reply", "greeting", "waiting_notice", "handoff_notice", "failure_notice"}
_SOURCES = {
    "webhook": "by webhook",
    "chat": "from the chat page",
    "sweep": "found by the sweep: no webhook brought it",
}
_MESSAGE_STATES = {
    "unanswered": ("unanswered", "warn"),
    "answered": ("answered", "good"),
    "handed_over": ("handed over", "busy"),
    "left_to_person": ("left to a person", "quiet"),
    "forwarded": ("forwarded to n8n", "quiet"),
}
_EFFECTS = {
    "attributes": "Attributes",
    "activity": "Line in the chat",
    "greeting": "Greeting",
    "waiting_notice": "Notice: waiting in line",
    "reply": "Reply",
    "status": "Status in Chatwoot",
    "return": "Status in Chatwoot",
    "assignment": "Assignment in Chatwoot",
    "private_note": "Private note",
    "handoff_notice": "Notice: a person is coming",
    "failure_notice": "Notice: something went wrong",
    "reminder": "Reminder to colleagues",
    "confirmation_note": "Private note: to be confirmed",
}
_EFFECT_STATES = {
    "planned": ("planned", "warn"),
    "sending": ("being sent", "busy"),
    "sent": ("sent", "good"),
    "unknown": ("unknown: its answer was lost", "bad"),
    "withheld": ("withheld", "quiet"),
}


def lead(facts: Facts) -> Facts:
    """A form came in."""
    lead = facts["lead"]
    points = sorted((facts["points"] or {}).items(), key=lambda point: -point[1])
    score = "no score" if facts["score"] is None else f"score {facts['score']}"
    claimed = None if facts["claimed"] is None else f"the browser claimed {facts['claimed']}; not used"
    return {
        "icon": "lead",
        "word": "Lead received",
        "title": joined((facts["loan_type"] or "").replace("_", " "), score),
        "mark": (facts["state"], "quiet" if facts["state"] == "erased" else "good"),
        "facts": some(after("conversation there after", facts["opened_s"]), claimed),
        "details": details(
            Detail("Points of the score", "\n".join(f"{n:>3}  {name}" for name, n in points)),
            Detail("The form as understood", pretty(lead), personal=True) if lead else None,
        ),
        "side": "customer",
    }


def opened(facts: Facts) -> Facts:
    """We know the conversation from here on, and which road it takes."""
    road = "on the queue" if facts["uses_queue"] else "outside the rollout: n8n answers"
    return {
        "icon": "start",
        "word": "Conversation known",
        "title": road,
        "facts": () if facts["form"] else ("no form: the customer wrote first",),
    }


def matched(facts: Facts) -> Facts:
    """A broker was assigned, and why she."""
    return {
        "icon": "broker",
        "word": "Broker matched",
        "title": facts["broker"],
        "facts": some(facts["reason"], facts["method"] and f"method: {facts['method']}"),
    }


def waiting(_: Facts) -> Facts:
    """Nobody was free."""
    return {"icon": "wait", "word": "Put in line", "title": "nobody was free", "mark": ("waiting", "warn")}


def taken(_: Facts) -> Facts:
    """A person took it by an act of her own."""
    return {"icon": "person", "word": "A person took it", "by_people": True}


def handed_off(facts: Facts) -> Facts:
    """It became a person's for the first time."""
    return {
        "icon": "person",
        "word": "Handed to a person",
        "title": reason(facts["reason"]),
        "facts": ("the first time",),
    }


def resolved(_: Facts) -> Facts:
    """It was closed."""
    return {"icon": "end", "word": "Closed", "ends_turn": True}


def message(facts: Facts) -> Facts:
    """The customer wrote."""
    late = facts["late_s"]
    return {
        "icon": "customer",
        "word": "Customer",
        "mark": _MESSAGE_STATES[facts["state"]],
        "facts": some(
            _SOURCES[facts["source"]],
            after("written", late, "earlier") if late and late > 2 else None,
            after("taken in after", facts["started_s"]),
            after("answered after", facts["replied_s"]),
            after("of it waited on purpose:", facts["wait_s"])
            if facts["wait_s"] >= _WORTH_SAYING_S
            else None,
            f"message {facts['id']}",
        ),
        "text": facts["content"],
        "side": "customer",
    }


def effect(facts: Facts) -> Facts:
    """Something of ours in Chatwoot, in whatever state its delivery is."""
    payload, kind, sent = facts["payload"], facts["kind"], facts["state"] == "sent"
    change = payload.get("status") or ", ".join(f"{k} {v}" for k, v in payload.items() if k.endswith("_id"))
    return {
        "icon": "out" if kind in _SPOKEN else "note",
        "word": _EFFECTS.get(kind, kind),
        "title": change,
        "mark": _EFFECT_STATES[facts["state"]],
        "facts": some(
            after("planned", facts["planned_s"], "before"),
            after("Chatwoot took", facts["asked_s"]),
            f"{facts['attempts']} attempts" if facts["attempts"] > 1 else None,
            f"message {facts['message_id']}" if facts["message_id"] else None,
            facts["error"],
        ),
        "text": payload.get("content"),
        "details": details(
            Detail("Attributes", pretty(payload["attributes"]), personal=True)
            if "attributes" in payload
            else None
        ),
        "side": "us" if kind in _SPOKEN else "inside",
        "ends_turn": sent and kind in {"reply", "handoff_notice", "failure_notice"},
    }


def person(facts: Facts) -> Facts:
    """A colleague wrote to the customer."""
    return {
        "icon": "person",
        "word": "Colleague",
        "text": facts["content"],
        "facts": (f"message {facts['id']}",),
        "side": "us",
        "by_people": True,
    }


def command(facts: Facts) -> Facts:
    """A colleague wrote a private note that is a command."""
    return {"icon": "person", "word": "Private note", "title": f"/{facts['command']}", "by_people": True}


def brief(facts: Facts) -> Facts:
    """A hand-over, with what the colleague is told."""
    return {
        "icon": "person",
        "word": "Handed over",
        "title": reason(facts["reason"]),
        "mark": ("to a person", "busy"),
        "details": details(Detail("What the colleague is told", _told(facts["brief"]), personal=True)),
    }


def reminded(_: Facts) -> Facts:
    """Nobody took a hand-over in time."""
    return {
        "icon": "wait",
        "word": "Colleagues reminded",
        "title": "nobody had taken it",
        "mark": ("late", "warn"),
    }


def action(facts: Facts) -> Facts:
    """An operator acted here."""
    return {
        "icon": "person",
        "word": facts["operator"],
        "title": facts["action"].replace("-", " "),
        "facts": tuple(f"{name.replace('_', ' ')}: {value}" for name, value in facts["detail"].items()),
        "mark": ("in this console", "quiet"),
        "by_people": True,
    }


def _told(brief: Facts) -> str:
    """The brief as the colleague reads it; erased ones say nothing."""
    try:
        return render(HandoverBrief.from_json(brief))
    except (KeyError, TypeError, ValueError):
        return ""
