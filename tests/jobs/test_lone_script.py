"""Nothing that a script does with descriptors, forks or its own command line looks like the end of the robot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from app.jobs.child.host import SCRIPTS_VARIABLE
from app.jobs.interpreter import START_HOST
from app.jobs.outcome import EndingKind
from tests.jobs.jobbench import SLEEPING, alive, ending_of, linux, until

STOPPED, EXITED = EndingKind.STOPPED_ITSELF, EndingKind.EXITED


@linux
@pytest.mark.parametrize("upto", [256, 4096])
def test_closing_what_it_did_not_open_is_no_end_of_the_robot(bench, upto):
    """The script lives on, the stop arrives, and it has all the time that it needs to wind up."""
    ending = ending_of(
        bench,
        f"""
        import os, time
        os.closerange(3, {upto})
        pid = os.fork()  # our threads come to their end and begin anew
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        try:
            print('ready')
            time.sleep(30)
        finally:
            for _ in range(10):
                time.sleep(.1)
            print('wound up')
        """,
    )
    assert ending.kind is STOPPED
    assert "wound up" in bench.output()


@linux
def test_closed_stdin_is_no_end_of_the_robot(bench):
    """What a script does with its stdin is its own business."""
    assert bench.run("import os, time\nos.close(0)\ntime.sleep(.5)\nprint('end')").last_line == "end"


def test_a_child_made_of_the_command_line_is_a_child(bench):
    """`sys.orig_argv` starts the script as plain Python, also the host's own command line does."""
    host = "sys.argv[0], 'x'" if sys.platform == "win32" else "*open('/proc/self/cmdline').read().split('\\0')[1:-1]"
    for again in ("*sys.orig_argv[1:]", host):
        ending = bench.run(
            "import os, subprocess, sys\nif os.environ.get('AGAIN'):\n    print('child', len(sys.argv))\n    exit(3)\n"
            f"done = subprocess.run([sys.executable, {again}], env={{**os.environ, 'AGAIN': '1'}})\n"
            "print('end', done.returncode)"
        )
        assert bench.output().endswith("child 2\nend 3\n"), bench.text()
        assert ending.exit_code == 0


@linux
def test_after_forks_a_stop_still_arrives(bench):
    """Our threads end before a fork and begin anew after it."""
    ending = ending_of(
        bench,
        """
        import multiprocessing, os, time
        for _ in range(50):
            pid = os.fork()
            if not pid:
                os._exit(0)
            os.waitpid(pid, 0)
        process = multiprocessing.get_context('fork').Process(target=time.sleep, args=(.1,))
        process.start()
        process.join()
        print('ready')
        time.sleep(30)
        """,
    )
    assert ending.kind is STOPPED


@linux
def test_a_fork_of_the_script_speaks_for_itself_only(bench):
    """How a forked child ends says nothing about the script."""
    ending = ending_of(
        bench,
        SLEEPING + "except KeyboardInterrupt:\n    pid = os.fork()\n    if not pid: raise\n    os.waitpid(pid, 0)\n"
        "    raise ValueError",
    )
    assert ending.kind is EXITED


@linux
@pytest.mark.parametrize("closing", ["", "os.closerange(3, 4096); os.wait() if os.fork() else os._exit(0)"])
def test_the_robots_death_is_noticed_whatever_lies_beside_the_script(bench, closing):
    """A module of the author's called `procfs` changes nothing, a closed pipe neither."""
    bench.write("raise SystemExit('never')", "procfs.py")
    bench.write(
        f"import os, subprocess, time\n{closing}\n"
        "os.write(1, b'%d %d' % (subprocess.Popen(['sleep', '60']).pid, os.getpid()))\n"
        "time.sleep(60)"
    )
    read, write = os.pipe()
    middle = os.fork()
    if not middle:
        process = subprocess.Popen(
            [sys.executable, str(START_HOST), str(bench.scripts / "script.py")],
            env=os.environ | {SCRIPTS_VARIABLE: str(bench.scripts), "ROBOT_RUN_MARK": bench.mark},
            stdin=subprocess.PIPE,
            stdout=write,
        )
        os.kill(os.getpid(), signal.SIGSTOP if process else 0)
    os.close(write)
    try:
        pids = [int(each) for each in os.read(read, 100).split()]
    finally:
        os.kill(middle, signal.SIGKILL)
        os.waitpid(middle, 0)
        os.close(read)
    until(lambda: not any(alive(pid) for pid in pids))
