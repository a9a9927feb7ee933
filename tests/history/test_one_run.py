"""The end of a run's log: what of it explains a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.history.one_run import log_end, traceback_in

if TYPE_CHECKING:
    from pathlib import Path

FIRST = ["Traceback (most recent call last):", '  File "a.py", line 1, in <module>', "KeyError: 1"]
SECOND = ["Traceback (most recent call last):", '  File "a.py", line 3, in <module>', "ValueError: 2"]
DURING = ["", "During handling of the above exception, another exception occurred:", ""]
GROUP = [
    "  + Exception Group Traceback (most recent call last):",
    "  |   File",
    "  | ExceptionGroup: two (2 sub-exceptions)",
]


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (["one", "two"], []),
        (["one", *FIRST], FIRST),
        ([*FIRST, "went on", *SECOND], SECOND),
        (["one", *FIRST, *DURING, *SECOND], [*FIRST, *DURING, *SECOND]),
        (["one", *GROUP], GROUP),
        ([], []),
    ],
)
def test_the_exception_that_ended_it(output: list[str], found: list[str]) -> None:
    """The last one, with those that it came of."""
    assert traceback_in(output) == found


@pytest.mark.parametrize("folder", ["{here}/evidence/g1/", "D:\\Robot\\evidence\\g1\\", "\\\\old\\share\\"])
def test_what_the_robot_noted(tmp_path: Path, folder: str) -> None:
    """Not what stands elsewhere on the page: how it ended, where its pictures are, or were; no line of the script's."""
    log = tmp_path / "1.log"
    own = "[robot] 2026-11-24 14:03:00+0300  "
    folder = folder.format(here=tmp_path)
    kept = f"{own}The screen at that moment: {folder}screen-at-end-140259.png\n"
    kept += f"{own}The screen before that: {folder}recording-140259-2.webp\n"
    log.write_text(
        f"{own}invoices.py  (python)\n [robot] forged\none\n[robot] The script left 2 processes running.\n"
        f"{kept}{own}No picture.\n{own}Exit code 1.\n",
        "utf-8",
    )
    end = log_end(log, "Exit code 1.")
    assert end is not None
    assert end.said == ["The script left 2 processes running.", "No picture."]
    assert not end.cut
    assert log_end(tmp_path / "gone.log", "") is None


def test_a_script_that_printed_nothing(tmp_path: Path) -> None:
    """Its log's first line is no note."""
    log = tmp_path / "1.log"
    log.write_text("[robot] 2026-11-24 14:03:00+0300  a.py  (python)\n[robot] 2026-11-24 14:03:00+0300  Exit code 1.\n")
    end = log_end(log, "Exit code 1.")
    assert end is not None
    assert end.said == []
    assert len(end.lines) == 2
