"""Plays the whole crash suite and writes docs/crashes.md: `python -m tests.trust.crash_table`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.trust.crash_driver import Moment, Point
from tests.trust.crash_run import CALLS, CASES, RECOVERY, WHILE_RUNNING, CrashCase, play

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE: Final = Path(__file__).parents[2] / "docs" / "crashes.md"
_HEAD: Final = """\
# Where the robot was killed

Written by `python -m tests.trust.crash_table`. The robot's process is killed (SIGKILL, TerminateProcess) at the n-th
call of each kind, just before the call and just after it; then it is started again. Real process, real script, real
journal, an Orchestrator on a real socket that shares no code with the robot. {count} crashes, {wrong} with a problem.

A life has two jobs, one of which is offered a second time when it is done. One report fails at first (503), one is
refused (404), one is carried out without an answer. Judged is what that Orchestrator has carried out. After the next
start, in every case: the last thing carried out for **each job is its one final status**, **each script ran at most
once**, a job that was not running when the robot died is a success, **nothing is told to strangers**, and **nothing is
left**: no process, no private folder, no undelivered report.

The Windows lane plays the same {count} crashes with the Windows Python under Wine, where a script lives in a job object
(`tests/system/test_windows_crashes.py`).

"""


def render(results: Mapping[CrashCase, Sequence[str]]) -> str:
    """The page for these results."""
    wrong = sum(bool(problems) for problems in results.values())
    lines = [_HEAD.format(count=len(results), wrong=wrong), "| call | killed before | killed after |", "|---|---|---|"]
    for call, count in CALLS.items():
        lines.append(_row(results, call, [(Point(call, number, Moment.BEFORE),) for number in range(1, count + 1)]))
    lines += ["", "Killed while the first script ran, and once more in the life after that:", ""]
    lines += ["| call | killed before | killed after |", "|---|---|---|"]
    lines += [_row(results, call, [(WHILE_RUNNING, Point(call, 1, Moment.BEFORE))]) for call in RECOVERY]
    return "\n".join(lines) + "\n"


def _row(results: Mapping[CrashCase, Sequence[str]], call: str, before: Sequence[tuple[Point, ...]]) -> str:
    after = [(*points[:-1], Point(call, points[-1].number, Moment.AFTER)) for points in before]
    cells = [
        " ".join("**✗**" if results[CrashCase(points)] else "✓" for points in moment) for moment in (before, after)
    ]
    return f"| {call} | {cells[0]} | {cells[1]} |"


def main() -> int:
    """Play, write, say what was wrong."""
    logging.disable(logging.CRITICAL)
    results = dict(play(CASES))
    FILE.write_text(render(results), "utf-8")
    wrong = {case: problems for case, problems in results.items() if problems}
    for case, problems in wrong.items():
        print(case, *problems, sep="\n    ")
    print(f"{len(results)} crashes, {len(wrong)} with a problem: {FILE.name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
