"""A console that takes nothing: somebody has selected text in it, or a pipe that nobody reads is full."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import IN_PROGRESS, SUCCESS
from tests.contract.robot_process import PATIENCE, ROOT, finish

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

F_SETPIPE_SZ = 1031  # linux/fcntl.h; Python names it from 3.10 on, but not to a type checker of another system
PAGE = 4096


def exit_code_unread(robot: Home, *more: str) -> int:
    """Of a robot whose stderr is a full pipe."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SZ, PAGE)
    os.write(writer, b"x" * PAGE)  # the very first line waits
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "run", "--headless", *more, "--config", str(robot.config)],
        cwd=ROOT,
        env=robot.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=writer,
        text=True,
    )
    os.close(writer)
    robot._started.append(process)
    try:
        return process.wait(PATIENCE)
    finally:
        os.close(reader)


@pytest.mark.parametrize("more", [(), ("--log-format", "json")], ids=["text", "json"])
def test_work_goes_on(robot: Home, orchestrator: Orchestrator, more: tuple[str, ...]) -> None:
    """Jobs are run and reported, the robot ends by itself, and its own log lacks no line."""
    robot.script("quick", "print('ok')")
    jobs = [orchestrator.queue("quick") for _ in range(2)]
    assert exit_code_unread(robot, *more) == 0
    assert [job.updates for job in jobs] == [[IN_PROGRESS, SUCCESS]] * 2
    assert robot.log().count("as SUCCESS") >= len(jobs)


def test_lines_wait_for_who_reads_again(robot: Home, orchestrator: Orchestrator) -> None:
    """The selection ends: what was said meanwhile comes, in its order."""
    robot.script("quick", "print('ok')")
    job = orchestrator.queue("quick")
    process = robot.start_robot()
    orchestrator.wait_for(lambda: SUCCESS in job.updates)
    said = finish(process).errors
    assert said.index("as IN_PROGRESS") < said.index("as SUCCESS")


@pytest.mark.parametrize("command", [("history", "--json"), ("outbox",)], ids=" ".join)
def test_output_that_cannot_be_written(robot: Home, command: tuple[str, ...]) -> None:
    """A full disk behind `>` is said, with exit code 2, and is no defect of the program; `>&-` is nobody's loss."""
    asked = [sys.executable, "-m", "app", *command, "--config", str(robot.config)]
    usual = robot.run(*command, "--config", str(robot.config)).code
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            asked, cwd=ROOT, env=robot.environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "robot: The output can't be written: the disk is full.\n")
    shell = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *asked]
    done = subprocess.run(shell, cwd=ROOT, env=robot.environment, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (usual, "")
