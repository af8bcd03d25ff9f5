"""Posting a customer's text into Chatwoot once. Chatwoot has no idempotency key: the page's own id travels with the text,
and a text whose fate is unknown is looked for before it is posted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import Connection

from nextnest.chatwoot import Chatwoot
from nextnest.errors import NextNestError, OutcomeUnknown
from nextnest.store import web
from nextnest.store.web import Post
from web.doors import Doors, Outside

log = structlog.get_logger(__name__)

# Somebody who pressed "send" looks at the page that long.
_PATIENCE_S = 5.0
_TRY_AGAIN_S = 3


class NotPosted(Exception):
    """The text is not known to be in Chatwoot; sending it again is safe."""

    def __init__(self, retry_after_s: int = _TRY_AGAIN_S) -> None:
        super().__init__("not posted")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Claim:
    """`message_id` when the text is known to be there; `first` when nobody has tried to post it."""

    conversation_id: int
    message_id: int | None
    first: bool


def claim(conn: Connection[Any], post: Post, conversation_id: int) -> Claim:
    """Take the right to post, or learn what became of an earlier try; in the caller's transaction."""
    if web.claim_post(conn, post, conversation_id):
        return Claim(conversation_id, None, first=True)
    earlier = web.find_post(conn, post)
    assert earlier
    return Claim(earlier["conversation_id"], earlier["message_id"], first=False)


def deliver(here: Doors, post: Post, claimed: Claim, text: str) -> int:
    """Chatwoot's id of the text. NotPosted when it may not be there; then the page sends it again."""
    if not claimed.first:
        found = _look(here, post, claimed)
        if found is not None:
            return found
        _claim_again(here, post)
    return _post(here, post, claimed, text)


def _post(here: Doors, post: Post, claimed: Claim, text: str) -> int:
    async def ask(outside: Outside) -> int:
        return await _post_or_find(outside.chatwoot, claimed.conversation_id, text, str(post.client_id))

    try:
        return here.ask_outside(ask, _PATIENCE_S)
    except (OutcomeUnknown, TimeoutError) as error:
        log.warning("post unknown", conversation_id=claimed.conversation_id, error=type(error).__name__)
        raise NotPosted from None
    except NextNestError as error:
        log.warning("post failed", conversation_id=claimed.conversation_id, error=type(error).__name__)
        with here.transaction() as conn:
            web.release_post(conn, post)
        raise NotPosted from None


def _look(here: Doors, post: Post, claimed: Claim) -> int | None:
    async def ask(outside: Outside) -> int | None:
        return await _find(outside.chatwoot, claimed.conversation_id, str(post.client_id))

    try:
        return here.ask_outside(ask, _PATIENCE_S)
    except (NextNestError, TimeoutError):
        raise NotPosted from None


def _claim_again(here: Doors, post: Post) -> None:
    """An earlier try may still be on its way: only after the settling time is its absence a proof."""
    with here.transaction() as conn:
        free = web.claim_repost(conn, post, here.settings.chatwoot_settle_s)
    if not free:
        raise NotPosted


async def _post_or_find(chatwoot: Chatwoot, conversation_id: int, text: str, client_id: str) -> int:
    try:
        return await chatwoot.post_customer_message(conversation_id, text, client_id)
    except OutcomeUnknown as lost:
        found = await _find_or_none(chatwoot, conversation_id, client_id)
        if found is None:
            raise lost from None
        return found


async def _find_or_none(chatwoot: Chatwoot, conversation_id: int, client_id: str) -> int | None:
    """A look that fails proves nothing: the text may still be there."""
    try:
        return await _find(chatwoot, conversation_id, client_id)
    except NextNestError:
        return None


async def _find(chatwoot: Chatwoot, conversation_id: int, client_id: str) -> int | None:
    async for message in chatwoot.messages_after(conversation_id):
        if message.client_id == client_id:
            return message.id
    return None
