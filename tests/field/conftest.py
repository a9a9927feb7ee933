"""Orchestrators, homes, and the judge who looks at every run."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.field import judge
from tests.field.home import FieldHome
from tests.field.server import Orchestrator

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

# Signals, sockets' owners and locks are Linux's; the Windows program has a lane of its own.
collect_ignore_glob = ["test_*.py"] if sys.platform == "win32" else []


class Field:
    """Makes Orchestrators and homes; what they were part of is judged in the end."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.orchestrators: list[Orchestrator] = []
        self.homes: list[FieldHome] = []

    def home(self) -> FieldHome:
        """A home without settings."""
        home = FieldHome(self._folder / f"home{len(self.homes)}")
        self.homes.append(home)
        return home

    def orchestrator(self, *robots: str, **details: Any) -> Orchestrator:
        """A running one that knows these robots."""
        orchestrator = self._stack.enter_context(Orchestrator(*robots, **details))
        self.orchestrators.append(orchestrator)
        return orchestrator

    def judge(self) -> None:
        """Say what was wrong with the run."""
        assert judge.problems(self.orchestrators, self.homes) == []


_PASSED: pytest.StashKey[bool] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Only a test that came to its end is judged: another one's run is not over."""
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


@pytest.fixture
def field(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Field]:
    """The field of one test."""
    with contextlib.ExitStack() as stack:
        field = Field(tmp_path, stack)
        try:
            yield field
            for home in field.homes:
                for life in home.lives:
                    if life.ended_at is None and life.process.poll() is not None:
                        home.wait(life)
            if request.node.stash.get(_PASSED, False):
                field.judge()
        finally:
            for home in field.homes:
                home.end()


@pytest.fixture
def home(field: Field) -> FieldHome:
    """A home."""
    return field.home()


@pytest.fixture
def orchestrator(field: Field, home: FieldHome) -> Orchestrator:
    """An Orchestrator that the home's settings name."""
    orchestrator = field.orchestrator(home.guid)
    home.settings(orchestrator.url)
    return orchestrator
