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
subprocess.run(['sh', '-c', '"$0" -c "$1" &', sys.executable, code], env={}, start_new_session=True)
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


@linux
def test_a_viewer_that_a_person_opened_is_nobodys_job(bench):
    """What the robot opens for a person during a job outlives it, also if it has left its session and its parent."""
    running = bench.start("import time; print('ready'); time.sleep(60)")
    bench.wait_for("ready")
    with subprocess.Popen(
        ["sh", "-c", "setsid -f sleep 60 >/dev/null & echo $$"], stdout=subprocess.PIPE, start_new_session=True
    ) as opener:
        opener.communicate()
    viewers = []
    until(lambda: viewers.extend(child for child in psutil.Process().children() if child.name() == "sleep") or viewers)
    running.abort()
    bench.ending(running)
    assert [viewer.is_running() for viewer in viewers] == [True]
    viewers[0].kill()
    viewers[0].wait()


@linux
@pytest.mark.parametrize(
    "command",
    [
        "ROBOT_RUN_MARK=x setsid -f sleep 300",
        "env -i /usr/bin/setsid -f sleep 300",
        "env -i sh -c 'setsid -f sh -c \"setsid -f sleep 300\"'",
    ],
    ids=["a false mark", "no mark", "again and again"],
)
def test_descent_decides(bench, command):
    """What a child says of itself is of no matter: all that descends from the script ends with it."""
    source = f"import subprocess\nsubprocess.run({command + ' >/dev/null 2>&1 </dev/null'!r}, shell=True, check=True)"
    ending = bench.run(source)
    assert (ending.kind, ending.exit_code) == (EndingKind.EXITED, 0), bench.text()
    assert [
        process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "300"]
    ] == []


@linux
def test_where_the_limit_cannot_be_set_the_mark_decides(bench, monkeypatch):
    """A sandbox may refuse it; what left the session and its parent still ends with the script."""
    monkeypatch.setattr("app.jobs.processes.descent._works", lambda: False)
    running = bench.start(RUNAWAY + "import time; time.sleep(60)")
    bench.wait_for("ready")
    running.abort()
    bench.ending(running)
    assert not any(map(alive, pids(bench)))


@linux
def test_an_orphan_is_reaped_while_the_job_runs(bench):
    """The robot has adopted it, so it is the robot that the script waits for."""
    ending = bench.run("""
import os, signal, subprocess, sys, time
done = subprocess.run("sleep 100 >/dev/null 2>&1 & echo $!", shell=True, capture_output=True, text=True)
pid = int(done.stdout)
os.kill(pid, signal.SIGTERM)
for _ in range(50):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        break
    time.sleep(0.1)
else:
    sys.exit("does not go away")
""")
    assert ending.exit_code == 0, bench.text()


@linux
@pytest.mark.parametrize("end", ["", "time.sleep(60)"], ids=["by itself", "aborted"])
def test_a_chain_of_processes_that_fork_and_end(bench, end):
    """No look at the processes is as quick as they are; they end with the script all the same."""
    chain = "import os, time\nprint('ready')\nif os.fork() == 0:\n    while True:\n        os.fork() and os._exit(0)\n"
    others = psutil.Process().children(recursive=True)
    running = bench.start(chain + end)
    if end:
        bench.wait_for("ready")
        running.abort()
    before = time.monotonic()
    bench.ending(running)
    assert time.monotonic() - before < 5
    assert psutil.Process().children(recursive=True) == others


SHARED_MEMORY = """
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(name={name!r}, create=True, size=1_000_000)
"""


@linux
@pytest.mark.parametrize("end", ["raise RuntimeError('crashed')", "print('ready'); import time; time.sleep(60)"])
def test_pythons_helpers_tidy_up_after_the_script(bench, end):
    """Shared memory is gone as after plain Python, and what removed it is neither left running nor the last word."""
    name = f"robot-test-{bench.mark[:8]}"
    running = bench.start(SHARED_MEMORY.format(name=name) + end)
    if "ready" in end:
        bench.wait_for("ready")
        running.abort()
    ending = bench.ending(running)
    assert not Path("/dev/shm", name).exists()
    assert "left" not in bench.text().splitlines()[-2]
    assert ending.last_line == ("ready" if "ready" in end else "RuntimeError: crashed")


@linux
def test_a_fork_server_is_not_left_running(bench):
    """It ends by itself a moment after the script."""
    bench.run("""
import multiprocessing
if __name__ == "__main__":
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        print(pool.map(abs, [-1]))
""")
    assert bench.output() == "[1]\n"
    assert "left" not in bench.text().splitlines()[-2]


@linux
def test_children_ignored_and_signals_blocked_by_whoever_started_the_robot(bench):
    """With SIGCHLD ignored and everything blocked, exit codes are right, and the script can be interrupted."""
    bench.write("import os, signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, ())); os._exit(7)")
    source = ROBOT.replace("running =", "print(end='')\nrunning =").replace(
        "print(running.identity.pid, running.identity.created_at, flush=True)\ntime.sleep(60)",
        "print(running.wait(20).exit_code)",
    )
    ignoring = "import os, signal, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    ignoring += "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nos.execv(sys.executable, sys.argv[1:])"
    arguments = [str(bench.scripts), str(bench.runs_dir), str(bench.log), bench.mark]
    robot = subprocess.run(
        [sys.executable, "-c", ignoring, sys.executable, "-c", source, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (robot.stdout, robot.stderr) == ("7\n", "")
    assert bench.output() == "set()\n"


ROBOT = """
import sys, time
from pathlib import Path
from app.jobs.runner import JobRunner
from app.orchestrator.vocabulary import JobOrder
from app.settings.model import Settings
scripts, runs, log, mark = sys.argv[1:]
guid = "5F3C9A17-aaaa-4bbb-8ccc-0123456789ab"
values = {"host": "http://h", "robot_guid": guid, "scripts": scripts, "data_dir": runs}
running = JobRunner(Settings.from_values(values), Path(runs)).start(JobOrder("job-1", "script"), Path(log), mark)
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


@linux
def test_a_dead_job_is_verified_dead_quickly(bench):
    """From the abort to `ended` takes far less than a second, with the whole tree gone."""
    running = bench.start(FIFTY)
    until(lambda: len(pids(bench)) == 50)
    before = time.perf_counter()
    running.abort()
    bench.ending(running)
    assert time.perf_counter() - before < 1
