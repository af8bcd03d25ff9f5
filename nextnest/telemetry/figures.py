"""The counters and histograms of this process. Seconds, dollars, tokens; each label has a handful of values.

Under gunicorn several processes share them by files (PROMETHEUS_MULTIPROC_DIR, set in gunicorn.conf.py), so whichever
process is asked answers for all of them.
"""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

_OWN = CollectorRegistry()
_HERE: dict[str, Any] = {"namespace": "nextnest", "registry": _OWN}

# From a webhook's milliseconds to the eight seconds a lead may take.
_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16)
# From what is answered at once to the deadlines of Chatwoot (10 s) and the model (20 s).
_OUTSIDE = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 10, 15, 20, 30)
# From a job that finds nothing to do to a burst with two models asked; a minute is already an alarm.
_JOB = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 8, 10, 15, 20, 30, 60, 120, 300)

HTTP_REQUESTS = Counter("http_requests_total", "Requests to web", ["method", "route", "status"], **_HERE)
HTTP_SECONDS = Histogram(
    "http_request_seconds", "Seconds per request to web", ["route"], buckets=_REQUEST, **_HERE
)

JOBS_RUNNING = Gauge(
    "jobs_in_progress",
    "Jobs this process works on or waits in",
    ["task"],
    multiprocess_mode="livesum",
    **_HERE,
)
ATTEMPTS = Counter("job_attempts_total", "Attempts by how they ended", ["task", "outcome"], **_HERE)
ATTEMPT_SECONDS = Histogram("job_attempt_seconds", "Seconds per attempt", ["task"], buckets=_JOB, **_HERE)

TURNS = Counter("turns_total", "Turns of customers by how they ended", ["outcome"], **_HERE)
ANSWER_SECONDS = Histogram(
    "answer_seconds", "From the webhook of the last message to our reply", buckets=_JOB, **_HERE
)
WAIT_SECONDS = Histogram(
    "deliberate_wait_seconds", "Waited on purpose per turn, like a person", buckets=_JOB, **_HERE
)
LISTENINGS = Counter(
    "listenings_total", "Moments given to the customer to go on, by whether she did", ["outcome"], **_HERE
)
DRAFTINGS = Counter("draftings_total", "Replies begun, by what became of them", ["outcome"], **_HERE)
VERDICTS = Counter(
    "guard_verdicts_total",
    "Drafts by the guard's verdict; a draft may break several rules",
    ["rule"],
    **_HERE,
)
HANDOVERS = Counter("handovers_total", "Conversations handed to people by a worker", ["reason"], **_HERE)

CHATWOOT_REQUESTS = Counter(
    "chatwoot_requests_total", "Requests to Chatwoot by what came of them", ["operation", "outcome"], **_HERE
)
CHATWOOT_SECONDS = Histogram(
    "chatwoot_request_seconds", "Seconds per request to Chatwoot", ["operation"], buckets=_OUTSIDE, **_HERE
)
EFFECTS = Counter("effects_total", "Effects in Chatwoot by what became of them", ["kind", "state"], **_HERE)

MODEL_CALLS = Counter(
    "model_calls_total", "Calls of the model by what came of them", ["model", "outcome"], **_HERE
)
MODEL_SECONDS = Histogram(
    "model_call_seconds", "Seconds per call of the model", ["model"], buckets=_OUTSIDE, **_HERE
)
MODEL_TOKENS = Counter("model_tokens_total", "Tokens of paid calls", ["model", "kind"], **_HERE)
MODEL_DOLLARS = Counter("model_cost_dollars_total", "What paid calls cost, in US dollars", ["model"], **_HERE)


def register(registry: CollectorRegistry) -> None:
    """Make these figures part of what the registry shows: of all processes where they share them, else of this one."""
    if values.ValueClass._multiprocess:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_OWN)
