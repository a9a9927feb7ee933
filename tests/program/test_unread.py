"""A wrong command line where nobody reads stderr: who is told, and that nobody is held up by it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from app import cli
from app.program import unread
from app.system.session import SessionFacts
from tests.tray.conftest import screen
from tests.tray.tray_screen import SECONDS, Screen, eventually

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["screen"]
AT_A_DESK = SessionFacts(on_windows=True, session_id=1, interactive=True, disconnected=False)
TYPED = ["run", "--confg", "robot.toml"]


@pytest.mark.parametrize(
    ("arguments", "facts", "shown"),
    [
        (TYPED, AT_A_DESK, True),
        (["finsh"], AT_A_DESK, True),
        ([*TYPED, "--headless"], AT_A_DESK, False),
        (["run", "--by-schedule", "--confg"], AT_A_DESK, False),
        (TYPED, SessionFacts(on_windows=True, session_id=0, interactive=False), False),
        (TYPED, SessionFacts(on_windows=True, session_id=0, interactive=True), False),
        (TYPED, SessionFacts(on_windows=True, session_id=2, interactive=True, disconnected=True), False),
        (TYPED, SessionFacts(on_windows=False), False),
    ],
)
def test_only_who_may_sit_there_is_shown_a_box(arguments: list[str], facts: SessionFacts, *, shown: bool) -> None:
    """Not a task, not a service, nobody who has gone away."""
    assert unread.is_for_a_person(arguments, facts) is shown


def test_it_ends_with_2_and_a_line_in_start_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The line names no argument: one may be a GUID in the wrong place."""
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "argv", ["robot.exe", "login", "da8bc2f0-8065-4385-b867-405e66b8e151"])
    monkeypatch.setenv("ROBOT_DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(SystemExit) as ended:
        cli.parse(sys.argv[1:])
    assert ended.value.code == 2
    said = (tmp_path / "data" / "logs" / "start.log").read_text("utf-8")
    assert "The command line is wrong" in said
    assert "da8bc2f0" not in said


@pytest.mark.screen
def test_the_box_goes_by_itself(screen: Screen) -> None:
    """Nobody closes it, and the program ends all the same; nothing of it is left."""
    before = set(threading.enumerate())
    shown = threading.Thread(target=unread.show, args=("unrecognized arguments: --confg", 3.0))
    shown.start()
    assert eventually(lambda: screen.window("robot-menu"))
    shown.join(SECONDS)
    assert not shown.is_alive()
    assert eventually(lambda: screen.window("robot-menu") is None)
    assert set(threading.enumerate()) <= before
