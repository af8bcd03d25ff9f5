"""Every chart of a period, built from its figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nextnest.store.figures import Figures, Period
from nextnest.store.statements import Row
from web.ops.drawing import Chart, Kind, Series, Unit, Value
from web.ops.show import counted as so_many
from web.ops.show import number

# A legend of more models than this helps nobody; the hourly_models view has them all.
_MOST_MODELS = 3


@dataclass
class Charts:
    """Builds every chart of one period. `per` is its step in words, `last` its span."""

    figures: Figures
    per: str
    last: str
    _starts: list[datetime] = field(init=False)
    _labels: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._starts = self.figures.period.starts
        self._labels = labels(self.figures.period)

    def all(self, traffic: list[Row]) -> list[Chart]:
        """In the order of the page; `traffic` is the figures' own, per step."""
        models, waiting = self.figures.models(), self.figures.waiting()
        return [
            self._volume(traffic),
            self._response(traffic),
            self._parts(traffic),
            self._handovers(),
            self._failures(),
            self._latency(models),
            self._tokens(models),
            self._cost(models),
            self._depth(waiting),
            self._oldest(waiting),
            self._guard(),
        ]

    def _volume(self, rows: list[Row]) -> Chart:
        series = [
            Series("Leads", self._counts(rows, "leads")),
            Series("Customers' messages", self._counts(rows, "customer_messages")),
            Series("Replies", self._counts(rows, "replies")),
        ]
        return self._chart("volume", f"Leads, messages and replies {self.per}", "bars", "count", series)

    def _response(self, rows: list[Row]) -> Chart:
        series = [
            Series("median", self._values(rows, "response_p50_s")),
            Series("95th percentile", self._values(rows, "response_p95_s")),
            Series("99th percentile", self._values(rows, "response_p99_s")),
        ]
        return self._chart(
            "response",
            "From a customer's message to our reply",
            "line",
            "seconds",
            series,
            note="With the pause we make on purpose. By when the reply was sent; at most 4.5 % off.",
            nothing="No message was answered in this period.",
        )

    def _parts(self, rows: list[Row]) -> Chart:
        series = [
            Series("pause, median", self._values(rows, "deliberate_p50_s")),
            Series("pause, 95th", self._values(rows, "deliberate_p95_s")),
            Series("work, median", self._values(rows, "processing_p50_s")),
            Series("work, 95th", self._values(rows, "processing_p95_s")),
        ]
        return self._chart(
            "parts",
            "Of it: paused on purpose, and at work",
            "line",
            "seconds",
            series,
            note="Work is everything but the pause: queue, model, Chatwoot. When answers get slower, look here.",
            nothing="No message was answered in this period.",
        )

    def _handovers(self) -> Chart:
        counted: Counter[str] = Counter()
        for row in self.figures.handovers():
            counted[row["reason"]] += row["handovers"]
        return self._ranked(
            "handovers",
            "Conversations handed to a person, by reason",
            counted,
            first="Reason",
            note="Each conversation once, for the first time.",
            nothing="No conversation went to a person.",
        )

    def _failures(self) -> Chart:
        rows = self.figures.jobs()
        by_task: Counter[str] = Counter()
        for row in rows:
            by_task[row["task_name"]] += row["failed"]
        series = [
            Series("failed for good", self._summed(rows, "failed")),
            Series("put back", self._summed(rows, "put_back")),
        ]
        return self._chart(
            "failures",
            f"Jobs that failed or went back to the queue {self.per}",
            "stacked",
            "count",
            series,
            note=_listed("Failed for good", by_task)
            + "Put back: to be tried again, or because something it needs was away.",
            nothing="No job failed, none was put back.",
        )

    def _latency(self, rows: list[Row]) -> Chart:
        calls: Counter[str] = Counter()
        for row in rows:
            calls[row["model"]] += row["calls"]
        series = []
        for model, _ in calls.most_common(_MOST_MODELS):
            own = [row for row in rows if row["model"] == model]
            series.append(Series(f"{model}, median", self._values(own, "latency_p50_s")))
            series.append(Series(f"{model}, 95th", self._values(own, "latency_p95_s")))
        return self._chart(
            "latency",
            "Model: seconds per call",
            "line",
            "seconds",
            series,
            note="Calls that were answered.",
            nothing="The model was not asked.",
        )

    def _tokens(self, rows: list[Row]) -> Chart:
        cached, sent = self._summed(rows, "cached_tokens"), self._summed(rows, "input_tokens")
        series = [
            Series("sent, new", [all_of_it - old for all_of_it, old in zip(sent, cached, strict=True)]),
            Series("sent, cached", cached),
            Series("written", self._summed(rows, "output_tokens")),
        ]
        return self._chart(
            "tokens",
            f"Model: tokens {self.per}",
            "stacked",
            "count",
            series,
            nothing="The model was not asked.",
        )

    def _cost(self, rows: list[Row]) -> Chart:
        series = [Series("cost", self._summed(rows, "cost"))]
        return self._chart(
            "cost",
            f"Model: US dollars {self.per}",
            "bars",
            "dollars",
            series,
            note="Where the provider named no tokens, the most a call can have cost.",
            nothing="Nothing was spent.",
        )

    def _depth(self, rows: list[Row]) -> Chart:
        series = [
            Series("jobs", self._values(rows, "waiting")),
            Series("messages", self._values(rows, "unanswered")),
            Series("leads", self._values(rows, "waiting_leads")),
        ]
        return self._chart(
            "depth",
            f"Waiting, the most {self.per}",
            "line",
            "count",
            series,
            note="Jobs that could run, messages without an answer, leads without a broker; sampled each minute. "
            "A gap: no worker lived.",
            nothing=_unsampled(rows),
        )

    def _oldest(self, rows: list[Row]) -> Chart:
        series = [
            Series("oldest job", self._values(rows, "oldest_waiting_s")),
            Series("oldest message", self._values(rows, "oldest_unanswered_s")),
        ]
        return self._chart(
            "oldest",
            f"How long the oldest had waited, the most {self.per}",
            "line",
            "seconds",
            series,
            note="Sampled each minute.",
            nothing=_unsampled(rows),
        )

    def _guard(self) -> Chart:
        counted = Counter({row["rule"]: row["drafts"] for row in self.figures.guard()})
        passed = counted.pop("passed", 0)
        return self._ranked(
            "guard",
            "Drafts the guard held back, by rule",
            counted,
            first="Rule",
            note=f"{so_many(passed, 'draft', 'drafts')} passed. One that broke two rules counts for both.",
            nothing="No draft was held back." if passed else "No draft was written.",
        )

    def _chart(
        self,
        name: str,
        title: str,
        kind: Kind,
        unit: Unit,
        series: list[Series],
        **more: str,
    ) -> Chart:
        return Chart(name, f"{title}, {self.last}", kind, unit, self._labels, series, **more)

    def _ranked(self, name: str, title: str, counted: Counter[str], **more: str) -> Chart:
        ranked = counted.most_common()
        series = [Series("count", [count for _, count in ranked])]
        names = [label.replace("_", " ") for label, _ in ranked]
        return Chart(name, f"{title}, {self.last}", "ranked", "count", names, series, **more)

    def _values(self, rows: list[Row], column: str) -> list[Value]:
        """A step without a row has no value."""
        found = {row["at"]: row[column] for row in rows}
        return [None if found.get(at) is None else float(found[at]) for at in self._starts]

    def _counts(self, rows: list[Row], column: str) -> list[float]:
        """A step without a row counts nothing."""
        return [value or 0 for value in self._values(rows, column)]

    def _summed(self, rows: list[Row], column: str) -> list[float]:
        """All labels of a step together."""
        found: dict[datetime, float] = {}
        for row in rows:
            found[row["at"]] = found.get(row["at"], 0) + float(row[column])
        return [found.get(at, 0) for at in self._starts]


def labels(period: Period) -> list[str]:
    """When each step begins, in Singapore; as short as the step allows."""
    hour = timedelta(hours=1)
    form = "%H:%M" if period.step <= hour else "%-d %b %H:%M" if period.step < 24 * hour else "%-d %b"
    return [start.strftime(form) for start in period.starts]


def _listed(what: str, counted: Counter[str]) -> str:
    found = ", ".join(f"{label} {number(count)}" for label, count in counted.most_common() if count)
    return f"{what}: {found}. " if found else ""


def _unsampled(rows: list[Row]) -> str:
    return "Nothing waited when it was sampled." if rows else "No sample was taken: no worker lived."
