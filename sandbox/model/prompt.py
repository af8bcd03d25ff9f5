"""What a request to the model says: the facts in its prompt, the customer's last words, results of tools."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
FACT_LINE = re.compile(
    r"^[\s\-*•\"']*([A-Za-z][A-Za-z _]{1,40}?)[\"']?\s*[:=]\s*[\"']?(.+?)[\"',;.]*\s*$", re.MULTILINE
)
NAMED = re.compile(r"\b[Yy]ou are ([A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3})")
ALIASES = {
    "loan": ("loan_type", "loantype", "loan", "purpose"),
    "property": ("property_type", "propertytype", "property", "property_category", "propertycategory"),
    "income": ("monthly_income", "actual_incomes", "actualincomes", "incomes", "income"),
    "price": ("property_price", "propertyprice", "price"),
    "customer": ("customer_name", "customer", "lead_name", "name", "first_name"),
    "broker": ("broker_name", "broker", "persona_name"),
}


@dataclass(frozen=True)
class Prompt:
    """One request, read."""

    broker: str
    facts: dict[str, str]
    last_words: list[str]  # the customer's messages since the last reply, oldest first
    is_first_reply: bool
    tool_results: list[Any] = field(default_factory=list)  # since the last reply
    all_words: list[str] = field(default_factory=list)  # the customer's messages, oldest first
    last_reply: str = ""
    instructions: str = ""


def read(instructions: str | None, given: str | list[Any]) -> Prompt:
    """Reads the instructions and the input, whatever its form; unknown items are passed over."""
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    items = [item for item in items if isinstance(item, dict)]
    background = "\n".join([instructions or "", *(_text(item) for item in items if _is_background(item))])
    facts = _facts(background)
    turn = _since_last_reply(items)
    return Prompt(
        broker=_broker(background, facts),
        facts=facts,
        last_words=[_text(item) for item in turn if item.get("role") == "user"],
        is_first_reply=not any(item.get("role") == "assistant" for item in items),
        tool_results=[
            _json(item.get("output")) for item in turn if item.get("type") == "function_call_output"
        ],
        all_words=[_text(item) for item in items if item.get("role") == "user"],
        last_reply=next((_text(item) for item in reversed(items) if item.get("role") == "assistant"), ""),
        instructions=background,
    )


def _is_background(item: Json) -> bool:
    return item.get("role") in ("system", "developer")


def _since_last_reply(items: list[Json]) -> list[Json]:
    replies = [position for position, item in enumerate(items) if item.get("role") == "assistant"]
    return items[replies[-1] + 1 :] if replies else items


def _text(item: Json) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _facts(background: str) -> dict[str, str]:
    found = {_key(name): value.strip() for name, value in FACT_LINE.findall(background)}
    return {
        fact: next(found[key] for key in keys if key in found)
        for fact, keys in ALIASES.items()
        if found.keys() & set(keys)
    }


def _broker(background: str, facts: dict[str, str]) -> str:
    named = NAMED.search(background)
    return named.group(1) if named else facts.get("broker", "your broker")


def _key(name: str) -> str:
    return re.sub(r"[\s_]+", "_", name.strip().lower())


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text
