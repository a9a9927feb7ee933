"""Loggers have names of their own: programs read them in the JSON log, and files move."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def logger_names() -> dict[str, str]:
    """What each of the program's files calls its logger: the source of the argument."""
    found = {}
    for file in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                call = node.value
                if isinstance(call.func, ast.Attribute) and call.func.attr == "getLogger" and call.args:
                    found[str(file.relative_to(ROOT))] = ast.unparse(call.args[0])
    return found


def test_no_logger_is_named_after_its_file():
    """Every logger is the robot's, by a literal name: none is `__name__`, which a move would change."""
    assert {file: name for file, name in logger_names().items() if not name.startswith("'robot.")} == {}


@pytest.mark.parametrize("page", ["docs/admin.md", "docs/ru/admin.md"])
def test_every_name_is_documented(page):
    """Who filters the JSON log by `logger` finds each name in the guide."""
    text = (ROOT / page).read_text("utf-8")
    names = {name.strip("'") for name in logger_names().values() if name.startswith("'")}
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
