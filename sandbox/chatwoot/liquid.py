"""The part of Liquid that outgoing messages meet: variables vanish or are filled in, backticks protect."""

import re
from collections.abc import Mapping

TOKEN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}?|\{%|\{\{)", re.DOTALL)
VARIABLE = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
BACKTICKS = re.compile(r"`(.*?)`", re.DOTALL)
KNOWN_TAG = re.compile(
    r"\{%-?\s*(assign|break|capture|case|comment|continue|cycle|decrement|echo|else|elsif|for|if|increment|liquid"
    r"|render|tablerow|unless|when|end(capture|case|comment|for|if|tablerow|unless))\b"
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
        if not KNOWN_TAG.match(token):
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
