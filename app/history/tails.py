"""The ends of jobs' logs, for a page that is read where the logs are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.plain_text import log_text
from app.history.runs import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.history.runs import PastRun

BUDGET: Final = 600_000  # bytes of all tails together
MOST_LOGS: Final = 500  # opened for one page: a virus scanner may take its time with each
_MOST_BYTES: Final = 6_000  # of one log
_MOST_LINES: Final = 40
_FIRST: Final = (Outcome.FAILED, Outcome.ABORTED, Outcome.UNFINISHED, Outcome.STOPPED)


def tails_of(runs: Sequence[PastRun], budget: int = BUDGET) -> dict[int, str]:
    """The last lines of logs by the run's place in `runs` (newest first): of what didn't succeed, then of the rest.

    Each begins with the log's place below the data folder, for who sits at that machine.
    """
    places = sorted(range(len(runs)), key=lambda place: runs[place].outcome not in _FIRST)
    found: dict[int, str] = {}
    for place in places[:MOST_LOGS]:
        tail = _tail(runs[place].record.log_file)
        if tail is None:
            continue
        budget -= len(tail.encode("utf-8", "replace")) + 60  # with its markup
        if budget < 0:
            break
        found[place] = tail
    return found


def _tail(file: Path) -> str | None:
    """None if the log has gone, or can't be read."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _MOST_BYTES))
            data = stream.read(_MOST_BYTES)
    except OSError:
        return None
    lines = data.decode("utf-8", "replace").splitlines()
    cut = size > len(data) or len(lines) > _MOST_LINES
    lines = lines[1:] if size > len(data) else lines  # the first one is half of a line
    place = "/".join(file.parts[-4:])
    return log_text("\n".join([place, *(["…"] if cut else []), *lines[-_MOST_LINES:]]))
