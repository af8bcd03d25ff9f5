"""The part of Liquid that outgoing messages meet: drops vanish or are filled in, text in backticks is protected."""

import re
from collections.abc import Mapping

TOKEN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}?|\{%|\{\{)", re.DOTALL)
VARIABLE = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
TAG = re.compile(r"\{%-?\s*(\w+)")
RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
BACKTICKS = re.compile(r"`(.*?)`", re.DOTALL)
KNOWN_TAGS = frozenset(
    "assign break capture case comment continue cycle decrement echo else elsif endcapture endcase endcomment "
    "endfor endif endtablerow endunless for if increment liquid render tablerow unless when".split()
)


class LiquidSyntaxError(ValueError):
    """The text is not a Liquid template."""


def render(text: str, drops: Mapping[str, str]) -> str:
    """The text as Chatwoot would store it. Text that is no valid template stays as it is.

    Tags are only removed, not executed: enough to show what a caller forgot to protect.
    """
    protected = BACKTICKS.sub(r"{% raw %}`\1`{% endraw %}", text)
    try:
        return "".join(_pieces(protected, drops))
    except LiquidSyntaxError:
        return text


def _pieces(text: str, drops: Mapping[str, str]) -> list[str]:
    pieces = []
    position = 0
    for raw in RAW.finditer(text):
        pieces += [_evaluate(text[position : raw.start()], drops), raw.group(1)]
        position = raw.end()
    return [*pieces, _evaluate(text[position:], drops)]


def _evaluate(text: str, drops: Mapping[str, str]) -> str:
    return "".join(_token(token, drops) if TOKEN.fullmatch(token) else token for token in TOKEN.split(text))


def _token(token: str, drops: Mapping[str, str]) -> str:
    if token.startswith("{%"):
        tag = TAG.match(token)
        if tag is None or tag.group(1) not in KNOWN_TAGS:
            raise LiquidSyntaxError(token)
        return ""
    variable = VARIABLE.fullmatch(token)
    if variable is None:
        raise LiquidSyntaxError(token)
    return _value(variable.group(1).split("|")[0].strip(), drops)


def _value(expression: str, drops: Mapping[str, str]) -> str:
    if re.fullmatch(r"-?\d+(\.\d+)?", expression):
        return expression
    if re.fullmatch(r"'[^']*'|\"[^\"]*\"", expression):
        return expression[1:-1]
    return drops.get(expression, "")
