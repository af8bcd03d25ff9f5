"""What no reply may say gets through in no language; what it may say is not held back."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nextnest.models import Turn
from nextnest.rules import guard
from nextnest.rules.guard import check_reply
from nextnest.rules.prompt import build_prompt
from nextnest.rules.prompts import ALL
from sandbox.model import prompt as model_prompt
from sandbox.model import responder
from tests.rules.people import a_broker, a_lead

LEAD = a_lead()
FORBIDDEN = {
    guard.EMPTY: ["", "  ", "…", "?!"],
    guard.UNPROVED_FIGURE: [
        *(
            "Your rate could be 1.15%.",
            "MSR is capped at 30%.",
            "Up to thirty years is usual.",
            "Borrow S$450,000.",
        ),
        *(
            "三十年的贷款",
            "利率大约百分之二",
            "It takes 2 weeks.",
            "ABSD is twenty per cent.",
            "at 3.2%",
            "dalam 3 tahun",
        ),
        *(
            "Your 600,001 home",
            "two hundred thousand dollars",
            "half of your income",
            "within 24 hours",
            "at 5pm",
        ),
        *(
            "before 3 July",
            "1 . 5 million",
            "by 2027",
            "between 2 and 3 percent",
            "５％",
            "1\u200b.15\u200b%",
            "0.5k",
        ),
        *(
            "Ring 6123 4567",
            "30x your income",
            "rates start at 1",
            "we compare 16 banks",
            "one point one five percent",
            "34 years tenure",
            "a tenure of 34 years",
            "34年的贷款",
        ),
    ],
    guard.PLACEHOLDER: ["Hi [name], thanks", "Write to [e-mail]", "I am [your name]", "[insert rate]"],
    guard.PROMISED_APPROVAL: [
        *(
            "Your loan will be approved.",
            "Don't worry, your loan will definitely be approved.",
            "Guaranteed approval!",
        ),
        *(
            "No doubt you will be approved",
            "You qualify for this loan.",
            "You are pre-approved",
            "You’ll surely qualify",
        ),
        *(
            "I promise it works out",
            "confirm can get one",
            "保证批准",
            "一定会批",
            "Kelulusan dijamin",
            "包过的",
        ),
        *("Approval is just a formality", "You won't be rejected", "pasti lulus", "நிச்சயமாக கடன் கிடைக்கும்"),
        *(
            "I can't say much yet, but your loan is approved",
            "I assure you it works",
            "Not to worry. It will get approved",
        ),
    ],
    guard.PROMISED_RATE: [
        "Deal: we offer you 0.88% fixed, that is binding.",
        "Your rate will be 1.2% then.",
        *(
            "We have the best rates in town",
            "I'll find you the lowest rate",
            "The lowest rate isn't hard to get",
            "We can beat any bank",
            "最低利率",
        ),
        *(
            "Our packages are the cheapest",
            "the most competitive home loan",
            "kadar terendah",
            "最优惠的配套",
        ),
    ],
    guard.PROMISED_SAVINGS: [
        "You will save a lot",
        "This will save you thousands",
        "It saves you hundreds of dollars a month.",
        "Refinancing means saving thousands",
        "That can save you money",
        "you'll definitely save money",
    ],
    guard.PROMISED_CONTACT: [
        *(
            "I'll call you tomorrow",
            "A colleague will call you.",
            "We'll get back to you shortly",
            "我会给您打电话",
        ),
        *(
            "Saya akan hubungi anda",
            "Expect a call",
            "Someone will contact you",
            "My colleague will reply within the hour",
        ),
        *("I will phone you later", "Our team will reach out", "Let me call you back"),
    ],
    guard.CLAIMED_HUMAN: [
        "I am just as human as you are.",
        *("I'm a real person", "I am not a bot", "As a human, I understand", "我是真人", "Saya bukan robot"),
        *("You are talking to a real person", "Yes, human here", "I’m actually human", "我不是机器人"),
    ],
    guard.ASKED_FOR_IDENTITY: [
        *(
            "Please send your NRIC",
            "May I have your NRIC number?",
            "请提供身份证号码",
            "Share your Singpass password",
        ),
        *("What is your passport number?", "Upload a photo of your IC number", "Your NRIC number please?"),
        *("Sila hantar kad pengenalan",),
    ],
    guard.GAVE_ADVICE: [
        *(
            "You should buy insurance",
            "I recommend investing in stocks",
            "Rates will drop soon",
            "Prices will go up",
        ),
        *("It is a great investment", "利率会下降", "建议您购买保险"),
        *("harga akan naik", "I'd suggest selling the flat"),
        *(
            "You should put spare cash in T-bills.",
            "You could park your savings in an index fund, or in index funds",
            "You may want to look at REITs",
            "Try crypto",
        ),
    ],
    guard.ENCOURAGED_EVASION: ["Just declare a higher income", "Decoupling is a smart way"],
}
ALLOWED = [
    "I need to know what is paid each month on property loans the borrower has guaranteed for others.",
    "Do you guarantee a loan, or have you guaranteed any property loan for someone else?",
    "What is paid each month on loans you have guaranteed?",
    "Nobody can promise approval; only the bank decides.",
    "I can't guarantee approval.",
    "No one can promise the lowest rate.",
    "Your home at S$600,000 and your income of S$7,200 each month, S$11,200 together.",
    "Your current rate is 3.1%, on S$410k.",
    "At 34 you have time.",
    "You are 34 years old.",
    "Being 34 helps.",
    "The lowest rate isn't always the best package.",
    "Our packages are not always the cheapest.",
    "The cheapest package is not necessarily the one for you.",
    "Let's see whether refinancing saves you money.",
    "It depends how much it will save you.",
    "This saves you time and trouble.",
    "The bank asks you to get fire insurance.",
    "Let us look at the market together.",
    "Do you keep the flat in both names?",
    "I have two options for you, and 1-2 questions.",
    "We are here 24/7.",
    "I am an AI assistant, not a human.",
    "A human colleague can be asked for at any time.",
    "Please do not send your NRIC here.",
    "A bank usually asks for your NRIC and payslips.",
    "If your loan is approved, the bank sends a letter.",
    "The bank checks whether you qualify.",
    "I can't call you, but a colleague can be asked for here.",
    "1. Income\n2. Commitments",
    "Is yours a 4-room flat?",
    "3M SORA moves daily.",
    "I understand you are looking for the lowest rate; let us compare what is on offer.",
    "I cannot advise on investments.",
    "It would be good to know whether you own other homes.",
    "您想申请哪种贷款？",
    "我是AI助理，不是真人。十分感谢！",
    "没有人能保证批准。",
    "Saya pembantu AI, bukan manusia.",
    "Could you share your current rate and your bank?",
    "We can check how much you may be able to borrow.",
    "You may qualify; the bank decides.",
    "Once your loan is approved, we go on.",
    "On step 2, the 2nd thing is your CPF.",
]
QUESTIONS = [
    "What documents do I need?",
    "How much can I borrow? I earn 8k, my wife 5,500",
    "Will my loan be guaranteed approved?",
    "What is the best rate, 1.2% or 1.5% for 25 years?",
    "pinjaman rumah saya berapa 500k?",
    "贷款150万可以吗？",
    "Can I refinance? lock in ends 3 July 2026, 1.5 million loan",
    "can u promise to call me? i'm a human",
    "x" * 70 + " 1234567 1234567 1234567",
    "my mail is w@example.com, phone 9123 4567",
    "hello",
]


@pytest.mark.parametrize(
    ("rule", "draft"), [(rule, draft) for rule, drafts in FORBIDDEN.items() for draft in drafts]
)
def test_what_must_not_be_said_is_held_back(rule: str, draft: str) -> None:
    verdict = check_reply(draft, lead=LEAD, customer_texts=["hello"])
    assert not verdict.ok
    assert rule in verdict.broken
    assert verdict.reasons


@pytest.mark.parametrize(
    ("before", "rule"),
    list(product(["Thank you for your message. ", "Hello! Noted;\n\n"], list(FORBIDDEN)[1:])),
)
def test_harmless_sentences_around_it_change_nothing(before: str, rule: str) -> None:
    for draft in FORBIDDEN[rule]:
        assert rule in check_reply(f"{before}{draft}\nWhat else?", lead=LEAD, customer_texts=["hello"]).broken


@pytest.mark.parametrize("draft", ALLOWED)
def test_what_may_be_said_passes(draft: str) -> None:
    verdict = check_reply(draft, lead=LEAD, customer_texts=["hello"])
    assert (verdict.ok, verdict.reasons) == (True, ())


@pytest.mark.parametrize(
    ("customer", "draft"),
    [
        ("budget 1.5m", "With a budget of S$1,500,000"),
        ("I want to borrow 800k over 25 years", "S$800,000 over 300 months"),
        ("income 5000", "an income of S$5,000"),
        ("my rate is 4", "your 4% rate"),
        ("3.5", "at 3.5% now"),
        ("tenure 25 can?", "a tenure of 25 years"),
        ("33", "33 years old"),
        ("I'm 33, wife 31", "at 33 and 31"),
        ("we move in Q3 2027", "in the third quarter of 2027"),
        ("OTP on 3/7, at 5pm? or 3 July", "3 July, 5pm"),
        ("twenty five years", "25 years"),
        ("三十年，150万", "S$1.5 million，30年"),
    ],
)
def test_the_customers_own_figures_may_be_repeated_however_written(customer: str, draft: str) -> None:
    assert check_reply(draft, lead=None, customer_texts=["hello", customer]).ok


@pytest.mark.parametrize(
    ("customer", "draft"),
    [
        ("I want 30 years", "30% of your income"),
        ("we have 2 kids", "2% is likely"),
        ("we have 2 kids", "2 years"),
        ("at 5pm", "5%"),
        ("I pay S$3,000", "3,000%"),
        ("I'm 33", "33 years tenure"),
        ("age 33 and 31 years old", "over 31 years"),
        ("2027, in 3 months", "In Q3 2027"),
        ("2027, first half", "third quarter of 2027"),
        ("3 July is fine", "3 years"),
        ("rate 3.5%", "S$3.5m"),
    ],
)
def test_a_number_proves_nothing_in_another_unit(customer: str, draft: str) -> None:
    assert guard.UNPROVED_FIGURE in check_reply(draft, lead=None, customer_texts=[customer]).broken


def test_results_of_calculations_prove_figures() -> None:
    draft = "The instalment is S$2,345.67."
    assert not check_reply(draft, lead=LEAD, customer_texts=[]).ok
    assert check_reply(draft, lead=LEAD, customer_texts=[], results=['{"instalment": "S$2,345.67"}']).ok


def test_the_email_and_phone_of_the_form_prove_nothing() -> None:
    assert not check_reply("Your number is 91234567.", lead=LEAD, customer_texts=[]).ok


@given(st.integers(1_000, 9_999_999), st.data())
def test_one_changed_digit_is_always_caught(amount: int, data: st.DataObject) -> None:
    written = str(amount)
    place = data.draw(st.integers(0, len(written) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    changed = written[:place] + digit + written[place + 1 :]
    assume(changed != written and changed[0] != "0")
    said = [f"my price is S${amount}"]
    assert check_reply(f"You said S${amount:,}.", lead=None, customer_texts=said).ok
    assert not check_reply(f"You said S${int(changed):,}.", lead=None, customer_texts=said).ok


def test_the_customers_words_may_be_quoted_and_only_as_a_quotation() -> None:
    asked = "Will you guarantee approval at 1.1% within 24 hours, as the other bank said it would be for us?"
    cut = asked[:34] + "…"
    assert check_reply(f'You asked "{asked}", and I will check.', lead=None, customer_texts=[asked]).ok
    assert check_reply(f'You asked "{cut}", and I will check.', lead=None, customer_texts=[asked]).ok
    assert not check_reply('You asked "guaranteed approval", fine.', lead=None, customer_texts=["hello"]).ok
    assert not check_reply('We "guarantee approval".', lead=None, customer_texts=["guarantee approval"]).ok


def test_reasons_say_what_to_mend_and_name_each_rule_once() -> None:
    verdict = check_reply("We guarantee 1.1%, I promise, at 1.2%.", lead=None, customer_texts=[])
    assert verdict.broken == (guard.UNPROVED_FIGURE, guard.PROMISED_APPROVAL)
    assert any('"1.1%"' in reason for reason in verdict.reasons)
    assert any("guarantee" in reason for reason in verdict.reasons)


@pytest.mark.parametrize(("question", "lead"), list(product(QUESTIONS, [LEAD, None])))
def test_an_honest_model_passes(question: str, lead: object) -> None:
    """The stand-in model writes from our prompt; the guard lets all of it through."""
    turn = Turn(role="customer", content=question, at=datetime(2026, 11, 22, tzinfo=UTC))
    known = LEAD if lead else None
    prompt = build_prompt(a_broker(), known, [turn], token_budget=6_000, today=date(2026, 11, 22))
    given_to_it = [{"role": "user", "content": prompt.turns[0].content}]
    draft = responder.write(model_prompt.read(prompt.instructions, given_to_it))
    verdict = check_reply(draft, lead=known, customer_texts=[prompt.turns[0].content, question])
    assert (verdict.ok, verdict.reasons) == (True, ()), draft


@given(st.text())
def test_any_text_is_judged(draft: str) -> None:
    verdict = check_reply(draft, lead=LEAD, customer_texts=[draft])
    assert verdict.ok is not bool(verdict.broken)
    assert all(re.fullmatch("[a-z_]+", rule) for rule in verdict.broken)


def test_the_prompt_is_not_told_and_its_subject_may_be() -> None:
    """Neither in the version in use nor in another."""
    for texts in ALL:
        draft = " ".join(texts.rules.split()[40:90])
        assert guard.TOLD_INSTRUCTIONS in check_reply(draft, lead=None, customer_texts=[]).broken
    polite = "I am an AI assistant, and a human colleague can be asked for at any time."
    assert check_reply(polite, lead=None, customer_texts=[]).ok


def test_a_draft_too_long_for_a_chat_is_held_back_whatever_it_says() -> None:
    assert check_reply("Hello. " * 571, lead=LEAD, customer_texts=[]).ok
    assert check_reply("Hello. " * 572, lead=LEAD, customer_texts=[]).broken == (guard.TOO_LONG,)


def test_figures_in_the_first_four_thousand_characters_of_a_text_prove() -> None:
    assert check_reply("S$800,000", lead=None, customer_texts=["x " * 1_990 + "800k"]).ok
    assert not check_reply("S$800,000", lead=None, customer_texts=["x " * 2_000 + "800k"]).ok


def test_the_newest_texts_prove_first_when_there_are_very_many() -> None:
    flood = [f"{n} " + "x" * 3_990 for n in range(20)]
    assert check_reply("S$800,000", lead=None, customer_texts=[*flood, "800k"]).ok
    assert not check_reply("S$800,000", lead=None, customer_texts=["800k", *flood]).ok


@pytest.mark.parametrize(
    "piece",
    [
        "1,000",
        "will ",
        "one ",
        "share your ",
        "一",
        'asked "',
        "you are ",
        " ",
        "\n",
        "we will ",
        "1 ",
        "put in ",
        "save ",
        "i'm ",
        "q1",
        "the lowest rate ",
        "whether ",
    ],
)
def test_the_longest_text_is_judged_in_a_moment(piece: str) -> None:
    """A tenth of a second here. A pattern that goes back and forth takes minutes, so the bound may be wide."""
    draft, flood = piece * (4_000 // len(piece)), piece * (40_000 // len(piece))
    texts = [f"{n} {flood}" for n in range(20)]
    began = time.thread_time()
    check_reply(draft, lead=LEAD, customer_texts=texts)
    check_reply(flood, lead=LEAD, customer_texts=texts)
    assert time.thread_time() - began < 5
