"""Removing everything that is a user's, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base import paths
from app.setup.purge import purge

if TYPE_CHECKING:
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home of its own."""
    for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "machine"))
    return tmp_path


def put(*files: Path) -> None:
    """Files with something in them."""
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x", "utf-8")


def test_nothing_of_the_user_is_left_but_the_scripts(home: Path) -> None:
    """Journal, damaged ones, logs, pages and settings go, whatever else lies in the usual folder with them."""
    data = paths.default_data_dir()
    settings = paths.user_settings_file()
    script = settings.parent / "scripts" / "invoices.py"
    put(data / "journal.sqlite3-wal", data / "journal.damaged-1.sqlite3", data / "logs" / "jobs" / "a.log")
    put(data / "history.html", data / "of a later version.json", script)
    settings.write_text(f"host = 'http://orch'\nrobot_guid = '{GUID}'\n", "utf-8")
    assert purge() == []
    assert not data.exists()
    assert [file for file in home.rglob("*") if file.is_file()] == [script]


def test_a_data_folder_of_ones_own_loses_what_is_the_robots_only(home: Path) -> None:
    """Somebody else's files there stay; so does the machine's file unless the program was everybody's."""
    own = home / "shared with others"
    theirs = (
        *("letter.txt", "company/letter.txt", "communication.docx", "robot-arm/plan.txt", "history.html.bak"),
        *("evidence/Case 17/photo.jpg", "logs-old/a.log", "logs/backup.log", "logs/jobs/nightly/a.log"),
        *("environments/production/hosts", "runs/report.txt"),
    )
    settings, machine = paths.user_settings_file(), paths.machine_settings_file()
    put(
        own / "journal.sqlite3",
        own / "journal.damaged-1.sqlite3",
        own / "logs" / "robot.log",
        own / "logs" / "jobs" / "2026-11-24" / "101500 invoices 5f3c9a17.log",
        own / "evidence" / GUID / "screen.png",
        own / "environments" / "0f3c9a17b2d4e5a6f7" / "pyvenv.cfg",
        own / "status.json0f3c9a17.tmp",
        *(own / name for name in theirs),
        settings,
    )
    machine.parent.mkdir(parents=True)
    machine.write_text("when_idle = 'wait'\n", "utf-8")
    settings.write_text(f"host = 'http://orch'\nrobot_guid = '{GUID}'\ndata_dir = '{own}'\n", "utf-8")
    assert purge() == []
    assert sorted(file.relative_to(own).as_posix() for file in own.rglob("*") if file.is_file()) == sorted(theirs)
    assert machine.exists()
    assert purge(machine=True) == []
    assert not machine.exists()


def test_settings_that_cannot_be_read_hold_nothing_up(home: Path) -> None:
    """The usual places are known without them."""
    settings = paths.user_settings_file()
    put(settings, paths.default_data_dir() / "journal.sqlite3")
    assert purge() == []
    assert [file for file in home.rglob("*") if file.is_file()] == []
