"""What a start has imported when the first heartbeat arrives: nothing that can come later."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import Orchestrator
from tests.contract.robot_process import GUID, PATIENCE, ROOT, Home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Request

MOST_MODULES = 310  # 291 with Python 3.11 on Linux, of which 40 belong to the start of any `python -m`
# What comes later, by need, with all that lies below it.
LATER = {
    *("PIL", "pystray", "Xlib", "starlette", "uvicorn", "anyio", "jinja2", "rich", "prometheus_client", "tomlkit"),
    *("requests", "urllib3", "truststore", "psutil", "keyring", "babel"),
    *("asyncio", "dataclasses", "inspect", "importlib.metadata", "multiprocessing", "xml", "zipfile"),
    *("shutil", "subprocess", "tempfile", "http.server", "urllib.request", "ctypes", "difflib"),
    *("app.check", "app.history", "app.page", "app.sandbox", "app.setup", "app.tray", "app.web"),
    *("app.gateway.session", "app.jobs.environments", "app.jobs.runner", "app.jobs.spares", "app.journal.salvage"),
    *("app.monitoring.event_log", "app.monitoring.metrics", "app.orchestrator.through_proxy", "app.robot.log_shipping"),
}


@pytest.fixture
def imported(tmp_path: Path) -> list[str]:
    """What a robot has imported when its first heartbeat has arrived and isn't answered yet."""
    said, before = tmp_path / "stderr", []
    with Orchestrator(GUID) as orchestrator, said.open("w") as stderr:

        def look(_request: Request) -> None:
            if not before:
                before.append(said.read_text("utf-8"))

        orchestrator.interfere = look
        home = Home(tmp_path / "home")
        home.settings(orchestrator.url)
        # https://docs.python.org/3/using/cmdline.html#cmdoption-X: a line for each module, as soon as it is imported
        command = [sys.executable, "-X", "importtime", "-m", "app", "run", "--headless", "--config", str(home.config)]
        done = subprocess.run(  # an own one, whose stderr is a file: it is read while the process lives
            command,
            cwd=ROOT,
            env=home.environment,
            stdin=subprocess.DEVNULL,
            stderr=stderr,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0
    return re.findall(r"^import time:.*\| +(\S+)$", before[0], re.MULTILINE)


def test_the_first_heartbeat_waits_for_nothing_that_it_does_not_need(imported: list[str]) -> None:
    """Neither tray nor page nor environments, no library that only some robots need; and not much at all."""
    assert "app.robot.loop" in imported
    too_early = {name for name in imported if any(f"{name}.".startswith(f"{late}.") for late in LATER)}
    assert not too_early
    assert len(set(imported)) <= MOST_MODULES
