"""What the Windows edges do on other systems: nothing harmful, and they say so."""

from __future__ import annotations

import logging
import os
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from app.base.errors import RobotError
from app.base.private_files import make_private
from app.system import autostart, opener, session
from app.system.end_of_session import EndOfSession
from app.system.keep_awake import KeepAwake
from app.system.running_robots import ask_to_end
from app.system.session import SessionFacts

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the POSIX side")


def test_log_off_says_that_it_would(caplog):
    """Without Windows the log-off is a line in the log, and the robot's work is done."""
    with caplog.at_level(logging.INFO):
        assert session.log_off()
    assert "would be logged off" in caplog.text


def test_the_session_is_no_windows_session():
    """The facts claim nothing that isn't known, and nothing is wrong with them."""
    facts = session.session_facts()
    assert facts == SessionFacts(on_windows=False)
    assert not facts.problems()
    assert str(facts) == "not a Windows session"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (SessionFacts(on_windows=True, session_id=0, interactive=False), ["session 0"]),
        (SessionFacts(on_windows=True, session_id=2, interactive=False), ["no visible desktop"]),
        (
            SessionFacts(on_windows=True, session_id=2, interactive=True, disconnected=True, locked=True),
            ["disconnected", "locked"],
        ),
        (SessionFacts(on_windows=True, session_id=2, interactive=True, disconnected=False, locked=False), []),
        (SessionFacts(on_windows=True, session_id=2, interactive=True), []),
    ],
)
def test_what_keeps_scripts_from_a_desktop_is_said(facts, words):
    """Each trouble of a session has its sentence; what isn't known is no trouble."""
    problems = facts.problems()
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))


def test_the_facts_are_one_line_in_the_log():
    """The log line has every fact, and says what isn't known."""
    facts = SessionFacts(on_windows=True, session_id=3, interactive=True, remote=False, disconnected=False)
    assert str(facts) == "session_id 3, interactive True, remote False, disconnected False, locked unknown"


def test_the_contexts_start_no_thread():
    """Listening and staying awake cost nothing where there is nothing to listen to."""
    before = threading.active_count()
    with EndOfSession(pytest.fail), KeepAwake():
        assert threading.active_count() == before


def test_nobody_has_to_finish():
    """There is no program in use to be replaced."""
    assert ask_to_end()


@pytest.mark.parametrize("call", [autostart.disable, autostart.status, lambda: autostart.enable("task", ["robot"])])
def test_autostart_is_only_on_windows(call):
    """The person reads where it works and what to use here."""
    with pytest.raises(RobotError, match=r"on Windows only[\s\S]*systemd"):
        call()


def test_private_files_are_the_owners_alone(tmp_path):
    """Whatever the umask made, files become 0600 and folders 0700."""
    file = tmp_path / "secret"
    file.touch(0o666)
    folder = tmp_path / "folder"
    folder.mkdir()
    for path, mode in ((file, 0o600), (folder, 0o700)):
        path.chmod(0o777)
        make_private(path)
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_cannot_be_made_private_is_an_os_error(tmp_path):
    """Callers have one kind of error to handle on every system."""
    with pytest.raises(OSError, match="missing"):
        make_private(tmp_path / "missing")


def fake_xdg_open(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real program by that name, in front of the search path."""
    program = folder / "xdg-open"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_path_is_opened_with_the_desktops_program(tmp_path, monkeypatch):
    """The target reaches xdg-open as one argument, whatever is in it."""
    fake_xdg_open(tmp_path, f'printf %s "$1" > "{tmp_path}/opened"', monkeypatch)
    target = tmp_path / "счёт 1 & $(2).log"
    opener.open_for_person(target)
    assert (tmp_path / "opened").read_text() == str(target)


def test_what_cannot_be_opened_is_said_in_words(tmp_path, monkeypatch, caplog):
    """What a desktop's script says of itself is for the log; a file that isn't there is called so."""
    caplog.set_level("INFO")
    fake_xdg_open(tmp_path, "echo /usr/bin/xdg-open: 882: www-browser: not found >&2; exit 3", monkeypatch)
    with pytest.raises(RobotError, match=r"^http://host can't be opened: there is no program for it\.\nOpen") as caught:
        opener.open_for_person("http://host")
    assert "xdg-open" not in str(caught.value)
    assert "www-browser" in caplog.text
    with pytest.raises(RobotError, match="there is no such file or folder"):
        opener.open_for_person(tmp_path / "missing.log")


def test_a_missing_xdg_open_is_an_error_in_words(tmp_path, monkeypatch):
    """A machine without a desktop is no reason for a traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RobotError, match="can't be opened"):
        opener.open_for_person(tmp_path)


def test_a_program_that_stays_open_does_not_hold_up_the_robot(tmp_path, monkeypatch):
    """A viewer that stays is left alone, and reaped when it has ended and something else is opened."""
    monkeypatch.setattr(opener, "_PATIENCE", 0.05)
    fake_xdg_open(tmp_path, f'exec 2>&-; test "$1" = stay && cat "{tmp_path}/fifo"; exit 0', monkeypatch)
    os.mkfifo(tmp_path / "fifo")
    opener.open_for_person("stay")
    (staying,) = opener._showing
    assert staying.poll() is None
    (tmp_path / "fifo").write_text("done")
    staying.wait(10)
    monkeypatch.setattr(opener, "_PATIENCE", 5)
    opener.open_for_person("something")
    assert opener._showing == []
