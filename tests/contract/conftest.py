"""A home for the robot, and an Orchestrator that shares no code with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import Orchestrator
from tests.contract.robot_process import GUID, Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Signals and XDG folders are Linux's; the Windows program has a lane of its own, tests/program_on_windows.
collect_ignore_glob = ["test_*.py"] if sys.platform == "win32" else []


@pytest.fixture
def orchestrator() -> Iterator[Orchestrator]:
    """An Orchestrator on a socket; in the end it must have had nothing to complain about."""
    with Orchestrator(GUID) as orchestrator:
        yield orchestrator
    assert orchestrator.complaints == []


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home without settings; what a test leaves running is killed with it."""
    home = Home(tmp_path / "home")
    yield home
    home.end()


@pytest.fixture
def robot(home: Home, orchestrator: Orchestrator) -> Home:
    """A home whose settings name the Orchestrator."""
    home.settings(orchestrator.url)
    return home
