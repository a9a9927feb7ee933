"""Plays the whole fault suite and writes docs/faults.md: `python -m tests.trust.fault_table`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.trust.fault_cases import (
    CASES,
    DEAD_LETTER,
    FAULTS,
    GAVE_UP,
    RECOVERED,
    STAYED,
    UNDISTURBED,
    Case,
    Course,
    Step,
)
from tests.trust.fault_run import Range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE: Final = Path(__file__).parents[2] / "docs" / "faults.md"
_SIGNS: Final = {RECOVERED: "R", STAYED: "S", GAVE_UP: "4", UNDISTURBED: "–", DEAD_LETTER: "D"}
_HEAD: Final = """\
# What goes wrong on the network, and what the robot does

Written by `python -m tests.trust.fault_table`, which plays every case: a real sandbox behind real sockets, a real
journal, the robot's own loop on a clock that runs a hundred times as fast. {count} cases, {wrong} with a problem.

In every case: **no outcome is lost** (delivered, or kept in sight as a dead letter), **no script runs twice**, **no
log-off or exit** while anything is undone, **no flood** (waits grow from half a second to a minute; a server's
Retry-After is heeded; heartbeats Working keep their pace), and **what is shown is true** (Offline with its reason; or
Working, not connected).

Each call × fault has three courses, in this order: the fault hits twice and is gone; it stays until a person ends the
robot and starts it again; it stays and `offline_limit` is set.

| sign | |
|---|---|
{signs}
| **✗** | a problem was found |

"""


def render(results: Mapping[Case, Sequence[str]]) -> str:
    """The page for these results."""
    wrong = sum(bool(problems) for problems in results.values())
    signs = "\n".join(f"| {sign} | {words} |" for words, sign in _SIGNS.items())
    lines = [_HEAD.format(count=len(results), wrong=wrong, signs=signs)]
    lines += ["| fault | " + " | ".join(Step) + " |", "|---|" + ":-:|" * len(Step)]
    for fault in FAULTS:
        cells = []
        for step in Step:
            cases = [Case(step, fault, course) for course in Course]
            cells.append(" ".join("**✗**" if results[case] else _SIGNS[case.expected] for case in cases))
        lines.append(f"| {fault.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Play, write, say what was wrong."""
    logging.disable(logging.CRITICAL)
    with Range() as place:
        results = place.play_all(CASES)
    FILE.write_text(render(results), "utf-8")
    wrong = {case: problems for case, problems in results.items() if problems}
    for case, problems in wrong.items():
        print(case, *problems, sep="\n    ")
    print(f"{len(results)} cases, {len(wrong)} with a problem: {FILE.name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
