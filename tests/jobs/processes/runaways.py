"""Children that try to outlive their script, and a robot in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.jobs.jobbench import Bench

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


def pids(bench: Bench) -> list[int]:
    """The processes that have said their number."""
    return [int(line.split()[1]) for line in bench.output().splitlines() if line.startswith("pid ")]
