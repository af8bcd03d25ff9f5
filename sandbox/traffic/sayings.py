"""What customers, brokers and colleagues say. Only calculations have figures in their answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# Questions, each with an answer that needs no figure.
TALK: tuple[tuple[str, str], ...] = (
    (
        "Which documents do I need?",
        "A bank usually asks for your NRIC, recent payslips, your latest notice of assessment and your CPF statements. "
        "Do you have those at hand?",
    ),
    (
        "Hi, fixed or floating better now ah?",
        "A fixed rate keeps your instalment the same during the lock-in; a floating one follows the market both ways. "
        "Which matters more to you, a steady instalment or the chance to pay less?",
    ),
    (
        "what is TDSR",
        "It is the share of your gross monthly income that may go to all your debts together, set by MAS. Shall I work it "
        "out with your own figures?",
    ),
    (
        "Can I use CPF for the downpayment?",
        "For most homes, part of it may come from your CPF Ordinary Account, and some must be cash. It depends on the "
        "property and on loans you still have. Is this your first home?",
    ),
    (
        "My lock-in ends soon, should I reprice or refinance?",
        "Repricing stays with your bank and is quicker; refinancing moves you to another one and may come with legal costs. "
        "I can lay out both side by side. When does your lock-in end?",
    ),
    (
        "how long does approval in principle take?",
        "It differs by bank and by how complete the papers are. I cannot promise a date, but I can tell you what is usually "
        "asked for. Shall we go through the list?",
    ),
    (
        "Is HDB loan better or bank loan?",
        "They differ in the deposit, in how the rate moves and in whether you can change later. What matters most to you?",
    ),
    (
        "I'm self-employed, will that be a problem?",
        "Not in itself. Banks look at your notices of assessment and may count your income a little lower as it varies. "
        "How long have you had your business?",
    ),
    (
        "We already have one flat, buying second property",
        "Then the limits on the loan and the stamp duties differ from a first home. Will you keep the flat or sell it?",
    ),
    (
        "Can my parents be co-borrowers?",
        "Often yes; their age counts for how long the loan may run, and their income and debts count as well. Would they "
        "also be owners?",
    ),
    ("ok thanks", "You are welcome. Write here whenever something comes to mind."),
    (
        "Boleh saya tahu dokumen apa yang perlu?",
        "Bank biasanya meminta NRIC, slip gaji terkini, notis taksiran cukai dan penyata CPF. Sudah ada semuanya?",
    ),
    ("请问转贷需要多久?", "每家银行不同, 也要看文件是否齐全。我不能保证日期, 但可以先告诉您需要准备什么。"),
)
# Second lines of people who press Enter too early.
AND_ANOTHER_THING = (
    "sorry, one more thing",
    "for a resale flat",
    "and my wife is also working",
    "pls advise",
    "??",
)

# Why a person is fetched: what was said before it.
ASKING: dict[str, tuple[str, ...]] = {
    "asked_for_person": ("Can I speak to a human please", "pls ask someone to call me", "I want to talk to a real person"),
    "unhappy": ("This is going round in circles, very frustrating", "You are not answering my question at all"),
    "complaint": ("I want to make a complaint about how this was handled",),
    "reply_rejected": ("So you guarantee the bank will approve?", "What rate will I get, exact number please"),
    "model_unavailable": ("Hello, still there?", "Can you check how much I can borrow?"),
    "job_failed": ("Is the valuation included?", "And the legal fees?"),
}  # fmt: skip
HAPPENED = {
    "asked_for_person": "The customer asked for a person.",
    "unhappy": "The customer sounds unhappy.",
    "complaint": "The customer complains.",
    "reply_rejected": "Two drafts of the AI broke our rules on figures or promises; none was sent.",
    "model_unavailable": "The AI model could not be reached.",
    "job_failed": "An error on our side, after every retry.",
}
NOTICES = {
    "asked_for_person": "Of course. I have asked a human colleague to join this chat. They can see everything written here.",
    "unhappy": "I am sorry this has been frustrating. I have asked a human colleague to look into it with you.",
    "complaint": "I am sorry about this, and thank you for telling us. I have passed your complaint to a human colleague.",
    "reply_rejected": "I would rather not guess at this one. I have asked a human colleague to check it and to reply here.",
    "model_unavailable": "Sorry, I cannot write a proper answer at the moment. I have asked a human colleague to continue.",
    "job_failed": "Sorry, something went wrong on our side. I have asked a human colleague to continue with you here.",
}
ERRORS = {
    "model_unavailable": "ModelUnavailable: The model does not answer.",
    "job_failed": "ChatwootUnavailable: Chatwoot does not answer.",
}
COLLEAGUE = (
    "Hi, Priya here, I have read everything above. Let me check with the banks and come back to you in this chat.",
    "Thank you for waiting. I have sent you the comparison by e-mail, tell me what you think of it.",
    "No problem at all. I have put it down for you.",
)
THANKS = ("Thank you Priya", "ok noted thanks", "Great, thanks for the quick reply!")
# Rules of the guard with what they say, for drafts that were not sent.
BROKEN = (
    ("unproved_figure", "A figure that neither the customer, the form nor a calculation gave."),
    ("promised_approval", "A promise that the bank will approve."),
    ("promised_rate", "A promise of a rate."),
)


@dataclass(frozen=True)
class Instalment:
    """A calculation the product's instalment/1 was asked for, with what it gave; it gives the same on every day."""

    loan: str
    rate: str
    months: int
    monthly: str
    interest: str
    exact_monthly: str
    exact_interest: str

    @property
    def question(self) -> str:
        return f"What would I pay a month for a loan of {self.loan} at {self.rate}% over {self.months // 12} years?"

    @property
    def answer(self) -> str:
        return f"By our calculator: instalment {self.monthly}; interest in total {self.interest}."

    @property
    def arguments(self) -> dict[str, str | int]:
        return {"loan": self.loan, "rate": self.rate, "months": self.months}

    def result(self, day: date) -> str:
        """What the product keeps of a run on that day, byte for byte."""
        kept = {
            "ask_for": [],
            "assumptions": ["The rate stays the same for the whole time."],
            "day": day.isoformat(),
            "figures": [self.monthly, self.interest, f"{day.day} {day:%B} {day.year}"],
            "inputs": {"loan": self.loan, "months": self.months, "rate": self.rate},
            "name": "monthly_instalment",
            "needs_confirmation": [],
            "outputs": {"instalment": self.monthly, "interest_in_total": self.interest},
            "problem": None,
            "raw": {
                "instalment": f"{Decimal(self.exact_monthly):.2f}",
                "interest": self.exact_interest,
                "raw": self.exact_monthly,
            },
            "rules": [],
            "version": "instalment/1",
        }
        return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


INSTALMENTS = (
    Instalment(
        *("480000", "2.6", 300, "S$2,178", "S$173,285"),
        "2177.6136345438443916460562240448214491552656564852",
        "173284.09036315331749381686721344643474657969694556",
    ),
    Instalment(
        *("620000", "2.8", 300, "S$2,877", "S$242,807"),
        "2876.0218894191023626070035116502616832350516240797",
        "242806.56682573070878210105349507850497051548722391",
    ),
    Instalment(
        *("900000", "3", 300, "S$4,268", "S$380,371"),
        "4267.9018247190574042098390921179182880089985684100",
        "380370.5474157172212629517276353754864026995705230",
    ),
    Instalment(
        *("350000", "2.5", 240, "S$1,855", "S$95,119"),
        "1854.6601256128050938829842601247099502330117518075",
        "95118.43014707322253191622242993038805592282043380",
    ),
    Instalment(
        *("1200000", "3.1", 360, "S$5,125", "S$644,711"),
        "5124.1967868563589407263766837056271645431829338693",
        "644710.8432682892186614956061340257792355458561929",
    ),
    Instalment(
        *("750000", "2.9", 324, "S$3,341", "S$332,419"),
        "3340.7968905271367296662235985314420850623825743602",
        "332418.1925307923004118564459241872355602119540927",
    ),
)
