"""A failing night made small: the same without each step without which it fails as well."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import Final

from tests.simulation.mutants import ROOT

_WITHIN: Final = 120.0  # seconds; then what was left out until then has to do
_ONE_WITHIN: Final = 20.0  # a night may hang without one of its steps


def shrink(seed: int, mutant: str) -> int:
    """Print the small story; exit code 1 if it fails, as it should."""
    until = time.monotonic() + _WITHIN
    dropped: list[int] = []
    story, problems = _tell(seed, mutant, dropped)
    for number in range(len(re.findall(r"(?m)^ +[\d.]+ \w", story.partition("\n    0.000 ")[0]))):
        if time.monotonic() > until:
            print("Not made smaller: it takes too long")
            break
        tried, left = _tell(seed, mutant, [*dropped, number])
        if left & problems:
            dropped.append(number)
            story, problems = tried, left
    print(story or "The night hangs.", flush=True)
    return 1 if problems else 0


def _tell(seed: int, mutant: str, dropped: list[int]) -> tuple[str, set[str]]:
    """The story without these steps, and what goes wrong in it, whenever and with whichever job."""
    command = [sys.executable, "-m", "tests.simulation", "--tell", f"--seed={seed}", f"--mutant={mutant}", "--without"]
    try:
        done = subprocess.run(
            [*command, *map(str, dropped)], cwd=ROOT, capture_output=True, text=True, timeout=_ONE_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        return "", set()
    said = done.stdout + done.stderr
    lines = said.rpartition("\n\n")[2].splitlines() if done.returncode else []
    return said, {re.sub(r"[\d.]+|\b[0-9a-f]{4}\b", "", line)[:40] for line in lines}
