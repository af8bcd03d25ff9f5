"""The database: reachable and encrypted, through which door, with which schema and rights, and who works there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from nextnest import migrate
from nextnest.database import AnyDoor, conninfo
from nextnest.doctor import rights
from nextnest.doctor.findings import Check, Finding, green, red, some, yellow
from nextnest.door import look
from nextnest.errors import ConfigurationError, MigrationError
from nextnest.rules.alarms import DEAD_S
from nextnest.store import doctor as store
from nextnest.store import web
from nextnest.store.statements import read

# A connection, or two behind a pooler, with five seconds for each; then a few short statements.
_TIMEOUT_S = 15
# All statements of the product, in some thirty round trips.
_SCHEMA_TIMEOUT_S = 30
# How long a notification may take; it comes within milliseconds or never.
_HEARD_WITHIN_S = 3
# A worker's waits and a webhook's signature use the machine's clock: NTP keeps it within milliseconds. A signature is
# refused beyond 300 s (nextnest/rules/signature.py); long before that somebody should look.
SOME_S, FAR_S = 2, 60
_NO_PREPARE = ("create ", "do ", "alter ", "set ")
_OURS = Path(web.__file__).parent


class Database:
    """What is found out through one connection string."""

    def __init__(self, dsn: str, web_dsn: str | None) -> None:
        self._dsn, self._web_dsn = dsn, web_dsn

    def checks(self) -> list[Check]:
        """In the order in which they make sense."""
        found = [
            Check("Database", self._reachable, _TIMEOUT_S),
            Check("Door", self._door, _TIMEOUT_S, needs="Database"),
            Check("Clock", self._clock, _TIMEOUT_S, needs="Database"),
            Check("Schema", _for_those_who_may(self._schema), _SCHEMA_TIMEOUT_S, needs="Database"),
            Check("Rights", self._rights, _TIMEOUT_S, needs="Schema"),
            Check("Exposure", self._exposure, _TIMEOUT_S, needs="Schema"),
            Check("Workers", _for_those_who_may(self._workers), _TIMEOUT_S, needs="Schema"),
        ]
        if self._web_dsn and self._web_dsn != self._dsn:
            found.insert(2, Check("Web's door", self._door_of_web, _TIMEOUT_S))
        return found

    def _reachable(self) -> Iterator[Finding]:
        try:
            with self._connected() as conn:
                row = store.server(conn)
                yield green(f"Postgres {row['version'].split()[0]} answers as {row['login']}")
                yield _encryption(conn)
        except psycopg.OperationalError as error:
            yield red(
                f"not reached: {_first_line(error)}", "Check DATABASE_URL, and that the server lets us in."
            )

    def _door(self) -> Iterator[Finding]:
        try:
            door = look(self._dsn)
            door.require_schema()
        except ConfigurationError as error:
            yield red("DATABASE_URL leads to no door of ours", error.detail)
            return
        if not door.keeps_session:
            yield yellow(
                "a transaction-mode pooler: LISTEN hears nothing, a worker polls and chat pages too",
                "Give DATABASE_URL the direct or the session connection string; this one may be WEB_DATABASE_URL.",
            )
            return
        yield from self._limits()
        kind = "a session-mode pooler" if door.pooled else "the database itself"
        if self._hears():
            yield green(f"{kind}; a notification is heard")
        else:
            yield red(
                f"{kind}, and a notification is not heard", "Workers only poll then: see what stands between."
            )

    def _limits(self) -> Iterator[Finding]:
        """They come with a connection's options; a pooler may refuse those, and then the login has to have them."""
        with self._connected() as conn:
            if missing := store.unbounded(conn):
                yield yellow(
                    f"no {' and no '.join(missing)}: what is stuck stays so",
                    "The pooler drops options: sign in as a login made with python -m nextnest.roles.",
                )

    def _door_of_web(self) -> Iterator[Finding]:
        assert self._web_dsn
        try:
            door = look(self._web_dsn, "WEB_DATABASE_URL")
        except (ConfigurationError, psycopg.OperationalError) as error:
            yield red(f"not reached: {_first_line(error)}", "Check WEB_DATABASE_URL.")
            return
        kind = ("a session-mode" if door.keeps_session else "a transaction-mode") + " pooler"
        yield green(
            f"{kind if door.pooled or not door.keeps_session else 'the database itself'}, which web can use"
        )

    def _hears(self) -> bool:
        with self._connected() as listener, self._connected() as speaker:
            listener.execute("listen nextnest_doctor")
            speaker.execute("notify nextnest_doctor")
            return bool(list(listener.notifies(timeout=_HEARD_WITHIN_S, stop_after=1)))

    def _clock(self) -> Iterator[Finding]:
        with self._connected() as conn:
            before = time.time()
            there = store.clock(conn)
            apart = there - (before + time.time()) / 2
        yield compared("the database's clock", timedelta(seconds=apart))

    def _schema(self) -> Iterator[Finding]:
        with self._connected() as conn:
            if missing := migrate.schema_is_current(conn):
                yield red(f"lacks {some(missing)}", "Run make migrate.")
                return
            yield from _drift(conn)

    def _rights(self) -> Iterator[Finding]:
        with self._connected() as conn:
            yield from rights.granted(conn)

    def _exposure(self) -> Iterator[Finding]:
        with self._connected() as conn:
            yield rights.exposure(conn)

    def _workers(self) -> Iterator[Finding]:
        with self._connected() as conn:
            alive = web.workers_alive(conn, DEAD_S)
        if not alive:
            yield red(f"none was heard of within {DEAD_S} s", "Start one with make worker.")
        elif alive == 1:
            yield yellow("one is alive", "Two survive the loss of one.")
        else:
            yield green(f"{alive} are alive")

    def _connected(self) -> Connection[Any]:
        return AnyDoor.connect(conninfo(self._dsn, "doctor"), autocommit=True, prepare_threshold=None)


def _for_those_who_may(look: Callable[[], Iterator[Finding]]) -> Callable[[], Iterator[Finding]]:
    """A login of a dashboard may read views alone, and that is as it must be."""

    def looked() -> Iterator[Finding]:
        try:
            yield from look()
        except psycopg.errors.InsufficientPrivilege:
            yield yellow("not for this login to see", "Ask as web's or a worker's login, or as the owner.")

    return looked


def compared(whose: str, apart: timedelta) -> Finding:
    """What a difference between a clock and this machine's means."""
    seconds = apart.total_seconds()
    if abs(seconds) <= SOME_S:
        return green(f"{whose} and this machine's agree")
    says = f"{whose} is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    mend = "Keep clocks by NTP: webhooks 300 s apart are refused, waits are wrong by as much."
    return red(says, mend) if abs(seconds) > FAR_S else yellow(says, mend)


def _encryption(conn: Connection[Any]) -> Finding:
    mode = conn.info.get_parameters().get("sslmode", "prefer")
    host = str(conninfo_to_dict(conn.info.dsn).get("host") or "")
    return encrypted(conn.pgconn.ssl_in_use, mode, host, conn.info.hostaddr)


def encrypted(in_use: bool, mode: str, host: str, address: str) -> Finding:
    """What a connection is worth that is encrypted or not, made with this sslmode to this host, which had this address."""
    if in_use and mode == "verify-full":
        return green("encrypted, the server's name and certificate verified")
    if host in {"", "localhost", "127.0.0.1", "::1"} or host.startswith("/"):
        return green("on this machine")
    mend = "Put sslmode=verify-full and sslrootcert into the connection string (docs/supabase.md, TLS)."
    if in_use:
        return yellow(f"encrypted, and any server is believed (sslmode={mode})", mend)
    if address and ip_address(address).is_private:
        return yellow("not encrypted, in a private network", f"Nobody else may be in it. Or: {mend}")
    return red("not encrypted", mend)


def _drift(conn: Connection[Any]) -> Iterator[Finding]:
    """Whether the schema is still what the migrations made: by their record, by every statement of ours, by its parts."""
    try:
        migrate.differences(conn)
    except MigrationError as error:
        yield red(str(error), "Run the version that made it, or undo the change.")
    except psycopg.errors.InsufficientPrivilege:
        pass  # only the role that migrates may read what each migration was
    unfit = [problem for file in sorted(_OURS.glob("*.sql")) if (problem := _unfit(conn, file))]
    if unfit:
        yield red(
            f"was changed by hand: {some(unfit)}", "Undo the change, or restore the schema from a backup."
        )
    if broken := store.broken(conn):
        yield red(f"has parts that do not work: {some(broken)}", "Enable the trigger, or reindex.")
    if not unfit and not broken:
        yield green("complete, Procrastinate's included; every statement fits it")


def _unfit(conn: Connection[Any], file: Path) -> str | None:
    """What Postgres says against the statements of a file, all of them in one round trip and one transaction."""
    script = "".join(
        f"prepare probe as {_numbered(statement.sql.decode())}; deallocate probe;\n"
        for statement in read(file).values()
        if not _bare(statement.sql).startswith(_NO_PREPARE)
    )
    try:
        if script:
            conn.execute(script.encode())
    except psycopg.ProgrammingError as error:
        return f"{file.name}: {error.diag.message_primary}"
    return None


def _bare(sql: bytes) -> str:
    return re.sub(r"^\s*--.*$", "", sql.decode(), flags=re.MULTILINE).strip().lower()


def _numbered(sql: str) -> str:
    """Named parameters as the server counts them; a doubled percent sign is one."""
    seen: dict[str, int] = {}
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${seen.setdefault(found[1], len(seen) + 1)}", sql)
    return numbered.replace("%%", "%")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
