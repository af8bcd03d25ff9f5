"""Reads the .sql files beside it. A statement is a line `-- name: sentence`, then SQL up to the next such line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.rows import dict_row

Row = dict[str, Any]

_HEADER = re.compile(r"^-- (?P<name>[a-z_0-9]+): (?P<sentence>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """One named statement. `one`, `all` and `run` take a sync connection; `aone`, `aall` and `arun` an async one."""

    name: str
    sentence: str
    sql: bytes

    def one(self, conn: Connection[Any], **params: object) -> Row | None:
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(self.sql, params).fetchone()

    def all(self, conn: Connection[Any], **params: object) -> list[Row]:
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(self.sql, params).fetchall()

    def run(self, conn: Connection[Any], **params: object) -> int:
        """Run it; the number of rows it touched."""
        return conn.execute(self.sql, params).rowcount

    async def aone(self, conn: AsyncConnection[Any], **params: object) -> Row | None:
        async with conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(self.sql, params)
            return await cursor.fetchone()

    async def aall(self, conn: AsyncConnection[Any], **params: object) -> list[Row]:
        async with conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(self.sql, params)
            return await cursor.fetchall()

    async def arun(self, conn: AsyncConnection[Any], **params: object) -> int:
        """Run it; the number of rows it touched."""
        return (await conn.execute(self.sql, params)).rowcount


class Statements:
    """The statements of one file as attributes: `Statements("brokers").reserve_slot`."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.by_name = read(Path(__file__).parent / f"{file}.sql")

    def __getattr__(self, name: str) -> Statement:
        try:
            return self.by_name[name]
        except KeyError:
            raise AttributeError(f"{self.file}.sql has no statement named {name}") from None


@cache
def read(path: Path) -> dict[str, Statement]:
    """Every statement of a file by name; ValueError when a name stands twice."""
    text = path.read_text(encoding="utf-8")
    headers = list(_HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    statements: dict[str, Statement] = {}
    for header, end in zip(headers, ends, strict=True):
        name = header["name"]
        if name in statements:
            raise ValueError(f"{path.name} names {name} twice")
        sql = text[header.end() : end].strip().rstrip(";")
        statements[name] = Statement(name, header["sentence"], sql.encode())
    return statements
