"""What a stop makes of scripts as they are out there: where it finds them, and whether it was what ended them."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.jobs.endings import ENDINGS, EXITED, STOPPED
from tests.jobs.jobbench import SLEEPING, ending_of, linux, until


@pytest.mark.parametrize(("source", "kind"), ENDINGS.values(), ids=ENDINGS)
def test_what_ended_the_script(bench, source, kind):
    """Stopped if the stop's own interrupt is behind the end, however it is wrapped; Failed if something else is."""
    ending = ending_of(bench, source)
    assert ending.kind is kind, bench.text()
    assert "jobs/child" not in bench.output()


@linux
def test_a_number_without_the_interrupt_is_a_failure(bench):
    """A script that was told, wound up, and says itself that it failed, has failed."""
    ending = ending_of(
        bench,
        "import robot_job, sys, time\nrobot_job.stop_requested()\nprint('ready')\n"
        "while not robot_job.stop_requested(): time.sleep(.05)\n"
        "try: raise KeyboardInterrupt\nexcept KeyboardInterrupt: sys.exit(7)",
    )
    assert ending.kind is EXITED


MASKS = {
    "ignored": (
        "before = signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "signal.signal(signal.SIGINT, before)",
    ),
    "blocked": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})",
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})",
    ),
}


@linux
@pytest.mark.parametrize(("mask", "unmask"), MASKS.values(), ids=MASKS)
def test_a_masked_section_is_not_interrupted(bench, mask, unmask):
    """The stop comes soon after the section, neither in it nor never."""
    before = time.monotonic()
    ending = ending_of(
        bench,
        f"import signal, time\n{mask}\nprint('ready')\ntime.sleep(1)\nprint('section')\n{unmask}\ntime.sleep(30)",
    )
    assert ending.kind is STOPPED
    assert time.monotonic() - before < 10
    assert "section" in bench.output()


@linux
@pytest.mark.parametrize("handler", ["", "signal.signal(signal.SIGINT, lambda *_: sys.exit(0))"])
def test_a_stop_between_system_calls(bench, handler):
    """os.system ignores SIGINT while it waits; the stop takes effect when it returns."""
    before = time.monotonic()
    ending = ending_of(
        bench,
        f"import os, signal, sys\n{handler}\nprint('ready')\nfor _ in range(60):\n    os.system('sleep 0.4')\n"
        "raise SystemExit('all posted')",
    )
    assert ending.kind is STOPPED
    assert time.monotonic() - before < 5


@linux
@pytest.mark.parametrize("handler", ["", "signal.signal(signal.SIGINT, lambda *_: sys.exit(0))"])
def test_a_stop_while_os_system_starts_its_program(bench, handler):
    """All signals are blocked then, and SIGINT is ignored as well: one that is sent now would be thrown away."""
    before = time.monotonic()
    ending = ending_of(
        bench,
        f"""
        import ctypes, signal, sys, time
        {handler}
        action = ctypes.CDLL(None).signal
        action.argtypes, action.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
        ignored = action(signal.SIGINT, 1)
        blocked = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        print('ready')
        time.sleep(.6)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        time.sleep(.2)
        action(signal.SIGINT, ignored)
        time.sleep(30)
        """,
    )
    assert ending.kind is STOPPED
    assert time.monotonic() - before < 8


@linux
def test_a_script_that_resets_all_signals_survives_the_knocking(bench):
    """Nothing but SIGINT's own action may end a script."""
    ending = ending_of(
        bench,
        """
        import signal, time
        for each in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            if each != signal.SIGINT:
                signal.signal(each, signal.SIG_DFL)
        try:
            print('ready')
            time.sleep(30)
        except KeyboardInterrupt:
            time.sleep(.5)
            print('wound up')
        """,
    )
    assert (ending.kind, ending.last_line) == (STOPPED, "wound up")


@linux
def test_a_script_that_resets_all_signals_for_good_dies_by_sigint(bench):
    """SIGINT's default action is what such a script wants."""
    ending = ending_of(
        bench,
        "import signal, time\nfor each in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "    signal.signal(each, signal.SIG_DFL)\nprint('ready')\ntime.sleep(30)",
    )
    assert (ending.kind, ending.exit_code) == (STOPPED, -2)


@linux
@pytest.mark.parametrize(
    "title",
    [
        "",
        "start = int(open('/proc/self/stat').read().rsplit(')')[1].split()[45])\nctypes.memset(start, ord('x'), 6)",
        "import os\nos.closerange(3, 4096)",
    ],
    ids=["", "under a title of its own", "with everything closed"],
)
def test_a_stop_waits_for_a_long_call_into_c(bench, title):
    """A call that keeps the interpreter's lock is not interrupted, and the script is when it is over: once."""
    ending = ending_of(
        bench,
        f"import ctypes\n{title}\nimport time\ntry:\n    print('ready')\n    ctypes.PyDLL(None).sleep(2)\n"
        "    time.sleep(30)\nfinally:\n    time.sleep(.5)\n    print('wound up')",
    )
    assert ending.kind is STOPPED
    assert "wound up" in bench.output()


def test_an_interrupt_that_python_drops_is_sent_once_more(bench):
    """Out of `__del__` no exception gets anywhere; the stop arrives all the same, and the wind-up is left alone."""
    before = time.monotonic()
    ending = ending_of(
        bench,
        """
        import time
        class Slow:
            def __del__(self):
                print('ready')
                time.sleep(2)
        slow = Slow()
        del slow
        try:
            time.sleep(30)
        finally:
            time.sleep(.5)
            print('wound up')
        """,
    )
    assert ending.kind is STOPPED
    assert time.monotonic() - before < 10
    assert "wound up" in bench.output()
    assert bench.output().count("Exception ignored in") == 1
    assert "jobs/child" not in bench.output()


def test_a_long_wind_up_is_not_interrupted_twice(bench):
    """One stop is one interrupt, whatever the script does in its wind-up."""
    ending = ending_of(
        bench,
        SLEEPING + "except KeyboardInterrupt:\n    for _ in range(150):\n        time.sleep(.01)\n"
        "    os.system('exit 0')\n    print('wound up')",
    )
    assert (ending.kind, ending.last_line) == (STOPPED, "wound up")


@linux
def test_a_script_that_was_started_with_sigint_blocked(bench):
    """Whoever started the robot may have blocked SIGINT; scripts are stopped all the same."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        running = bench.start("import time\nprint('ready')\ntime.sleep(30)")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    bench.wait_for("ready")
    running.request_stop()
    assert bench.ending(running).kind is STOPPED


@linux
@pytest.mark.parametrize(
    "command", ["sys.executable, [sys.executable, '-u', *sys.argv]", "'/bin/sleep', ['sleep', '30']"]
)
def test_a_program_that_took_the_scripts_place_is_stopped(bench, command):
    """After `os.execv` there is no host that hears of the stop; SIGINT reaches whatever is there."""
    running = bench.start(
        "import os, sys, time\nif os.environ.get('AGAIN') or 'sleep' in " + repr(command) + ":\n    print('ready')\n"
        "    if os.environ.get('AGAIN'): time.sleep(30)\nos.environ['AGAIN'] = '1'\nos.execv(" + command + ")"
    )
    bench.wait_for("ready")
    until(lambda: b"start_host" not in Path(f"/proc/{running.identity.pid}/cmdline").read_bytes())
    running.request_stop()
    assert (bench.ending(running).kind, bench.ending(running).exit_code) == (STOPPED, -2)
