"""One run by itself: its record, what its script said, what waits of it, the end of its log, what it has kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.base.log_reading import Wanted, entries_before
from app.history.evidence import KeptFile, kept_files, says_where_a_picture_is
from app.history.notes import note_lines
from app.history.overview import ShownReport, shown_report
from app.history.runs import Outcome, PastRun, runs_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from pathlib import Path

    from app.journal.reading import JournalReader
    from app.journal.records import RunNotes
    from app.orchestrator.origin import Origin

_MOST_LINES: Final = 200
_LOG_BYTES: Final = 256 * 1024
_MOST_TRACEBACK: Final = 100  # lines
_OWN: Final = re.compile(r"\[robot\] (?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4}  )?(.*)")
_TRACEBACK: Final = ("Traceback (most recent call last):", "  + Exception Group Traceback (most recent call last):")
_CHAINED: Final = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)


@dataclass(frozen=True)
class LogEnd:
    """The end of a run's log.

    Attributes:
        lines: harmless for a page.
        cut: there are more before them.
        said: what the robot noted when the run ended, besides how it ended and where its pictures are.
        traceback: of the exception that ended the script; empty if the log shows none.
    """

    lines: list[str] = field(default_factory=list)
    cut: bool = False
    said: list[str] = field(default_factory=list)
    traceback: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class OneRun:
    """Everything of it.

    Attributes:
        notes: None if its script said nothing.
        lines: the same for people.
        reports: what the Orchestrator has not taken yet.
        log: None if its log has gone.
        files: what it has kept, oldest first, pictures of its end included.
    """

    run: PastRun
    notes: RunNotes | None
    lines: list[str]
    reports: list[ShownReport]
    log: LogEnd | None
    files: list[KeptFile]

    @property
    def failed(self) -> bool:
        """It has ended, and not well."""
        return self.run.outcome in (Outcome.FAILED, Outcome.ABORTED)

    @property
    def last_picture(self) -> KeptFile | None:
        """The screen at the moment of the failure."""
        return next((file for file in reversed(self.files) if file.is_last_picture), None)

    @property
    def film(self) -> KeptFile | None:
        """The seconds before it."""
        return next((file for file in reversed(self.files) if file.is_film), None)


def one_run(
    source: JournalReader, guid: str, evidence: Path, *, zone: tzinfo | None = None, ours: Origin | None = None
) -> OneRun | None:
    """The run of a job; None if the journal doesn't know it.

    Args:
        source: the journal.
        guid: the job's.
        evidence: the folder of what runs have kept.
        zone: the reader's; None is the system's own.
        ours: whose the robot's reports are by the present settings.

    Raises:
        JournalError: the journal can't be read.
    """
    record = source.job(guid)
    if record is None:
        return None
    [run] = runs_of([record], zone)
    notes = source.notes_of(record.guid)
    return OneRun(
        run,
        notes,
        note_lines(notes) if notes else [],
        [shown_report(row, zone, ours) for row in source.outbox_of(record.guid)],
        log_end(record.log_file, record.reason),
        kept_files(evidence, record.guid),
    )


def log_end(file: Path, reason: str) -> LogEnd | None:
    """The end of a run's log; None if it can't be read. `reason`: why the run ended so, by its record."""
    try:
        with file.open("rb") as stream:
            found = entries_before(stream, stream.seek(0, 2), Wanted(), most=_MOST_LINES, budget=_LOG_BYTES)
    except (OSError, ValueError):
        return None
    lines = [entry.text for entry in found.entries]
    closing = len(lines)
    while closing and found.entries[closing - 1].at and lines[closing - 1].startswith("[robot]"):
        closing -= 1
    said = [own[1] for line in lines[closing:] if (own := _OWN.fullmatch(line))]
    said = [text for text in said if text != reason and not says_where_a_picture_is(text)]
    return LogEnd(lines, found.before > 0, said, traceback_in(lines[:closing]))


def traceback_in(lines: Sequence[str]) -> list[str]:
    """The last traceback of an output, with those that it came of; empty if there is none."""
    begins = [number for number, line in enumerate(lines) if line in _TRACEBACK]
    if not begins:
        return []
    begin = begins.pop()
    while begins and any(line in _CHAINED for line in lines[begins[-1] : begin] if line):
        begin = begins.pop()
    return list(lines[begin:][-_MOST_TRACEBACK:])
