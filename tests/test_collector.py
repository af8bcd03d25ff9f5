"""What a process begins with is no work for its garbage collector; what it makes later is."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from nextnest import collector


class Ring:
    """Refers to itself, so only the collector can free it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def only_when_asked() -> Iterator[None]:
    """The collector does nothing by itself, and afterwards everything is as it was."""
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def test_what_was_there_is_left_alone_and_what_comes_later_is_freed() -> None:
    there = weakref.ref(Ring())
    assert there() is not None, "a ring frees itself only by the collector"
    old = Ring()
    collector.leave_what_is_there()
    assert there() is None, "what nobody used was freed first"
    later = weakref.ref(Ring())
    tracked = {id(each) for each in gc.get_objects()}
    assert id(old) not in tracked
    gc.collect()
    assert later() is None
