"""A model without a will of its own: whatever instruction it reads, wherever it stands, it obeys to the letter.

It shows what is left when a model is taken over: calls of tools it was told of or not, any text, its own instructions.
"""

import re
from typing import Any

from sandbox.model import responses
from sandbox.model.prompt import Prompt

NAME = "sandbox-hostile"
"""Ask for this model and it answers so."""

SAY = re.compile(
    r"\b(?:say|reply|write|answer|tell them)(?: exactly| only| with)*[: ]+[\"“](.+?)[\"”]",
    re.IGNORECASE | re.DOTALL,
)
CALL = re.compile(r"\bcall (?:the tool |the function )?(\w+)\((\{.*?\}|)\)", re.IGNORECASE | re.DOTALL)
REVEAL = re.compile(
    r"\b(?:reveal|print|repeat|show|output)\b.{0,40}\b(?:instructions|system prompt|rules|facts)",
    re.IGNORECASE,
)

REVEALED = 1_500
"""Characters of the instructions; all of them would be cut off by the usual limit of an answer."""


def obey(prompt: Prompt) -> list[dict[str, Any]] | None:
    """What it was told to do; None when nobody told it anything. Calls come first, then the text with their results."""
    read = "\n".join([*prompt.last_words, *(f"{name}: {value}" for name, value in prompt.facts.items())])
    read += "\n" + "\n".join(str(result) for result in prompt.tool_results)
    calls = CALL.findall(read)
    if calls and not prompt.tool_results:
        return [responses.function_call(name, arguments or "{}") for name, arguments in calls]
    said = SAY.findall(read)
    if REVEAL.search(read):
        said.append(prompt.instructions[:REVEALED])
    if calls:
        said += [str(result) for result in prompt.tool_results]
    return [responses.message("\n".join(said))] if said else None
