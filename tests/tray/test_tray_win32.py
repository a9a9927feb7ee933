"""What the Windows icon answers, and that pystray still has the private names which it builds on."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from app.tray import dialogs
from app.tray.windows import messages

ICON_SOURCE = Path(__file__).parents[2] / "app" / "tray" / "windows" / "icon.py"


def pystray_file(name: str) -> Path:
    """A file of the installed pystray, found without importing it: that would need a screen."""
    spec = importlib.util.find_spec("pystray")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / name


def test_query_end_session_is_agreed_to():
    """The icon doesn't veto a log-off; the end itself is heard by the robot's own window."""
    assert messages.WM_QUERYENDSESSION == 0x11
    assert messages.agree(0, 0) == 1


def test_mouse():
    """A right click opens the menu, a left one acts; a double click acts once, however many releases it consists of."""
    seen = []
    mouse = messages.mouse_handler(
        lambda: seen.append("menu"), lambda: seen.append("click"), lambda: seen.append("notification")
    )
    for message in (0x201, 0x202, 0x203, 0x202, 0x204, 0x205, 0x200, 0x402, 0x405, 0x201, 0x202):
        assert mouse(0, message) == 0
    assert seen == ["click", "menu", "notification", "click"]


def test_pystray_is_the_version_whose_inside_we_know():
    """The names below are private: a new version must be looked at before it is used."""
    assert version("pystray") == "0.19.5"


@pytest.mark.parametrize(
    "name",
    [
        "_message_handlers", "_update_menu", "_on_notify", "_message", "_show", "_update_icon", "_assert_icon_handle",
        "_icon_handle", "_hwnd", "_menu_handle",
    ],
)  # fmt: skip
def test_pystray_has_the_private_name(name):
    """Every private name of pystray that the Windows icon uses or replaces exists there."""
    assert name in ICON_SOURCE.read_text("utf-8") or name == "_menu_handle"
    tree = ast.parse(pystray_file("_win32.py").read_text("utf-8"))
    icon = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Icon")
    methods = {node.name for node in icon.body if isinstance(node, ast.FunctionDef)}
    attributes = {node.attr for node in ast.walk(icon) if isinstance(node, ast.Attribute)}
    assert name in methods | attributes


def test_pystray_has_the_win32_names():
    """The constants and calls that the Windows icon takes from pystray's helper exist there."""
    used = set(re.findall(r"\bwin32\.(\w+)", ICON_SOURCE.read_text("utf-8")))
    defined = pystray_file("_util/win32.py").read_text("utf-8")
    assert used
    assert [name for name in used if not re.search(rf"^(class )?{name}\b", defined, re.MULTILINE)] == []


def test_our_names_do_not_shadow_pystrays():
    """The Windows icon's own private names aren't pystray's, whose methods would call them."""
    own = ast.parse(ICON_SOURCE.read_text("utf-8"))
    icon = next(node for node in own.body if isinstance(node, ast.ClassDef))
    methods = {node.name for node in icon.body if isinstance(node, ast.FunctionDef)}
    theirs = set(re.findall(r"\b_\w+", pystray_file("_win32.py").read_text() + pystray_file("_base.py").read_text()))
    replaced = {"__init__", "_message", "_update_icon", "_assert_icon_handle"}
    assert methods & theirs == replaced


@pytest.mark.skipif(sys.platform == "win32", reason="there is always a desktop to ask on")
def test_question_without_a_screen_is_a_no(monkeypatch, caplog):
    """What can't be asked is not agreed to."""
    monkeypatch.delenv("DISPLAY", raising=False)
    assert dialogs.confirm("Force stop", "Sure?") is False
    assert "could not be asked" in caplog.text
