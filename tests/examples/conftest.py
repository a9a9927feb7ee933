"""A robot's home whose scripts are the examples, and a sandbox that it works for."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from app.sandbox.server import SandboxServer
from tests.contract.robot_process import Home
from tests.examples.runs import EXAMPLES
from tests.robot.conftest import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.sandbox.engine import Sandbox


__all__ = ["home", "sandbox"]


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox) -> Iterator[Home]:
    """The examples, copied; their scripts know neither address nor GUID."""
    home = Home(tmp_path / "home")
    shutil.copytree(EXAMPLES, home.scripts, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    with SandboxServer(sandbox) as server:
        home.settings(server.url, share_credentials=False)
        yield home
        home.end()
    assert not sandbox.violations
