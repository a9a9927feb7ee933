"""A screen for the tests that look at one, and a robot that writes down what it is asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import LastOutcome, ShownJob
from tests.tray.tray_screen import Screen, missing_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 24, 10, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


@pytest.fixture
def now() -> datetime:
    """A moment for the texts."""
    return NOW


@pytest.fixture
def job() -> ShownJob:
    """A job that has been running for 75 seconds."""
    return ShownJob("guid-1", "finance/invoices", NOW - timedelta(seconds=75), Path("invoices.log"))


@pytest.fixture
def failed() -> LastOutcome:
    """A job that failed an hour ago."""
    return LastOutcome(
        guid="guid-0",
        name="payroll",
        status=JobStatus.FAILED,
        ended_at=NOW - timedelta(hours=1),
        reason="The script ended with exit code 1.",
        last_line="ValueError: no such account",
        log_file=Path("payroll.log"),
    )


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    """A virtual screen with a tray; where it can't be had, the test is skipped, but never in CI."""
    if missing := missing_programs():
        reason = f"needs {', '.join(missing)}: apt-get install xvfb trayer"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as environment, Screen() as virtual:
        environment.setenv("DISPLAY", virtual.display_name)
        environment.delenv("XAUTHORITY", raising=False)
        yield virtual


class Recorder:
    """Robot and program in one: writes down each call; answers questions with `answer`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.questions: list[tuple[str, str]] = []
        self.answer = True

    def confirm(self, title: str, text: str) -> bool:
        self.questions.append((title, text))
        return self.answer

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *about: self.calls.append(" ".join([name, *about]))


@pytest.fixture
def recorder() -> Recorder:
    """Robot and program, writing down what they are asked."""
    return Recorder()
