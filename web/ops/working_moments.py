"""What was worked: jobs, calls of the model, drafts and the guard, calculations, webhooks."""

from __future__ import annotations

import json

from web.ops.show import money, number
from web.ops.wording import Detail, Facts, after, details, pretty, some

# A shorter wait is none.
_WORTH_SAYING_S = 0.01
_DRAFTS = {"used": ("used", "good"), "superseded": ("superseded", "quiet"), "rejected": ("rejected", "bad")}
_CALLS = {"answered": ("answered", "good"), "failed": ("failed", "bad"), "cut short": ("cut short", "warn")}
_STEPS = {
    "deferred": "deferred",
    "started": "started",
    "deferred_for_retry": "will be tried again",
    "failed": "failed",
    "cancelled": "cancelled",
    "abort_requested": "asked to stop",
    "aborted": "stopped",
    "scheduled": "scheduled",
    "retried": "tried again by hand",
}


def draft(facts: Facts) -> Facts:
    """What came of a draft, and what the guard thought of it."""
    verdict = facts["verdict"] or {}
    broken = verdict.get("broken", [])
    passed = None if not verdict else "the guard let it pass" if verdict.get("ok") else "the guard stopped it"
    quoted = [f"{figure}  {source}" for figure, source in verdict.get("proofs", [])]
    return {
        "icon": "guard",
        "word": "Draft",
        "title": facts["model"],
        "mark": _DRAFTS[facts["outcome"]],
        "facts": some(
            passed,
            *(f"rule {one}" for one in broken),
            f"{number(facts['total_tokens'])} tokens",
            money(facts["cost"]),
            after("written in", facts["latency_s"]),
            f"prompt {facts['prompt_version']}",
        ),
        "details": details(
            Detail("Why the guard stopped it", "\n".join(verdict.get("reasons", [])), personal=True),
            Detail("Where each figure comes from", "\n".join(quoted), personal=True),
        ),
    }


def call(facts: Facts) -> Facts:
    """One call of the model."""
    return {
        "icon": "model",
        "word": "Model call booked",
        "title": facts["model"],
        "mark": _CALLS[facts["outcome"]],
        "facts": some(
            f"{number(facts['input_tokens'])} tokens in, {number(facts['cached_tokens'])} of them cached",
            f"{number(facts['output_tokens'])} out",
            money(facts["cost"]),
            after("took", facts["latency_s"]),
        ),
        "minor": True,
    }


def tool(facts: Facts) -> Facts:
    """One calculation."""
    result = _read(facts["result"])
    rules = [str(rule.get("id")) for rule in result.get("rules", []) if isinstance(rule, dict)]
    return {
        "icon": "tool",
        "word": "Calculated",
        "title": facts["name"],
        "facts": some(
            f"formula {facts['version']}", f"for {facts['day']}", *(f"rule {rule}" for rule in rules)
        ),
        "details": details(
            Detail("What went in", pretty(facts["arguments"]), personal=True) if facts["arguments"] else None,
            Detail("What came out", pretty(_told(result)), personal=True) if result else None,
        ),
    }


def _told(result: Facts) -> Facts:
    """What a calculation says; exact values and inputs stand elsewhere."""
    names = ("outputs", "assumptions", "needs_confirmation", "ask_for", "problem", "rules")
    return {name.replace("_", " "): result[name] for name in names if result.get(name)}


def webhook(facts: Facts) -> Facts:
    """An event of Chatwoot's that defers nothing."""
    return {
        "icon": "start",
        "word": "Chatwoot told us",
        "title": facts["event"].replace("_", " "),
        "facts": (facts["status"].replace("_", " "),),
        "minor": True,
    }


def job(facts: Facts) -> Facts:
    """A step of a job."""
    step = facts["step"]
    waited = after("it waited", facts["after_s"]) if step == "started" else None
    return {
        "icon": "job",
        "word": f"Job {facts['job']}",
        "job": facts["job"],
        "title": f"{facts['task']} {_STEPS.get(step, step)}",
        "mark": ("failed", "bad")
        if step == "failed"
        else ("again", "warn")
        if step == "deferred_for_retry"
        else None,
        "facts": some(waited),
        "minor": True,
    }


def outcome(facts: Facts) -> Facts:
    """How an attempt of a job ended."""
    run, waited = facts["run_s"], facts["deliberate_wait_s"]
    worked = after("worked", run - waited) if waited >= _WORTH_SAYING_S else None
    failed = facts["outcome"] == "failed"
    return {
        "icon": "job",
        "word": f"Job {facts['job_id']}",
        "job": facts["job_id"],
        "title": f"{facts['task_name']}: {facts['outcome']}",
        "mark": ("failed", "bad") if failed else ("done", "good"),
        "facts": some(
            after("ran", run),
            after("waited on purpose", waited) if waited >= _WORTH_SAYING_S else None,
            worked,
            f"attempt {facts['attempt'] + 1}" if facts["attempt"] else None,
            (facts["detail"] or "").replace("_", " "),
        ),
        "minor": not failed,
    }


def attempt(facts: Facts) -> Facts:
    """An attempt that did not end its job: what went wrong, and where."""
    chosen = facts["reason"] in {"handed back", "stopped"}
    return {
        "icon": "job",
        "word": f"Job {facts['job_id']}",
        "job": facts["job_id"],
        "title": f"{facts['task_name']}: attempt {facts['attempt'] + 1} {facts['reason']}",
        "mark": (facts["reason"], "warn") if chosen else ("failed", "bad"),
        "facts": some(
            after("ran", facts["run_s"]),
            facts["worker_id"] and f"worker {facts['worker_id']}",
            facts["error"],
        ),
        "details": details(
            Detail("Where the error came from, the innermost last", "\n".join(facts["frames"]))
        ),
    }


def _read(result: str) -> Facts:
    try:
        found = json.loads(result)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
