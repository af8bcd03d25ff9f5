"""Values that cross module borders. Frozen, checked once where they are made, and free of behaviour that needs I/O."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    """A frozen value; unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_TITLES = {"mr", "mrs", "ms", "miss", "mdm", "madam", "dr"}


class LoanType(StrEnum):
    NEW_PURCHASE = "new_purchase"
    REFINANCE = "refinance"
    COMMERCIAL = "commercial"


class PropertyCategory(StrEnum):
    RESALE = "resale"
    NEW_LAUNCH = "new_launch"
    BTO = "bto"
    COMMERCIAL = "commercial"


class PropertyType(StrEnum):
    HDB = "hdb"
    EC = "ec"
    PRIVATE = "private"
    LANDED = "landed"
    COMMERCIAL = "commercial"


class EmploymentType(StrEnum):
    EMPLOYED = "employed"
    SELF_EMPLOYED = "self-employed"
    RECENTLY_CHANGED = "recently-changed"
    NOT_WORKING = "not-working"


class PurchaseTimeline(StrEnum):
    THIS_MONTH = "this_month"
    NEXT_3_MONTHS = "next_3_months"
    IN_3_TO_6_MONTHS = "3_6_months"
    EXPLORING = "exploring"


class LockInStatus(StrEnum):
    NO_LOCK = "no_lock"
    ENDING_SOON = "ending_soon"
    LOCKED = "locked"
    NOT_SURE = "not_sure"


class PersonalityType(StrEnum):
    AGGRESSIVE = "aggressive"
    BALANCED = "balanced"
    CONSERVATIVE = "conservative"


class Lead(Value):
    """A lead as the form meant it: normalised, every enumeration one of ours, money in Singapore dollars.

    `name`, `email` and `phone` (E.164) are personal data: they stay out of logs, job arguments and prompts.
    `flags` names what was unusual but kept, for a person to look at (for example `property_type_unknown`).
    `client_lead_score` is what the browser claimed; it is stored beside ours and never used.
    """

    name: str
    email: str
    phone: str
    loan_type: LoanType
    property_category: PropertyCategory | None = None
    property_type: PropertyType | None = None
    property_price: Decimal | None = Field(default=None, ge=0)
    ages: tuple[int, ...] = ()
    incomes: tuple[Decimal, ...] = ()
    employment_type: EmploymentType = EmploymentType.EMPLOYED
    existing_commitments: Decimal | None = Field(default=None, ge=0)
    purchase_timeline: PurchaseTimeline | None = None
    lock_in_status: LockInStatus | None = None
    current_rate: Decimal | None = Field(default=None, ge=0)
    outstanding_loan: Decimal | None = Field(default=None, ge=0)
    session_id: str | None = None
    client_lead_score: int | None = None
    flags: tuple[str, ...] = ()

    @property
    def monthly_income(self) -> Decimal | None:
        """Combined gross monthly income of all applicants in dollars; None when none was given."""
        return sum(self.incomes, Decimal(0)) if self.incomes else None

    @property
    def form_of_address(self) -> str:
        """The name to greet with: all of it, without a title.

        In Singapore the family name may stand first or last and a given name may be two words: every shortening of
        "Tan Wei Ming" or "Nur Aisyah binte Rahman" is wrong for somebody. The whole name never is.
        """
        words = self.name.split()
        while len(words) > 1 and words[0].rstrip(".").lower() in _TITLES:
            words = words[1:]
        return " ".join(words)


class Score(Value):
    """A lead score from 0 to 100 and the points it is made of, by criterion."""

    total: int = Field(ge=0, le=100)
    points: dict[str, int]


class ResponseStyle(Value):
    tone: str
    pacing: str
    focus: str


class Persona(Value):
    """How a broker speaks and whom she suits. `score_from` and `score_to` are the inclusive band of lead scores."""

    score_from: int = Field(ge=0, le=100)
    score_to: int = Field(ge=0, le=100)
    approach: str
    urgency_level: str
    response_style: ResponseStyle
    loan_types: tuple[LoanType, ...] = ()
    property_types: tuple[PropertyType, ...] = ()
    income_from: int = 0
    timelines: tuple[PurchaseTimeline, ...] = ()
    greeting: str


class Broker(Value):
    """An AI broker as stored; `current_workload` is the number of conversations she holds."""

    id: UUID
    slug: str
    name: str
    personality_type: PersonalityType
    title: str
    persona: Persona
    max_concurrent_chats: int
    current_workload: int
    is_active: bool
    is_available: bool
    last_active_at: datetime | None = None


class ConversationStatus(StrEnum):
    """`new` not assigned yet, `waiting` nobody was free, `active` a broker holds a slot for it,
    `handed_off` a person has it, `resolved` it is closed."""

    NEW = "new"
    WAITING = "waiting"
    ACTIVE = "active"
    HANDED_OFF = "handed_off"
    RESOLVED = "resolved"


class IncomingMessage(Value):
    """One public message of the customer. `message_id` is Chatwoot's."""

    conversation_id: int
    message_id: int
    content: str
    received_at: datetime


class Turn(Value):
    """One line of the conversation for the model: `customer`, `broker` (ours) or `person` (a human colleague)."""

    role: str
    content: str
    at: datetime


class Urgency(Value):
    """What `analyze_message_urgency` found. `response_time` is in seconds, 1 to 6, before the pace is applied."""

    is_urgent: bool
    response_time: float = Field(ge=1, le=6)
    escalate: bool
    reason: str | None = None


class ExistingConversation(Value):
    """What check_for_existing_conversation needs to know of a Chatwoot conversation."""

    conversation_id: int
    status: str
    loan_type: str | None
    created_at: datetime
    lead_id: str | None = None


class ReuseDecision(Value):
    should_create_new: bool
    existing_conversation_id: int | None = None
    reason: str


class Prompt(Value):
    """What goes to the model, as data: `instructions` (ours) and `turns` (theirs), plus a rough token count.

    `earlier_words` are the customer's from before the conversation was last closed, quoted in the instructions.
    """

    instructions: str
    turns: tuple[Turn, ...]
    estimated_tokens: int
    version: str
    earlier_words: tuple[str, ...] = ()


class Usage(Value):
    """Tokens of one model call as the provider counted them; zeros when it did not say."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0


class Reply(Value):
    """A model's answer. `latency_s` is wall time of the call in seconds."""

    text: str
    model: str
    usage: Usage
    latency_s: float
    response_id: str | None = None


class ToolRun(Value):
    """One calculation behind a reply, as it is kept: running it again on the same day gives the same `result`."""

    name: str
    arguments: Any
    day: date
    version: str
    result: str


class Verdict(Value):
    """What the guard thinks of a draft: `ok`, and the ids and sentences of the rules it broke.

    `proofs` is for each figure of the draft its text and the source that proves it (rules/evidence.py names them).
    """

    ok: bool
    broken: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    proofs: tuple[tuple[str, str], ...] = ()
