"""A database that writes down, at every commit, what must never be true of places and of the line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.pipelines.world import World

TRIGGERS = Path(__file__).with_name("watch.sql")
_EMPTY_SINCE = (
    "select what, detail, at from watch.faults where what <> all (%(tolerated)s::text[]) order by at"
)


@dataclass(frozen=True)
class Watch:
    """What the triggers of watch.sql saw."""

    world: World

    @classmethod
    def over(cls, world: World) -> Watch:
        with psycopg.connect(world.database_url, autocommit=True) as conn:
            conn.execute(TRIGGERS.read_bytes())
        return cls(world)

    def faults(self, *tolerated: str) -> list[dict[str, Any]]:
        """Every commit that broke a promise about places; `tolerated` names kinds that do not count here."""
        return self.world.rows(_EMPTY_SINCE, tolerated=list(tolerated))

    def moves(self, before: str, after: str) -> list[dict[str, Any]]:
        """`conversation_id` and `txid` of every such change of a conversation, in order."""
        return self.world.rows(
            "select conversation_id, txid from watch.moves"
            " where before = %(before)s and after = %(after)s order by at",
            before=before,
            after=after,
        )

    def commits(self) -> int:
        """How many commits moved a conversation."""
        [row] = self.world.rows("select count(distinct txid) as n from watch.moves")
        return int(row["n"])
