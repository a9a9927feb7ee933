"""What the tray offers beyond the robot: done in a process of its own, and what went wrong is said."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from app.base.clock import Clock
from app.base.paths import DataPaths
from app.base.redaction import Redactor
from app.journal.journal import Journal
from app.orchestrator.origin import Origin
from app.program import own_process
from app.program.own_page import OwnPage
from app.program.tray_actions import Actions
from app.program.trouble import Trouble
from app.robot.controls import Controls
from app.robot.state import StateBoard
from app.settings.loading import load_settings
from app.tray import dialogs
from tests.contract.robot_process import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was shown to the person: files, and texts."""
    shown: list[Any] = []
    monkeypatch.setattr("app.program.own_page.open_for_person", lambda target, **_more: shown.append(target))
    monkeypatch.setattr(dialogs, "inform", lambda _title, text: shown.append(text))
    return shown


@pytest.fixture
def actions(tmp_path: Path) -> Iterator[Actions]:
    """Those of a robot that has run one job."""
    config = tmp_path / "robot.toml"
    config.write_text(
        "host = 'http://x'\nrobot_guid = 'da8bc2f0-8065-4385-b867-405e66b8e151'\ndata_dir = 'data'\nlanguage = 'en'\n"
    )
    loaded = load_settings(config, {})
    journal = Journal.open(DataPaths(loaded.settings.data_dir).journal)
    journal.begin_job("j1", "invoices", "", "m", datetime.now(UTC), tmp_path / "x.log", Origin("http://x", "f"))
    journal.close()
    board = StateBoard()
    service: Any = SimpleNamespace(loaded=loaded, controls=Controls(board), trouble=Trouble(board, config, None))
    service.page = OwnPage(service, board, config, Redactor(), Clock())
    yield Actions(service, board, config)
    service.page.close()


def test_the_page_is_opened_where_it_is_wanted(actions: Actions, opened: list[Any]) -> None:
    """*Open…*, *History…*, *Check…* and a failed job's notification lead to one server, each to its place."""
    actions.open_page()
    actions.open_page("history/j1")
    actions.open_history()
    actions.run_check()
    root = opened[0].removesuffix("now")
    assert opened == [root + path for path in ("now", "history/j1", "history", "check")]
    assert "invoices" in requests.get(root + "history", timeout=10).text


def test_before_there_are_settings_the_page_leads_to_them(actions: Actions, opened: list[Any]) -> None:
    """There is nothing else to see yet."""
    actions._board.publish(no_settings=True)
    actions.open_page()
    assert opened[0].endswith("/settings")


def test_why_there_is_no_page_is_said(actions: Actions, opened: list[Any]) -> None:
    """A check that has no page is shown in a box."""
    actions._service.page.close()
    actions.open_page()
    actions.run_check()
    said, found = opened
    assert said.startswith("The robot has ended")
    assert "Orchestrator (HTTP)" in found


def test_a_program_that_cannot_be_started_is_said(
    actions: Actions, opened: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The robot itself goes on."""
    monkeypatch.setattr(own_process, "_program", lambda: [str(tmp_path / "nothing")])
    actions.switch_autostart()
    assert len(opened) == 1
    assert "could not be started" in opened[0]


@pytest.mark.parametrize("module", ["app.commands.run", "app.program.tray_actions", "app.tray.tray"])
def test_a_robot_without_visitors_pays_nothing(module: str) -> None:
    """Neither the page nor what serves it is loaded before somebody wants to look."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert module in loaded
    assert not loaded & {"app.page", "app.web", "starlette", "uvicorn", "anyio", "jinja2", "h11", "tomlkit"}


def test_the_windows_program_starts_its_console_twin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """robot.exe has no console to say on what went wrong; alone it starts itself."""
    monkeypatch.setattr(own_process, "FROZEN", True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "robot.exe"))
    assert own_process._program() == [str(tmp_path / "robot.exe")]
    (tmp_path / "robot-cli.exe").touch()
    assert own_process._program() == [str(tmp_path / "robot-cli.exe")]
