"""A log by day keeps each of its lines, whatever the clock does."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from app.base.file_by_day import FileByDay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Say = Callable[..., None]


class Clock:
    """A clock that shows what a test sets it to, in local time."""

    def __init__(self) -> None:
        self.now = 0.0

    def set(self, moment: str) -> None:
        """As `2026-11-24 23:59`."""
        self.now = time.mktime(time.strptime(moment, "%Y-%m-%d %H:%M"))

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where clocks change twice a year."""
    if sys.platform == "win32":
        pytest.skip("no TZ there")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def say(tmp_path: Path) -> Iterator[Say]:
    """Says the moment at which it is said; a line by its moment."""
    clock = Clock()
    handlers: list[FileByDay] = []

    def line(*moments: str) -> None:
        for moment in moments:
            clock.set(moment)
            if not handlers:
                handlers.append(FileByDay(tmp_path / "robot.log", lambda: None, clock))
            handlers[0].handle(logging.makeLogRecord({"msg": moment}))

    yield line
    for handler in handlers:
        handler.close()


def lines(folder: Path) -> dict[str, list[str]]:
    """Each file's lines."""
    return {file.name: file.read_text("utf-8").splitlines() for file in folder.iterdir()}


def test_each_day_has_its_file(tmp_path: Path, say: Say) -> None:
    """A day on which nothing was said has none."""
    say("2026-11-24 00:00", "2026-11-24 23:59", "2026-11-25 00:00", "2026-11-28 12:00")
    assert lines(tmp_path) == {
        "robot.log.2026-11-24": ["2026-11-24 00:00", "2026-11-24 23:59"],
        "robot.log.2026-11-25": ["2026-11-25 00:00"],
        "robot.log": ["2026-11-28 12:00"],
    }


@pytest.mark.usefixtures("berlin")
def test_days_of_23_and_of_25_hours_end_at_midnight(tmp_path: Path, say: Say) -> None:
    """Where summer begins, and where it ends."""
    say("2026-03-29 01:00", "2026-03-29 23:59", "2026-03-30 00:00")
    say("2026-10-25 00:00", "2026-10-25 23:59", "2026-10-26 00:00")
    assert lines(tmp_path) == {
        "robot.log.2026-03-29": ["2026-03-29 01:00", "2026-03-29 23:59"],
        "robot.log.2026-03-30": ["2026-03-30 00:00"],
        "robot.log.2026-10-25": ["2026-10-25 00:00", "2026-10-25 23:59"],
        "robot.log": ["2026-10-26 00:00"],
    }


def test_a_clock_that_is_set_back_by_a_year_turns_days_at_once(tmp_path: Path, say: Say) -> None:
    """A machine that started with a wrong clock doesn't write into one file until that time has come."""
    say("2027-11-24 10:00", "2026-11-24 10:00", "2026-11-25 10:00", "2026-11-26 10:00")
    assert lines(tmp_path) == {
        "robot.log.2027-11-24": ["2027-11-24 10:00"],
        "robot.log.2026-11-24": ["2026-11-24 10:00"],
        "robot.log.2026-11-25": ["2026-11-25 10:00"],
        "robot.log": ["2026-11-26 10:00"],
    }


def test_a_file_of_the_future_turns_at_the_start(tmp_path: Path) -> None:
    """That clock was set right while the robot was off."""
    file = tmp_path / "robot.log"
    file.write_text("later\n")
    clock = Clock()
    clock.set("2027-11-24 10:00")
    os.utime(file, (clock.now, clock.now))
    clock.set("2026-11-24 10:00")
    handler = FileByDay(file, lambda: None, clock)
    handler.handle(logging.makeLogRecord({"msg": "now"}))
    handler.close()
    assert lines(tmp_path) == {"robot.log.2027-11-24": ["later"], "robot.log": ["now"]}


def test_a_day_that_comes_twice_loses_nothing(tmp_path: Path, say: Say) -> None:
    """What its first time said stays as it is; what the second says stands in the next file."""
    say("2026-11-24 10:00", "2026-11-25 10:00", "2026-11-26 10:00", "2026-11-24 11:00", "2026-11-25 11:00")
    assert lines(tmp_path) == {
        "robot.log.2026-11-24": ["2026-11-24 10:00"],
        "robot.log.2026-11-25": ["2026-11-25 10:00"],
        "robot.log.2026-11-26": ["2026-11-26 10:00"],
        "robot.log": ["2026-11-24 11:00", "2026-11-25 11:00"],
    }


def test_a_clock_that_is_set_right_over_midnight_makes_no_second_day(tmp_path: Path, say: Say) -> None:
    """Time servers set clocks back by seconds: that day has ended already."""
    say("2026-11-24 23:58", "2026-11-25 00:01", "2026-11-24 23:59", "2026-11-25 10:00", "2026-11-26 10:00")
    assert lines(tmp_path) == {
        "robot.log.2026-11-24": ["2026-11-24 23:58"],
        "robot.log.2026-11-25": ["2026-11-25 00:01", "2026-11-24 23:59", "2026-11-25 10:00"],
        "robot.log": ["2026-11-26 10:00"],
    }
