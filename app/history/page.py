"""Writes the page of past runs.

The page holds its style and script; its content security policy allows exactly these two by their hashes, and nothing
else: no request leaves it, and a script's name or output can't become markup that does anything.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from app.base.data_folder import make_data_folder
from app.base.errors import RobotError
from app.base.i18n import _, current_language
from app.base.os_reasons import describe_os_error
from app.base.paths import DataPaths
from app.base.replacing import write_output
from app.history import kept
from app.history.assets import asset, page_environment, policy
from app.history.notes import note_lines
from app.history.overview import overview
from app.history.runs import Day, PastRun, by_day, runs_of
from app.history.tails import BUDGET, tails_of
from app.journal.reading import JournalReader
from app.journal.sums import Sums
from app.orchestrator.identity import machine_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from app.history.summary import HistorySource
    from app.journal.reading import JobLine
    from app.journal.records import JobRecord, Reported, RunNotes, Undelivered
    from app.orchestrator.origin import Origin

MAX_ROWS: Final = 10_000
_OPEN_ROWS: Final = 30  # days are unfolded from the newest on until this many runs can be seen
_EXCERPT_LIMITS: Final = (300, 200, 120, 80, 60, 40, 20, 10)
_LIST_BUDGET: Final = (
    2_850_000 - BUDGET - kept.BUDGET
)  # bytes for all days and rows: what keeps a page of `MAX_ROWS` under 3 MB
_DAY_MARKUP: Final = 1_100  # bytes of a day besides its rows, in Russian
_NOTE_MARKUP: Final = 15  # bytes of a line of what a script said, besides its text
_ROW_MARKUP: Final = 105  # bytes of a row besides its name, reason and last line, in Russian


def write_page(data_dir: Path, output: Path | None = None, ours: Origin | None = None) -> Path:
    """Make the page from a data folder's journal, without disturbing a robot that writes to it; returns where it is.

    `ours` is whose the robot's reports are by the present settings; None if they don't say.

    Raises:
        RobotError: the journal can't be read, or the page can't be written.
    """
    paths = DataPaths(data_dir)
    page = output or paths.history_page
    if output is None:
        with contextlib.suppress(OSError):  # said in words when the page is written
            make_data_folder(paths.root)
    with open_source(paths.journal) as source:
        write_history(
            source, page, robot_name=machine_name(), now=datetime.now(UTC), ours=ours, evidence=paths.evidence
        )
    return page


def open_source(file: Path) -> contextlib.AbstractContextManager[HistorySource]:
    """Everything in the journal; nothing before there is one.

    Raises:
        RobotError: it can't be read.
    """
    try:
        file.lstat()
    except FileNotFoundError:
        return contextlib.nullcontext(_Nothing())
    except OSError:
        pass  # what is wrong with it is said when it is opened
    return JournalReader(file)


class _Nothing:
    """The history of a robot that hasn't run."""

    def span(self) -> None:
        """There is none."""

    def summed_up(self) -> Sums:
        return Sums()

    def summed_between(self, _since: int, _before: int) -> list[tuple[int, int]]:
        return []

    def lines(self) -> list[JobLine]:
        return []

    def newest(self, _limit: int) -> list[JobRecord]:
        return []

    def runs(self, _since: datetime | None) -> list[tuple[JobRecord, RunNotes | None]]:
        return []

    def notes(self, _limit: int) -> dict[str, RunNotes]:
        return {}

    def untold(self) -> dict[Reported, int]:
        return {}

    def outbox(self) -> list[Undelivered]:
        return []


def write_history(
    source: HistorySource,
    output: Path,
    *,
    robot_name: str,
    now: datetime,
    zone: tzinfo | None = None,
    ours: Origin | None = None,
    evidence: Path | None = None,
) -> None:
    """Write the page of `source` to `output` (replaced in one step; readable by this user only).

    Args:
        source: the runs.
        output: its folder is made if it isn't there.
        robot_name: the computer's name, shown in the heading.
        now: aware; the moment the page speaks of.
        zone: the reader's time zone; None is the system's own.
        ours: whose the robot's reports are by the present settings; None if they don't say.
        evidence: the folder of what runs have kept; None: nothing is told of it.

    Raises:
        RobotError: the file can't be written.
    """
    linked = evidence is not None and output.absolute().parent == evidence.absolute().parent
    page = render(source, robot_name=robot_name, now=now, zone=zone, ours=ours, evidence=evidence, linked=linked)
    try:
        write_output(output, page)
    except OSError as error:
        raise RobotError(
            _("The history page {path} can't be written: {error}").format(
                path=output, error=describe_os_error(error).for_people()
            ),
            _("Name a file in a folder that this user may write to: robot history --output FILE."),
        ) from error


def render(
    source: HistorySource,
    *,
    robot_name: str,
    now: datetime,
    zone: tzinfo | None = None,
    ours: Origin | None = None,
    evidence: Path | None = None,
    linked: bool = False,
) -> str:
    """The page as text; see `write_history`. `linked`: it will lie beside the evidence, and leads to it."""
    values = overview(source, now=now, zone=zone, ours=ours)
    shown = runs_of(source.newest(MAX_ROWS), zone)
    tails = tails_of(shown)
    files = kept.kept_by(shown, evidence, linked=linked) if evidence else {}
    notes = {guid: lines for guid, said in source.notes(MAX_ROWS).items() if (lines := note_lines(said))}
    days = shown_days(shown)
    style, script = asset("frame.css", "outcomes.css", "history.css"), asset("history.js")
    return (
        page_environment()
        .get_template("history.html")
        .render(
            values,
            language=current_language(),
            style=style.text,
            script=script.text,
            policy=policy(style, script),
            robot_name=robot_name,
            live=False,
            shown_days=days,
            listed_runs=len(shown),
            hidden_runs=values["totals"].runs - len(shown),
            excerpt_limit=_excerpt_limit([run.record for run in shown], len(days), notes),
            notes=notes,
            tails={id(shown[place]): tail for place, tail in tails.items()},
            kept={id(shown[place]): found for place, found in files.items()},
        )
    )


def _excerpt_limit(records: Sequence[JobRecord], days: int, notes: Mapping[str, Sequence[str]]) -> int:
    """How many characters of a reason, a last line or a note a row may show, so that all rows fit on the page."""
    rest = _LIST_BUDGET - days * _DAY_MARKUP
    rest -= sum(_ROW_MARKUP + len(record.name.encode()) for record in records)
    said = [line for record in records for line in notes.get(record.guid, ())]
    rest -= len(said) * _NOTE_MARKUP
    for limit in _EXCERPT_LIMITS:
        excerpts = sum(len((record.reason[:limit] + record.last_line[:limit]).encode()) for record in records)
        if excerpts + sum(len(line[:limit].encode()) for line in said) <= rest:
            return limit
    return _EXCERPT_LIMITS[-1]


@dataclass(frozen=True)
class ShownDay:
    """A day of the list, and whether it is unfolded."""

    day: Day
    unfolded: bool


def shown_days(runs: Sequence[PastRun]) -> list[ShownDay]:
    """The days of `runs`, newest first; the newest ones are unfolded until a screen is full."""
    seen = 0
    shown = []
    for day in by_day(runs):
        shown.append(ShownDay(day, unfolded=seen < _OPEN_ROWS))
        seen += day.totals.runs
    return shown
