"""Scripts of other interpreters than the robot's: those that this machine has."""

from __future__ import annotations

import pytest

from app.jobs.outcome import EndingKind
from app.orchestrator.vocabulary import JobOrder
from tests.jobs.interpreters import interpreter
from tests.jobs.jobbench import linux

VERSIONS = ("3.8", "3.9", "3.10", "3.12", "3.13", "3.14")
SCRIPT = """
import asyncio, os, sys, time, robot_job
pid = os.fork()
if not pid:
    os._exit(0)
os.waitpid(pid, 0)
print(sys.version_info[:2], robot_job.task(), __spec__, globals().get('__annotations__'))
async def main():
    print('ready')
    await asyncio.sleep(30)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(130)
"""


COOPERATIVE = """
import robot_job, time
print(robot_job.task()['parameters'])
robot_job.on_stop(lambda: print('told'))
print('ready')
while not robot_job.stop_requested():
    time.sleep(.02)
time.sleep(.1)
"""
STOPPED, EXITED = EndingKind.STOPPED_ITSELF, EndingKind.EXITED
KINDS = {
    "sleeping": ("print('ready')\ntime.sleep(30)", STOPPED),
    "an error on the way": ("try:\n    print('ready')\n    time.sleep(30)\nfinally:\n    1 / 0", EXITED),
    "a text": ("try:\n    print('ready')\n    time.sleep(30)\nexcept KeyboardInterrupt: sys.exit('no')", EXITED),
    "its own handler": (
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(5))\nprint('ready')\ntime.sleep(30)",
        STOPPED,
    ),
    "the default action": ("signal.signal(signal.SIGINT, signal.SIG_DFL)\nprint('ready')\ntime.sleep(30)", STOPPED),
    "os.system": ("print('ready')\nfor _ in range(60): os.system('sleep .3')\nraise SystemExit('all posted')", STOPPED),
    "all closed": ("os.closerange(3, 4096)\nprint('ready')\ntime.sleep(30)", STOPPED),
    "all reset": (
        (
            "for each in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGINT}:\n"
            "    signal.signal(each, signal.SIG_DFL)\nprint('ready')\ntime.sleep(30)"
        ),
        STOPPED,
    ),
    "dropped by __del__": (
        "class A:\n  def __del__(self):\n    print('ready')\n    time.sleep(1)\na = A()\ndel a\ntime.sleep(30)",
        STOPPED,
    ),
}


@linux
@pytest.mark.parametrize("version", VERSIONS)
def test_another_python(bench, version):
    """The host works there, a fork makes no warning, and a stop is a stop."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    running = bench.start(SCRIPT, python=python)
    bench.wait_for("ready")
    running.request_stop()
    ending = bench.ending(running)
    assert (ending.kind, ending.exit_code) == (EndingKind.STOPPED_ITSELF, 130)
    major, minor = version.split(".")
    annotations = "None" if int(minor) >= 14 else "{}"
    assert bench.output() == f"({major}, {minor}) None None {annotations}\nready\n"


@linux
@pytest.mark.parametrize("version", VERSIONS)
def test_stops_in_another_python(bench, version):
    """Each kind of stop comes to what it comes to in the robot's own."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    wrong = []
    for name, (source, kind) in KINDS.items():
        bench.log = bench.log.with_name(f"{name}.log")
        running = bench.start(f"import os, signal, sys, time\n{source}", python=python)
        bench.wait_for("ready")
        running.request_stop()
        ending = bench.ending(running)
        if ending.kind is not kind:
            wrong.append((name, ending, bench.text()))
    assert not wrong


@linux
@pytest.mark.parametrize("version", VERSIONS)
def test_robot_job_in_another_python(bench, version):
    """`robot_job` works there, also beside modules of the author's that are named like Python's."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    for name in ("json", "threading", "procfs", "hashlib"):
        bench.write("raise SystemExit(__name__)", f"{name}.py")
    order = JobOrder("job-1", "script", "v", {"parameters": {"счёт": 17}})
    running = bench.start(COOPERATIVE, order=order, python=python)
    bench.wait_for("ready\n")
    running.request_stop()
    assert bench.ending(running).kind is STOPPED, bench.text()
    assert bench.output() == "{'счёт': 17}\nready\ntold\n"


@linux
@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_a_python_that_is_too_old_is_called_so(bench, version):
    """Not "exit code 1": which one it is, and which one is needed."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    ending = bench.ending(bench.start("print('never')", python=python))
    assert ending.exit_code == 1
    assert ending.message.startswith(f"Scripts need Python 3.8 or later; {python}")
    assert ending.message.split()[-1].startswith(version)
    assert "never" not in bench.output()
