"""`robot status`, asked while a robot works, after its end, and after it was killed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.contract.robot_process import GUID, finish, wait_until

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Finished, Home


def ask(robot: Home, *arguments: str) -> Finished:
    """`robot status`."""
    return robot.run("status", "--config", str(robot.config), *arguments)


def state(robot: Home) -> str | None:
    """The state in the robot's record; None before there is one."""
    status = json.loads(ask(robot, "--json").output)["status"]
    return status["state"] if status else None


def test_status_of_a_robot_at_work_and_dead(robot: Home, orchestrator: Orchestrator) -> None:
    """None has run: 1. At work: 0, with the job and when the Orchestrator was heard. Killed: 1, and said so."""
    assert ask(robot).code == 1
    robot.script("счета", "import time; time.sleep(60)")
    job = orchestrator.queue("счета")
    process = robot.start_robot()
    orchestrator.wait_for(lambda: job.updates)
    wait_until(lambda: state(robot) == "working")
    answer = ask(robot, "--json")
    found = json.loads(answer.output)
    assert answer.code == 0
    assert found["condition"] == "running"
    assert found["status"]["process"]["pid"] == process.pid
    assert found["status"]["job"]["guid"] == job.guid
    assert found["status"]["heard"]
    assert "счета" in ask(robot).output
    process.kill()
    finish(process)
    dead = ask(robot, "--json")
    assert (dead.code, json.loads(dead.output)["condition"]) == (1, "dead")
    assert f"process {process.pid}" in ask(robot).output


def test_status_of_a_robot_that_ended(robot: Home, orchestrator: Orchestrator) -> None:
    """No more work: ended with 0. Refused: ended with 3, and the reason. No GUID is anywhere in it."""
    assert robot.run_robot().code == 0
    ended = json.loads(ask(robot, "--json").output)
    assert (ended["condition"], ended["status"]["exit_code"]) == ("ended", 0)
    orchestrator.refusal = 101
    assert robot.run_robot().code == 3
    answer = ask(robot)
    assert answer.code == 1
    assert "refuses this robot" in answer.output
    assert GUID not in (robot.data / "status.json").read_text("utf-8")


def test_status_of_a_robot_that_is_offline(robot: Home) -> None:
    """It runs, and the Orchestrator can't be reached: 4, and why. Wrong settings are enough to ask."""
    robot.settings("http://127.0.0.1:9")
    robot.start_robot()
    wait_until(lambda: ask(robot).code == 4, 15)
    robot.config.write_text(robot.config.read_text("utf-8").replace(GUID, "") + "nonsense = 1\n", "utf-8")
    answer = ask(robot)
    assert answer.code == 4
    assert answer.output.startswith("Offline since")


def test_status_where_no_robot_comes_up(robot: Home) -> None:
    """Wrong settings end it with 2: so says the record, in the folder that they name, which is private."""
    robot.settings("nonsense")
    assert robot.run_robot().code == 2
    answer = ask(robot, "--json")
    assert answer.code == 1
    status = json.loads(answer.output)["status"]
    assert (status["state"], status["exit_code"]) == ("ended", 2)
    assert "host" in status["problem"]
    assert GUID not in answer.output
    assert robot.data.stat().st_mode & 0o077 == 0


def test_status_of_a_later_version(robot: Home) -> None:
    """A record that a later version wrote is an error for people, not a guess."""
    robot.data.mkdir()
    (robot.data / "status.json").write_text('{"format": 2}', "utf-8")
    answer = ask(robot)
    assert answer.code == 2
    assert "later version" in answer.errors


def test_the_log_for_programs(robot: Home, orchestrator: Orchestrator) -> None:
    """`log_format = "json"` makes robot.log an object a line, with the documented fields."""
    robot.settings(orchestrator.url, log_format="json")
    robot.script("счета", "print('done')")
    orchestrator.queue("счета")
    assert robot.run_robot().code == 0
    lines = [json.loads(line) for line in robot.log().splitlines()]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    assert any("ended as SUCCESS" in line["message"] for line in lines)
