"""Folders that this user may not look into, and paths that the system can't have: said, never a traceback."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app import cli
from app.base.errors import ExitCode
from app.base.paths import DataPaths
from app.journal.journal import Journal
from app.orchestrator.origin import Origin
from tests.commands.test_outbox import GUID, english

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["english"]

HOST = "http://127.0.0.1:9"
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture(params=["too long", pytest.param("another's", marks=pytest.mark.skipif(ROOT, reason="root may"))])
def hidden(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A place for a folder that nobody can look at."""
    if request.param == "too long":
        yield tmp_path / ("a" * 300)
        return
    folder = tmp_path / "another's"
    folder.mkdir()
    folder.chmod(0)
    yield folder / "of theirs"
    folder.chmod(0o700)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., str]:
    """Writes a settings file; returns its path as the command line takes it."""

    def write(**places: Path) -> str:
        lines = [f"host = '{HOST}'", f"robot_guid = '{GUID}'", *(f"{key} = '{path}'" for key, path in places.items())]
        file = tmp_path / "robot.toml"
        file.write_text("\n".join(lines), "utf-8")
        return str(file)

    return write


@pytest.mark.parametrize("key", ["data_dir", "scripts"])
def test_the_check_says_so_and_goes_on(hidden, settings, tmp_path, capsys, key):
    """Exit code 2, an error in its line; the other lines are there as well."""
    places = {"data_dir": tmp_path / "data", "scripts": tmp_path, key: hidden}
    assert cli.main(["check", "--json", "--config", settings(**places)]) == ExitCode.USAGE
    found = {finding["name"]: finding["level"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert found[key] == "error"
    assert "autostart" in found


def test_what_waits_there_is_not_called_nothing(hidden, settings, capsys):
    """`robot outbox` and `retry` can't say that nothing waits: exit code 2 with the journal's name."""
    for action in ([], ["retry"]):
        assert cli.main(["outbox", *action, "--config", settings(data_dir=hidden)]) == ExitCode.USAGE
        said = capsys.readouterr()
        assert "journal" in said.err
        assert "Nothing" not in said.out


@pytest.mark.parametrize("key", ["data_dir", "scripts"])
def test_an_archive_for_support_is_made_all_the_same(hidden, settings, tmp_path, key):
    """`robot diagnose` is for machines on which something is wrong."""
    places = {"data_dir": tmp_path / "data", "scripts": tmp_path, key: hidden}
    archive = tmp_path / "support.zip"
    assert cli.main(["diagnose", "--output", str(archive), "--config", settings(**places)]) == ExitCode.OK
    assert zipfile.ZipFile(archive).read("check.txt")


def test_a_new_script_there(hidden, settings, tmp_path, capsys):
    """`robot new` says why it can't be made."""
    config = settings(data_dir=tmp_path / "data", scripts=hidden)
    assert cli.main(["new", "invoices", "--config", config]) == ExitCode.USAGE
    assert "can't be written" in capsys.readouterr().err


def test_a_file_that_nobody_thought_of(settings, tmp_path, monkeypatch, capsys):
    """An error with a file's name in it is said with that name."""

    def fails(_options: object) -> None:
        raise PermissionError(13, "Permission denied", "/a/place")

    monkeypatch.setattr("app.commands.status.run", fails)
    assert cli.main(["status", "--config", settings(data_dir=tmp_path / "data")]) == ExitCode.USAGE
    assert capsys.readouterr().err == "robot: /a/place can't be used: access denied.\n"


@pytest.mark.parametrize("output", [".", os.sep])
@pytest.mark.parametrize("form", [(), ("--json",), ("--fleet", ".")])
def test_a_place_without_a_name_for_the_history(settings, tmp_path, monkeypatch, capsys, output, form):
    """A folder is no file: said, and nothing is left there."""
    config = settings(data_dir=tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["history", *form, "--output", output, "--config", config]) == ExitCode.USAGE
    assert "can't be written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["robot.toml"]


def test_a_fleet_that_is_nowhere(tmp_path, capsys):
    """The reason is a reason, not the folder's name once more."""
    assert cli.main(["history", "--fleet", str(tmp_path / "nowhere")]) == ExitCode.USAGE
    assert "nowhere can't be read: there is no such file or folder." in capsys.readouterr().err


@pytest.mark.parametrize("rubbish", ["started_at = 'yesterday'", "status = 77"])
def test_a_journal_with_rubbish_in_a_row(settings, tmp_path, capsys, rubbish):
    """What shows the history says that it is damaged; the archive for support is made all the same."""
    config = settings(data_dir=tmp_path / "data", scripts=tmp_path)
    file = DataPaths(tmp_path / "data").journal
    journal = Journal.open(file)
    journal.begin_job(
        "j1", "invoices", "pv", "m", datetime.now(UTC), tmp_path / "x.log", Origin(HOST, "0123456789abcdef")
    )
    journal.close()
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute(f"UPDATE jobs SET {rubbish}")  # noqa: S608 - of the list above
        db.commit()
    for command in (("history", "--json", "--output", str(tmp_path / "runs.json")), ("history", "--csv")):
        assert cli.main([*command, "--config", config]) == ExitCode.USAGE
        assert "damaged" in capsys.readouterr().err
    assert cli.main(["diagnose", "--output", str(tmp_path / "support.zip"), "--config", config]) == ExitCode.OK


@pytest.mark.parametrize("command", ["status", "history", "outbox", "prepare", "check"])
def test_a_settings_file_that_is_not_there_is_said_by_every_command(tmp_path, capsys, command):
    """Whoever mistypes it isn't told of another robot: exit code 2."""
    assert cli.main([command, "--config", str(tmp_path / "nowhere.toml")]) == ExitCode.USAGE
    printed = capsys.readouterr()
    assert "There is no settings file" in printed.out + printed.err
