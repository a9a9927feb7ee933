"""Plays the whole fault suite and writes docs/faults.md: `python -m tests.trust.fault_table`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.trust import busy_run
from tests.trust.busy_run import CALLS, MINUTES, SOME_SECONDS, BusyCase
from tests.trust.fault_cases import CASES, FAULTS, Case, Course, Expected, Step
from tests.trust.fault_run import Range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE: Final = Path(__file__).parents[2] / "docs" / "faults.md"
_SIGNS: Final = {
    Expected.RECOVERED: "R",
    Expected.STAYED: "S",
    Expected.GAVE_UP: "4",
    Expected.REFUSED: "3",
    Expected.WARNED: "W",
    Expected.NEXT_START: "N",
    Expected.UNDISTURBED: "–",
}
_HEAD: Final = """\
# What goes wrong on the network, and what the robot does

Written by `python -m tests.trust.fault_table`, which plays every case: an Orchestrator that shares no code with the
robot behind real sockets, a real journal, the robot's own loop on a clock that runs a hundred times as fast. {count}
cases, {wrong} with a problem.

Judged is what that Orchestrator has *carried out*, in that order. In every case: **no outcome is lost** (the last thing
carried out for a job is its right final status, in this life or at the next start; what is only kept doesn't count),
**each is reported once**, or confirmed after an attempt whose fate could not be known, **no script runs twice**,
**nothing is told to strangers**, **no log-off or exit** while anything is undone (unless reports are refused, or have
failed for ten minutes while heartbeats are answered), **no flood** (waits grow; a server's Retry-After is heeded;
heartbeats Working keep their pace), **what is shown is true**.

Each call × fault has three courses, in this order: the fault hits twice and is gone; it stays until a person ends the
robot and starts it again; it stays, nobody comes, and `offline_limit` is set.

| sign | |
|---|---|
{signs}
| **✗** | a problem was found |

"""
_BUSY: Final = """
## Another program holds the journal

A process of its own holds the journal's write lock (`BEGIN IMMEDIATE`) from just before a call of the journal on: for
{some:g} s, or for {long:g} s. {count} cases, {wrong} with a problem. The robot waits and goes on; nothing ends, nothing
is lost, nothing runs twice. A job that can't be written down for a minute is reported Failed and not run. A life has
three jobs; one outcome meets 503, one "in progress" is carried out and its answer lost, one is refused, and a job is
handed out a second time when all is done.

| call of the journal | held for {some:g} s | held for {long:g} s |
|---|---|---|
"""


def render(results: Mapping[Case, Sequence[str]], busy: Mapping[BusyCase, Sequence[str]]) -> str:
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
    wrong = sum(bool(problems) for problems in busy.values())
    lines.append(_BUSY.format(some=SOME_SECONDS, long=MINUTES, count=len(busy), wrong=wrong).rstrip("\n"))
    for call, count in CALLS.items():
        cells = []
        for seconds in (SOME_SECONDS, MINUTES):
            found = (busy[BusyCase(call, number, seconds)] for number in range(1, count + 1))
            cells.append(" ".join("**✗**" if problems else "✓" for problems in found))
        lines.append(f"| {call} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Play, write, say what was wrong."""
    logging.disable(logging.CRITICAL)
    with Range() as place:
        results = place.play_all(CASES)
    busy = busy_run.play_all(busy_run.CASES)
    FILE.write_text(render(results, busy), "utf-8")
    everything: dict[object, Sequence[str]] = {**results, **busy}
    wrong = {case: problems for case, problems in everything.items() if problems}
    for case, problems in wrong.items():
        print(case, *problems, sep="\n    ")
    print(f"{len(everything)} cases, {len(wrong)} with a problem: {FILE.name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
