"""Between a worker and Postgres: just enough of the wire protocol to see each statement and that it is done.

https://www.postgresql.org/docs/current/protocol-flow.html. A batch ends with Sync or is one simple Query; its answer ends
with ReadyForQuery. Nothing is encrypted: the worker connects with sslmode=disable.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from tests.pipelines.killing import steps
from tests.pipelines.killing.gate import Gate, Step
from tests.pipelines.killing.streams import Streams, first_of

_FETCH = Step(steps.FETCH)
# Psycopg's own: a pooled connection is asked for life whenever it is lent; the rest has no effect by itself.
_LENT = ""
_SILENT = ("BEGIN", "DEALLOCATE")


class PostgresWire:
    """Serves connections of workers whose steps pass `gate`."""

    def __init__(self, database_url: str, gate: Gate) -> None:
        self._gate = gate
        self._given: dict[str, Any] = dict(conninfo_to_dict(database_url))

    def url(self, port: int) -> str:
        """The database's address by way of a proxy on `port`."""
        through = {"host": "127.0.0.1", "port": port, "sslmode": "disable", "gssencmode": "disable"}
        given = {name: quote(str(value), safe="") for name, value in (self._given | through).items()}
        user = f"{given.pop('user', '')}:{given.pop('password', '')}".rstrip(":")
        place = f"{given.pop('host')}:{given.pop('port')}/{given.pop('dbname')}"
        return f"postgresql://{user}@{place}?" + "&".join(f"{name}={value}" for name, value in given.items())

    async def connect(self) -> Streams:
        """To the real server."""
        host, port = str(self._given["host"]), int(self._given.get("port") or 5432)
        if host.startswith("/"):
            return Streams(*await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}"))
        return Streams(*await asyncio.open_connection(host, port))

    async def serve(self, worker: Streams, server: Streams) -> None:
        """One connection, until either end closes it or the worker dies here."""
        await _pass_startup(worker, server)
        talk = _Talk(worker, server, self._gate)
        await first_of(talk.pass_requests(), talk.pass_answers())


@dataclass
class _Talk:
    """One connection after its startup. `lent` is what was said since the pool lent it out last."""

    worker: Streams
    server: Streams
    gate: Gate
    lent: tuple[str, ...] = ()
    under_way: deque[Step] = field(default_factory=deque)
    prepared: dict[bytes, str] = field(default_factory=dict)

    async def pass_requests(self) -> None:
        """Messages of the worker, a batch at a time."""
        batch, text = b"", None
        while True:
            kind, body, raw = await _message(self.worker)
            batch += raw
            text = self._text_in(kind, body, text)
            if kind in b"QS":
                step = self._step(text)
                if step.cut:
                    return
                self.under_way.append(step)
            if kind in b"QSHXpdcf":  # the end of a batch, a flush, a goodbye, a password, a copy
                await self.server.send(batch)
                batch = b""
            if kind in b"QS":
                text = None

    async def pass_answers(self) -> None:
        """What the server says; the answer to a batch is held until it is whole."""
        held = b""
        while True:
            kind, _, raw = await _message(self.server)
            if not self.under_way:
                await self.worker.send(raw)  # startup, a notification
                continue
            held += raw
            if kind == b"Z":
                if self._cut_after(self.under_way.popleft(), held):
                    return
                await self.worker.send(held)
                held = b""

    def _text_in(self, kind: bytes, body: bytes, text: str | None) -> str | None:
        """The text of the statement that this batch executes; parsing one alone has no effect."""
        if kind == b"Q":
            return body.rstrip(b"\0").decode()
        if kind == b"P":
            name, sql, *_ = body.split(b"\0")
            self.prepared[name] = sql.decode()
        if kind == b"B":
            _portal, name, *_ = body.split(b"\0")
            return self.prepared[name]
        return text

    def _step(self, text: str | None) -> Step:
        if text is None or text.upper().startswith(_SILENT):
            return Step(None)
        if text.strip() == _LENT:
            self.lent = ()
            return Step(None)
        label = steps.of_statement(text)
        if label in {"COMMIT", "ROLLBACK"} or label.startswith(("SAVEPOINT", "RELEASE")):
            label = f"{label.split()[0]} after {self.lent[-1] if self.lent else 'nothing'}"
        self.lent = (*self.lent, label)
        step = self.gate.before(self.lent)
        return _FETCH if label == steps.FETCH and not step.cut else step

    def _cut_after(self, step: Step, answer: bytes) -> bool:
        return self.gate.after_fetch(answer) if step is _FETCH else self.gate.after(step)


async def _pass_startup(worker: Streams, server: Streams) -> None:
    """The one message without a type: StartupMessage, or CancelRequest on a connection of its own."""
    length = await worker.read(4)
    await server.send(length + await worker.read(int.from_bytes(length, "big") - 4))


async def _message(streams: Streams) -> tuple[bytes, bytes, bytes]:
    """Type, body, and both with the length between them as they came."""
    head = await streams.read(5)
    body = await streams.read(int.from_bytes(head[1:], "big") - 4)
    return head[:1], body, head + body
