"""The page as a file: what it says, what it weighs, and that nothing in it can act."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from app.base.errors import RobotError
from app.base.i18n import set_language
from app.history import page
from app.history.page import render, write_history
from app.history.runs import runs_of
from app.history.tails import tails_of
from app.journal.records import OutboxRow, Reported
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus
from tests.history.samples import NOW, ORIGIN, Samples, busy, record, unfinished

if TYPE_CHECKING:
    from pathlib import Path

    from app.journal.records import JobRecord

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{ 7*7 }}"


class Elements(HTMLParser):
    """All start tags with their attributes, and the text outside of style and script."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def rendered(*records: JobRecord) -> Elements:
    """The elements of the page of some records."""
    return Elements(render(Samples(records), robot_name="BUH-07", now=NOW, zone=UTC))


def test_a_run_stands_in_the_table_with_everything() -> None:
    """Start, script, outcome, duration, reason and last line."""
    failed = record(
        name="finance/invoices",
        status=JobStatus.FAILED,
        ended_at=NOW,
        reason="Exit code 3.",
        last_line="ValueError: no such account",
    )
    found = rendered(failed)
    assert "13:37:00 finance/invoices Failed 5 min 00 s Exit code 3. ValueError: no such account" in found.text


def test_the_end_of_a_log_is_on_the_page(tmp_path: Path) -> None:
    """Whoever reads it elsewhere needs no file of the robot's machine: no address of one is in it."""
    log = tmp_path / "logs" / "jobs" / "2026-11-24" / "101500 invoices 5f3c9a17.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"line {number}\n" for number in range(1000)) + "<b>\x1b[31mthe end", "utf-8")
    markup = render(Samples([record(log_file=log), record()]), robot_name="BUH-07", now=NOW, zone=UTC)
    found = Elements(markup)
    assert len(found.all("pre")) == 1
    assert "logs/jobs/2026-11-24/101500 invoices 5f3c9a17.log … line 961" in found.text
    assert r"<b>\x1b[31mthe end" in found.text
    assert "line 960" not in found.text
    assert "file:" not in markup
    assert str(tmp_path) not in markup


def test_logs_of_failures_come_first_and_have_a_budget(tmp_path: Path) -> None:
    """A page of many runs shows the ends of what failed, and stays light."""
    records = []
    for number in range(60):
        log = tmp_path / f"{number}.log"
        log.write_text("x" * 2000, "utf-8")
        status = JobStatus.FAILED if number >= 50 else JobStatus.SUCCESS
        records.append(record(log_file=log, status=status, started_at=NOW - timedelta(hours=number)))
    runs = runs_of(records, UTC)
    found = tails_of(runs, budget=25_000)
    assert set(range(50, 60)) <= set(found)
    assert 0 in found
    assert sum(map(len, found.values())) <= 25_000


def test_what_the_orchestrator_does_not_know_is_said() -> None:
    """In the run's row and above."""
    found = rendered(
        unfinished(reported=Reported.WAITING), record(reported=Reported.REFUSED), record(reported=Reported.REFUSED)
    )
    assert "has not yet been told of 1 run;" in found.text
    assert "refused the reports of 2 runs." in found.text
    assert found.text.count("not reported yet") == 1
    assert found.text.count("report refused") == 2


def test_what_was_not_taken_has_a_section() -> None:
    """Which script and status, since when, whose, and what was said, as text; no GUID, no fingerprint as a whole."""
    report = OutboxRow(
        id=1,
        job_guid=record().guid,
        job_name="<b>invoices",
        status=JobStatus.FAILED,
        origin=Origin("https://old.example", "fedcba9876543210"),
        created_at=NOW - timedelta(hours=1),
        attempts=3,
        last_error="HTTP 404: <i>gone",
        refused_at=NOW,
        dead=True,
        doubtful_until=None,
        confirming=False,
    )
    ours = replace(report, origin=ORIGIN, dead=False, refused_at=None, attempts=0, last_error="")
    markup = render(Samples([record()], [report, ours]), robot_name="BUH-07", now=NOW, zone=UTC, ours=ORIGIN)
    found = Elements(markup)
    assert "<b>invoices Failed refused, not sent any more 24 Nov, 13:42 3 another Orchestrator:" in found.text
    assert "https://old.example, robot fedcba HTTP 404: <i>gone" in found.text
    assert "Failed waits 24 Nov, 12:42 0 this robot" in found.text
    assert record().guid not in markup
    assert "fedcba9876543210" not in markup
    assert "not taken yet" not in rendered(record()).text


def test_a_report_that_was_given_up_is_marked() -> None:
    """In the run's row."""
    assert "report given up" in rendered(record(reported=Reported.DISCARDED)).text


def test_days_are_folded_from_the_newest_on() -> None:
    """The newest days are open until a screen is full; every day is there."""
    found = rendered(*(record(started_at=NOW - timedelta(days=number // 20)) for number in range(100)))
    assert ["open" in day for day in found.all("details")] == [True, True, False, False, False]
    assert "Tuesday, 24 November 2026" in found.text


def test_an_empty_history_is_a_page_too() -> None:
    """It says so, without charts, filters or a script."""
    found = rendered()
    assert "has not run anything yet" in found.text
    assert not found.all("svg")
    assert not found.all("script")


def test_hostile_names_and_outputs_stay_text() -> None:
    """Markup, quotes and template marks in what others wrote are shown, never obeyed."""
    hostile = record(name=HOSTILE, reason=HOSTILE, last_line=HOSTILE, status=JobStatus.FAILED)
    found = Elements(render(Samples([hostile]), robot_name=HOSTILE, now=NOW, zone=UTC))
    assert len(found.all("script")) == 1
    assert not found.all("img")
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert found.text.count("{{ 7*7 }}") >= 4


def test_the_policy_allows_exactly_the_pages_own_style_and_script() -> None:
    """Nothing may be loaded, and no other inline code may run."""
    markup = render(Samples([record()]), robot_name="BUH-07", now=NOW, zone=UTC)
    [policy] = [m["content"] for m in Elements(markup).all("meta") if m.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert " style=" not in markup  # an inline style would be refused
    assert not re.search(r"\bhttps?://", markup)


def test_what_identifies_processes_and_robots_stays_out() -> None:
    """The mark, the pid and whole GUIDs are the journal's business."""
    secret = record(mark="mark-of-processes", pid=987_654_321, process_version_guid="pv-secret-guid")
    markup = render(Samples([secret]), robot_name="BUH-07", now=NOW, zone=UTC)
    assert "mark-of-processes" not in markup
    assert "987654321" not in markup
    assert "pv-secret-guid" not in markup
    assert secret.guid not in markup


def test_ten_thousand_runs_weigh_less_than_three_megabytes() -> None:
    """Also when every run failed with a long message in Cyrillic letters."""
    usual = render(Samples(busy(10_000, 120)), robot_name="BUH-07", now=NOW, zone=UTC)
    assert len(usual.encode()) < 3_000_000
    worst = [
        record(
            name="финансы/банковские выписки",
            status=JobStatus.FAILED,
            reason="Скрипт завершился с кодом выхода 1.",
            last_line="Ошибка " * 100,
            started_at=NOW - timedelta(minutes=9 * number),
        )
        for number in range(10_000)
    ]
    assert len(render(Samples(worst), robot_name="BUH-07", now=NOW, zone=UTC).encode()) < 3_000_000


def test_a_small_page_shows_more_of_each_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cut for the sake of many runs is there when there is room."""
    monkeypatch.setattr(page, "_LIST_BUDGET", 10_000)
    message = "ValueError: " + "x" * 250
    assert message in rendered(record(last_line=message)).text
    assert message not in rendered(*(record(last_line=message) for _ in range(30))).text


def test_older_runs_are_counted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list has an end, and says how many it leaves out."""
    monkeypatch.setattr(page, "MAX_ROWS", 3)
    found = rendered(*(record(started_at=NOW - timedelta(hours=number)) for number in range(5)))
    assert len(found.all("samp")) == 0
    assert found.text.count("Exit code 0.") == 3
    assert "2 older runs are counted above and not listed." in found.text
    assert "Runs 5" in found.text


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_page_names_its_language(language: str) -> None:
    """Screen readers and hyphenation go by it."""
    set_language(language)
    [root] = rendered(record()).all("html")
    assert root["lang"] == language


def test_the_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """The folder is made, the old page is gone, nothing else is left."""
    output = tmp_path / "new" / "history.html"
    write_history(Samples([record(name="the-old-one")]), output, robot_name="BUH-07", now=NOW)
    write_history(Samples([record(name="the-new-one")]), output, robot_name="BUH-07", now=NOW)
    written = output.read_text("utf-8")
    assert "the-new-one" in written
    assert "the-old-one" not in written
    assert [file.name for file in output.parent.iterdir()] == ["history.html"]
    if sys.platform != "win32":
        assert output.stat().st_mode & 0o077 == 0


def test_a_place_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    """One error with the path and what to do; no half-written file."""
    (tmp_path / "file").touch()
    with pytest.raises(RobotError, match=r"history\.html") as caught:
        write_history(Samples([]), tmp_path / "file" / "history.html", robot_name="BUH-07", now=NOW)
    assert "--output" in caught.value.hint
    (tmp_path / "history.html").mkdir()
    with pytest.raises(RobotError):
        write_history(Samples([]), tmp_path / "history.html", robot_name="BUH-07", now=NOW)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["file", "history.html"]
