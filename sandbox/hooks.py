"""Ties faults and the journal to a Flask app: before a request is handled, and after."""

import threading
import time
from collections.abc import Callable, Collection, Mapping

from flask import Flask, Response, g, make_response, request
from flask.typing import ResponseReturnValue

from sandbox.faults import Fault, Faults
from sandbox.journal import Journal, RequestRecord
from sandbox.server import DROP_HEADER, client_is_gone

Answer = Callable[[Fault], ResponseReturnValue]

LOOK_S = 0.02
"""How often a waiting request looks whether its caller has gone."""


class RequestHooks:
    """Faults by moment: `before` nothing has happened yet, `after` everything is stored but the answer.

    Requests outside `prefix` (the pages and the switches themselves) meet no fault and leave no trace.
    """

    def __init__(
        self,
        faults: Faults,
        journal: Journal[RequestRecord],
        closing: threading.Event,
        *,
        prefix: tuple[str, ...],
        before: Mapping[str, Answer],
        after: Mapping[str, Answer],
        keep_answers: bool = False,
        gives_up: bool = False,
    ) -> None:
        """`gives_up`: work for a caller who has left is dropped, as a model's is; Chatwoot finishes it."""
        self._faults = faults
        self._journal = journal
        self._closing = closing
        self._arrived: Journal[str] = Journal()
        self._prefix = prefix
        self._keep_answers = keep_answers
        self._gives_up = gives_up
        self._before: dict[str, Answer] = {"hang_before": self._hang, "drop_before": drop, **before}
        self._after: dict[str, Answer] = {"hang_after": self._hang, "drop_after": drop, **after}

    def arrivals(self) -> list[str]:
        """The paths of the requests that came in, answered or not."""
        return self._arrived.entries()

    def install(self, app: Flask) -> None:
        app.before_request(self._on_request)
        app.after_request(self._on_response)

    def _on_request(self) -> ResponseReturnValue | None:
        g.started_at = time.time()
        g.fault = None
        g.cancelled = False
        if not self._concerned():
            return None
        self._arrived.add(request.path)
        slow = self._take({"slow"})
        if slow and not self.wait(slow.seconds, gives_up=self._gives_up):
            return drop(slow)
        return self._strike(self._before)

    def _on_response(self, response: Response) -> Response:
        if not self._concerned():
            return response
        if g.fault is None and response.status_code < 400:
            struck = self._strike(self._after)
            response = response if struck is None else make_response(struck)
        self._record(response)
        return response

    def _strike(self, answers: Mapping[str, Answer]) -> ResponseReturnValue | None:
        fault = self._take(tuple(answers))
        if fault is None:
            return None
        g.fault = fault.fault
        return answers[fault.fault](fault)

    def _take(self, names: Collection[str]) -> Fault | None:
        if not self._faults.any_active():
            return None
        body = request.get_data(as_text=True)
        return self._faults.take_for_request(names, request.method, request.path, body)

    def _record(self, response: Response) -> None:
        record = RequestRecord(
            method=request.method,
            path=request.path,
            query=request.args.to_dict(),
            body=request.get_json(silent=True),
            status=None if DROP_HEADER in response.headers else response.status_code,
            at=g.started_at,
            finished_at=time.time(),
            fault=g.fault,
            cancelled=g.cancelled,
            answer=response.get_json(silent=True) if self._keep_answers else None,
        )
        self._journal.add(record)

    def _concerned(self) -> bool:
        return request.path.startswith(self._prefix)

    def _hang(self, fault: Fault) -> ResponseReturnValue:
        self.wait(fault.seconds, gives_up=True)
        return drop(fault)

    def wait(self, seconds: float, *, gives_up: bool) -> bool:
        """Waits, and notes when the caller leaves. False when there is nothing to go on for."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._closing.wait(min(left, LOOK_S)):
                return False
            g.cancelled = g.cancelled or client_is_gone(request.environ)
            if g.cancelled and gives_up:
                return False
        return True


def drop(fault: Fault | None = None) -> ResponseReturnValue:
    """No answer at all: the connection is closed."""
    return "", 500, {DROP_HEADER: fault.fault if fault else "caller left"}
