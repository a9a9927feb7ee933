"""Nothing of a job lives on: not after its end, not after an abort, not after the robot's own death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.jobs.processes.leftovers import kill_leftovers
from app.jobs.runner import EndingKind
from tests.jobs.jobbench import alive, linux, until

ROOT = Path(__file__).resolve().parents[3]

# A child that leaves the session, loses its parent, and ignores every signal that can be ignored.
RUNAWAY = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)
        print("pid", os.getpid(), flush=True)
        print("ready", flush=True)
        time.sleep(60)
    os._exit(0)
os.wait()
"""
# As above, with nothing in its environment that could betray it.
NAMELESS = """
import subprocess, sys
code = "import os,time; os.write(1, b'pid %d\\\\nready\\\\n' % os.getpid()); time.sleep(60)"
subprocess.Popen([sys.executable, '-c', code], env={}, start_new_session=True)
"""
FIFTY = r"""
import subprocess, sys, time
code = "import os, time; os.write(1, b'pid %d\\n' % os.getpid()); time.sleep(60)"
children = [subprocess.Popen([sys.executable, '-S', '-c', code], start_new_session=i % 5 == 0) for i in range(50)]
time.sleep(60)
"""


def pids(bench) -> list[int]:
    """The processes that have said their number."""
    return [int(line.split()[1]) for line in bench.output().splitlines() if line.startswith("pid ")]


@linux
@pytest.mark.parametrize("runaway", [RUNAWAY, NAMELESS], ids=["setsid and double fork", "no environment"])
def test_what_a_script_leaves_running_is_ended_with_it(bench, runaway):
    """When the script has ended, what it left in the background is killed, and the log says so."""
    ending = bench.run(runaway + f"import time\nwhile 'ready' not in open({str(bench.log)!r}).read(): time.sleep(.01)")
    assert (ending.kind, ending.exit_code) == (EndingKind.EXITED, 0), bench.text()
    (pid,) = pids(bench)
    assert not alive(pid)
    assert "left 1 process running" in bench.text()


@linux
@pytest.mark.parametrize("runaway", [RUNAWAY, NAMELESS], ids=["setsid and double fork", "no environment"])
def test_abort_reaches_runaways(bench, runaway):
    """An abort kills re-parented children in sessions of their own."""
    running = bench.start(runaway + "import time; time.sleep(60)")
    bench.wait_for("ready")
    running.abort()
    assert bench.ending(running).kind is EndingKind.KILLED_BY_ABORT
    assert not any(map(alive, pids(bench)))


@linux
def test_abort_kills_fifty_processes(bench):
    """All fifty are dead when the job has ended."""
    running = bench.start(FIFTY)
    until(lambda: len(pids(bench)) == 50)
    running.abort()
    bench.ending(running)
    assert not any(map(alive, pids(bench)))


def test_children_die_with_an_aborted_script(bench):
    """The same without anything that only Linux has."""
    running = bench.start(
        "import subprocess, sys, time\n"
        r"code = 'import os, time; os.write(1, b\"pid %d\\n\" % os.getpid()); time.sleep(60)'"
        "\n"
        "p = [subprocess.Popen([sys.executable, '-c', code]) for _ in range(3)]\ntime.sleep(60)"
    )
    until(lambda: len(pids(bench)) == 3)
    running.abort()
    assert bench.ending(running).kind is EndingKind.KILLED_BY_ABORT
    assert not any(map(alive, pids(bench)))


@linux
def test_the_robots_other_children_are_left_alone(bench):
    """A program that the robot itself started is no part of the job, and stays unreaped for whoever started it."""
    with subprocess.Popen(["sleep", "60"]) as other, subprocess.Popen(["false"]) as ended:
        running = bench.start("import time; time.sleep(60)")
        running.abort()
        bench.ending(running)
        assert other.poll() is None
        other.kill()
        assert ended.wait() == 1


ROBOT = """
import sys, time
from pathlib import Path
from app.jobs.runner import JobRunner
from app.orchestrator.vocabulary import JobOrder
from app.settings.loading import Settings
scripts, runs, log, mark = sys.argv[1:]
guid = "5F3C9A17-aaaa-4bbb-8ccc-0123456789ab"
values = {"host": "http://h", "robot_guid": guid, "scripts": scripts, "data_dir": runs}
running = JobRunner(Settings.model_validate(values), Path(runs)).start(JobOrder("job-1", "script"), Path(log), mark)
print(running.identity.pid, running.identity.created_at, flush=True)
time.sleep(60)
"""


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
def test_runaways_do_not_outlive_a_killed_robot(bench):
    """Neither do children that left the session: the host looks for the mark."""
    robot, pid, _created = start_robot(bench, RUNAWAY + "import time; time.sleep(60)")
    kill(robot)
    until(lambda: not any(map(alive, [pid, *pids(bench)])))


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
    with subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); import time; time.sleep(60)"],
        env={**os.environ, "ROBOT_RUN_MARK": bench.mark},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        assert kill_leftovers(None, None, bench.mark) == 1
        process.wait()


@pytest.mark.parametrize("shift", [-100.0, 0.5, 100.0])
def test_a_stranger_with_the_same_number_is_left_alone(bench, shift):
    """A process that has got the number since was created at another time."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as stranger:
        started = psutil.Process(stranger.pid).create_time()
        if sys.platform == "linux":
            from app.jobs.child import procfs

            started = procfs.stat_of(stranger.pid).started / os.sysconf("SC_CLK_TCK")
        assert kill_leftovers(stranger.pid, started + shift, bench.mark) == 0
        assert stranger.poll() is None
        stranger.kill()


@linux
def test_a_dead_job_is_verified_dead_quickly(bench):
    """From the abort to `ended` takes far less than a second, with the whole tree gone."""
    running = bench.start(FIFTY)
    until(lambda: len(pids(bench)) == 50)
    before = time.perf_counter()
    running.abort()
    bench.ending(running)
    assert time.perf_counter() - before < 1
