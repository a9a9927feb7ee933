"""What a script said of its run stands with the run, in every form of the history."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer
from tests.contract.robot_process import GUID, Home

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Windows program has a lane of its own")

SCRIPT = """
import pathlib, robot_job
pathlib.Path("bill.txt").write_text("1")
robot_job.attach("bill.txt")
robot_job.progress(2, 3, "two of three")
robot_job.result({"sum": [1, 2]})
"""


def test_what_a_script_said_of_its_run(tmp_path: Path) -> None:
    """Result, progress, task and files: on the page, as JSON values, in the table."""
    sandbox = Sandbox()
    sandbox.add_robot(GUID)
    home = Home(tmp_path / "home")
    home.script("bills", SCRIPT)
    sandbox.queue_job("bills", task={"name": "May"})
    with SandboxServer(sandbox) as server:
        home.settings(server.url)
        assert home.run_robot().code == 0
        home.end()
    config = ("--config", str(home.config))
    run = json.loads(home.run("history", *config, "--json").output)["runs"][0]
    assert run["result"] == {"sum": [1, 2]}
    assert (run["done"], run["total"], run["progress"]) == (2, 3, "two of three")
    assert (run["task_name"], run["files"]) == ("May", ["bill.txt"])
    row = next(csv.DictReader(io.StringIO(home.run("history", *config, "--csv").output)))
    assert json.loads(row["result"]) == run["result"]
    assert row["files"] == "bill.txt"

    page = home.folder / "page.html"
    assert home.run("history", *config, "--output", str(page)).code == 0
    shown = page.read_text("utf-8")
    assert "Task: May" in shown
    assert "Progress: 2 of 3, two of three" in shown
    assert "{&#34;sum&#34;: [1, 2]}" in shown
    assert "bill.txt" in shown
