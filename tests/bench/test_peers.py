"""What the bench of the peers writes; the measures themselves need their programs and minutes."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.bench.idle import cpu_seconds
from tests.bench.peers import report
from tests.bench.peers.found import AfterKill, Found, describe_after_kill
from tests.bench.sections import replace_section

if TYPE_CHECKING:
    from pathlib import Path


def _run() -> report.Run:
    robot = Found(
        "**Robot**",
        "1.0",
        turnaround=[0.020, 0.030, 0.040],
        bare=[0.020] * 3,
        memory=30.0,
        uss=25.0,
        processes=1,
        cpu=0.05,
    )
    other = Found(
        "slow & <big>", "2.0", "master", turnaround=[7.0], bare=[0.02], cancel=[1.0], gaps={"rest": "it has none"}
    )
    lacking = Found("absent", "", gaps={"everything": "not to be had here"})
    return report.Run(3, 60.0, [robot, other, lacking], 0.1, datetime(2026, 11, 25, tzinfo=UTC), "a machine")


def test_every_peer_has_a_row_and_every_gap_its_reason() -> None:
    """The table has a row a peer with a cell a heading, medians with their range, and says what is missing."""
    text = report.table(_run())
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 3
    assert len({row.count("|") for row in rows}) == 1
    assert "30.0 ms (20.0 ms – 40.0 ms), 1.5×" in text
    assert "- slow & <big>, the same, asked of a worker at rest: it has none." in text
    assert "- absent, everything: not to be had here." in text


def test_the_work_of_a_thread_that_has_ended_is_counted() -> None:
    """A server that answers on threads has not worked less than nothing."""

    def work() -> None:
        while time.thread_time() < 0.05:
            pass

    before = cpu_seconds(os.getpid())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert cpu_seconds(os.getpid()) - before >= 0.05


def test_the_picture_is_xml_with_a_bar_for_every_number() -> None:
    """Names are escaped; who has no number has words in the place of the bar; slower is longer."""
    picture = ET.fromstring(report.chart(_run()))  # noqa: S314 - our own
    bars = [rect for rect in picture.iter("{http://www.w3.org/2000/svg}rect") if rect.get("x")]
    assert len(bars) == 2 + 1 + 1  # turnaround of two, memory and cancel of one each
    assert report.bar_length(0.02, 0.02, 7.0) < report.bar_length(0.2, 0.02, 7.0) < report.bar_length(7.0, 0.02, 7.0)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (AfterKill(1.0, 3, 0.5, "failed", 0.7, None, "failed", 100.0), "known as failed 700 ms after the restart"),
        (AfterKill(1.0, 3, 29.0, "", None, None, "in progress", 100.0), "**lost**: “in progress” 100 s later"),
        (AfterKill(1.0, 3, None, "", None, 61.0, "no result", 100.0), "**run again** after 61.0 s"),
        (AfterKill(1.0, 0, 0.0, "success", 29.0, None, "success", 100.0), "no process left"),
    ],
)
def test_what_a_kill_leaves_is_said_in_words(seen: AfterKill, words: str) -> None:
    """Lost, repeated, known, or gone on: from what was seen."""
    assert words in describe_after_kill(seen)


def test_a_run_replaces_its_own_part_of_a_page_alone(tmp_path: Path) -> None:
    """What stands around the two comments stays; a page without them is refused."""
    page = tmp_path / "page.txt"
    page.write_text("before\n<!-- a: written by the run -->\nold\n<!-- a: end -->\nafter\n", "utf-8")
    replace_section(page, "a", "new \\1")
    assert page.read_text("utf-8") == "before\n<!-- a: written by the run -->\nnew \\1\n<!-- a: end -->\nafter\n"
    with pytest.raises(ValueError, match="no place for b"):
        replace_section(page, "b", "text")
