"""Journal records as a busy robot leaves them: the same for the same numbers."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base.paths import DataPaths
from app.journal.records import JobRecord, OutboxRow, Reported, RunNotes
from app.journal.statements import to_text
from app.journal.sums import Sums
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.journal.reading import JobLine

ORIGIN = Origin("https://rpa.example", "0123456789abcdef")
NOW = datetime(2026, 11, 24, 13, 42, tzinfo=UTC)
DATA = DataPaths(Path(Path.cwd().anchor) / "srv" / "robot")
SCRIPTS = (
    "финансы/счета",
    "финансы/банковские выписки",
    "почта/разбор входящих",
    "payroll",
    "crm export",
    "отчёт по складу",
    "currency rates",
)
LAST_LINES = {
    JobStatus.SUCCESS: "Обработано строк: 128",
    JobStatus.FAILED: "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='crm.example'): timed out",
    JobStatus.STOPPED: "",
    JobStatus.ABORTED: "",
}


def record(**changes: Any) -> JobRecord:
    """A run that succeeded, in one minute, just before `NOW`, with some fields changed."""
    started_at = changes.get("started_at", NOW - timedelta(minutes=5))
    guid = changes.get("guid", "5f3c9a17-0000-4000-8000-000000000000")
    name = changes.get("name", "invoices")
    return replace(
        JobRecord(
            guid=guid,
            name=name,
            process_version_guid="",
            started_at=started_at,
            ended_at=started_at + timedelta(minutes=1),
            status=JobStatus.SUCCESS,
            exit_code=0,
            reason="Exit code 0.",
            last_line="",
            log_file=DATA.job_log(name, guid, started_at),
            pid=None,
            created_at=None,
            mark="m",
            reported=Reported.DELIVERED,
            origin=ORIGIN,
        ),
        **changes,
    )


def unfinished(**changes: Any) -> JobRecord:
    """A run that has not ended."""
    return record(ended_at=None, status=None, exit_code=None, reason="", **changes)


def busy(count: int, days: int) -> list[JobRecord]:
    """`count` runs spread over `days` days of office hours, about one in ten of them not a success."""
    chance = random.Random(20261124)
    statuses = (JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.ABORTED)
    records = []
    for _ in range(count):
        started_at = NOW - timedelta(days=chance.randrange(days), seconds=chance.randrange(30_000))
        [status] = chance.choices(statuses, (88, 8, 3, 1))
        records.append(
            record(
                guid=f"{chance.getrandbits(32):08x}-0000-4000-8000-000000000000",
                name=chance.choice(SCRIPTS),
                started_at=started_at,
                ended_at=started_at + timedelta(seconds=chance.lognormvariate(4, 1)),
                status=status,
                exit_code=0 if status is JobStatus.SUCCESS else 1,
                reason=f"Код выхода {int(status is not JobStatus.SUCCESS)}.",
                last_line=LAST_LINES[status],
            )
        )
    return records


class Samples:
    """Records as a source for the page, as the journal would be one."""

    def __init__(
        self, records: Iterable[JobRecord], reports: Sequence[OutboxRow] = (), notes: Sequence[RunNotes] = ()
    ) -> None:
        self._records = sorted(records, key=lambda record: record.started_at, reverse=True)
        self._reports = reports
        self._notes = notes

    def span(self) -> tuple[str, str] | None:
        """The first and the last start."""
        if not self._records:
            return None
        return to_text(self._records[-1].started_at), to_text(self._records[0].started_at)

    def summed_up(self) -> Sums:
        """Nothing: every run is looked at."""
        return Sums()

    def summed_between(self, since: int, before: int) -> list[tuple[int, int]]:
        """Nothing either."""
        return []

    def lines(self) -> list[JobLine]:
        """What the sums need."""
        return [
            (one.name, to_text(one.started_at), to_text(one.ended_at) if one.ended_at else None, one.status)
            for one in self._records
        ]

    def newest(self, limit: int) -> list[JobRecord]:
        """The last ones."""
        return self._records[:limit]

    def runs(self, since: datetime | None) -> list[tuple[JobRecord, RunNotes | None]]:
        """All, as programs get them."""
        return [(one, None) for one in self._records if since is None or one.started_at >= since]

    def notes(self, limit: int) -> dict[str, RunNotes]:
        """What scripts said."""
        return {notes.job_guid: notes for notes in self._notes}

    def untold(self) -> dict[Reported, int]:
        """Counts."""
        return Counter(one.reported for one in self._records)

    def outbox(self) -> list[OutboxRow]:
        """The reports."""
        return list(self._reports)
