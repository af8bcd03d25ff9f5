"""The commit is on the page, and nothing slow happens inside a transaction."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Who may open a transaction. Everything else takes a connection. See docs/decisions.
MAY_OPEN = {
    "nextnest/delivery.py",
    "nextnest/opening.py",
    "nextnest/engagement_manager.py",
    "nextnest/migrate.py",
    "nextnest/personal_data.py",
    "nextnest/database.py",
    "nextnest/deferring.py",
    "nextnest/door.py",
    "nextnest/roles.py",
    "nextnest/tasks/desk.py",
}
MAY_OPEN_IN = ("nextnest/tasks/", "web/")
OPENERS = {"transaction", "web_transaction"}
# What takes its time: the two doors, the wait, the outbox's way into Chatwoot.
SLOW = {
    "chatwoot",
    "assistant",
    "sleep",
    "generate_broker_response",
    "deliver",
    "deliver_all",
    "settle_replies",
    "forward",
    "portal",
}


def test_only_routes_tasks_delivery_opening_and_migration_open_transactions() -> None:
    for path, tree in _modules():
        if path in MAY_OPEN or path.startswith(MAY_OPEN_IN):
            continue
        opened = [call.lineno for call in _calls(tree) if _name(call) in OPENERS | {"commit", "rollback"}]
        assert not opened, f"{path} opens or ends a transaction at {opened}"


def test_nothing_slow_is_called_inside_a_transaction() -> None:
    found = 0
    for path, tree in _modules():
        for block in ast.walk(tree):
            if isinstance(block, ast.With | ast.AsyncWith) and _opens(block):
                found += 1
                for node in block.body:
                    slow = [_name(c) for c in _calls(node) if SLOW & set(_dotted(c))]
                    assert not slow, f"{path}:{block.lineno} does {slow} inside a transaction"
    assert found > 10, "the test no longer recognises a transaction"


def test_no_connection_is_held_during_a_wait() -> None:
    for path, tree in _modules():
        for block in ast.walk(tree):
            if isinstance(block, ast.With | ast.AsyncWith) and _takes_a_connection(block):
                for node in block.body:
                    slow = [_name(c) for c in _calls(node) if SLOW & set(_dotted(c))]
                    assert not slow, f"{path}:{block.lineno} holds a connection during {slow}"


def _modules() -> list[tuple[str, ast.Module]]:
    files = [*(ROOT / "nextnest").rglob("*.py"), *(ROOT / "web").rglob("*.py")]
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in files]


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _opens(block: ast.With | ast.AsyncWith) -> bool:
    return any(isinstance(i.context_expr, ast.Call) and _name(i.context_expr) in OPENERS for i in block.items)


def _takes_a_connection(block: ast.With | ast.AsyncWith) -> bool:
    return any(
        isinstance(i.context_expr, ast.Call) and _name(i.context_expr) == "connection" for i in block.items
    )


def _name(call: ast.Call) -> str:
    return _dotted(call)[-1] if _dotted(call) else ""


def _dotted(call: ast.Call) -> list[str]:
    """`desk.delivery.deliver(x)` as ["desk", "delivery", "deliver"]."""
    parts: list[str] = []
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return parts[::-1]
