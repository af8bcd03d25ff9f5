"""Faults on request: which one, on which requests or webhooks, how often."""

import itertools
import re
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class Fault:
    """One fault waiting to happen.

    `method`, `path`, `contains` and `event` narrow it down; an empty one matches everything,
    but for `event`, which then means new messages.
    """

    fault: str
    method: str = ""
    path: str = ""  # regular expression, searched in the request's path
    contains: str = ""  # regular expression, searched in the request's body
    event: str = ""  # regular expression, searched in "event:message_type" of a webhook
    times: int | None = 1  # None: until cleared
    skip: int = 0  # this many matches go by unharmed first
    seconds: float = 30.0  # how long slow, late and hanging things take
    copies: int = 2  # deliveries in all, for duplicate_webhook
    same_delivery_id: bool = False  # duplicates of one delivery, or of the event
    message: str = ""  # text of an error body, where the fault has one
    id: int = 0

    def matches_request(self, method: str, path: str, body: str) -> bool:
        return (
            (not self.method or self.method.upper() == method)
            and re.search(self.path, path) is not None
            and (not self.contains or re.search(self.contains, body) is not None)
        )

    def matches_event(self, label: str) -> bool:
        return re.search(self.event or "^message_created", label) is not None


_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("method", "path", "contains", "event", "message"), (str,)),
    **dict.fromkeys(("skip", "copies"), (int,)),
    "times": (int, type(None)),
    "seconds": (int, float),
    "same_delivery_id": (bool,),
}


class UnknownFault(ValueError):
    """This sandbox has no such fault, or the fault has no such option."""


class Faults:
    """The faults switched on right now; safe to use from any thread."""

    def __init__(self, known: Collection[str], aliases: Mapping[str, str] | None = None) -> None:
        self.known = tuple(known)
        self._aliases = aliases or {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._active: list[Fault] = []

    def add(self, fault: str, **options: Any) -> Fault:
        """Switches a fault on. Raises UnknownFault for a name or an option that does not exist."""
        fault = self._aliases.get(fault, fault)
        if fault not in self.known:
            raise UnknownFault(f"unknown fault {fault!r}; known: {', '.join(self.known)}")
        unknown = set(options) - {field.name for field in fields(Fault)}
        if unknown:
            raise UnknownFault(f"unknown option {', '.join(sorted(unknown))} of fault {fault!r}")
        options.pop("id", None)
        added = Fault(fault=fault, id=next(self._ids), **options)
        _check(added)
        with self._lock:
            self._active.append(added)
        return added

    def clear(self, fault_id: int | None = None) -> None:
        """Switches one fault off, or all of them."""
        with self._lock:
            self._active = [f for f in self._active if fault_id is not None and f.id != fault_id]

    def active(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._active]

    def any_active(self) -> bool:
        """A quick look that spares the usual request, which meets no fault, everything else."""
        return bool(self._active)

    def take_for_request(self, names: Collection[str], method: str, path: str, body: str) -> Fault | None:
        """The first of these faults that this request meets; it counts as used."""
        if not self._active:
            return None
        with self._lock:
            return self._take(
                f for f in self._active if f.fault in names and f.matches_request(method, path, body)
            )

    def take_for_event(self, names: Collection[str], label: str) -> Fault | None:
        """The first of these faults that this webhook event meets; it counts as used."""
        if not self._active:
            return None
        with self._lock:
            return self._take(f for f in self._active if f.fault in names and f.matches_event(label))

    def _take(self, matching: Iterable[Fault]) -> Fault | None:
        for fault in list(matching):
            if fault.skip > 0:
                fault.skip -= 1
                continue
            self._use(fault)
            return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self._active.remove(fault)


def _check(fault: Fault) -> None:
    """A wrong option must be refused now and not spoil a later request. Raises UnknownFault."""
    for name, kinds in _KINDS.items():
        if not isinstance(getattr(fault, name), kinds):
            raise UnknownFault(f"{name} of fault {fault.fault!r} must not be {getattr(fault, name)!r}")
    for pattern in (fault.path, fault.contains, fault.event):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UnknownFault(f"{pattern!r} is no regular expression: {error}") from error


def add_from_json(faults: Faults, body: Mapping[str, Any]) -> Fault:
    """Switches on what a JSON body asks for. Raises UnknownFault."""
    options = dict(body)
    name = options.pop("fault", None)
    if not isinstance(name, str):
        raise UnknownFault(f"give a fault; known: {', '.join(faults.known)}")
    return faults.add(name, **options)
