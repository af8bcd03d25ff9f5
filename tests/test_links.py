"""Chat links: one key, one lead."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from nextnest.links import ChatLinks

LINKS = ChatLinks("a secret", "https://nextnest.example")


def test_a_link_leads_back_to_its_lead() -> None:
    lead_id = uuid4()
    assert LINKS.url(lead_id) == f"https://nextnest.example/chat/{LINKS.link(lead_id)}"
    assert LINKS.lead_id(LINKS.link(lead_id)) == lead_id


def test_a_link_of_another_key_or_for_another_use_opens_nothing() -> None:
    lead_id = uuid4()
    assert ChatLinks("another", "").lead_id(LINKS.link(lead_id)) is None
    assert LINKS.lead_id(str(URLSafeSerializer("a secret", salt="operator").dumps(lead_id.hex))) is None


def test_every_changed_character_spoils_a_link() -> None:
    link = LINKS.link(uuid4())
    for place, character in enumerate(link[:-1]):
        other = "A" if character != "A" else "B"
        assert LINKS.lead_id(link[:place] + other + link[place + 1 :]) is None


@pytest.mark.parametrize("value", [None, 7, "no uuid", ["x"], {"a": 1}])
def test_a_signed_value_that_is_no_lead_opens_nothing(value: object) -> None:
    forged = ChatLinks("a secret", "")._serializer().dumps(value)
    assert LINKS.lead_id(str(forged)) is None


@given(st.text(max_size=200))
def test_any_text_as_a_link_opens_nothing(text: str) -> None:
    assert LINKS.lead_id(text) is None
