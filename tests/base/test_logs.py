"""The robot's own log: redacted, readable by programs, bounded."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import time

import pytest

from app.base.errors import RefusedError, RobotError
from app.base.logs import (
    JsonFormatter,
    RedactingFormatter,
    detach,
    log_to_console,
    remove_old_evidence,
    remove_old_logs,
    robot_log,
    start_logging,
)
from app.base.paths import DataPaths
from app.base.redaction import Redactor

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
log = logging.getLogger("tests.logs")


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    """What a test does to the process's logging is undone."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    yield
    for handler in root.handlers[:]:
        if handler not in before[0]:
            detach(handler)
    root.setLevel(before[1])
    logging.raiseExceptions = before[2]
    logging.captureWarnings(capture=False)


class Console(io.StringIO):
    """A console that isn't a terminal."""


def fail() -> None:
    """Raise an error whose text, cause and locals know the secret."""
    try:
        int(GUID)
    except ValueError as cause:
        raise RuntimeError(f"worse {GUID}") from cause


def test_lines_go_to_the_file_without_secrets(tmp_path):
    """The file has time, level and message; the GUID in message, arguments and traceback is masked."""
    paths = DataPaths(tmp_path / "data")
    handler = start_logging(paths, Redactor(GUID), keep_days=3)
    log.info("hello %s, привет", GUID)
    log.debug("not this")
    try:
        fail()
    except RuntimeError:
        log.exception("failed for %s", {"Authorization": GUID})
    detach(handler)
    text = paths.robot_log.read_text("utf-8")
    assert "INFO    hello ***, привет" in text
    assert "RuntimeError: worse ***" in text
    assert "literal for int() with base 10: '***'" in text
    assert GUID not in text
    assert "not this" not in text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RefusedError("The Orchestrator refuses this robot.", "Correct robot_guid."), "exit code 3: The Orchestrator"),
        (ZeroDivisionError(f"by {GUID}"), "ZeroDivisionError: by ***"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_why_it_ended_is_in_the_log(tmp_path, error, said):
    """Behind a tray nobody sees standard error: an error on its way out of the program is written down first."""
    paths = DataPaths(tmp_path)
    with pytest.raises(type(error)), robot_log(paths, Redactor(GUID), keep_days=3):
        raise error
    assert said in paths.robot_log.read_text("utf-8")


def test_nothing_is_lost_to_foreign_characters(tmp_path):
    """A line with a lone surrogate (a file name that is not UTF-8) is written with an escape."""
    paths = DataPaths(tmp_path)
    handler = start_logging(paths, Redactor(GUID), keep_days=3)
    log.info("odd name %s", "a\udcff")
    detach(handler)
    assert "odd name a\\udcff" in paths.robot_log.read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_an_error_for_people(tmp_path):
    """A file where the folder should be: the error names the folder and the way out."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(RobotError) as caught:
        start_logging(DataPaths(tmp_path / "data"), Redactor(), keep_days=1)
    assert str(tmp_path / "data" / "logs") in caught.value.message
    assert "data_dir" in caught.value.hint


def test_a_day_that_cannot_be_turned_waits(tmp_path, monkeypatch):
    """Where the file can't be renamed (a viewer holds it open on Windows), lines go on into it."""
    paths = DataPaths(tmp_path)
    handler = start_logging(paths, Redactor(), keep_days=2)
    log.info("before")
    monkeypatch.setattr(handler, "_day", "2026-01-01")

    def refuse(*_args):
        raise PermissionError(13, "used by another program")

    monkeypatch.setattr(type(tmp_path), "rename", refuse)
    log.info("after")
    detach(handler)
    assert [file.name for file in paths.logs.iterdir()] == ["robot.log"]
    text = paths.robot_log.read_text("utf-8")
    assert "before" in text
    assert "after" in text


@pytest.mark.skipif(sys.platform == "win32", reason="there nobody can remove a file that is written to")
def test_a_log_that_somebody_has_removed_is_made_anew(tmp_path):
    """Removed, moved away, moved away with its folder, or replaced: what comes next stands where it belongs."""
    paths = DataPaths(tmp_path / "data")
    handler = start_logging(paths, Redactor(GUID), keep_days=3)
    log.info("first")
    paths.robot_log.unlink()
    log.info("second")
    assert "second" in paths.robot_log.read_text("utf-8")
    assert paths.robot_log.stat().st_mode & 0o777 == 0o600
    paths.robot_log.rename(tmp_path / "moved")
    paths.robot_log.write_text("of logrotate\n")
    log.info("third")
    assert paths.robot_log.read_text("utf-8").startswith("of logrotate\n")
    assert "third" in paths.robot_log.read_text("utf-8")
    assert "third" not in (tmp_path / "moved").read_text("utf-8")
    paths.logs.rename(tmp_path / "away")
    log.info("fourth")
    assert "fourth" in (tmp_path / "away" / "robot.log").read_text("utf-8")
    paths.logs.mkdir()
    os.mkfifo(paths.robot_log)
    log.info("fifth")
    assert "fifth" in (tmp_path / "away" / "robot.log").read_text("utf-8")
    detach(handler)


def test_old_days_of_the_robots_log_are_removed(tmp_path):
    """The day's turn keeps what is younger than `keep_days`, and what somebody has made of an old one."""
    paths = DataPaths(tmp_path)
    paths.logs.mkdir(parents=True)
    files = [f"robot.log.2026-11-0{day}" for day in range(1, 6)] + ["robot.log.2026-11-01.zip", "robot.log"]
    for age, name in enumerate(reversed(files)):
        (paths.logs / name).write_text("said\n")
        os.utime(paths.logs / name, (time.time() - (age + 0.5) * 86400,) * 2)
    os.utime(paths.logs / "robot.log", (time.time() - 86400,) * 2)
    handler = start_logging(paths, Redactor(), keep_days=4)
    log.info("new day")
    detach(handler)
    yesterday = time.strftime("robot.log.%Y-%m-%d", time.localtime(time.time() - 86400))
    kept = ["robot.log", yesterday, "robot.log.2026-11-01.zip", "robot.log.2026-11-04", "robot.log.2026-11-05"]
    assert sorted(file.name for file in paths.logs.iterdir()) == sorted(kept)


def test_a_robot_that_runs_for_months_removes_old_job_logs_each_day(tmp_path, monkeypatch):
    """Jobs' logs past their days go when the robot's log turns to a new day, not only at a start."""
    paths = DataPaths(tmp_path)
    old = paths.job_logs / "2026-01-01" / "old.log"
    handler = start_logging(paths, Redactor(), keep_days=2)
    try:
        old.parent.mkdir(parents=True)
        old.touch()
        os.utime(old, (time.time() - 3 * 86400,) * 2)
        log.info("today")
        assert old.exists()
        monkeypatch.setattr(handler, "_day", "2026-01-01")
        log.info("tomorrow")
        assert not old.parent.exists()
    finally:
        detach(handler)


def test_json_lines(tmp_path):
    """One object a line, also for tracebacks and line ends; no secret in it."""
    console = Console()
    log_to_console(Redactor(GUID), "json", console)
    log.warning("two\nlines of %s", GUID)
    try:
        fail()
    except RuntimeError:
        log.exception("failed")
    first, second = map(json.loads, console.getvalue().splitlines())
    assert first["message"] == "two\nlines of ***"
    assert first["level"] == "warning"
    assert first["logger"] == "tests.logs"
    assert first["time"].endswith("+00:00")
    assert "worse ***" in second["error"]
    assert GUID not in console.getvalue()


def test_plain_lines_on_a_console(tmp_path):
    """A console that is no terminal gets plain lines, without escapes and secrets."""
    console = Console()
    log_to_console(Redactor(GUID), "text", console)
    log.error("bad %s", GUID)
    assert console.getvalue().endswith("ERROR   bad ***\n")
    assert "\x1b" not in console.getvalue()


def test_a_line_cannot_be_forged():
    """Line ends and terminal codes in a server's text neither begin a line of their own nor colour anything."""
    console = Console()
    log_to_console(Redactor(GUID), "text", console)
    log.error("refused: %s", "no\r\n2026-11-24 10:00:00.000 INFO    all is well\x1b[2K\u202e")
    first, second = console.getvalue().splitlines()
    assert first.endswith("ERROR   refused: no")
    assert second == "    2026-11-24 10:00:00.000 INFO    all is well\\x1b[2K\\u202e"


def test_no_console_is_fine(monkeypatch):
    """A windowed program has no stderr."""
    monkeypatch.setattr("sys.stderr", None)
    before = logging.getLogger().handlers[:]
    log_to_console(Redactor(), "text")
    assert logging.getLogger().handlers == before


def test_a_line_that_cannot_be_written_is_not_printed_raw(capsys):
    """When writing fails (disk full), logging's own report would show the raw arguments: it is off."""

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    log_to_console(Redactor(GUID), "text", Full())
    log.info("hello %s", GUID)
    captured = capsys.readouterr()
    assert GUID not in captured.err + captured.out


def test_formatters_mask_a_cached_traceback():
    """A traceback that another handler's formatter cached in the record is masked as well."""
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "m", None, None)
    record.exc_text = f"Traceback {GUID}"
    assert GUID not in RedactingFormatter(Redactor(GUID)).format(record)
    assert GUID not in JsonFormatter(Redactor(GUID)).format(record)


def test_folders_that_can_not_be_read_keep_no_line_from_the_log(tmp_path, monkeypatch):
    """An administrator's run may have made them: what is in them stays, and the robot speaks on its new day."""
    paths = DataPaths(tmp_path)
    paths.job_logs.mkdir(parents=True)
    paths.evidence.mkdir()
    iterdir = type(tmp_path).iterdir

    def guarded(path):
        if path in (paths.job_logs, paths.evidence):
            raise PermissionError(13, "access denied")
        return iterdir(path)

    monkeypatch.setattr(type(tmp_path), "iterdir", guarded)
    handler = start_logging(paths, Redactor(), keep_days=2)
    monkeypatch.setattr(handler, "_day", "2026-01-01")
    log.info("tomorrow")
    detach(handler)
    assert "tomorrow" in paths.robot_log.read_text("utf-8")
    assert remove_old_logs(paths.job_logs, 2) == remove_old_evidence(paths.evidence, 2) == 0


def test_the_file_may_be_json(tmp_path):
    """With `log_format = "json"` each line of the file is an object with the documented fields, without secrets."""
    paths = DataPaths(tmp_path / "data")
    with robot_log(paths, Redactor(GUID), keep_days=3, log_format="json"):
        log.info("hello %s\nпривет", GUID)
        try:
            fail()
        except RuntimeError:
            log.exception("it failed")
    text = paths.robot_log.read_text("utf-8")
    assert GUID not in text
    first, second = (json.loads(line) for line in text.splitlines())
    assert set(first) == {"time", "level", "logger", "message"}
    assert first["message"] == "hello ***\nпривет"
    assert second["error"].startswith("Traceback")
