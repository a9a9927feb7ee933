"""The scripts lie on a share that hangs for half a minute: heartbeats, and an Abort meanwhile.

The share is played by `slow_share.c`, which makes every call of the robot's that names a path below the scripts folder
wait, on the calling thread, as a dead network drive does. It is compiled here and loaded by LD_PRELOAD.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.bench.row import Row
from tests.bench.stage import PATIENCE, stage

HANGS_SECONDS: Final = 30.0
HEARTBEAT_SECONDS: Final = 1
SILENCE_TARGET: Final = 2.0  # times `heartbeat_seconds`
ABORT_TARGET: Final = 3.0  # seconds: to the next heartbeat, and to the report
ABORT: Final = 10
_SOURCE: Final = Path(__file__).with_name("slow_share.c")
_UNTIL_ABORT: Final = 5.0


def measure(*, quick: bool) -> list[Row]:
    """One job is handed out while the share hangs, aborted meanwhile; the next one runs when it answers again."""
    compiler = shutil.which("cc")
    if compiler is None:
        return [Row("a share that hangs: not measured, there is no C compiler", "", "", 0.0, None, "")]
    hangs = 8.0 if quick else HANGS_SECONDS
    with stage(heartbeat_seconds=HEARTBEAT_SECONDS, request_timeout=5) as (orchestrator, home):
        library = home.folder / "slow_share.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
        flag = home.folder / "hangs"
        flag.touch()
        home.script("work", "")
        home.environment |= {
            "LD_PRELOAD": str(library),
            "SLOW_SHARE": str(home.scripts),
            "SLOW_SHARE_HANGS": str(flag),
        }
        job = orchestrator.queue("work")
        robot = home.start_robot()
        orchestrator.wait_for(lambda: "update 8" in orchestrator.calls(), PATIENCE)
        begun = time.monotonic()
        time.sleep(_UNTIL_ABORT)
        asked = time.monotonic()
        job.asks = (ABORT,)
        orchestrator.wait_for(lambda: job.final, PATIENCE)
        aborted = time.monotonic() - asked
        after = orchestrator.queue("work")
        time.sleep(max(0.0, begun + hangs - time.monotonic()))
        flag.unlink()
        orchestrator.wait_for(lambda: after.final, PATIENCE)
        robot.communicate(timeout=PATIENCE)
        if (job.final, after.final) != (3, 4):
            raise RuntimeError(f"the jobs ended as {job.final} and {after.final}")
        beats = [request.at for request in orchestrator.requests if request.path.endswith("heartbeat")]
    silence = max(late - early for early, late in pairwise(beats))
    name = f"the scripts' share hangs for {hangs:.0f} s"
    return [
        Row(f"{name}: longest silence", "", f"{silence:.1f} s", silence / HEARTBEAT_SECONDS, SILENCE_TARGET, "x"),
        Row(f"{name}: Abort of the job that waits for it", "", f"{aborted:.1f} s", aborted, ABORT_TARGET, "s"),
    ]
