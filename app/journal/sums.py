"""What many jobs amount to, kept in the journal beside them, so that nobody has to look at each of them.

The jobs up to the row `summed.upto` are in the sums, those behind it are looked at one by one. The sums never pass a
job that has not ended. They are made some hundreds of jobs later, so that a job costs no more because of them. A
portion is one transaction together with its place, so a crash leaves the sums as they were before it.

Units: a *quarter* is 15 minutes since 1970 in UTC (every zone differs from UTC by whole ones), a *place* is 45 seconds,
half of what the timeline can show. A length is kept as people are told it (`length_as_shown`): tenths below 10 s,
seconds below an hour, then minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass, field

if TYPE_CHECKING:
    import sqlite3

QUARTER_SECONDS: Final = 900
PLACE_SECONDS: Final = 45
# What the charts look back from the newest start at most, with a day for the zones; what is older is not kept.
QUARTERS_KEPT: Final = 62 * 96
PLACES_KEPT: Final = 16 * 1920
_TENTH: Final = 100_000  # microseconds
_TEN_SECONDS: Final = 10_000_000
_HOUR: Final = 3_600_000_000

# SQLite's own times end with milliseconds. Moments are in UTC with six digits behind the 20th letter.
_SECONDS: Final = "CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)"
_STARTED: Final = _SECONDS.format(moment="started_at")
_ENDED: Final = _SECONDS.format(moment="max(started_at, coalesce(ended_at, ''))")
LENGTH: Final = (
    "max(0, (strftime('%s', substr(ended_at, 1, 19)) - strftime('%s', substr(started_at, 1, 19))) * 1000000"
    " + substr(ended_at, 21, 6) - substr(started_at, 21, 6))"
)
"""Microseconds; never negative, whatever the clock did; NULL without an end."""

# With the limit, SQLite works out the length once a job, and not once for each place where it is named.
_PORTION: Final = (
    f"FROM (SELECT name, status, started_at, ended_at, {LENGTH} AS length FROM jobs"  # noqa: S608 - constants
    " WHERE id > ?1 AND id <= ?2 LIMIT -1)"
)
_STATEMENTS: Final = (
    f"""INSERT INTO sums_by_script
        SELECT name, status, count(*), coalesce(sum(length), 0), coalesce(max(length), 0), max(started_at)
        {_PORTION} WHERE true GROUP BY 1, 2
        ON CONFLICT DO UPDATE SET runs = runs + excluded.runs, microseconds = microseconds + excluded.microseconds,
            longest = max(longest, excluded.longest), last = max(last, excluded.last)""",
    f"""INSERT INTO sums_by_length
        SELECT name, CASE WHEN length < {_TEN_SECONDS} THEN length / {_TENTH}
            WHEN length < {_HOUR} THEN length / 1000000 * 10 ELSE length / 60000000 * 600 END, count(*)
        {_PORTION} WHERE length IS NOT NULL GROUP BY 1, 2
        ON CONFLICT DO UPDATE SET runs = runs + excluded.runs""",
    f"""INSERT INTO sums_by_quarter
        SELECT {_STARTED} / {QUARTER_SECONDS}, status, count(*)
        {_PORTION} WHERE true GROUP BY 1, 2
        ON CONFLICT DO UPDATE SET runs = runs + excluded.runs""",
    f"""INSERT INTO sums_by_place
        SELECT {_STARTED} / {PLACE_SECONDS}, status, max({_ENDED} / {PLACE_SECONDS})
        {_PORTION} WHERE true GROUP BY 1, 2
        ON CONFLICT DO UPDATE SET last = max(last, excluded.last)""",
)
_NEWEST: Final = f"(SELECT {_SECONDS.format(moment='max(started_at)')} FROM jobs)"  # noqa: S608
_DROP_OLD: Final = (
    f"DELETE FROM sums_by_quarter WHERE quarter < {_NEWEST} / {QUARTER_SECONDS} - {QUARTERS_KEPT}",  # noqa: S608
    # One that began earlier may have ended later.
    f"""DELETE FROM sums_by_place WHERE first < {_NEWEST} / {PLACE_SECONDS} - {PLACES_KEPT}
        AND last < {_NEWEST} / {PLACE_SECONDS} - {PLACES_KEPT}""",  # noqa: S608
)


@dataclass(frozen=True)
class Sums:
    """Of the jobs that are summed up.

    Attributes:
        scripts: name, status, how many runs, their microseconds together, the longest's, the last start.
        lengths: name, length as people are told it in tenths of a second, how many runs of it.
        places: where the timeline has marks: place of the start, status, place of the last end.
    """

    scripts: list[tuple[str, int, int, int, int, str]] = field(default_factory=list)
    lengths: list[tuple[str, int, int]] = field(default_factory=list)
    places: list[tuple[int, int, int]] = field(default_factory=list)


def length_as_shown(microseconds: int) -> int:
    """What people are told of a length, in tenths of a second."""
    if microseconds < _TEN_SECONDS:
        return microseconds // _TENTH
    return microseconds // 1_000_000 * 10 if microseconds < _HOUR else microseconds // 60_000_000 * 600


def sum_up(db: sqlite3.Connection, least: int, most: int) -> int:
    """Add the next jobs to the sums, as part of one transaction.

    Args:
        db: the journal.
        least: with fewer, nothing is done.
        most: of a portion.

    Returns:
        How many there were.
    """
    [upto] = db.execute("SELECT upto FROM summed").fetchone()
    count, last = db.execute(
        "SELECT count(*), max(id) FROM (SELECT id FROM jobs WHERE id > ?"
        " AND id < coalesce((SELECT min(id) FROM jobs WHERE status IS NULL), 9e18) ORDER BY id LIMIT ?)",
        (upto, most),
    ).fetchone()
    if not count or count < least:
        return 0
    for statement in _STATEMENTS:
        db.execute(statement, (upto, last))
    for statement in _DROP_OLD:
        db.execute(statement)
    db.execute("UPDATE summed SET upto = ?", (last,))
    return int(count)


def read_sums(db: sqlite3.Connection) -> Sums:
    """All of them, but what was counted by time."""
    return Sums(
        db.execute("SELECT * FROM sums_by_script").fetchall(),
        db.execute("SELECT * FROM sums_by_length").fetchall(),
        db.execute("SELECT * FROM sums_by_place").fetchall(),
    )


def count_between(db: sqlite3.Connection, since: int, before: int) -> list[tuple[int, int]]:
    """Status, and how many of the summed jobs started from `since` on and before `before` (seconds since 1970)."""
    return db.execute(
        "SELECT status, sum(runs) FROM sums_by_quarter WHERE quarter >= ? AND quarter < ? GROUP BY status",
        (since // QUARTER_SECONDS, before // QUARTER_SECONDS),
    ).fetchall()
