"""Each known bug is put back and looked for: how many nights that takes, and what gives it away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
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
_HEAD: Final = "| point | bug | nights | seconds | worst | what gave it away |\n|:-:|---|--:|--:|--:|---|\n"
SEEDS: Final = (7_000_001, 8_000_001, 9_000_001)  # not those at which the nights were looked at while they were made


@dataclass(frozen=True)
class Found:
    """What became of one: how many nights and seconds of one core it took from each first seed; None: not found."""

    name: str
    tries: list[tuple[int | None, float]]
    problem: str

    @property
    def times(self) -> int:
        """How often it was found."""
        return sum(nights is not None for nights, _seconds in self.tries)

    def __str__(self) -> str:
        bug = KNOWN_BUGS[self.name]
        nights, seconds = sorted(self.tries, key=lambda each: each[1])[len(self.tries) // 2]
        worst = max(seconds for _nights, seconds in self.tries)
        columns = [
            bug.point,
            bug.about,
            "**not found**" if nights is None else f"{nights:,}",
            f"{seconds:.0f}",
            f"{worst:.0f}" if self.times == len(self.tries) else f"found from {self.times} of {len(self.tries)}",
            shortened(self.problem),
        ]
        return "| " + " | ".join(columns) + " |\n"


def find_all(names: Sequence[str], *, write: bool) -> int:
    """Look for these (none: all), two at a time on two cores; exit code 1 if one isn't found each time.

    With `write`, the rows of these take the place of what the page says of them.
    """
    rows = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(find, names or KNOWN_BUGS):
            print(f"{found.name:20} {found.tries} {found}", end="", flush=True)
            rows.append(found)
    lost = [found.name for found in rows if found.times < len(found.tries)]
    if write:
        _write([str(found) for found in rows])
    print(f"{len(rows) - len(lost)} of {len(rows)} found", *lost)
    return 1 if lost else 0


def _write(rows: list[str]) -> None:
    before, _begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    table, _end, after = rest.partition(END)
    new = {row.split(" | ")[1]: row for row in rows}
    width = rows[0].count(" | ")
    old = {row.split(" | ")[1]: row for row in table.splitlines(keepends=True)[2:] if row.count(" | ") == width}
    order = [bug.about for bug in sorted(KNOWN_BUGS.values(), key=lambda bug: bug.point)]
    every = old | new
    PAGE.write_text(
        before + BEGIN + _HEAD + "".join(every[each] for each in order if each in every) + END + after, "utf-8"
    )


def find(name: str) -> Found:
    """Nights from each first seed on with this bug, until one goes wrong, or for a minute of one core."""
    tries: list[tuple[int | None, float]] = []
    problem = ""
    for seed in SEEDS:
        command = [sys.executable, "-m", "tests.simulation", "--worker", "--first", f"--seed={seed}", "--nights=100000"]
        command += [f"--mutant={name}", f"--seconds={WITHIN}"]
        said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()
        line = next((line for line in said if line.startswith("seed ")), "")
        number, _colon, text = line.removeprefix("seed ").partition(": ")
        spent = next((float(line.split()[1]) for line in said if line.startswith("spent ")), WITHIN)
        tries.append((int(number) - seed + 1 if line else None, spent))
        problem = problem or text
    return Found(name, tries, problem)


def shortened(problem: str) -> str:
    """For a table: without numbers that say nothing to a reader."""
    text = re.sub(r"(\d+\.\d\d)\d+", r"\1", problem).replace("|", "/")
    text = re.sub(r"\b([0-9a-f]{4})[0-9a-f-]{32}", r"\1", text)
    return text if len(text) <= 110 else text[:107] + "\u2026"
