"""What authors write, run by the installed program: each script says what must come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from tests.program_on_windows.machine import SECONDS, eventually

if TYPE_CHECKING:
    from tests.program_on_windows.robot import InstalledRobot

UNDISTURBED = {
    "globals": (JobStatus.SUCCESS, "assert __annotations__ == {} and __loader__ is not None and __spec__ is None"),
    "exit code of 256": (JobStatus.FAILED, "import sys; sys.exit(256)"),
    "colour": (
        JobStatus.FAILED,
        r"""
        import sys
        print("\x1b[31mERROR\x1b[0m: invoice 17 has no number")
        sys.stdout.write("\x1b[0m\n")
        sys.exit(1)
        """,
    ),
    "group": (
        JobStatus.FAILED,
        'raise ExceptionGroup("two invoices failed", [ValueError("17 has no number"), KeyError("18")])',
    ),
    "starts itself again": (
        JobStatus.SUCCESS,
        """
        import os, subprocess, sys
        if os.environ.get("AGAIN"):
            sys.exit(0)
        again = {**os.environ, "AGAIN": "1"}
        sys.exit(subprocess.run([sys.executable, *sys.orig_argv[1:]], env=again, check=False).returncode)
        """,
    ),
    "shared memory": (
        JobStatus.FAILED,
        """
        from multiprocessing.shared_memory import SharedMemory
        memory = SharedMemory(name="robot-case", create=True, size=1_000_000)
        raise RuntimeError("crashed with a shared memory open")
        """,
    ),
    "modules of its own": (JobStatus.SUCCESS, "import procfs; assert procfs.MINE"),
}
LAST_LINES = {
    "colour": "ERROR: invoice 17 has no number",
    "group": "two invoices failed",
    "shared memory": "RuntimeError: crashed with a shared memory open",
}
STOPPED = {
    "asyncio": (
        JobStatus.STOPPED,
        """
        import asyncio, sys
        async def main():
            print("ready asyncio", flush=True)
            await asyncio.sleep(60)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            sys.exit(130)
        """,
    ),
    "cooperative": (
        JobStatus.FAILED,
        """
        import sys, time, robot_job
        robot_job.stop_requested()
        print("ready cooperative", flush=True)
        while not robot_job.stop_requested():
            time.sleep(0.1)
        sys.exit(7)
        """,
    ),
    "masked": (
        JobStatus.STOPPED,
        """
        import pathlib, signal, time
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("ready masked", flush=True)
        time.sleep(4)
        pathlib.Path("posted").touch()
        signal.signal(signal.SIGINT, before)
        time.sleep(60)
        """,
    ),
    "handler": (
        JobStatus.STOPPED,
        """
        import sys, time
        try:
            try:
                raise ConnectionError("the bank does not answer")
            except ConnectionError:
                print("ready handler", flush=True)
                time.sleep(60)
        except KeyboardInterrupt:
            sys.exit(1)
        """,
    ),
    "error text": (
        JobStatus.FAILED,
        """
        import sys, time
        try:
            print("ready error text", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            sys.exit("the ledger could not be saved")
        """,
    ),
}


def test_scripts_end_as_they_do_by_hand(robot: InstalledRobot):
    """Globals, exit codes, colours, groups, children made from its own command line, crashes, modules beside it."""
    robot.script("procfs", "MINE = True")
    robot.script("json", "raise SystemExit('a module of the author ran before the script')")
    jobs = {name: robot.queue(f"case {name}", text) for name, (_status, text) in UNDISTURBED.items()}
    process = robot.start()
    assert eventually(lambda: all(job.final_reports for job in jobs.values()), 3 * SECONDS), robot.said()
    assert robot.ended(process) == 0, robot.said()
    wanted = {name: status for name, (status, _text) in UNDISTURBED.items()}
    assert {name: job.final_reports[0] for name, job in jobs.items()} == wanted, robot.job_output()
    said = {record.name.removeprefix("case "): record.last_line for record in robot.past()}
    for name, line in LAST_LINES.items():
        assert line in said[name], said
        assert "\x1b" not in said[name]


def test_a_stop_ends_each_kind_of_script_as_it_means_it(robot: InstalledRobot):
    """Behind an exit code, in a handler, after a masked section: Stopped; its own failure: Failed."""
    jobs = {name: robot.queue(f"case {name}", text) for name, (_status, text) in STOPPED.items()}
    process = robot.start()
    for name, job in jobs.items():
        assert eventually(lambda name=name: f"ready {name}" in robot.job_output()), robot.said()
        robot.sandbox.stop_job(job.guid)
        robot.wait_final(job)
    assert robot.ended(process) == 0, robot.said()
    wanted = {name: status for name, (status, _text) in STOPPED.items()}
    assert {name: job.final_reports[0] for name, job in jobs.items()} == wanted, robot.job_output()
    assert (robot.scripts / "posted").exists(), "the masked section was cut short"
