"""What our client promises, on the sandbox always, and on a real Chatwoot when CHATWOOT_CONTRACT_BASE_URL,
_ACCOUNT_ID, _INBOX_ID and _API_TOKEN name one (an API inbox without a bot, an administrator's token)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from nextnest.chatwoot import Chatwoot, Contact, MessageType, harmless
from nextnest.errors import ChatwootRefusesUs, ChatwootRejected, ConversationGone
from sandbox.chatwoot import ChatwootSandbox
from tests.doors.place import Place

_NAMES = ("BASE_URL", "ACCOUNT_ID", "INBOX_ID", "API_TOKEN")
_REAL = {name: os.environ.get(f"CHATWOOT_CONTRACT_{name}", "") for name in _NAMES}


@pytest.fixture(params=["sandbox", *(["real"] if all(_REAL.values()) else [])])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "sandbox":
        with ChatwootSandbox() as running:
            yield Place(running.base_url, running.account_id, running.inbox_id, running.token)
    else:
        base_url, account_id, inbox_id, token = _REAL.values()
        yield Place(base_url.rstrip("/"), int(account_id), int(inbox_id), token)


def test_the_contract_holds_on_a_real_chatwoot() -> None:
    if not all(_REAL.values()):
        pytest.skip("no real Chatwoot: set " + ", ".join(f"CHATWOOT_CONTRACT_{name}" for name in _REAL))


@pytest.fixture
async def chatwoot(place: Place) -> AsyncIterator[Chatwoot]:
    async with place.client() as client:
        yield client


@pytest.fixture
async def contact(chatwoot: Chatwoot, place: Place) -> Contact:
    return await person(chatwoot, place)


@pytest.fixture
async def conversation_id(chatwoot: Chatwoot, contact: Contact) -> int:
    return await chatwoot.create_conversation(contact=contact, custom_attributes={})


async def person(chatwoot: Chatwoot, place: Place, name: str = "weiming", **given: Any) -> Contact:
    facts = {"email": place.email(name), "phone": place.phone(), "custom_attributes": {}}
    return await chatwoot.find_or_create_contact(name="Tan Wei Ming", **(facts | given))


class TestContacts:
    async def test_a_new_person_gets_a_contact_with_a_place_in_our_inbox(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        email, phone = place.email("new"), place.phone()
        made = await person(
            chatwoot, place, email=email, phone=phone, custom_attributes={"loan_type": "refinance"}
        )
        stored = place.contact(made.id)
        assert (stored["name"], stored["email"], stored["phone_number"]) == ("Tan Wei Ming", email, phone)
        assert stored["custom_attributes"] == {"loan_type": "refinance"}
        assert [entry["source_id"] for entry in stored["contact_inboxes"]] == [made.source_id]

    async def test_the_same_address_in_other_letters_is_the_same_person(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        first = await person(chatwoot, place)
        again = await person(chatwoot, place, email=place.email("weiming").upper())
        assert again == first

    async def test_a_plus_in_an_address_is_part_of_it(self, chatwoot: Chatwoot, place: Place) -> None:
        plain = await person(chatwoot, place, email=place.email("mei"))
        tagged = await person(chatwoot, place, email=place.email("mei+home"))
        assert tagged.id != plain.id
        assert await chatwoot.find_contact(place.email("mei+home"), None) == tagged

    async def test_a_person_known_by_phone_alone_is_found_by_it(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        phone = place.phone()
        known = await chatwoot.create_contact(name="Caller", email=None, phone=phone, custom_attributes={})
        assert await chatwoot.find_contact(None, phone) == known
        assert await person(chatwoot, place, phone=phone) == known

    async def test_part_of_a_number_or_address_finds_nobody(self, chatwoot: Chatwoot, place: Place) -> None:
        phone = place.phone()
        await person(chatwoot, place, phone=phone)
        assert await chatwoot.find_contact(place.email("weiming")[1:], None) is None
        assert await chatwoot.find_contact(None, phone[:-1]) is None

    async def test_two_people_with_one_phone_stay_two_and_no_number_is_lost(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        phone = place.phone()
        husband = await person(chatwoot, place, "husband", phone=phone)
        wife = await person(chatwoot, place, "wife", phone=phone)
        assert (wife.id != husband.id, wife.email, wife.phone) == (True, place.email("wife"), None)
        assert place.contact(wife.id)["custom_attributes"]["phone_number"] == phone
        assert place.contact(husband.id)["email"] == place.email("husband")
        assert await person(chatwoot, place, "wife", phone=phone) == wife

    async def test_what_a_contact_says_of_itself_is_not_overwritten(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        first = await person(chatwoot, place)
        before = place.contact(first.id)
        await chatwoot.find_or_create_contact(
            name="Somebody Else",
            email=place.email("weiming"),
            phone=place.phone(),
            custom_attributes={"x": 1},
        )
        after = place.contact(first.id)
        for known in ("name", "email", "phone_number", "custom_attributes"):
            assert after[known] == before[known]

    async def test_an_address_chatwoot_does_not_accept_loses_no_lead(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        made = await person(chatwoot, place, email="not an address", phone=place.phone())
        assert made.email is None
        assert place.contact(made.id)["custom_attributes"]["email"] == "not an address"

    async def test_the_exact_address_is_found_behind_a_page_of_longer_ones(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        for number in range(16):
            await person(chatwoot, place, f"{number}-lim")
        exact = await person(chatwoot, place, "lim")
        assert await chatwoot.find_contact(place.email("lim"), None) == exact

    async def test_names_in_any_script_survive(self, chatwoot: Chatwoot, place: Place) -> None:
        for number, name in enumerate(("O'Brien-Tan", "陈伟明", "முத்து", "🏠" * 300)):
            made = await chatwoot.find_or_create_contact(
                name=name, email=place.email(f"n{number}"), phone=place.phone(), custom_attributes={}
            )
            assert place.contact(made.id)["name"] == name[:255]


class TestConversations:
    async def test_a_new_conversation_waits_for_the_broker_and_carries_its_attributes(
        self, chatwoot: Chatwoot, contact: Contact
    ) -> None:
        made = await chatwoot.create_conversation(
            contact=contact, custom_attributes={"loan_type": "refinance"}
        )
        read = await chatwoot.get_conversation(made)
        assert (read.id, read.status, read.contact_id) == (made, "pending", contact.id)
        assert read.custom_attributes == {"loan_type": "refinance"}
        assert (read.assignee_id, read.assignee_type, read.team_id) == (None, None, None)

    async def test_conversations_do_not_multiply_a_contacts_places_in_the_inbox(
        self, chatwoot: Chatwoot, contact: Contact, place: Place
    ) -> None:
        for _ in range(2):
            await chatwoot.create_conversation(contact=contact, custom_attributes={})
        assert len(place.contact(contact.id)["contact_inboxes"]) == 1

    async def test_a_contact_from_elsewhere_gets_its_one_place_before_its_conversations(
        self, chatwoot: Chatwoot, place: Place
    ) -> None:
        email = place.email("elsewhere")
        elsewhere = place.contact_without_inbox(email)
        found = await person(chatwoot, place, email=email)
        assert found.id == elsewhere
        await chatwoot.create_conversation(contact=found, custom_attributes={})
        again = await person(chatwoot, place, email=email)
        assert again == found
        assert found.source_id

    async def test_a_contacts_conversations_tell_lead_loan_type_and_age(
        self, chatwoot: Chatwoot, contact: Contact
    ) -> None:
        lead_id = str(uuid4())
        with_lead = await chatwoot.create_conversation(
            contact=contact, custom_attributes={"nextnest_lead_id": lead_id, "loan_type": "commercial"}
        )
        bare = await chatwoot.create_conversation(contact=contact, custom_attributes={})
        found = {each.conversation_id: each for each in await chatwoot.contact_conversations(contact.id)}
        assert set(found) == {with_lead, bare}
        assert (found[with_lead].lead_id, found[with_lead].loan_type) == (lead_id, "commercial")
        assert (found[bare].lead_id, found[bare].loan_type) == (None, None)
        assert abs(found[bare].created_at - datetime.now(UTC)) < timedelta(minutes=5)

    async def test_new_attributes_leave_the_others_alone(self, chatwoot: Chatwoot, contact: Contact) -> None:
        made = await chatwoot.create_conversation(contact=contact, custom_attributes={"a": 1, "b": 2})
        await chatwoot.update_conversation_custom_attributes(made, {"b": 3, "c": "four"})
        assert (await chatwoot.get_conversation(made)).custom_attributes == {"a": 1, "b": 3, "c": "four"}

    async def test_attributes_beyond_chatwoots_limits_are_made_to_fit(
        self, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        given = {"long": "x" * 2000, "large": 10**12, "share": 0.5, "flag": True, "list": ["a"]}
        await chatwoot.update_conversation_custom_attributes(conversation_id, given)
        stored = (await chatwoot.get_conversation(conversation_id)).custom_attributes
        assert stored == given | {"long": "x" * 1500, "large": "1000000000000"}

    @pytest.mark.parametrize("status", ["open", "resolved", "pending"])
    async def test_a_status_is_set_and_not_toggled(
        self, chatwoot: Chatwoot, conversation_id: int, status: str
    ) -> None:
        for _ in range(2):
            await chatwoot.set_status(conversation_id, status)
            assert (await chatwoot.get_conversation(conversation_id)).status == status

    async def test_typing_can_be_shown_and_hidden(self, chatwoot: Chatwoot, conversation_id: int) -> None:
        await chatwoot.set_typing(conversation_id, True)
        await chatwoot.set_typing(conversation_id, False)

    async def test_labels_are_added_to_those_there(self, chatwoot: Chatwoot, conversation_id: int) -> None:
        await chatwoot.add_labels(conversation_id, ["hot-lead"])
        await chatwoot.add_labels(conversation_id, ["Refinance"])
        assert sorted((await chatwoot.get_conversation(conversation_id)).labels) == ["hot-lead", "refinance"]

    async def test_a_person_can_be_put_in_charge(
        self, chatwoot: Chatwoot, conversation_id: int, place: Place
    ) -> None:
        me = place.get("/profile")["id"]
        await chatwoot.assign(conversation_id, assignee_id=me)
        read = await chatwoot.get_conversation(conversation_id)
        assert (read.assignee_id, read.assignee_type) == (me, "User")

    async def test_putting_an_unknown_person_or_team_in_charge_is_an_error(
        self, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        with pytest.raises(ChatwootRejected, match="assignee_id"):
            await chatwoot.assign(conversation_id, assignee_id=999_999)
        with pytest.raises(ChatwootRejected, match="team_id"):
            await chatwoot.assign(conversation_id, team_id=999_999)

    async def test_recent_conversations_come_in_every_status(
        self, chatwoot: Chatwoot, contact: Contact
    ) -> None:
        made = [await chatwoot.create_conversation(contact=contact, custom_attributes={}) for _ in range(3)]
        await chatwoot.set_status(made[0], "resolved")
        await chatwoot.set_status(made[1], "open")
        recent = {each.id: each for each in await chatwoot.recent_conversations()}
        assert [recent[each].status for each in made] == ["resolved", "open", "pending"]
        assert all(each.inbox_id == recent[made[0]].inbox_id for each in recent.values())

    async def test_a_conversation_that_does_not_exist_is_gone(self, chatwoot: Chatwoot) -> None:
        for attempt in (
            chatwoot.get_conversation(99_999_999),
            chatwoot.send_message(99_999_999, "hello", uuid4()),
            chatwoot.set_status(99_999_999, "open"),
            chatwoot.list_messages(99_999_999),
        ):
            with pytest.raises(ConversationGone):
                await attempt

    async def test_a_token_nobody_has_is_our_fault(self, place: Place) -> None:
        async with place.client(token="wrong") as stranger:
            with pytest.raises(ChatwootRefusesUs):
                await stranger.get_conversation(1)


class TestMessages:
    async def test_what_we_send_is_found_by_its_identity_and_by_nothing_else(
        self, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        mine, other = uuid4(), uuid4()
        sent = await chatwoot.send_message(conversation_id, "Same words", mine)
        await chatwoot.send_message(conversation_id, "Same words", uuid4())
        assert await chatwoot.find_effect(conversation_id, mine, newest_known=None) == sent
        assert await chatwoot.find_effect(conversation_id, other, newest_known=None) is None
        assert await chatwoot.find_effect(conversation_id, mine, newest_known=sent) is None

    async def test_every_kind_of_message_comes_back_as_what_it_is(
        self, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        joined = await chatwoot.create_activity_message(conversation_id, "Michelle Chen joined", uuid4())
        note = await chatwoot.send_message(conversation_id, "for colleagues", uuid4(), private=True)
        reply = await chatwoot.send_message(conversation_id, "for the customer", uuid4())
        asked = await chatwoot.post_customer_message(conversation_id, "a question", "page-1")
        read = {message.id: message for message in await chatwoot.list_messages(conversation_id)}
        kinds = [(read[each].message_type, read[each].private) for each in (joined, note, reply, asked)]
        assert kinds == [
            (MessageType.ACTIVITY, False),
            (MessageType.OUTGOING, True),
            (MessageType.OUTGOING, False),
            (MessageType.INCOMING, False),
        ]
        assert (read[asked].client_id, read[asked].effect_id) == ("page-1", None)
        sender = read[reply].sender
        assert sender is not None
        assert sender.type == "user"
        assert abs(read[reply].created_at - datetime.now(UTC)) < timedelta(minutes=5)

    async def test_paging_leaves_out_nothing_and_repeats_nothing(
        self, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        sent = [
            await chatwoot.post_customer_message(conversation_id, f"line {number}", f"page-{number}")
            for number in range(103)
        ]
        found = [message.id async for message in chatwoot.messages_after(conversation_id)]
        assert [each for each in found if each in sent] == sent
        assert len(found) == len(set(found))
        between = await chatwoot.list_messages(conversation_id, after=sent[0], before=sent[3])
        assert [message.id for message in between] == sent[1:3]
        newest = await chatwoot.list_messages(conversation_id)
        assert [message.id for message in newest] == sent[-20:]

    async def test_an_effect_is_found_behind_a_hundred_other_messages(
        self, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        first = await chatwoot.post_customer_message(conversation_id, "hello", "page-0")
        for number in range(100):
            await chatwoot.post_customer_message(conversation_id, "more", f"page-{number + 1}")
        effect = uuid4()
        sent = await chatwoot.send_message(conversation_id, "the answer", effect)
        assert await chatwoot.find_effect(conversation_id, effect, newest_known=first) == sent

    @pytest.mark.parametrize(
        "text",
        [
            "Your income is {{ contact.name }}",
            "{% if true %}yes{% endif %}",
            "`{{ kept }}` and {{{triple}}}",
            "`{% endraw %}{{ contact.email }}`",
            "{{- trimmed -}} {%- assign x = 1 -%}",
            "one { brace } and {{ an open one",
        ],
    )
    async def test_liquid_in_a_reply_reaches_the_customer_as_text(
        self, chatwoot: Chatwoot, conversation_id: int, text: str
    ) -> None:
        sent = await chatwoot.send_message(conversation_id, text, uuid4())
        (stored,) = [each for each in await chatwoot.list_messages(conversation_id) if each.id == sent]
        assert stored.content == harmless(text)
        assert stored.content.replace("\u2060", "") == text

    async def test_any_character_a_browser_can_send_is_accepted(
        self, chatwoot: Chatwoot, conversation_id: int
    ) -> None:
        text = "S$500k 好吗? 🏡 <b>&amp;</b> \\ \" ' \u202e end\0\ud83d"
        sent = await chatwoot.post_customer_message(conversation_id, text, "page-1")
        (stored,) = [each for each in await chatwoot.list_messages(conversation_id) if each.id == sent]
        assert stored.content == text.replace("\0", "").replace("\ud83d", "?")
