"""Where the marks of the charts stand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.history import charts
from app.history.runs import Outcome
from app.history.summary import summarize
from app.orchestrator.vocabulary import JobStatus
from tests.history.samples import NOW, Samples, busy, record, unfinished

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def lanes(*records: object) -> list[charts.Lane]:
    """The timeline of some records, seen in UTC."""
    summary = summarize(Samples(records), UTC, NOW)  # type: ignore[arg-type] - records of samples
    return charts.timeline(summary.days, summary.marks)


def test_a_run_stands_at_its_time() -> None:
    """Noon is the middle of the lane; an hour is a twenty-fourth of it."""
    [lane] = lanes(record(started_at=NOON, ended_at=NOON + timedelta(hours=1)))
    [marks] = lane.marks
    assert marks.outcome is Outcome.SUCCESS
    assert marks.path == f"M{charts.LANE_LEFT + 480} 11h40v8h-40z"


def test_runs_of_a_minute_are_told_apart() -> None:
    """Three in a row are three bars with gaps, not one block of six minutes."""
    [lane] = lanes(
        *(
            record(started_at=NOON + timedelta(minutes=2 * number), ended_at=NOON + timedelta(minutes=2 * number + 2))
            for number in range(3)
        )
    )
    bars = [bar for bar in lane.marks[0].path.split("z") if bar]
    assert len(bars) == 3
    edges = [(float(bar[1:].split(" ")[0]), float(bar.split("h")[1].split("v")[0])) for bar in bars]
    assert all(left + width < following for (left, width), (following, _width) in pairwise(edges))


def test_a_run_over_midnight_has_a_piece_in_each_day() -> None:
    """The second day begins at the left edge."""
    newest, before = lanes(
        record(started_at=NOON - timedelta(hours=13), ended_at=NOON - timedelta(hours=11)),
        record(started_at=NOON, ended_at=NOON),
    )
    assert f"M{charts.LANE_LEFT} 11h40" in newest.marks[0].path
    assert before.marks[0].path == f"M{charts.LANE_LEFT + 920} 11h40v8h-40z"


def test_an_unfinished_run_reaches_to_now() -> None:
    """From 12:42 to 13:42 is an hour."""
    [lane] = lanes(unfinished(started_at=NOW - timedelta(hours=1)))
    assert "h40" in lane.marks[0].path


def test_failures_stopped_and_aborted_runs_have_shapes_of_their_own() -> None:
    """What differs by colour differs by shape as well."""
    paths = set()
    for status in (JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.ABORTED):
        [lane] = lanes(record(started_at=NOON, ended_at=NOON + timedelta(hours=1), status=status))
        paths.add(lane.marks[0].path)
    assert len(paths) == 4


def test_days_without_runs_are_lanes_too() -> None:
    """A gap in the history looks like one; before the first run there is none."""
    found = lanes(record(started_at=NOON), record(started_at=NOON - timedelta(days=3)))
    assert [lane.date.day for lane in found] == [24, 23, 22, 21]
    assert [lane.day is None for lane in found] == [False, True, True, False]


def test_a_day_of_ten_thousand_runs_costs_little() -> None:
    """Marks that would cover each other are one."""
    [*_, lane] = lanes(*busy(10_000, 1))
    assert sum(len(marks.path) for marks in lane.marks) < 60_000


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200_000), st.integers(-5_000, 100_000), st.sampled_from(list(JobStatus)[3:6])),
        min_size=1,
    )
)
def test_marks_never_leave_their_lane(times: list[tuple[int, int, JobStatus]]) -> None:
    """Whatever the clock did, every bar lies inside its lane, and bars of one outcome don't overlap."""
    records = [
        record(
            started_at=NOW - timedelta(seconds=back),
            ended_at=NOW - timedelta(seconds=back - length),
            status=status,
        )
        for back, length, status in times
    ]
    for lane in lanes(*records):
        for marks in lane.marks:
            bars = [bar for bar in marks.path.removesuffix("z").split("z") if f" {11}h" in bar]
            edges = [(int(bar[1:].split(" ")[0]), float(bar.split("h")[1].split("v")[0])) for bar in bars]
            reached = float(charts.LANE_LEFT)
            for left, width in edges:
                assert left >= reached
                assert width > 0
                reached = left + width
            assert reached <= charts.LANE_LEFT + charts.LANE_WIDTH + 2


def test_a_column_is_full_and_in_order() -> None:
    """Failures hang from above, successes stand below, and together they fill the column."""
    records = [record(started_at=NOON), record(started_at=NOON, status=JobStatus.FAILED)]
    records += [record(started_at=NOON, status=JobStatus.STOPPED), unfinished(started_at=NOON)]
    *_, column = charts.rates(summarize(Samples(records), UTC, NOW).days)
    assert column.date == date(2026, 11, 24)
    assert [segment.outcome for segment in column.segments] == [Outcome.FAILED, Outcome.STOPPED, Outcome.SUCCESS]
    assert column.segments[0].top == charts.RATE_TOP
    last = column.segments[-1]
    assert abs(last.top + last.height - charts.RATE_TOP - charts.RATE_HEIGHT) <= 1.1


def test_a_day_of_few_runs_is_narrow() -> None:
    """One failure of one run doesn't look like a bad day of a hundred; it keeps its place, and can be seen."""
    few = [record(started_at=NOON - timedelta(days=1), status=JobStatus.FAILED)]
    many = [record(started_at=NOON + timedelta(seconds=number)) for number in range(100)]
    *_, small, large = charts.rates(summarize(Samples([*few, *many]), UTC, NOW).days)
    assert large.bar_width == large.width == small.width
    assert small.bar_width == round(small.width * 0.2, 2)
    assert small.left < small.bar_left < small.bar_left + small.bar_width < small.left + small.width


def test_a_long_history_shows_its_last_days() -> None:
    """The columns end with the newest run, fit beside each other, and some carry a date."""
    columns = charts.rates(summarize(Samples(busy(2_000, 200)), UTC, NOW).days)
    assert len(columns) == charts.RATE_DAYS
    assert columns[-1].labelled
    assert all(one.left + one.width < other.left for one, other in pairwise(columns))


def test_a_day_of_unfinished_runs_has_an_empty_column() -> None:
    """Nothing is divided by zero."""
    assert charts.rates(summarize(Samples([unfinished()]), UTC, NOW).days)[-1].segments == ()


def test_no_runs_make_no_charts() -> None:
    """Both are empty."""
    assert charts.timeline([], charts.TimelineMarks()) == charts.rates([]) == []
