"""A script that prints 500 MB, against the same script writing to a file."""

from __future__ import annotations

import subprocess
import time
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.row import Row
from tests.bench.stage import PYTHON, stage, succeed

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

TARGET = 1.3  # times the same script writing to a file
SCRIPT = """
line = "2026-11-24 12:00:00 INFO  invoice 1234567 of the customer Müller is booked: 123.45 EUR" + " " * 14
for _ in range({lines}):
    print(line)
"""
LINE_BYTES = 102
# What the robot gives to every script, so that its log is alive: the same work for both.
UNBUFFERED = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def measure(*, quick: bool) -> list[Row]:
    """In turn; the median counts. Both run unbuffered, as every script of the robot does."""
    megabytes, rounds = (25, 1) if quick else (500, 1)
    floors, ours = [], []
    with stage() as (orchestrator, home):
        home.script("talker", SCRIPT.format(lines=megabytes * 1_000_000 // LINE_BYTES))
        for _ in range(rounds):
            floors.append(_into_a_file(home))
            ours.append(_printed(orchestrator, home))
    return [
        Row(
            f"a script that prints {megabytes} MB",
            f"writing to a file {median(floors):.2f} s",
            f"{median(ours):.2f} s",
            median(mine / floor for mine, floor in zip(ours, floors, strict=True)),
            TARGET,
            "x",
        )
    ]


def _into_a_file(home: Home) -> float:
    with (home.folder / "printed").open("wb") as file:
        begun = time.monotonic()
        script = str(home.scripts / "talker.py")
        subprocess.run([PYTHON, script], check=True, stdout=file, env=home.environment | UNBUFFERED)
        seconds = time.monotonic() - begun
    (home.folder / "printed").unlink()
    return seconds


def _printed(orchestrator: Orchestrator, home: Home) -> float:
    orchestrator.requests.clear()
    orchestrator.queue("talker")
    succeed(home.start_robot())
    begun = next(request.at for request in orchestrator.requests if str(request) == "update 8")
    ended = next(request.at for request in orchestrator.requests if str(request) == "update 4")
    return ended - begun
