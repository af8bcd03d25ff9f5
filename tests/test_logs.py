"""Logs say where, when and which; never what a customer said."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
import structlog

from nextnest import logs
from nextnest.errors import ChatwootUnavailable
from nextnest.settings import Settings

PRIVATE = "tan.wei.ming@" + "example.com"  # in two parts: a traceback quotes the line of code


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a configured process writes; the logging of the test run is put back afterwards."""
    root, errors = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    with redirect_stderr(errors):
        logs.configure(Settings.model_construct(nextnest_log_level="INFO", nextnest_log_format="json"))
    yield errors
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_unforeseen_error_shows_its_frames_and_kind_but_not_its_words(written: io.StringIO) -> None:
    try:
        try:
            int(PRIVATE)
        except ValueError as inner:
            raise ChatwootUnavailable("GET /contacts: HTTP 500") from inner
    except ChatwootUnavailable as error:
        structlog.get_logger("nextnest.test").error("job failed", exc_info=error, job_id=7)
    [line] = [json.loads(line) for line in written.getvalue().splitlines()]
    assert line["job_id"] == 7
    assert [
        word for word in ("test_logs.py", "HTTP 500", "ValueError") if word not in line["exception"]
    ] == []
    assert PRIVATE not in written.getvalue()


def test_the_queues_own_lines_about_a_failed_attempt_stay_out(written: io.StringIO) -> None:
    logging.getLogger("procrastinate.worker").error("ended with %s", PRIVATE)
    logging.getLogger("procrastinate.worker.worker").error("side task failed")
    assert PRIVATE not in written.getvalue()
    assert "side task failed" in written.getvalue()
