"""What a page may be made of: files of its own, texts as texts, and ways that lead to our own routes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
CODE = sorted(WEB.rglob("*.py"))
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SCRIPTS = sorted((WEB / "static").glob("*.js"))
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)|<style|[\s\"']style\s*=|[\s\"']on[a-z]+\s*=(?!=)|srcdoc|javascript:|hx-on|hx-vars",
    re.IGNORECASE,
)
# Escaping is Jinja's; these would go past it.
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\(f|Markup\([a-z]", re.IGNORECASE)
# Texts become elements by textContent; these would make markup or code of them.
MAKES_MARKUP = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function|setAttribute\(\s*[\"'](?:on|style))\b"
)
LEADS_AWAY = re.compile(
    r"location\.(?:assign|replace)\(([^)]*)\)|location(?:\.href)?\s*=(?!=)\s*([^;]+)|window\.open\(([^)]*)\)"
)
# The chat link our own server has just answered with.
ALLOWED_WAYS = {("form.js", "answer.chatUrl")}


def test_every_redirect_leads_to_a_route_of_ours() -> None:
    found = [(path, call) for path in CODE for call in _calls(path, "redirect")]
    assert len(found) > 8, "the console redirects after every form"
    for path, call in found:
        where = f"{path.relative_to(ROOT)}:{call.lineno}"
        assert _is_route(call), f"{where} redirects to something else than url_for(...)"


def test_no_code_writes_a_way_elsewhere_by_hand() -> None:
    for path in CODE:
        if path != WEB / "headers.py":
            named = [node.lineno for node in ast.walk(_tree(path)) if _names_a_way(node)]
            assert not named, f"{path.relative_to(ROOT)}:{named}"


def test_the_scripts_lead_nowhere_but_to_the_chat_page() -> None:
    ways = {
        (path.name, next(filter(None, found.groups())).strip())
        for path in SCRIPTS
        for found in LEADS_AWAY.finditer(path.read_text(encoding="utf-8"))
    }
    assert ways == ALLOWED_WAYS


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_script_style_or_handlers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not INLINE.findall(re.sub(r"{% set .*?%}", "", text))
    assert not UNESCAPED.findall(text)
    opened = re.findall(r"<a\b[^>]*target=[^>]*>", text)
    assert [tag for tag in opened if "noopener" not in tag] == []


@pytest.mark.parametrize("path", [*CODE, *SCRIPTS], ids=lambda path: path.name)
def test_no_code_makes_markup_of_texts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not MAKES_MARKUP.findall(text)
    if path.suffix == ".py":
        assert not UNESCAPED.findall(text)


@pytest.mark.parametrize(
    "bad",
    [
        "<script>x",
        '<p style="a">',
        "<p onclick=a>",
        '<a\n onload="x">',
        '<a href="javascript:x">',
        "<style>",
        '<p hx-on:click="x">',
    ],
)
def test_the_search_for_inline_code_finds_it(bad: str) -> None:
    assert INLINE.search(bad)


def _calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            called = node.func
            if name in {getattr(called, "id", None), getattr(called, "attr", None)}:
                yield node


def _is_route(redirect: ast.Call) -> bool:
    [target, *_] = redirect.args or [None]
    return (
        isinstance(target, ast.Call)
        and getattr(target.func, "id", None) == "url_for"
        and not {"_external", "_scheme"} & {keyword.arg for keyword in target.keywords}
    )


def _names_a_way(node: ast.AST) -> bool:
    headers = {"location", "refresh", "hx-redirect", "hx-location", "content-location"}
    return isinstance(node, ast.Constant) and str(node.value).lower() in headers


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
