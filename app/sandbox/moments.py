"""Times as the Orchestrator writes them: without a zone, which means this machine's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")


def written(moment: datetime | None) -> str | None:
    """`2026-11-25 17:30:00`."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else None


def read_moment(text: str) -> datetime:
    """A date, with or without a time, as the vendor's pages or ISO 8601 write it; ValueError if it is none."""
    for form in _FORMATS:
        try:
            found = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - it gets this machine's zone below
        except ValueError:
            continue
        return here(found)
    return here(datetime.fromisoformat(text.strip()))


def here(moment: datetime) -> datetime:
    """The moment in this machine's zone, which is meant where none is named; ValueError at the calendar's ends."""
    try:
        moment.astimezone(UTC)
        return moment.astimezone()
    except (OverflowError, OSError) as error:
        raise ValueError(str(error)) from None
