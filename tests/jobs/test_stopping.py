"""Soft stop and hard abort."""

from __future__ import annotations

import sys
import time

import pytest

from app.jobs.outcome import EndingKind
from tests.jobs.jobbench import linux, until

SLEEPER = "import time\nprint('ready')\ntime.sleep(60)"


def stop_when_ready(bench, source, **config):
    """Run `source`, stop it once it has printed `ready`, and see how it ends."""
    running = bench.start(source, **config)
    bench.wait_for("ready")
    running.request_stop()
    return bench.ending(running)


def test_a_sleeping_script_stops_at_once(bench):
    """The stop wakes a sleeping main thread; the script author sees where it slept, and no frame of ours."""
    # Said by another thread a moment later: the main thread has begun to sleep.
    running = bench.start("import threading, time\nthreading.Timer(0.3, print, ['ready']).start()\ntime.sleep(60)")
    bench.wait_for("ready")
    before = time.monotonic()
    running.request_stop()
    ending = bench.ending(running)
    assert time.monotonic() - before < 2
    assert (ending.kind, ending.last_line) == (EndingKind.STOPPED_ITSELF, "KeyboardInterrupt")
    assert "time.sleep(60)" in bench.output()
    assert "host.py" not in bench.output()


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ("except KeyboardInterrupt: print('tidied up')", EndingKind.STOPPED_ITSELF),
        ("except KeyboardInterrupt: sys.exit(3)", EndingKind.STOPPED_ITSELF),
        ("finally: print('tidied up')", EndingKind.STOPPED_ITSELF),
        ("except KeyboardInterrupt: 1/0", EndingKind.EXITED),
        ("except KeyboardInterrupt:\n try: 1/0\n except ZeroDivisionError: sys.exit(3)", EndingKind.EXITED),
        ("except KeyboardInterrupt: os._exit(3)", EndingKind.EXITED),
    ],
)
def test_what_counts_as_stopped(bench, tail, kind):
    """Ending by the stop itself counts as stopped; an error on the way does not."""
    ending = stop_when_ready(bench, f"import os, sys, time\ntry:\n    print('ready')\n    time.sleep(60)\n{tail}\n")
    assert ending.kind is kind, bench.text()


def test_a_script_that_polls_is_not_interrupted(bench):
    """One that called `stop_requested` ends by itself, and its exit code is its own word."""
    ending = stop_when_ready(
        bench,
        "import robot_job, sys, time\nrobot_job.stop_requested()\nprint('ready')\n"
        "while not robot_job.stop_requested(): time.sleep(.01)\nprint('wound up')\nsys.exit(4)",
    )
    assert (ending.kind, ending.exit_code, ending.last_line) == (EndingKind.EXITED, 4, "wound up")


def test_callbacks_run_on_their_own_threads_and_may_fail(bench):
    """Every callback runs, what one raises is printed without our frames, and the main thread is left alone."""
    ending = stop_when_ready(
        bench,
        "import robot_job, threading\nstopped = threading.Event()\n"
        "def broken():\n    assert threading.current_thread() is not threading.main_thread()\n    1/0\n"
        "robot_job.on_stop(broken)\nrobot_job.on_stop(stopped.set)\nprint('ready')\n"
        "assert stopped.wait(20)\nprint('end')",
    )
    assert ending.exit_code == 0
    assert "ZeroDivisionError" in bench.output()
    assert "in _run" not in bench.output()


def test_a_callback_that_comes_late_runs_at_once(bench):
    """`on_stop` after the stop calls the callback immediately."""
    stop_when_ready(
        bench,
        "import robot_job, time\nrobot_job.stop_requested()\nprint('ready')\n"
        "while not robot_job.stop_requested(): time.sleep(.01)\nrobot_job.on_stop(lambda: print('called'))",
    )
    assert "called" in bench.output()


def test_a_stop_before_the_first_line_is_not_lost(bench):
    """However early the stop comes, a long script ends, and nothing of the host breaks."""
    for _ in range(10):
        running = bench.start("import time\ntime.sleep(60)")
        running.request_stop()
        assert bench.ending(running).kind is EndingKind.STOPPED_ITSELF
    assert "host.py" not in bench.output()


def test_a_handler_for_sigint_is_the_scripts_own(bench):
    """A script that registered a handler for SIGINT gets that called, and goes on as it likes."""
    ending = stop_when_ready(
        bench,
        "import signal, time\ndone = []\nsignal.signal(signal.SIGINT, lambda *a: done.append(1))\nprint('ready')\n"
        "while not done: time.sleep(.01)\nprint('handled')",
    )
    assert (ending.kind, ending.last_line) == (EndingKind.STOPPED_ITSELF, "handled")


@pytest.mark.skipif(sys.platform != "win32", reason="SIGBREAK is a signal of Windows")
def test_the_vendors_handler_for_sigbreak_is_called(bench):
    """A script of the vendor's framework gets its SIGBREAK, and no KeyboardInterrupt."""
    ending = stop_when_ready(
        bench,
        "import signal, time\ndone = []\nsignal.signal(signal.SIGBREAK, lambda *a: done.append(1))\nprint('ready')\n"
        "while not done: time.sleep(.01)\nprint('handled')",
    )
    assert (ending.kind, ending.last_line) == (EndingKind.STOPPED_ITSELF, "handled")


STUBBORN = (
    "import signal, time\nfor s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)\n"
    "print('ready')\nwhile True: time.sleep(1)"
)


def test_a_stubborn_script_is_killed_after_the_time_limit(bench):
    """`stop_timeout` seconds after the soft stop the script is killed, and that is said."""
    ending = stop_when_ready(bench, STUBBORN, stop_timeout=0.2)
    assert ending.kind is EndingKind.KILLED_BY_STOP_TIMEOUT
    assert "0.2 s" in ending.message


@pytest.mark.parametrize("stop_timeout", [0, 1e11, 1e300])
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_without_a_time_limit_only_abort_helps(bench, stop_timeout):
    """With `stop_timeout = 0`, or more than any wait can take, the script takes its time; a later Abort wins."""
    running = bench.start(STUBBORN, stop_timeout=stop_timeout)
    bench.wait_for("ready")
    running.request_stop()
    running.request_stop()
    assert running.wait(0.2) is None
    running.abort()
    running.abort()
    running.request_stop()
    assert bench.ending(running).kind is EndingKind.KILLED_BY_ABORT


def test_an_abort_that_comes_after_the_end_changes_nothing(bench):
    """What the script did by itself stays its ending."""
    running = bench.start("import sys; sys.exit(3)")
    bench.ending(running)
    running.abort()
    running.request_stop()
    assert bench.ending(running).kind is EndingKind.EXITED


def test_a_stop_while_the_script_winds_up_is_no_second_stop(bench):
    """A second request doesn't interrupt the tidying up."""
    running = bench.start(
        "import time\ntry:\n    print('ready')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n"
        "    print('tidying')\n    time.sleep(.3)\n    print('tidied')"
    )
    bench.wait_for("ready")
    running.request_stop()
    bench.wait_for("tidying")
    running.request_stop()
    assert bench.ending(running).last_line == "tidied"


@linux
def test_a_robot_in_the_background_can_stop_scripts(bench):
    """An ignored SIGINT, as shells give to background programs, is not passed on to scripts."""
    import signal

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running = bench.start(SLEEPER)
        bench.wait_for("ready")
        running.request_stop()
        assert bench.ending(running).kind is EndingKind.STOPPED_ITSELF
    finally:
        signal.signal(signal.SIGINT, before)
    until(running.ended.is_set)
