"""The history from the journal's sums says what a look at every run says."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.history import charts
from app.history.page import render
from app.history.runs import runs_of, totals_of
from app.history.summary import summarize
from app.history.texts import duration
from app.journal import changes, schema, sums
from app.journal.journal import Journal
from app.journal.reading import JournalReader
from app.journal.statements import to_text
from app.orchestrator.vocabulary import FINAL_STATUSES, JobStatus
from tests.history.samples import NOW, ORIGIN, Samples, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ZONES = ("UTC", "Europe/Moscow", "Asia/Kathmandu", "America/New_York", "America/Havana", "Pacific/Chatham")
# Around the changes of the clocks of 2026 as well, and far from them.
DAYS = (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC), NOW)
MOST = 6  # portions
LENGTHS = st.one_of(
    st.integers(-7_200_000_000, 3_000_000),
    st.integers(0, 90_000_000),
    st.integers(0, 20_000_000_000),
    st.integers(0, 30 * 86_400_000_000),
)
RUN = st.tuples(
    st.sampled_from(("счета", "mail", "payroll")),
    st.sampled_from(DAYS),
    # Microseconds beside that day; some begin where a screen can't tell them apart.
    st.one_of(st.sampled_from((0, 30_000_000, 50_000_000)), st.integers(-3 * 86_400_000_000, 86_400_000_000)),
    st.one_of(st.none(), LENGTHS),
    st.sampled_from(sorted(FINAL_STATUSES)),
    st.sampled_from(("end", "end", "end", "end later", "sum up", "gone", "changed")),
)


class Lived:
    """A journal's file, as its robot fills it: runs begin, end, sums are made in between. The disk isn't waited for."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite3"
        self.db = sqlite3.connect(self.path, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        schema.migrate(self.db)
        self._later: list[Callable[[], object]] = []

    def run(self, number: int, name: str, start: datetime, end: datetime | None, status: JobStatus, event: str) -> None:
        """One run, and what happens beside it."""
        guid = str(number)
        changes.begin(self.db, (guid, name, "", "m", to_text(start), "x.log"), ORIGIN)
        if event == "end later":
            self._later.append(lambda: self.finish(guid, end, status))
        else:
            self.finish(guid, end, status)
        if event == "sum up":
            self.sum_up(1, 3)
        if event == "gone":  # nothing of the robot's does this; whoever does finds true sums all the same
            self.db.execute("DELETE FROM jobs WHERE id = (SELECT min(id) FROM jobs)")
        if event == "changed":
            self.db.execute("UPDATE jobs SET status = 3 WHERE status = 5")

    def finish(self, guid: str, end: datetime | None, status: JobStatus) -> None:
        """It ends; unless it doesn't."""
        if end and self.db.execute("SELECT 1 FROM jobs WHERE guid = ?", (guid,)).fetchone():
            changes.finish(self.db, (status, to_text(end), 0, "", "", guid))

    def end(self) -> None:
        """What was to end later ends."""
        for finish in self._later:
            finish()

    def sum_up(self, least: int, most: int) -> int:
        """As the robot does."""
        self.db.execute("BEGIN IMMEDIATE")
        with self.db:
            return sums.sum_up(self.db, least, most)


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    """Nothing yet."""
    made = Lived(tmp_path)
    yield made
    made.db.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(RUN, min_size=1, max_size=14), st.sampled_from(ZONES), st.integers(0, MOST))
def test_the_page_of_sums_is_the_page_of_every_run(
    runs: list[tuple[str, datetime, int, int | None, JobStatus, str]], zone: str, portions: int
) -> None:
    """All its values: any zone and change of clocks, unfinished runs, clocks set back, runs changed or gone."""
    with tempfile.TemporaryDirectory() as folder, contextlib.closing((lived := Lived(Path(folder))).db):
        for number, (name, day, beside, length, status, event) in enumerate(runs):
            start = day + timedelta(microseconds=beside)
            end = None if length is None else start + timedelta(microseconds=length)
            lived.run(number, name, start, end, JobStatus(status), event)
        lived.end()
        for _ in range(portions):
            lived.sum_up(1, 4)
        with JournalReader(lived.path) as reader:
            samples = Samples(reader.newest(100))
            values, others = (summarize(source, ZoneInfo(zone), NOW) for source in (reader, samples))
            summed = reader.summed_up()
    assert values.totals == others.totals
    assert (values.first, values.days, values.scripts) == (others.first, others.days, others.scripts)
    assert charts.timeline(values.days, values.marks) == charts.timeline(others.days, others.marks)
    if portions == MOST and all(one.status for one in samples.newest(100)):
        assert sum(runs for _name, _status, runs, *_more in summed.scripts) == len(samples.newest(100))


@pytest.mark.parametrize("hours", [(1, 3), (3, 1)])
def test_of_runs_at_one_place_the_timeline_shows_the_longest(lived: Lived, hours: tuple[int, int]) -> None:
    """Also if they were summed up at different times."""
    for number, length in enumerate(hours):
        end = NOW + timedelta(hours=length)
        lived.run(number, "mail", NOW + timedelta(seconds=number), end, JobStatus.SUCCESS, "end")
        assert lived.sum_up(1, 1) == 1
    with JournalReader(lived.path) as reader:
        summary = summarize(reader, UTC, NOW)
    [lane] = charts.timeline(summary.days, summary.marks)
    assert "h120v" in lane.marks[0].path


@settings(deadline=None)
@given(st.lists(st.integers(0, 40_000_000_000), min_size=1, max_size=30))
def test_the_typical_duration_is_that_of_the_middle_run(lengths: list[int]) -> None:
    """As it is told: no less exact than the duration of that run itself; of two in the middle the shorter one's."""
    records = [
        record(started_at=NOW, ended_at=NOW + timedelta(microseconds=length), status=JobStatus.SUCCESS)
        for length in lengths
    ]
    middle = sorted(lengths)[(len(lengths) - 1) // 2]
    totals = totals_of(runs_of(records, UTC))
    assert duration(totals.median) == duration(timedelta(microseconds=middle))
    assert totals.longest == timedelta(microseconds=max(lengths))


def test_a_crash_between_portions_loses_and_doubles_nothing(lived: Lived) -> None:
    """The sums and their place are one transaction; the next start goes on behind them."""
    for number in range(20):
        lived.run(number, "mail", NOW + timedelta(minutes=number), NOW + timedelta(hours=1), JobStatus.SUCCESS, "end")
    assert lived.sum_up(1, 8) == 8
    lived.db.execute("BEGIN IMMEDIATE")
    assert sums.sum_up(lived.db, 1, 8) == 8
    lived.db.execute("ROLLBACK")
    assert [lived.sum_up(1, 8) for _ in range(3)] == [8, 4, 0]
    for table in ("script", "length", "quarter"):
        assert lived.db.execute(f"SELECT sum(runs) FROM sums_by_{table}").fetchone() == (20,)  # noqa: S608


def test_a_run_that_goes_on_is_never_passed(lived: Lived) -> None:
    """What ends behind it waits with it, and is looked at one by one; so do fewer than are worth it."""
    for number in range(6):
        lived.run(number, "mail", NOW, None if number == 2 else NOW, JobStatus.SUCCESS, "end")
    assert [lived.sum_up(1, 100), lived.sum_up(1, 100)] == [2, 0]
    lived.finish("2", NOW, JobStatus.FAILED)
    assert [lived.sum_up(5, 100), lived.sum_up(4, 100)] == [0, 4]


def test_what_the_charts_do_not_look_back_to_is_not_kept(lived: Lived) -> None:
    """Days and places of long ago go; the scripts' own sums stay; a run of weeks keeps its place."""
    for days in range(200, 0, -1):
        lived.run(days, "mail", NOW - timedelta(days=days), NOW - timedelta(days=days - 1), JobStatus.SUCCESS, "end")
    lived.run(0, "mail", NOW - timedelta(days=30), NOW - timedelta(days=3), JobStatus.FAILED, "end")
    while lived.sum_up(1, 50):
        pass
    assert lived.db.execute("SELECT count(*) FROM sums_by_quarter").fetchone()[0] < 66
    assert lived.db.execute("SELECT count(*) FROM sums_by_place WHERE status = 4").fetchone()[0] < 20
    assert lived.db.execute("SELECT count(*) FROM sums_by_place WHERE status = 5").fetchone() == (1,)
    assert lived.db.execute("SELECT sum(runs) FROM sums_by_script").fetchone() == (201,)


def test_an_older_journal_is_at_once_a_present_one(lived: Lived) -> None:
    """Its runs are summed up later; until then the page looks at them as before."""
    for number in range(30):
        lived.run(number, "mail", NOW - timedelta(hours=number), NOW, JobStatus.SUCCESS, "end")
    for table in ("summed", "sums_by_script", "sums_by_length", "sums_by_quarter", "sums_by_place"):
        lived.db.execute(f"DROP TABLE {table}")
    for (trigger,) in lived.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        lived.db.execute(f"DROP TRIGGER {trigger}")
    lived.db.execute("PRAGMA user_version = 4")
    journal = Journal.open(lived.path)
    with JournalReader(lived.path) as reader:
        assert len(list(reader.lines())) == 30
        before = render(reader, robot_name="BUH-07", now=NOW, zone=UTC)
    assert journal.sum_up(1, 100) == 30
    with JournalReader(lived.path) as reader:
        assert not list(reader.lines())
        assert render(reader, robot_name="BUH-07", now=NOW, zone=UTC) == before
    journal.close()
