"""What the tray offers beyond the robot: done in a process of its own, and what went wrong is said."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from app.base.paths import DataPaths
from app.journal.journal import Journal
from app.orchestrator.origin import Origin
from app.program import own_process
from app.program.tray_actions import Actions
from app.robot.state import StateBoard
from app.settings.loading import load_settings
from app.tray import dialogs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was shown to the person: files, and texts."""
    shown: list[Any] = []
    monkeypatch.setattr("app.system.opener.open_for_person", shown.append)
    monkeypatch.setattr(dialogs, "inform", lambda _title, text: shown.append(text))
    return shown


@pytest.fixture
def actions(tmp_path: Path) -> Actions:
    """Those of a robot that has run one job."""
    config = tmp_path / "robot.toml"
    config.write_text(
        "host = 'http://x'\nrobot_guid = 'da8bc2f0-8065-4385-b867-405e66b8e151'\ndata_dir = 'data'\nlanguage = 'en'\n"
    )
    loaded = load_settings(config, {})
    journal = Journal.open(DataPaths(loaded.settings.data_dir).journal)
    journal.begin_job("j1", "invoices", "", "m", datetime.now(UTC), tmp_path / "x.log", Origin("http://x", "f"))
    journal.close()
    service: Any = SimpleNamespace(loaded=loaded)
    return Actions(service, StateBoard(), config)


def test_the_history_is_made_by_a_process_of_its_own(actions: Actions, opened: list[Any], tmp_path: Path) -> None:
    """The page of the journal in force is opened, also if the settings file has gone wrong meanwhile."""
    actions.open_history()
    page = tmp_path / "data" / "history.html"
    assert opened == [page]
    assert "invoices" in page.read_text("utf-8")
    (tmp_path / "robot.toml").write_text("host = 'no host'\ndata_dir = 'elsewhere'\n")
    page.unlink()
    actions.open_history()
    assert "invoices" in page.read_text("utf-8")


def test_why_there_is_no_page_is_said(actions: Actions, opened: list[Any], tmp_path: Path) -> None:
    """In the words of that process, without its traceback."""
    (tmp_path / "data" / "journal.sqlite3").write_bytes(b"no database " * 1000)
    actions.open_history()
    [text] = opened
    assert text.startswith("The journal")
    assert "damaged" in text
    assert "Start the robot once" in text


def test_a_program_that_cannot_be_started_is_said(
    actions: Actions, opened: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The robot itself goes on."""
    monkeypatch.setattr(own_process, "_program", lambda: [str(tmp_path / "nothing")])
    actions.open_history()
    assert len(opened) == 1
    assert "could not be started" in opened[0]


def test_the_windows_program_starts_its_console_twin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """robot.exe has no console to say on what went wrong; alone it starts itself."""
    monkeypatch.setattr(own_process, "FROZEN", True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "robot.exe"))
    assert own_process._program() == [str(tmp_path / "robot.exe")]
    (tmp_path / "robot-cli.exe").touch()
    assert own_process._program() == [str(tmp_path / "robot-cli.exe")]
