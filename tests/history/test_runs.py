"""What records amount to, in the reader's own days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.history.runs import Outcome, by_day, by_script, runs_of, totals_of
from app.orchestrator.vocabulary import JobStatus
from tests.history.samples import NOW, record, unfinished

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
    scripts = by_script(runs_of(records, UTC))
    assert [script.name for script in scripts] == ["b", "a", "c"]
    assert scripts[0].totals.by_outcome == {Outcome.FAILED: 3}
    assert scripts[0].last == NOW - timedelta(hours=1)
