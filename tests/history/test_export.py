"""The runs for programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from app.history.export import COLUMNS, as_csv, as_json
from app.orchestrator.vocabulary import JobStatus
from tests.contract.orchestrator import SUCCESS
from tests.history.samples import NOW, record, unfinished

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home


def test_json_has_every_run() -> None:
    """With the documented names, moments with their zone, and nothing where there is nothing."""
    made = json.loads(as_json([unfinished(), record(last_line="счёт")], {}, machine="PC", user="robot", made=NOW))
    assert (made["kind"], made["format"], made["machine"], made["user"]) == ("robot-history", 1, "PC", "robot")
    open_run, run = made["runs"]
    assert tuple(run) == COLUMNS
    assert run["seconds"] == 60
    assert (run["status"], run["outcome"], run["reported"]) == (SUCCESS, "success", "delivered")
    assert run["started"] == "2026-11-24T13:37:00.000+00:00"
    assert run["last_line"] == "счёт"
    assert [open_run[name] for name in ("ended", "seconds", "status", "outcome")] == [None] * 4


def test_csv_is_a_table() -> None:
    """Line ends, quotes and commas survive; what a script wrote can't be a formula."""
    odd = record(name='a "b", c', last_line='=HYPERLINK("http://evil")', reason="x\ny", status=JobStatus.FAILED)
    head, row, *rest = csv.reader(io.StringIO(as_csv([odd], {})))
    assert tuple(head) == COLUMNS
    assert not rest
    values = dict(zip(head, row, strict=True))
    assert values["name"] == 'a "b", c'
    assert values["last_line"] == '\'=HYPERLINK("http://evil")'
    assert values["reason"] == "x\ny"


def test_the_command_needs_no_right_settings(robot: Home, orchestrator: Orchestrator) -> None:
    """After the GUID was taken out, and with another mistake besides, the runs are still there, in each form."""
    robot.script("счета", "print('done')")
    orchestrator.queue("счета")
    assert robot.run_robot().code == 0
    robot.config.write_text("data_dir = 'data'\nwhen_idle = 'sleep'\n", "utf-8")
    config = ("--config", str(robot.config))
    for form in ("--json", "--csv"):
        done = robot.run("history", *config, form)
        assert done.code == 0, done
        assert "счета" in done.output
    assert json.loads(robot.run("history", *config, "--json", "--days", "0.00000001").output)["runs"] == []
    table = robot.folder / "runs.csv"
    assert robot.run("history", *config, "--csv", "--output", str(table)).code == 0
    assert table.read_bytes().startswith(b"\xef\xbb\xbfguid,")
    assert robot.run("history", *config, "--output", str(robot.folder / "page.html")).code == 0
    assert robot.run("history", *config, "--days", "never").code == 2
