"""The list of runs piece by piece, whole days each: for a page that is served, and grows as it is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

from app.history.kept import Kept, kept_by
from app.history.notes import note_lines
from app.history.page import ShownDay, shown_days
from app.history.runs import runs_of
from app.journal.reading import JournalReader
from app.journal.statements import to_text

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from app.history.summary import HistorySource

FIRST_ROWS: Final = 500  # of a piece, if its last day doesn't have more
FURTHER_ROWS: Final = 2_000
EXCERPT: Final = 200
END: Final = "9999"  # behind every moment of the journal


@dataclass(frozen=True)
class Piece:
    """Some days of the list.

    Attributes:
        shown_days: newest first; the newest days of all are unfolded.
        notes: lines of what scripts said, by the jobs' GUIDs.
        kept: what runs have kept, by `id` of the run.
        before: where the next piece begins; empty if this is the last one.
    """

    shown_days: list[ShownDay] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[int, list[Kept]] = field(default_factory=dict)
    before: str = ""

    @property
    def runs(self) -> int:
        """How many."""
        return sum(len(shown.day.runs) for shown in self.shown_days)


def piece(source: HistorySource, evidence: Path, before: str = END, zone: tzinfo | None = None) -> Piece:
    """The days before a moment, as the journal writes moments: of about `FIRST_ROWS` runs, or `FURTHER_ROWS`.

    Raises:
        JournalError: the journal can't be read.
    """
    if not isinstance(source, JournalReader):  # there is no journal yet
        return Piece()
    first = source.start_before(before, FIRST_ROWS if before == END else FURTHER_ROWS)
    since = _midnight(first, zone) if first else ""
    runs = runs_of(source.started(since, before), zone)
    said = source.notes_between(since, before)
    return Piece(
        [ShownDay(shown.day, unfolded=shown.unfolded and before == END) for shown in shown_days(runs)],
        {guid: lines for guid, notes in said.items() if (lines := note_lines(notes))},
        {id(runs[place]): files for place, files in kept_by(runs, evidence, linked=False).items()},
        since,
    )


def _midnight(moment: str, zone: tzinfo | None) -> str:
    """When the reader's day of a moment began."""
    day = datetime.fromisoformat(moment).astimezone(zone).date()
    return to_text(datetime.combine(day, time(), tzinfo=zone).astimezone(UTC))
