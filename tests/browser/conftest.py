"""One Chromium for all tests that look at a page; `npm ci --prefix tests/browser` brings axe-core.

Where either is missing the tests are skipped and say so; with `ROBOT_REQUIRE_BROWSER` set (CI) they fail instead.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from app.sandbox.engine import Sandbox
from tests.page import served as robots_page
from tests.sandbox.conftest import OTHER_ROBOT, ROBOT, robot, server

if TYPE_CHECKING or sys.platform != "win32":
    from tests.browser.chromium import Chromium, Page, find_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox.server import SandboxServer

__all__ = ["robot", "server"]  # fixtures of the sandbox's tests, for its page
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def _missing(what: str) -> NoReturn:
    if os.environ.get("ROBOT_REQUIRE_BROWSER"):
        pytest.fail(what)
    pytest.skip(f"{what} The pages were not looked at in a browser.")


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """A headless browser with a fresh profile."""
    if sys.platform == "win32":
        _missing("The browser's pipe is driven on POSIX only.")
    program = find_chromium()
    if program is None:
        _missing("Chromium is not installed.")
    with Chromium(program) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def axe() -> None:
    """axe-core is there."""
    if not AXE.exists():
        _missing("axe-core is not installed (npm ci --prefix tests/browser).")


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox that knows two robots."""
    sandbox = Sandbox()
    sandbox.add_robot(ROBOT, "Accounting")
    sandbox.add_robot(OTHER_ROBOT, "Night")
    return sandbox


@pytest.fixture
def served(tmp_path: Path) -> Iterator[robots_page.Served]:
    """The robot's own page on a socket: `browser.open(served.root + "now")`."""
    with robots_page.served(tmp_path) as page:
        yield page


@pytest.fixture
def page(browser: Chromium, server: SandboxServer) -> Iterator[Page]:
    """The page, open and live."""
    opened = browser.open(server.url)
    opened.wait_until("link.dataset.state === 'live'")
    yield opened
    opened.close()
