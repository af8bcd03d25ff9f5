"""How soon, and whether a person: the words that mean it, and those that only look like it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.models import PersonalityType
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.timing import listening_window
from nextnest.rules.urgency import analyze_message_urgency

BALANCED = PersonalityType.BALANCED

ASK_FOR_A_PERSON = """
Can I talk to a human please?|speak to human|I want to speak to someone|real person please|is there a real person?
human agent|call me|Call me tomorrow at 5|pls call me back|phone me|I want the manager|get me your manager
let me speak to a manager|supervisor!|Manager|I want to talk to a person, not a bot|not a bot pls
can someone call me?|can you call me|got human or not|can get real person or not|connect me to an agent
transfer me to a consultant|I need a human|human?|HUMAN PLEASE|talk to your colleague|can I get a call back
Can I speak with an advisor?|I prefer a real human|give me a call|Why don't you call me?|I’d like to talk to somebody
I do not want to talk to a bot|find someone to talk to me|I don't know, just call me|not working call me please
我要找真人|请转人工|打电话给我|我要call me|我要找经理|请让我跟真人聊|nak cakap dengan orang|telefon saya
boleh saya cakap dengan pegawai?|மனிதருடன் பேச வேண்டும்
I'm not talking to a bot|I’m not talking to this chatbot|stop with the bot|enough of this bot|I don't want a bot
I dont want ai|no more bots please|打给我|打個電話給我|打个电话给我|请联系我|Pls ask someone to contact me|please contact me
have your manager call me|get somebody to ring me|is there anyone human there?|anyone real here?|I wish to escalate
How do I escalate this?|please escalate|can I have a call|could we have a quick call?|I would like a call from someone
the bank rejected me, please call me|the bank said no. Call me|My agent is away. can you call me?|不要机器人
your agent said you will call me|my loan is with dbs can someone call me|I told the bank no, can someone contact me
"""
DO_NOT_ASK_FOR_A_PERSON = """
I know what I want|breakfast|What about breakfast?|my property manager said so|I am a manager
I'm a manager at DBS|relationship manager|my relationship manager told me to ask|I work as a project manager
you can call me Jason|Please call me Wei Ming|don't call me|no need to call me|are you a real person?
Is this a real person or bot?|am I talking to a human?|are you a bot?|I'm not a bot|should I talk to my agent first?
Should I speak to someone at the bank?|I spoke to a banker|nombor telefon saya 91234567|我是经理|客户经理
人工智能是什么|real estate agent|my wife is a branch manager|does the person on the loan need income?
Can I get a personal loan too?|I have someone who can be guarantor|I need a manager's letter?|call it a day
What is an agent fee?|the bank will call me tomorrow|promoted to manager last year|I don't want to talk to a human
the bank said they will call me|my banker told me that she would call me back|DBS has tried to call me twice
银行会打给我|银行说明天会打给我|I will get a call from DBS tomorrow|I have a call with my bank at five|prices may escalate
the seller wanted to call me|any live rates?|any real benefit?
bank akan telefon saya|rates escalate fast|I don't need a loan like this
How many persons can be on the loan?|I earn 8000 as a supervisor|I have a person to sell to|hello|1.5m condo
"""
COMPLAIN = """
This is a complaint. I am unhappy.|I want to complain|I want to lodge a complaint against you|我要投诉|nak buat aduan
call me, I have a complaint
"""
ARE_UNHAPPY = """
I am unhappy|not happy|I'm not very happy with your service|so frustrated|I’m not happy|You are useless
my wife is unhappy|the seller is frustrated with you|your agent is useless|my husband is not happy with your reply
what a waste of time|不满意|tak puas hati|this is frustrating|buay tahan leh|frustrated with you|unhappy with your rates
"""
ARE_NOT_UNHAPPY_WITH_US = """
I am not unhappy|no complaints so far|I'm not happy with my current bank|unhappy with my bank's rate|happy to proceed
unhappy marriage is why we are selling|the seller is frustrated|my agent was very annoyed|the buyers are getting upset
an unhappy couple next door|my tenant isn't happy
frustrated with DBS|我对现在的银行不满意|I have no complaint|not frustrated at all
"""


def phrases(table: str) -> list[str]:
    return [phrase for line in table.strip().splitlines() for phrase in line.split("|") if phrase]


@pytest.mark.parametrize("message", phrases(ASK_FOR_A_PERSON))
def test_whoever_asks_for_a_person_gets_one(message: str) -> None:
    urgency = analyze_message_urgency(message, BALANCED)
    assert (urgency.escalate, urgency.reason) == (True, HandoffReason.ASKED_FOR_PERSON)


@pytest.mark.parametrize("message", phrases(DO_NOT_ASK_FOR_A_PERSON))
def test_words_that_only_look_like_it_fetch_nobody(message: str) -> None:
    urgency = analyze_message_urgency(message, BALANCED)
    assert (urgency.escalate, urgency.reason) == (False, None)


@pytest.mark.parametrize("message", phrases(COMPLAIN))
def test_a_complaint_is_handed_over_as_one_whatever_else_is_said(message: str) -> None:
    assert analyze_message_urgency(message, BALANCED).reason == HandoffReason.COMPLAINT


@pytest.mark.parametrize("message", phrases(ARE_UNHAPPY))
def test_an_unhappy_customer_is_handed_over(message: str) -> None:
    assert analyze_message_urgency(message, BALANCED).reason == HandoffReason.UNHAPPY


@pytest.mark.parametrize("message", phrases(ARE_NOT_UNHAPPY_WITH_US))
def test_who_is_unhappy_with_the_bank_is_ours_to_answer(message: str) -> None:
    assert not analyze_message_urgency(message, BALANCED).escalate


@pytest.mark.parametrize("message", phrases(ASK_FOR_A_PERSON + COMPLAIN + ARE_UNHAPPY))
def test_other_lines_around_a_wish_do_not_hide_it(message: str) -> None:
    assert analyze_message_urgency(f"Hi there.\n{message}\nThank you.", BALANCED).escalate


@pytest.mark.parametrize(
    "message",
    phrases(
        "I need this asap|reply now|is it possible today|please hurry|Hello??|segera|请尽快回复|马上|URGENT!|quick question"
        "|my OTP expires tomorrow"
    ),
)
def test_urgent_words_shorten_the_wait(message: str) -> None:
    urgent = analyze_message_urgency(message, BALANCED)
    assert urgent.is_urgent
    assert urgent.response_time < analyze_message_urgency("Thank you for your answer", BALANCED).response_time


@pytest.mark.parametrize(
    "message",
    phrases(
        "I know|knowledge|breakfast|steadfast|nowadays|for now I rent|just now I asked|no rush|not urgent|不急|hello"
        "|take your time, not urgent|until now I rented"
    ),
)
def test_calm_words_are_not_urgent(message: str) -> None:
    assert not analyze_message_urgency(message, BALANCED).is_urgent


def test_each_persona_has_her_own_pace() -> None:
    message = "Which bank would you look at?"
    times = [analyze_message_urgency(message, kind).response_time for kind in PersonalityType]
    assert times == [2, 4, 6]
    hurried = [analyze_message_urgency(message + " Asap", kind).response_time for kind in PersonalityType]
    assert hurried == [1, 2, 3]


def test_length_and_questions_lengthen_the_wait() -> None:
    def seconds(message: str) -> float:
        return analyze_message_urgency(message, BALANCED).response_time

    short = seconds("ok thanks")
    usual = seconds("What would you look at first?")
    assert short < usual < seconds("What would you look at first? And which bank? And what else?")
    assert usual < seconds("I would like to tell you about our situation. " * 10)


@pytest.mark.parametrize("kind", PersonalityType)
@pytest.mark.parametrize("said", ["hello", "Hi!", "hey there", "good morning :)", "你好", "HELLO", "hello??"])
def test_a_lone_hello_leaves_the_model_a_second_of_the_three(said: str, kind: PersonalityType) -> None:
    assert analyze_message_urgency(said, kind).response_time <= 2
    assert listening_window([said], 1) < 1


def test_a_question_behind_the_hello_is_thought_about() -> None:
    assert (
        analyze_message_urgency("hello, how much can I borrow?", PersonalityType.CONSERVATIVE).response_time
        > 3
    )


@given(st.text(), st.sampled_from(PersonalityType))
def test_any_text_gives_a_time_between_one_and_six_seconds(message: str, kind: PersonalityType) -> None:
    urgency = analyze_message_urgency(message, kind)
    assert 1 <= urgency.response_time <= 6
    assert urgency.escalate is (urgency.reason is not None)
    assert urgency.reason is None or HandoffReason(urgency.reason)


@pytest.mark.parametrize(
    "piece",
    [
        "no ",
        "get me to ",
        "call me ",
        "are you ",
        "not happy ",
        "a ",
        "是",
        "?",
        "\n",
        "bank said ",
        "unhappy ",
        "银行会",
    ],
)
def test_a_flood_of_text_is_read_in_a_moment(piece: str) -> None:
    began = time.thread_time()
    analyze_message_urgency(piece * (100_000 // len(piece)), BALANCED)
    assert time.thread_time() - began < 5
