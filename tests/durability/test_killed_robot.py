"""The durability rule under `kill -9`: one final status a job, none run twice, nothing left running.

The moments are random; the seed is printed, and the environment variable DURABILITY_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.contract.orchestrator import DROP, DROP_ANSWER, FINAL, IN_PROGRESS
from tests.contract.robot_process import finish, wait_until

if TYPE_CHECKING:
    import subprocess

    from tests.contract.orchestrator import Interference, Orchestrator, Request
    from tests.contract.robot_process import Home

KILLS = 20
JOBS = 10
SCRIPT = """
import os
file = os.open("ran", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
os.write(file, os.environ["ROBOT_JOB_GUID"].encode() + b"\\n")
import subprocess, sys, time
if "child" in __file__:
    subprocess.Popen(["sleep", "60"], start_new_session=True)
time.sleep(0.1)
sys.exit(0 if "child" in __file__ else 3)
"""


@pytest.fixture
def chance() -> random.Random:
    """Random numbers that can be had again."""
    seed = int(os.environ.get("DURABILITY_SEED") or random.randrange(10**6))
    print(f"DURABILITY_SEED={seed}")  # pytest shows it when the test fails
    return random.Random(seed)


def queue_jobs(robot: Home, orchestrator: Orchestrator) -> None:
    """Ten jobs; every other one starts a process that leaves its session and outlives its script."""
    for name in ("plain", "child"):
        robot.script(name, SCRIPT)
    for number in range(JOBS):
        orchestrator.queue(("plain", "child")[number % 2])


def kill_at_random(
    robot: Home, orchestrator: Orchestrator, chance: random.Random, process: subprocess.Popen[str]
) -> bool:
    """Kill the robot a moment after one of its next requests; False if it ended before.

    Moments counted in requests reach every stage of a job alike; moments of the clock would mostly hit the sleep in its
    script.
    """
    target = len(orchestrator.requests) + chance.randint(0, 6)
    while len(orchestrator.requests) < target and process.poll() is None:
        time.sleep(0.0005)
    time.sleep(chance.choice([0, chance.uniform(0, 0.01), chance.uniform(0, 0.2)]))
    ended_by_itself = process.poll() is not None
    process.kill()
    process.communicate()
    assert process.returncode == (0 if ended_by_itself else -9)
    # The script dies with its robot, and takes what it started with it. Only what a script that has just ended by
    # itself left behind may wait for the next start; at the end nothing of either may be left.
    wait_until(lambda: not any(is_script(process) for process in robot.processes()))
    return not ended_by_itself


def is_script(process: psutil.Process) -> bool:
    """Whether it is the process of a job's script, not one that the script started."""
    try:
        return any("start_host" in part for part in process.cmdline())
    except psutil.Error:
        return False


def check_every_job(robot: Home, orchestrator: Orchestrator) -> None:
    """The invariants, after the robot has ended by itself."""
    ran = (robot.scripts / "ran").read_text().split()
    assert len(ran) == len(set(ran)), "a job ran twice"
    assert set(ran) <= {job.guid for job in orchestrator.jobs}
    for job in orchestrator.jobs:
        final = [status for status in job.updates if status in FINAL]
        assert len(set(final)) == 1, f"{job.name} {job.guid}: {job.updates}"
        first = job.updates.index(final[0])
        assert set(job.updates[:first]) <= {IN_PROGRESS}
        assert set(job.updates[first:]) == {final[0]}, "a final status is the last word"
    assert robot.processes() == []
    assert list((robot.data / "runs").glob("*")) == []


def test_killed_at_twenty_random_moments(robot: Home, orchestrator: Orchestrator, chance: random.Random) -> None:
    """Kill -9 at 20 random moments, restarted each time: every job has one final status and ran at most once."""
    queue_jobs(robot, orchestrator)
    kills = 0
    while kills < KILLS:
        process = robot.start_robot()
        if kill_at_random(robot, orchestrator, chance, process):
            kills += 1
        else:
            queue_jobs(robot, orchestrator)  # all done before the last kill: there must be work to be interrupted in
    assert finish(robot.start_robot()).code == 0
    check_every_job(robot, orchestrator)


LEAVES_A_CHILD = """
import subprocess, sys, time
subprocess.run(["sh", "-c", "env -i setsid -f sleep 298 >/dev/null 2>&1 </dev/null"], check=True)
print("left")
time.sleep(60)
"""


def test_what_a_killed_robots_job_left_without_a_mark(robot: Home, orchestrator: Orchestrator) -> None:
    """A child without a parent and without an environment is gone after the next start, and the job is Failed."""

    def left() -> list[psutil.Process]:
        return [found for found in psutil.process_iter(["cmdline"]) if found.info["cmdline"] == ["sleep", "298"]]

    robot.script("leaver", LEAVES_A_CHILD)
    job = orchestrator.queue("leaver")
    process = robot.start_robot()
    wait_until(left)
    for script in filter(is_script, robot.processes()):
        script.suspend()  # it can't see to it itself
    process.kill()
    process.communicate()
    assert left()
    assert finish(robot.start_robot()).code == 0
    assert left() == []
    assert job.final == 5
    assert robot.processes() == []


def test_killed_while_answers_are_lost(robot: Home, orchestrator: Orchestrator, chance: random.Random) -> None:
    """The same with a network that loses every sixth request or its answer: a lost answer is not a lost job."""
    robot.settings(orchestrator.url, request_timeout=1)

    def lose(_request: Request) -> Interference:
        return chance.choice([DROP, DROP_ANSWER]) if chance.random() < 1 / 6 else None

    queue_jobs(robot, orchestrator)
    orchestrator.interfere = lose
    for _ in range(6):
        kill_at_random(robot, orchestrator, chance, robot.start_robot())
    orchestrator.interfere = lambda _request: None
    assert finish(robot.start_robot()).code == 0
    check_every_job(robot, orchestrator)


def test_lost_answers_alone(robot: Home, orchestrator: Orchestrator, chance: random.Random) -> None:
    """Without a kill, lost requests and answers cost time only: every job runs once and ends as its script did."""
    lost = [DROP, DROP_ANSWER, DROP_ANSWER, DROP]

    def lose(request: Request) -> Interference:
        # Each loss alone, so that the growing waits between attempts stay short.
        return lost.pop() if lost and chance.random() < 0.2 and "heartbeat" not in request.path else None

    queue_jobs(robot, orchestrator)
    orchestrator.interfere = lose
    assert finish(robot.start_robot()).code == 0
    check_every_job(robot, orchestrator)
    assert len((robot.scripts / "ran").read_text().split()) == JOBS
    assert [job.final for job in orchestrator.jobs] == [5, 4] * (JOBS // 2)
