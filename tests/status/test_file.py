"""The file: whole at any moment, private, and honest about a robot that died."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from app.base.errors import RobotError
from app.base.replacing import replace_file
from app.status.file import Condition, own_process, read_status, write_status
from app.status.record import Process, as_text
from tests.status.samples import status

if TYPE_CHECKING:
    from pathlib import Path


def test_a_robot_that_lives_is_running(tmp_path: Path) -> None:
    """A record of a process that lives; with no record, none."""
    file = tmp_path / "status.json"
    assert read_status(file).condition is Condition.NONE
    write_status(file, status(process=own_process()))
    assert read_status(file).condition is Condition.RUNNING


def test_a_robot_that_died_is_dead(tmp_path: Path) -> None:
    """Its process has gone, or another process has its number now, or the record is another machine's."""
    file = tmp_path / "status.json"
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = Process(child.pid, psutil.Process(child.pid).create_time())
    write_status(file, status(process=process))
    assert read_status(file).condition is Condition.RUNNING
    child.kill()
    child.wait()
    assert child.stdin
    child.stdin.close()
    assert read_status(file).condition is Condition.DEAD
    ours = own_process()
    write_status(file, status(process=replace(ours, created=ours.created - 100)))
    assert read_status(file).condition is Condition.DEAD
    write_status(file, status(process=ours, machine="elsewhere"))
    assert read_status(file).condition is Condition.DEAD


def test_a_robot_that_said_so_has_ended(tmp_path: Path) -> None:
    """Whatever has its process's number now."""
    file = tmp_path / "status.json"
    write_status(file, status(process=own_process(), state="ended"))
    assert read_status(file).condition is Condition.ENDED


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    """A later version's record, a damaged one, a folder in its place: an error for people."""
    file = tmp_path / "status.json"
    file.write_text(as_text(status()).replace('"format": 1', '"format": 9'), "utf-8")
    with pytest.raises(RobotError, match="later version"):
        read_status(file)
    file.write_bytes(b"\xff\xfe{")
    with pytest.raises(RobotError, match="damaged"):
        read_status(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(RobotError):
        read_status(file)


def test_a_reader_never_sees_half_of_it(tmp_path: Path) -> None:
    """While it is replaced a thousand times, each look finds one text or the other; nothing is left beside it."""
    file = tmp_path / "status.json"
    texts = {"a" * 5000, "b" * 20_000}
    replace_file(file, min(texts))
    done = threading.Event()
    seen: set[str] = set()

    def look() -> None:
        while not done.is_set():
            seen.add(file.read_text("utf-8"))

    reader = threading.Thread(target=look)
    reader.start()
    for _turn in range(500):
        for text in texts:
            replace_file(file, text)
    done.set()
    reader.join()
    assert seen <= texts
    assert [each.name for each in tmp_path.iterdir()] == ["status.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_it_is_for_this_user_only_unless_it_is_meant_for_others(tmp_path: Path) -> None:
    """Private from its first byte; a file for a collector of another account can be read."""
    replace_file(tmp_path / "a", "x")
    replace_file(tmp_path / "b", "x", private=False)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o644
