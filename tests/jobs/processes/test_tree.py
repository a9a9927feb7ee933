"""Nothing of a job lives on: not after its end, and not after an abort."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from app.jobs.outcome import EndingKind
from app.jobs.processes.tree import start_tree
from app.jobs.running import end_at_once
from tests.jobs.jobbench import PATIENCE, alive, linux, until
from tests.jobs.processes.runaways import NAMELESS, ROBOT, RUNAWAY, pids

ROOT = Path(__file__).resolve().parents[3]

FIFTY = r"""
import subprocess, sys, time
code = "import os, time; os.write(1, b'pid %d\\n' % os.getpid()); time.sleep(60)"
children = [subprocess.Popen([sys.executable, '-S', '-c', code], start_new_session=i % 5 == 0) for i in range(50)]
time.sleep(60)
"""


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
    seconds = f"60.{os.getpid()}"  # no other test's process, which may not have gone yet
    running = bench.start("import time; print('ready'); time.sleep(60)")
    bench.wait_for("ready")
    with subprocess.Popen(
        ["sh", "-c", f"setsid -f sleep {seconds} >/dev/null & echo $$"], stdout=subprocess.PIPE, start_new_session=True
    ) as opener:
        opener.communicate()
    viewers = []

    def seen() -> list[psutil.Process]:
        for each in psutil.Process().children():
            with contextlib.suppress(psutil.Error):  # it has just ended
                if each.cmdline()[-1:] == [seconds]:
                    return [each]
        return []

    until(lambda: viewers.extend(seen()) or viewers)
    running.abort()
    bench.ending(running)
    assert [viewer.is_running() for viewer in viewers] == [True]
    viewers[0].kill()
    viewers[0].wait()


@linux
@pytest.mark.parametrize(
    "command",
    [
        "ROBOT_RUN_MARK=x setsid -f sleep {seconds}",
        "env -i /usr/bin/setsid -f sleep {seconds}",
        "env -i sh -c 'setsid -f sh -c \"setsid -f sleep {seconds}\"'",
    ],
    ids=["a false mark", "no mark", "again and again"],
)
def test_descent_decides(bench, command):
    """What a child says of itself is of no matter: all that descends from the script ends with it."""
    seconds = f"300.{os.getpid()}"  # nobody else on this machine sleeps that long
    command = command.format(seconds=seconds)
    source = f"import subprocess\nsubprocess.run({command + ' >/dev/null 2>&1 </dev/null'!r}, shell=True, check=True)"
    ending = bench.run(source)
    assert (ending.kind, ending.exit_code) == (EndingKind.EXITED, 0), bench.text()
    assert [
        process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", seconds]
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
def test_a_robot_that_is_slow_to_brand_the_script(bench, monkeypatch):
    """The script starts nothing before that, so on a busy machine, too, everything that it leaves is found."""
    from app.jobs.processes import descent

    brand = descent.brand
    monkeypatch.setattr(descent, "brand", lambda *it: time.sleep(0.5) or brand(*it))
    bench.run(
        "import os, subprocess\nsubprocess.run('env -i /usr/bin/setsid -f sleep 300 >/dev/null 2>&1', shell=True)\n"
        "assert 'ROBOT_RUN_NUMBER' not in os.environ",
    )
    assert not [each for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == str(bench.scripts)]


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


@linux
def test_a_dead_job_is_verified_dead_quickly(bench):
    """From the abort to `ended` takes far less than a second, with the whole tree gone."""
    running = bench.start(FIFTY)
    until(lambda: len(pids(bench)) == 50)
    before = time.perf_counter()
    running.abort()
    bench.ending(running)
    assert time.perf_counter() - before < 1


@linux
def test_a_process_that_takes_long_to_start_holds_up_no_other(tmp_path, monkeypatch):
    """Its folder's share hangs: others start, and are killed; they leave it alone, and it can be killed afterwards."""
    begun, answers = threading.Event(), threading.Event()
    started: list[subprocess.Popen[bytes]] = []

    class SlowPopen(subprocess.Popen[bytes]):
        def __init__(self, *args, cwd, **kwargs):
            super().__init__(*args, cwd=cwd, **kwargs)
            if cwd == tmp_path / "share":
                started.append(self)
                begun.set()
                assert answers.wait(PATIENCE)

    monkeypatch.setattr("app.jobs.processes.posix.subprocess.Popen", SlowPopen)
    (tmp_path / "share").mkdir()
    with ThreadPoolExecutor() as pool:
        try:
            slow = pool.submit(start_tree, ["sleep", "300"], tmp_path / "share", os.environ, "a" * 32)
            assert begun.wait(PATIENCE)
            other = pool.submit(start_tree, ["sleep", "300"], tmp_path, os.environ, "b" * 32).result(PATIENCE)
            pool.submit(end_at_once, other).result(PATIENCE)
            assert not alive(other.pid)
            assert not slow.done()
            assert psutil.Process(started[0].pid).status() != psutil.STATUS_ZOMBIE
        finally:
            answers.set()
            end_at_once(slow.result(PATIENCE))
    assert not alive(started[0].pid)
    os.close(other.output)
    os.close(slow.result().output)
