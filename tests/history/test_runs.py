"""What records amount to, in the reader's own days."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.history.charts import RATE_DAYS
from app.history.runs import Outcome, by_day, runs_of, totals_of
from app.history.summary import summarize
from app.journal.journal import Journal
from app.journal.reading import JournalReader
from app.journal.records import Reported
from app.orchestrator.vocabulary import JobStatus
from tests.history.samples import NOW, ORIGIN, Samples, busy, record, unfinished

if TYPE_CHECKING:
    from pathlib import Path

MOSCOW = ZoneInfo("Europe/Moscow")


def test_a_day_is_the_readers_day() -> None:
    """A run at 21:30 UTC belongs to the next day in Moscow; days and runs come newest first."""
    late = record(guid="late", started_at=datetime(2026, 11, 23, 21, 30, tzinfo=UTC))
    early = record(guid="early", started_at=datetime(2026, 11, 23, 5, 0, tzinfo=UTC))
    days = by_day(runs_of([early, late], MOSCOW))
    assert [(day.date, [run.record.guid for run in day.runs]) for day in days] == [
        (date(2026, 11, 24), ["late"]),
        (date(2026, 11, 23), ["early"]),
    ]
    assert days[0].runs[0].start.strftime("%H:%M") == "00:30"


def test_every_status_has_its_outcome() -> None:
    """The four final statuses and none."""
    records = [record(status=status) for status in (JobStatus.SUCCESS, JobStatus.FAILED)]
    records += [record(status=JobStatus.STOPPED), record(status=JobStatus.ABORTED), unfinished()]
    assert {run.outcome for run in runs_of(records, MOSCOW)} == set(Outcome)


def test_an_unfinished_run_is_counted_and_not_rated() -> None:
    """It has no duration, and the success rate leaves it out."""
    totals = totals_of(runs_of([record(), record(status=JobStatus.FAILED), unfinished()], MOSCOW))
    assert (totals.runs, totals.finished) == (3, 2)
    assert totals.working_time == timedelta(minutes=2)
    assert totals.median == totals.longest == timedelta(minutes=1)


def test_nothing_has_no_durations() -> None:
    """Totals of no runs are empty, not an error."""
    totals = totals_of([])
    assert (totals.runs, totals.median, totals.longest, totals.working_time) == (0, None, None, timedelta())


def test_a_clock_that_was_set_back_makes_no_negative_duration() -> None:
    """The end may lie before the start."""
    [run] = runs_of([record(ended_at=NOW - timedelta(hours=1))], MOSCOW)
    assert run.length == timedelta()


def test_scripts_come_with_the_most_used_first() -> None:
    """Each with its own counts and its last run."""
    records = [
        record(name="b", started_at=NOW - timedelta(hours=hours), status=JobStatus.FAILED) for hours in (1, 2, 3)
    ]
    records += [record(name="a"), record(name="c")]
    scripts = summarize(Samples(records), UTC, NOW).scripts
    assert [script.name for script in scripts] == ["b", "a", "c"]
    assert scripts[0].totals.by_outcome == {Outcome.FAILED: 3}
    assert scripts[0].last == NOW - timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kathmandu", "America/New_York", "America/Havana", "UTC"])
def test_the_pass_over_all_runs_agrees_with_the_look_at_each(zone: str) -> None:
    """Days, scripts, medians: however long ago, in whatever zone, over the change to summer time as well."""
    chance = random.Random(7)
    records = [
        replace(
            one,
            started_at=one.started_at - timedelta(days=chance.randrange(700), seconds=chance.randrange(86_400)),
            ended_at=one.ended_at and one.ended_at - timedelta(days=chance.randrange(2)),
        )
        for one in busy(3_000, 90)
    ] + [unfinished(started_at=NOW - timedelta(days=3))]
    runs = runs_of(sorted(records, key=lambda one: one.started_at, reverse=True), ZoneInfo(zone))
    summary = summarize(Samples(records), ZoneInfo(zone), NOW)
    assert summary.first == runs[-1].start.date()
    looked_back = runs[0].start.date() - timedelta(days=RATE_DAYS)
    assert [(day.date, day.totals.by_outcome) for day in summary.days] == [
        (day.date, day.totals.by_outcome) for day in by_day(runs) if day.date > looked_back
    ]
    everything = totals_of(runs)
    assert summary.totals.by_outcome == everything.by_outcome
    assert summary.totals.median == everything.median
    assert abs(summary.totals.working_time - everything.working_time) < timedelta(milliseconds=1)
    for script in summary.scripts:
        own = totals_of(run for run in runs if run.record.name == script.name)
        assert (script.totals.by_outcome, script.totals.median, script.totals.longest) == (
            own.by_outcome,
            own.median,
            own.longest,
        )
        assert script.last == max(run.start for run in runs if run.record.name == script.name)


def test_the_journal_is_summed_up_as_its_records_are(tmp_path: Path) -> None:
    """The reader of the file and the records agree; one state is seen while a robot goes on writing."""
    file = tmp_path / "journal.sqlite3"
    journal = Journal.open(file)
    for number, one in enumerate(busy(300, 20)):
        journal.begin_job(str(number), one.name, "", "m", one.started_at, tmp_path / "x.log", one.origin)
        if one.status and one.ended_at and number != 7:
            journal.finish_job(str(number), one.status, one.ended_at, one.exit_code, one.reason, one.last_line)
    first, second, *others = journal.outbox()
    journal.dead_letter(first.id, "HTTP 404")
    journal.refused(second.id, "HTTP 409", NOW)
    for row in others[5:]:
        journal.delivered(row.id)
    with JournalReader(file) as reader:
        journal.begin_job("later", "n", "", "m", NOW + timedelta(days=1), tmp_path / "x.log", ORIGIN)
        records = [one for one in journal.jobs() if one.guid != "later"]
        samples = Samples(records)
        assert reader.span() == samples.span()
        assert sorted(reader.lines(), key=str) == sorted(samples.lines(), key=str)
        assert {one.guid for one in reader.newest(1000)} == {one.guid for one in records}
        assert [one.started_at for one in reader.newest(10)] == [one.started_at for one in samples.newest(10)]
        told = reader.untold()
        assert (told[Reported.WAITING], told[Reported.REFUSED]) == (5, 2)
        assert [row.job_guid for row in reader.outbox()] == [row.job_guid for row in [first, second, *others[:5]]]
    journal.close()
