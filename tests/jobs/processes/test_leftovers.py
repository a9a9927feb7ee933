"""What a robot that died left behind ends with it, or is found at the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.jobs.processes.leftovers import kill_leftovers
from tests.jobs.jobbench import alive, linux, until
from tests.jobs.processes.runaways import NAMELESS, ROBOT, RUNAWAY, pids

ROOT = Path(__file__).resolve().parents[3]


def start_robot(bench, source: str) -> tuple[subprocess.Popen[str], int, float]:
    """A robot in a process of its own, running `source`; and what it knows of the script's process."""
    bench.write(source)
    arguments = [str(bench.scripts), str(bench.runs_dir), str(bench.log), bench.mark]
    robot = subprocess.Popen(
        [sys.executable, "-c", ROBOT, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, stderr=None
    )
    assert robot.stdout
    pid, created_at = robot.stdout.readline().split()
    bench.wait_for("ready")
    return robot, int(pid), float(created_at)


def kill(robot) -> None:
    """The robot dies without a word."""
    robot.kill()
    robot.wait()
    robot.stdout.close()


def test_nothing_outlives_a_killed_robot(bench):
    """When the robot dies, the script and its children die with it."""
    source = "import subprocess, sys, time\ncode = 'import os, time; print(\"pid\", os.getpid()); time.sleep(60)'\n"
    source += "p = subprocess.Popen([sys.executable, '-c', code])\nprint('ready')\ntime.sleep(60)"
    robot, pid, _created = start_robot(bench, source)
    until(lambda: len(pids(bench)) == 1)
    kill(robot)
    until(lambda: not any(map(alive, [pid, *pids(bench)])))


@linux
@pytest.mark.parametrize("runaway", [RUNAWAY, NAMELESS], ids=["setsid and double fork", "no environment"])
def test_runaways_do_not_outlive_a_killed_robot(bench, runaway):
    """Neither do children that left the session: the host finds what descends from it."""
    robot, pid, _created = start_robot(bench, runaway + "import time; time.sleep(60)")
    kill(robot)
    until(lambda: not any(map(alive, [pid, *pids(bench)])))


@linux
def test_what_left_without_a_mark_is_found_at_the_next_start(bench):
    """A killed robot's orphan has lost its parent and its environment; a stranger beside it is left alone."""
    command = "env -i /usr/bin/setsid -f sleep 299 >/dev/null 2>&1 </dev/null"
    source = f"import subprocess, time\nsubprocess.run({command!r}, shell=True, check=True)\nprint('ready')\n"
    robot, pid, created_at = start_robot(bench, source + "time.sleep(60)")
    orphans = [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "299"]]
    assert len(orphans) == 1
    kill(robot)
    with subprocess.Popen(["sleep", "299"], start_new_session=True) as stranger:
        kill_leftovers(pid, created_at, bench.mark)
        assert not alive(orphans[0].pid)
        assert stranger.poll() is None
        stranger.kill()


@linux
def test_what_escaped_the_death_of_the_robot_is_found_at_the_next_start(bench):
    """A frozen host can't act on the robot's death; the next start kills it and what carries its mark."""
    robot, pid, created_at = start_robot(bench, RUNAWAY + "import time; time.sleep(60)")
    os.kill(pid, signal.SIGSTOP)
    kill(robot)
    assert kill_leftovers(pid, created_at, bench.mark) == 2
    assert not any(map(alive, [pid, *pids(bench)]))
    assert kill_leftovers(pid, created_at, bench.mark) == 0


def test_leftovers_are_found_by_their_mark_alone(bench):
    """A robot that died before it had written the process down still finds it."""
    robot, pid, _created = start_robot(bench, "import time\nprint('ready')\ntime.sleep(60)")
    os.kill(pid, signal.SIGSTOP)  # so that it can't end by itself when the robot dies
    kill(robot)
    assert kill_leftovers(None, None, bench.mark) == 1
    assert not alive(pid)


@linux
def test_a_copied_mark_makes_no_leftover(bench):
    """Whoever copies a job's environment into a shell of his own starts no part of the job there."""
    environment = {**os.environ, "ROBOT_RUN_MARK": bench.mark}
    with subprocess.Popen(["sleep", "60"], env=environment, start_new_session=True) as stranger:
        running = bench.start("import time; print('ready'); time.sleep(60)")
        bench.wait_for("ready")
        running.abort()
        bench.ending(running)
        assert kill_leftovers(None, None, bench.mark) == 0
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("shift", [-100.0, 1.0, 100.0, float(1 << 33)], ids=["later", "soon", "earlier", "restart"])
def test_a_stranger_with_the_same_number_is_left_alone(bench, shift):
    """A process that has got the number since was created at another time, or since another start of the machine."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as stranger:
        started = psutil.Process(stranger.pid).create_time()
        if sys.platform == "linux":
            from app.jobs.child import procfs
            from app.jobs.processes.posix import created_at

            started = created_at(procfs.stat_of(stranger.pid))
        assert kill_leftovers(stranger.pid, started + shift, bench.mark) == 0
        assert stranger.poll() is None
        stranger.kill()
