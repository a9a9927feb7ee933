"""A journal on a real file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.journal.journal import Journal
from app.orchestrator.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = Origin("https://rpa.example", "0123456789abcdef")
THEIRS = Origin("https://other.example", "fedcba9876543210")
T0 = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal of this test is; its folder is not there yet."""
    return tmp_path / "data" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """An open journal with nothing in it."""
    opened = Journal.open(path)
    yield opened
    opened.close()


def begin(
    journal: Journal, guid: str = "j1", name: str = "invoices", started_at: datetime = T0, origin: Origin = OURS
) -> None:
    """Begin a job of which only the GUID matters."""
    log_file = journal._file._path.parent / f"{guid}.log"
    journal.begin_job(guid, name, "pv", f"mark-{guid}", started_at, log_file, origin)
