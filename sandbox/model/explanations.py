"""The words of the trade in a sentence each, without a figure."""

import re

ABOUT_US = re.compile(
    r"are you (?:a |an )?(?:real |actual )*(?:person|human|bot|robot|ai|machine)", re.IGNORECASE
)
WHO = "I am an AI assistant; a human colleague can be asked for at any time."
ASKS = re.compile(r"what(?:'s| is| are| does)|explain|mean|difference|how (?:does|do)|why", re.IGNORECASE)
EXPLANATIONS: tuple[tuple[str, str], ...] = (
    (
        r"fixed.*(?:floating|variable)|(?:floating|variable).*fixed",
        (
            "A fixed rate stays the same for an agreed time; a floating rate moves with a benchmark such as SORA."
        ),
    ),
    (
        r"\btdsr\b",
        "TDSR is the total debt servicing ratio: the share of gross income that all debts together may take.",
    ),
    (
        r"\bmsr\b",
        "MSR is the mortgage servicing ratio: the share of gross income a loan for an HDB flat or EC may take.",
    ),
    (
        r"\bltv\b",
        "LTV is the loan-to-value limit: the share of price or valuation, whichever is lower, a bank may lend.",
    ),
    (
        r"\bsora\b",
        "SORA is the Singapore overnight rate average, the benchmark most floating home loans follow.",
    ),
    (
        r"\babsd\b",
        "ABSD is additional buyer's stamp duty: a tax on top of BSD by residency and by homes owned already.",
    ),
    (r"\bssd\b", "SSD is seller's stamp duty: a tax on selling a home soon after it was bought."),
    (r"\bbsd\b", "BSD is buyer's stamp duty: a tax on every purchase, by bands of the price or valuation."),
    (
        r"in[- ]principle|\baip\b|\bipa\b",
        (
            "An approval in principle is a bank's first view of what it may lend; the bank still decides in the end."
        ),
    ),
    (
        r"lock[- ]?in",
        "A lock-in period is the time in which leaving or repaying the loan early costs a penalty.",
    ),
    (
        r"valuation|\bcov\b",
        "A valuation is what a licensed valuer says the home is worth; anything paid above it is cash.",
    ),
    (
        r"repric\w+.*refinanc|refinanc\w+.*repric",
        ("Repricing changes the package at your bank; refinancing moves the loan to another bank."),
    ),
)


def explanation(question: str) -> str | None:
    """The sentence about the first term a question asks about, or about ourselves."""
    if ABOUT_US.search(question):
        return WHO
    if not ASKS.search(question):
        return None
    return next((text for pattern, text in EXPLANATIONS if re.search(pattern, question, re.IGNORECASE)), None)
