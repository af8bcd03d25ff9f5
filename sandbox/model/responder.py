"""A small deterministic writer: two or three honest sentences from the prompt, with no figure of its own.

Where calculators are offered and the customer gave figures for one, it asks that one and says what it said.
"""

import re
from collections.abc import Collection
from typing import Any

from sandbox.model import calculating, results
from sandbox.model.explanations import explanation
from sandbox.model.prompt import Prompt

TOPICS: tuple[tuple[str, str, str], ...] = (
    (
        r"document|paperwork|payslip|submit",
        "the documents",
        "a bank usually asks for your NRIC, payslips, your latest notice of assessment and CPF statements",
    ),
    (
        r"how long|how soon|timeline|how many (days|weeks)",
        "the timing",
        "that depends on the bank and on how soon the papers are complete",
    ),
    (
        r"approv|guarantee|eligib|qualif|chance",
        "the bank's decision",
        "only the bank can decide, and we can prepare your file so that it has what it needs",
    ),
    (
        r"how much|borrow|afford|maximum|loan amount|tdsr|msr|ltv",
        "what you can borrow",
        "it turns on your income, your commitments and the property; I would rather calculate it than guess",
    ),
    (
        r"rate|interest|sora|fixed|floating",
        "rates",
        "banks change their packages often, so we compare what is on offer on the day you decide",
    ),
    (
        r"stamp duty|absd|bsd",
        "stamp duty",
        "it depends on your residency and on how many homes you own already",
    ),
    (
        r"lock.?in|penalt|refinanc|repric",
        "refinancing",
        "your current lock-in and its end date decide whether a change is worth it",
    ),
    (r"cpf", "CPF", "your Ordinary Account can be used within the limits CPF sets for your property"),
    (
        r"down ?payment|cash",
        "the down payment",
        "part of it is cash and part can come from CPF, depending on the loan",
    ),
    (r"hdb", "HDB", "the HDB loan and a bank loan have different rules, and we can compare both for you"),
)
LOANS = {
    "new_purchase": "new purchase",
    "refinance": "refinancing",
    "refinancing": "refinancing",
    "commercial": "commercial loan",
    "equity_loan": "equity loan",
}
MALAY = re.compile(
    r"\b(saya|anda|boleh|pinjaman|rumah|terima kasih|apa|berapa|bagaimana|selamat)\b", re.IGNORECASE
)
FOREIGN = {
    "zh": (
        "您好，我是{broker}。",
        "您的问题我已收到：{asked}。我会先根据您提供的资料核对，再给您答复；最终由银行决定。",
    ),
    "ta": (
        "வணக்கம், நான் {broker}.",
        "உங்கள் கேள்வி கிடைத்தது: {asked}. நீங்கள் கொடுத்த விவரங்களைச் சரிபார்த்துப் பதிலளிக்கிறேன்.",
    ),
    "ms": (
        "Selamat sejahtera, saya {broker}.",
        "Soalan anda sudah saya terima: {asked}. Saya akan semak dahulu; keputusan akhir di tangan bank.",
    ),
}
QUOTE_LIMIT = 80
POINTS = re.compile(r"\b(?:it|they|them|these|this|that|those)\b", re.IGNORECASE)


def calls(prompt: Prompt, offered: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    """The calculations it asks for before it writes; none when it has their results."""
    if prompt.tool_results or not offered:
        return []
    went_on = any(asked[:20] in prompt.last_reply for asked in results.ASKED.values())
    return calculating.calls(prompt.all_words, prompt.last_words, went_on, offered)


def write(prompt: Prompt) -> str:
    """The reply to the customer's last words."""
    if prompt.tool_results:
        return _from_results(prompt)
    language = _language(" ".join(prompt.last_words))
    if language != "en":
        return _foreign(prompt, language)
    parts = [_greeting(prompt), *_answers(prompt), _closing(prompt)]
    return " ".join(part for part in parts if part)


def _greeting(prompt: Prompt) -> str:
    if not prompt.is_first_reply:
        return ""
    named = prompt.facts.get("customer", "")
    customer = "" if named == prompt.broker else named.split(" ")[0]
    return f"Hello {customer}, {prompt.broker} here." if customer else f"Hello, {prompt.broker} here."


def _answers(prompt: Prompt) -> list[str]:
    """One sentence per question; without a question, one that shows we have read the message."""
    questions = _questions(prompt.last_words)
    if not questions:
        said = _quoted(prompt.last_words[-1]) if prompt.last_words else ""
        return [f"Thank you, I have noted {said}."] if said else ["Thank you for your message."]
    whole = " ".join(prompt.last_words)
    return list(dict.fromkeys(_answer(question, whole) for question in questions))


def _answer(question: str, whole: str) -> str:
    """By the question's own words; by all that was said where it only points at it."""
    if found := _on_topic(question) or (_on_topic(whole) if POINTS.search(question) else None):
        return found
    return f"You asked {_quoted(question)}, and I will check that for you before I say more."


def _on_topic(text: str) -> str | None:
    if explained := explanation(text):
        return explained
    return next(
        (
            f"On {topic}: {sentence}."
            for pattern, topic, sentence in TOPICS
            if re.search(pattern, text, re.IGNORECASE)
        ),
        None,
    )


HOMES = {"hdb": "HDB flat", "ec": "executive condo", "private": "private home", "landed": "landed home"}


def _closing(prompt: Prompt) -> str:
    loan = LOANS.get(prompt.facts.get("loan", "").lower(), prompt.facts.get("loan", ""))
    home = prompt.facts.get("property", "").replace("_", " ")
    if loan and home:
        return f"For your {loan} ({HOMES.get(home, home)}), what matters most to you?"
    if loan:
        return f"For your {loan}, what matters most to you?"
    return "What matters most to you?"


def _from_results(prompt: Prompt) -> str:
    """What the calculators said, then the answers to what else was asked."""
    language = _language(" ".join(prompt.last_words))
    others = [question for question in _questions(prompt.last_words) if not calculating.topics(question)]
    answers = (
        list(dict.fromkeys(_answer(question, question) for question in others)) if language == "en" else []
    )
    return " ".join([*results.sentences(prompt.tool_results, language), *answers])


def _foreign(prompt: Prompt, language: str) -> str:
    hello, body = FOREIGN[language]
    asked = "; ".join(_quoted(text) for text in prompt.last_words)
    sentence = body.format(asked=asked)
    return f"{hello.format(broker=prompt.broker)} {sentence}" if prompt.is_first_reply else sentence


def _language(text: str) -> str:
    if re.search(r"[\u4e00-\u9fff]", text):
        return "zh"
    if re.search(r"[\u0b80-\u0bff]", text):
        return "ta"
    return "ms" if len(MALAY.findall(text)) > 1 else "en"


def _questions(texts: list[str]) -> list[str]:
    sentences = [part.strip() for text in texts for part in re.split(r"(?<=[.!?？])\s+|\n+", text)]
    return [part for part in sentences if part.endswith(("?", "？"))]


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return f'"{flat if len(flat) <= QUOTE_LIMIT else flat[:QUOTE_LIMIT].rstrip() + "…"}"'
