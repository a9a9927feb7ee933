"""A fleet of five real robots on this machine: one works, one waits, one is drained, one refused, one offline."""

from __future__ import annotations

import re
import shutil
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer
from tests.contract.robot_process import Home, finish, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKS, WAITS, DRAINED, REFUSED, OFFLINE = "works", "waits", "drained", "refused", "offline"


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[dict[str, Home]]:
    """Five accounts of their own."""
    made = {name: Home(tmp_path / name) for name in (WORKS, WAITS, DRAINED, REFUSED, OFFLINE)}
    for name, home in made.items():
        home.environment |= {"LOGNAME": name, "USER": name, "XDG_STATE_HOME": str(home.folder / "state")}
    yield made
    for home in made.values():
        home.end()


def test_a_fleet_of_five(homes: dict[str, Home], tmp_path: Path) -> None:
    """`robot history --fleet` finds each of them as it is, from copies of their files on a share."""
    with ExitStack() as stack:
        box = Sandbox()
        server = stack.enter_context(SandboxServer(box))
        guids = {name: str(uuid.uuid4()) for name in homes}
        for name in (WORKS, WAITS, DRAINED):
            box.add_robot(guids[name], name)
        processes = {}
        for name, home in homes.items():
            url = server.url if name != OFFLINE else "http://127.0.0.1:9"
            home.settings(url, robot_guid=guids[name], when_idle="wait", heartbeat_seconds=1, poll_seconds=1)
            home.script("счета", "import time; time.sleep(3600)")
            home.script("quick", "print('done')")
        for name in (WORKS, DRAINED):  # one job each, handed out while nobody else asks
            job = box.queue_job("счета" if name == WORKS else "quick")
            processes[name] = homes[name].start_robot()
            assert box.wait_for(lambda _box, job=job, least=1 + (name == DRAINED): len(job.history) >= least, 30)
        for name in (WAITS, REFUSED, OFFLINE):
            processes[name] = homes[name].start_robot()
        assert finish(processes[REFUSED]).code == 3
        assert homes[DRAINED].run("finish", "--wait", "1").code == 0
        assert finish(processes[DRAINED]).code == 0
        share = tmp_path / "share"

        def seen() -> dict[str, str]:
            shutil.rmtree(share, ignore_errors=True)
            for name, home in homes.items():
                (share / name).mkdir(parents=True)
                if (home.data / "status.json").exists():
                    shutil.copy(home.data / "status.json", share / name)
            done = homes[WAITS].run("history", "--fleet", str(share), environment={"ROBOT_LANGUAGE": "en"})
            assert done.code == 0, done
            page = (share / "fleet.html").read_text("utf-8")
            rows = re.findall(r'<tr data-kind="(\w+)">.*?<small>(\w+) ·', page, re.DOTALL)
            return {user: kind for kind, user in rows}

        wanted = {WORKS: "working", WAITS: "ready", DRAINED: "ended", REFUSED: "person", OFFLINE: "offline"}
        wait_until(lambda: seen() == wanted, 40)
        runs = share / DRAINED / "history.json"
        config = ("--config", str(homes[DRAINED].config))
        assert homes[DRAINED].run("history", *config, "--json", "--output", str(runs)).code == 0
        assert homes[WAITS].run("history", "--fleet", str(share)).code == 0
        page = (share / "fleet.html").read_text("utf-8")
        assert "quick" in page
        assert "счета" in page
        assert "100%" in page
        for guid in guids.values():
            assert guid not in page
