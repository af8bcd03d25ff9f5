"""What the model is told: who it is, its rules, what we know of the lead, and the conversation as far as it fits.

What is the same for every conversation stands first, then what is the same for a broker's conversations, then the
lead: providers cache the longest beginning two prompts share. The texts themselves are data, by version: rules/prompts/.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nextnest.models import Broker, Lead, Prompt, Turn, Verdict
from nextnest.rules.facts import lead_facts
from nextnest.rules.identity import without_identity
from nextnest.rules.masking import mask
from nextnest.rules.prompts import CURRENT, PromptTexts, texts_of
from nextnest.rules.summary import Summary

# English has about four bytes to a token, Chinese and Tamil two to three. Three is more tokens than most text has:
# too little history is sent rather than too much.
_BYTES_PER_TOKEN = 3
# Role and separators around each turn.
_TURN_TOKENS = 4

# What a message that is too long keeps at least: enough to see what it is about.
_LEAST_TOKENS = 60
_CUT = " [… the middle of this long message was left out …] "


def build_prompt(
    broker: Broker,
    lead: Lead | None,
    history: Sequence[Turn],
    *,
    token_budget: int,
    today: date,
    summary: Summary | None = None,
    texts: PromptTexts = CURRENT,
) -> Prompt:
    """The prompt for the next message. `history` is oldest first and ends with the unanswered messages.

    The oldest turns are dropped until the history fits `token_budget` (estimated from UTF-8 bytes). What the
    customer wrote since the last reply always stays; where that alone is too much, the longest of it loses its
    middle, and says so in brackets. `today` is Singapore's date. The lead's name, e-mail and
    phone stay out, and are taken out of the turns, as are NRIC, card and bank account numbers. `summary` is of what
    was said before the conversation was last closed. `texts` is the version of the prompt.
    """
    parts = [texts.rules, who(texts, broker), _what_is_known(texts, lead), f"Today is {today:%A, %d %B %Y}."]
    if summary:
        parts.append(texts.earlier.format(summary=summary.text))
    instructions = "\n\n".join(parts)
    turns = _newest_that_fit([_anonymous(turn, lead) for turn in history], token_budget)
    return _prompt(instructions, turns, summary.customer_words if summary else (), texts.version)


def repair_prompt(prompt: Prompt, draft: str, verdict: Verdict) -> Prompt:  # noqa: ARG001
    """The same prompt once more, with what was wrong. The draft stays out of it: what a model reads, it repeats."""
    reasons = "\n".join(f"- {reason}" for reason in verdict.reasons)
    repair = texts_of(prompt.version).repair.format(reasons=reasons)
    return _prompt(f"{prompt.instructions}\n\n{repair}", prompt.turns, prompt.earlier_words, prompt.version)


def _prompt(
    instructions: str, turns: tuple[Turn, ...], earlier_words: tuple[str, ...], version: str
) -> Prompt:
    return Prompt(
        instructions=instructions,
        turns=turns,
        estimated_tokens=_tokens(instructions) + sum(_turn_tokens(turn) for turn in turns),
        version=version,
        earlier_words=earlier_words,
    )


def who(texts: PromptTexts, broker: Broker) -> str:
    """What the model is told of the broker it speaks for."""
    style = broker.persona.response_style
    return texts.broker.format(
        name=broker.name, title=broker.title, tone=style.tone, pacing=style.pacing, focus=style.focus
    )


def _what_is_known(texts: PromptTexts, lead: Lead | None) -> str:
    if lead is None:
        return texts.no_facts
    return texts.facts.format(
        facts="\n".join(f"- {name}: {value}" for name, value in lead_facts(lead).items())
    )


def _anonymous(turn: Turn, lead: Lead | None) -> Turn:
    content = without_identity(mask(turn.content).text, lead, of_customer=turn.role == "customer")
    return turn.model_copy(update={"content": content})


def _newest_that_fit(turns: Sequence[Turn], token_budget: int) -> tuple[Turn, ...]:
    """The unanswered turns, then as many before them, newest first, as the budget allows."""
    first = _first_unanswered(turns)
    unanswered = _shortened_to_fit(turns[first:], token_budget)
    left = token_budget - sum(_turn_tokens(turn) for turn in unanswered)
    kept: list[Turn] = []
    for turn in reversed(turns[:first]):
        left -= _turn_tokens(turn)
        if left < 0:
            break
        kept.append(turn)
    return (*reversed(kept), *unanswered)


def _first_unanswered(turns: Sequence[Turn]) -> int:
    """Where the customer's last words begin: after the last line of ours."""
    return max((index + 1 for index, turn in enumerate(turns) if turn.role != "customer"), default=0)


def _shortened_to_fit(turns: Sequence[Turn], token_budget: int) -> tuple[Turn, ...]:
    most = max(_LEAST_TOKENS, _fair_share([_turn_tokens(turn) for turn in turns], token_budget))
    return tuple(turn if _turn_tokens(turn) <= most else _without_middle(turn, most) for turn in turns)


def _fair_share(costs: Sequence[int], budget: int) -> int:
    """The most that one may cost so that all fit: what the small ones leave, divided among the large ones."""
    left = budget
    for done, cost in enumerate(sorted(costs)):
        share = left // (len(costs) - done)
        if cost > share:
            return share
        left -= cost
    return budget


def _without_middle(turn: Turn, tokens: int) -> Turn:
    """Its beginning and its end. A character that the cut divides is left out."""
    content = turn.content.encode()
    half = ((tokens - _TURN_TOKENS) * _BYTES_PER_TOKEN - len(_CUT.encode())) // 2
    begin, end = content[:half].decode(errors="ignore"), content[-half:].decode(errors="ignore")
    return turn.model_copy(update={"content": begin + _CUT + end})


def _turn_tokens(turn: Turn) -> int:
    return _TURN_TOKENS + _tokens(turn.content)


def _tokens(text: str) -> int:
    """Rather too many than too few."""
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)
