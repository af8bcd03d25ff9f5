"""What the model is told, and what it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.models import Lead, Prompt, Turn, Verdict
from nextnest.rules.prompt import build_prompt, repair_prompt
from nextnest.rules.prompts import CURRENT, NAMES, texts_named
from tests.rules.people import a_broker, a_lead

TODAY = date(2026, 11, 22)
BEGAN = datetime(2026, 11, 22, 9, tzinfo=UTC)


def said(*lines: str) -> list[Turn]:
    """Turns such as "customer: hello", a minute apart."""
    pairs = [line.split(": ", 1) for line in lines]
    return [
        Turn(role=role, content=content, at=BEGAN + timedelta(minutes=minute))
        for minute, (role, content) in enumerate(pairs)
    ]


def prompt_for(*lines: str, lead: Lead | None = None, token_budget: int = 6_000) -> Prompt:
    return build_prompt(a_broker(), lead, said(*lines), token_budget=token_budget, today=TODAY)


def everything(prompt: Prompt) -> str:
    return "\n".join([prompt.instructions, *(turn.content for turn in prompt.turns)])


def test_the_model_is_told_who_it_is_and_what_the_form_said() -> None:
    prompt = prompt_for("customer: hello", lead=a_lead())
    assert "You are Rachel Tan, Millennial Mortgage Specialist" in prompt.instructions
    assert "- loan_type: refinance" in prompt.instructions
    assert "- property_price: S$600,000" in prompt.instructions
    assert "- monthly_income: S$11,200" in prompt.instructions
    assert "- current_rate: 3.1%" in prompt.instructions
    assert "22 November 2026" in prompt.instructions
    assert prompt.version == CURRENT.version


def test_what_the_form_did_not_say_is_not_made_up() -> None:
    lead = a_lead(property_price=None, incomes=(), ages=(), current_rate=None, outstanding_loan=None)
    prompt = prompt_for("customer: hello", lead=lead)
    assert not [
        word
        for word in ("property_price", "monthly_income", "applicants_ages", "None")
        if word in prompt.instructions
    ]
    assert "There is no lead form" in prompt_for("customer: hello").instructions


def test_no_name_email_phone_or_nric_reaches_the_model() -> None:
    lead = a_lead()
    prompt = prompt_for(
        "broker: Hi Wei Ming, I'm Rachel Tan. Is S$600,000 right?",
        "customer: Yes. Tan Wei Ming here, WEIMING@example.com or 9123 4567 or +65 91234567, NRIC S1234567D",
        "customer: My wife: +60 12-345 6789, other@example.org",
        lead=lead,
    )
    text = everything(prompt)
    assert "Wei Ming" not in text
    assert "@" not in text
    assert not [digits for digits in ("4567", "6789", "S1234567D") if digits in text]
    assert "S$600,000" in text
    assert "I'm Rachel Tan" in text


def test_no_nric_card_or_account_number_reaches_the_model_whoever_wrote_it_and_whenever() -> None:
    secrets = "s 1234567 d, visa 4111-1111-1111-1111, DBS account 003-123456-7"
    lines = [f"{role}: {secrets}" for role in ("customer", "broker", "person", "customer")]
    prompt = prompt_for(*lines, lead=a_lead())
    for one in (prompt, repair_prompt(prompt, secrets, Verdict(ok=False, reasons=("It is wrong.",)))):
        assert not [digits for digits in ("1234567", "4111", "123456") if digits in everything(one)]
        assert everything(one).count("[NRIC], visa [card number], DBS account [account number]") == 4


def test_a_chinese_name_is_taken_out_though_no_space_surrounds_it() -> None:
    assert "陈大文" not in everything(prompt_for("customer: 我是陈大文，想贷款", lead=a_lead(name="陈大文")))


@pytest.mark.parametrize("amount", ["600000", "S$85,000,000", "$91234567", "1,500,000", "12345678"])
def test_an_amount_is_not_taken_for_a_phone_number(amount: str) -> None:
    assert amount in everything(prompt_for(f"customer: The price is {amount}."))


def test_prompts_of_one_broker_begin_alike_so_that_they_can_be_cached() -> None:
    one = prompt_for("customer: hello", lead=a_lead()).instructions
    other = prompt_for("customer: 你好", lead=a_lead(property_price=None, ages=(51,))).instructions
    shared = one.index("Facts from the lead form")
    assert one[:shared] == other[:shared]
    assert shared > len(one) / 2


def test_the_oldest_turns_go_first_when_the_history_is_too_long() -> None:
    lines = [f"{('customer', 'broker')[n % 2]}: {n} {'word ' * 50}" for n in range(20)]
    prompt = prompt_for(*lines, "customer: the newest", token_budget=600)
    kept = [turn.content.split()[0] for turn in prompt.turns[:-1]]
    assert 0 < len(kept) < 20
    assert kept == [str(n) for n in range(20 - len(kept), 20)]
    assert prompt.turns[-1].content == "the newest"


def test_everything_the_customer_wrote_since_our_last_line_stays_whatever_the_budget() -> None:
    prompt = prompt_for("broker: Hello", "customer: one " + "x" * 900, "customer: two", token_budget=10)
    assert [turn.content[:3] for turn in prompt.turns] == ["one", "two"]


def test_one_very_long_message_loses_its_middle_and_says_so() -> None:
    long = "I want 800k. " + "贷款 blah " * 20_000 + "Can?"
    prompt = prompt_for("customer: before", "broker: Hello", f"customer: {long}", token_budget=1_000)
    [turn] = prompt.turns
    assert turn.content.startswith("I want 800k. ")
    assert turn.content.endswith("Can?")
    assert "[… the middle of this long message was left out …]" in turn.content
    assert 900 < prompt.estimated_tokens - prompt_for().estimated_tokens <= 1_000


def test_the_short_messages_beside_a_long_one_stay_whole() -> None:
    lines = ["customer: my income is 8k", f"customer: {'x' * 90_000}", "customer: so how much?"]
    first, long, last = prompt_for(*lines, token_budget=1_000).turns
    assert (first.content, last.content) == ("my income is 8k", "so how much?")
    assert 2_000 < len(long.content) < 3_000


def test_part_of_a_name_and_a_range_of_incomes_are_told_apart_from_words_and_phones() -> None:
    prompt = prompt_for("customer: my name is wei ming, I earn 6000-8000 a month, 9123 4567", lead=a_lead())
    assert prompt.turns[0].content == "my name is [name], I earn 6000-8000 a month, [phone]"


def test_a_colleagues_line_counts_as_ours() -> None:
    prompt = prompt_for("customer: one", "person: I looked into it", "customer: two", token_budget=1)
    assert [turn.content for turn in prompt.turns] == ["two"]


@given(
    st.lists(st.tuples(st.sampled_from(["customer", "broker", "person"]), st.text(max_size=60)), max_size=12),
    st.integers(1, 300),
)
def test_the_history_is_always_an_unbroken_end_of_the_conversation(
    lines: list[tuple[str, str]], budget: int
) -> None:
    history = [Turn(role=role, content=text, at=BEGAN) for role, text in lines]
    kept = build_prompt(a_broker(), None, history, token_budget=budget, today=TODAY).turns
    assert [turn.role for turn in kept] == [role for role, _ in lines][len(lines) - len(kept) :]


@pytest.mark.parametrize(("text", "most"), [("What is TDSR?" * 100, 1_300), ("什么是总偿债率" * 100, 700)])
def test_tokens_are_estimated_rather_too_high(text: str, most: int) -> None:
    """English has about four characters to a token, Chinese about one: an honest tokenizer finds fewer than we do."""
    short, long = prompt_for("customer: x"), prompt_for(f"customer: {text}")
    assert most / 4 < long.estimated_tokens - short.estimated_tokens <= most * 1.1


def test_a_repair_says_what_was_wrong_and_does_not_show_the_draft_again() -> None:
    prompt = prompt_for("customer: What rate?", lead=a_lead())
    verdict = Verdict(ok=False, broken=("unproved_figure",), reasons=('"1.15%" is not in the facts.',))
    repaired = repair_prompt(prompt, "We offer 1.15% guaranteed, dear friend", verdict)
    assert '"1.15%" is not in the facts.' in repaired.instructions
    assert "dear friend" not in everything(repaired)
    assert repaired.instructions.startswith(prompt.instructions)
    assert repaired.turns == prompt.turns
    assert repaired.estimated_tokens > prompt.estimated_tokens


def test_braces_in_what_people_wrote_stay_as_they_are() -> None:
    assert (
        prompt_for("customer: {name} {{ contact }} {0}", lead=a_lead()).turns[0].content
        == "{name} {{ contact }} {0}"
    )


def test_a_changed_text_changes_the_version() -> None:
    assert replace(CURRENT, rules=f"{CURRENT.rules} ").version != CURRENT.version
    assert replace(CURRENT, repair="Again: {reasons}").version != CURRENT.version
    assert len({texts_named(name).version for name in NAMES}) == len(NAMES) - 1


def test_a_prompt_is_made_and_repaired_with_the_texts_of_its_version() -> None:
    texts = texts_named("no-calculators")
    prompt = build_prompt(a_broker(), None, said("customer: hi"), token_budget=500, today=TODAY, texts=texts)
    assert prompt.version == texts.version
    assert "calculator" not in prompt.instructions
    assert "calculator" in prompt_for("customer: hi").instructions
    assert repair_prompt(prompt, "x", Verdict(ok=False, reasons=("It is wrong.",))).version == texts.version


def test_an_unknown_version_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="current, calculators"):
        texts_named("the-best-one")
