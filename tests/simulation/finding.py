"""Each known bug is put back and looked for: how many nights that takes, and what gives it away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time as real_time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.simulation.known_bugs import KNOWN_BUGS
from tests.simulation.mutants import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHIN: Final = 60.0  # seconds on one core
PAGE: Final = ROOT / "docs" / "simulation.md"
BEGIN, END = "<!-- known bugs: written by the run -->\n", "<!-- end -->\n"
_HEAD: Final = "| point | bug | nights | seconds | what gave it away |\n|:-:|---|--:|--:|---|\n"


@dataclass(frozen=True)
class Found:
    """What became of one: `nights` until it was found, or None; in `seconds`; `problem` gave it away."""

    name: str
    nights: int | None
    seconds: float
    problem: str

    def __str__(self) -> str:
        bug = KNOWN_BUGS[self.name]
        nights = "**not found**" if self.nights is None else f"{self.nights:,}"
        return f"| {bug.point} | {bug.about} | {nights} | {self.seconds:.0f} | {shortened(self.problem)} |\n"


def find_all(names: Sequence[str], seed: int, *, write: bool) -> int:
    """Look for these (none: all), two at a time on two cores; exit code 1 if one isn't found."""
    rows = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda name: find(name, seed), names or KNOWN_BUGS):
            print(f"{found.name:20} {found}", end="", flush=True)
            rows.append(found)
    lost = [found.name for found in rows if found.nights is None]
    rows.sort(key=lambda found: KNOWN_BUGS[found.name].point)
    if write:
        before, _begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
        _table, _end, after = rest.partition(END)
        PAGE.write_text(before + BEGIN + _HEAD + "".join(map(str, rows)) + END + after, "utf-8")
    print(f"{len(rows) - len(lost)} of {len(rows)} found", *lost)
    return 1 if lost else 0


def find(name: str, seed: int) -> Found:
    """Nights from `seed` on with this bug, until one goes wrong, or for a minute."""
    begun = real_time.perf_counter()
    command = [sys.executable, "-m", "tests.simulation", "--worker", "--first", f"--seed={seed}", "--nights=100000"]
    try:
        command.append(f"--mutant={name}")
        said = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=WITHIN, check=False
        ).stdout.splitlines()
    except subprocess.TimeoutExpired:
        said = []
    seconds = real_time.perf_counter() - begun
    line = next((line for line in said if line.startswith("seed ")), "")
    number, _colon, problem = line.removeprefix("seed ").partition(": ")
    return Found(name, int(number) - seed + 1 if line else None, seconds, problem)


def shortened(problem: str) -> str:
    """For a table: without numbers that say nothing to a reader."""
    text = re.sub(r"(\d+\.\d\d)\d+", r"\1", problem).replace("|", "/")
    text = re.sub(r"\b([0-9a-f]{4})[0-9a-f-]{32}", r"\1", text)
    return text if len(text) <= 110 else text[:107] + "\u2026"
