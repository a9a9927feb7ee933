"""`robot open`: the page of a robot that is a process of its own, seen by its user and by others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
import requests

from tests.contract.robot_process import finish, interrupt, wait_until

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Finished, Home

BROWSER = '#!/bin/sh\necho "$1" > "$HOME/opened"\n'
OTHER_USER = 65534
MOST_MEMORY = 25 * 2**20  # bytes that the page costs while somebody looks
SECTIONS = ("now", "history", "logs", "check", "settings", "about")
LOOKS = "import requests, sys; print(requests.get(sys.argv[1], timeout=10).status_code)"


def ask(robot: Home) -> Finished:
    """`robot open`, with a browser that notes what it is to show."""
    programs = robot.folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "xdg-open").write_text(BROWSER, "utf-8")
    (programs / "xdg-open").chmod(0o755)
    path = f"{programs}{os.pathsep}{robot.environment['PATH']}"
    return robot.run("open", "--config", str(robot.config), environment={"PATH": path})


def address_of(robot: Home) -> str:
    """The address that `robot open` gives the browser."""
    assert ask(robot).code == 0
    return (robot.folder / "opened").read_text("utf-8").strip()


def test_open(robot: Home, orchestrator: Orchestrator) -> None:
    """Nobody runs: 1, and said so. A headless robot's page is opened, again and again; it ends with the robot.

    Its token stands in nothing that is left, and the address alone lets no other user in.
    """
    robot.settings(orchestrator.url, when_idle="wait")
    nobody = ask(robot)
    assert (nobody.code, "doesn't run here" in nobody.errors) == (1, True)
    process = robot.start_robot()
    wait_until(lambda: len(orchestrator.requests) > 3)
    closed = psutil.Process(process.pid).memory_full_info().uss
    address = address_of(robot)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/now", address)
    assert requests.get(address, timeout=10).status_code == 200
    assert requests.get(address.replace(address.split("/")[3], "x" * 32), timeout=10).status_code == 404
    assert all(requests.get(address[:-3] + path, timeout=10).ok for path in SECTIONS for _ in range(3))
    assert psutil.Process(process.pid).memory_full_info().uss - closed < MOST_MEMORY
    (told,) = robot.folder.rglob("*.page")
    assert told.stat().st_mode & 0o77 == 0
    assert address_of(robot) == address
    if os.geteuid() == 0:
        looks = subprocess.run(
            [sys.executable, "-c", LOOKS, address], user=OTHER_USER, capture_output=True, text=True, check=True
        )
        assert looks.stdout.strip() == "404"
    interrupt(process)
    ended = finish(process)
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)
    token = address.split("/")[3]
    (robot.folder / "opened").unlink()
    left = b"".join(file.read_bytes() for file in robot.folder.rglob("*") if file.is_file())
    assert token.encode() not in left
    assert token not in ended.output + ended.errors
