"""Past runs as a robot leaves them: in a journal by the journal's own writer, logs by the logs' own, pictures."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from app.base.paths import DataPaths
from app.base.redaction import Mask
from app.gateway.evidence import Evidence
from app.gateway.last_picture import Recording
from app.jobs.output import OutputLog
from app.journal.journal import Journal
from app.orchestrator.origin import origin_of
from app.orchestrator.vocabulary import JobStatus
from tests.page.served import GUID, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRACEBACK = """Traceback (most recent call last):
  File "C:\\Robot\\scripts\\finance\\invoices.py", line 17, in <module>
    book(account)
ValueError: no such account: 40702
"""
HOSTILE = (
    "</pre></script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">\u202egnp"
)


class Past:
    """A data folder with runs in it.

    Args:
        data: the folder.
        host: whose they are.
    """

    def __init__(self, data: Path, host: str) -> None:
        self.paths = DataPaths(data)
        self.origin = origin_of(host, GUID)
        self.journal = Journal.open(self.paths.journal, None, self.origin)

    def begin(self, guid: str, name: str = "finance/invoices", *, started_at: datetime = NOW, output: str = "") -> Path:
        """A run that goes on; its log, with this output."""
        file = self.paths.job_log(name, guid, started_at)
        self.journal.begin_job(guid, name, "pv-17", f"mark-{guid}", started_at, file, self.origin)
        log = OutputLog(file, 10_000_000, Mask(GUID))
        log.line(f"[robot] 2026-11-24 14:00:00+0000  {name}.py  (python)")
        log._take(memoryview(output.encode("utf-8", "surrogateescape")))
        log.finish([])
        return file

    def end(
        self,
        guid: str,
        status: JobStatus = JobStatus.SUCCESS,
        *,
        ended_at: datetime = NOW,
        reason: str = "The script ended normally.",
        last_line: str = "",
        said: tuple[str, ...] = (),
    ) -> None:
        """It ends; its last report waits until `tell`."""
        record = self.journal.job(guid)
        assert record is not None
        code = 0 if status is JobStatus.SUCCESS else 1
        self.journal.finish_job(guid, status, ended_at, code, reason, last_line)
        with record.log_file.open("a", encoding="utf-8") as log:
            log.writelines(f"[robot] 2026-11-24 14:03:00+0000  {text}\n" for text in (*said, reason))

    def tell(self) -> None:
        """The Orchestrator has taken everything."""
        for row in self.journal.outbox():
            self.journal.delivered(row.id)

    def run(
        self, guid: str, status: JobStatus = JobStatus.SUCCESS, *, ago: timedelta = timedelta(), **more: str
    ) -> None:
        """A run from its beginning to the end, of a minute, told."""
        started_at = NOW - ago - timedelta(minutes=1)
        self.begin(guid, more.pop("name", "finance/invoices"), started_at=started_at, output=more.pop("output", ""))
        self.end(guid, status, ended_at=started_at + timedelta(minutes=1), **more)  # type: ignore[arg-type]
        self.tell()

    def failed_with_pictures(
        self,
        guid: str,
        name: str = "finance/invoices",
        *,
        seconds: int = 10,
        step: str = "invoice 17",
        reason: str = "The script ended with exit code 1.",
        file: str = "отчёт.csv",
    ) -> None:
        """A run that failed, with the picture of its end and the seconds before that, a file and everything else."""
        output = f"invoice 15\ninvoice 16\n{step}\n" + TRACEBACK
        self.begin(guid, name, started_at=NOW - timedelta(minutes=2), output=output)
        evidence = Evidence(self.paths.evidence, guid)
        moments = iter(range(seconds + 1))
        recording = Recording(seconds, lambda: next(moments))
        for number in range(seconds + 1):
            recording.add(screen(number))
        evidence.keep(screen(seconds), "screen-at-end-140300")
        recording.keep(evidence, "recording-140300")
        report = self.paths.root / file
        report.write_text("invoice;17\n", "utf-8")
        evidence.attach(str(report))
        self.journal.scripts.note(
            guid,
            result=json.dumps({"booked": 16, "left": 1}),
            done=16,
            total=40,
            progress=step,
            task_guid="task-0001",
            task_name="INV-17",
            evidence=json.dumps(evidence.names()),
        )
        said = f"The screen at that moment: {self.paths.evidence / guid / 'screen-at-end-140300.png'}"
        last_line = "ValueError: no such account: 40702"
        self.end(guid, JobStatus.FAILED, reason=reason, last_line=last_line, said=(said,))
        for row in self.journal.outbox():
            if row.status is JobStatus.FAILED:
                self.journal.attempt_failed(row.id, "HTTP 503: out for lunch")
            else:
                self.journal.delivered(row.id)


def screen(number: int) -> Image.Image:
    """A screen on which a window wanders, and is red in the end."""
    picture = Image.new("RGB", (1280, 800), (36, 64, 98))
    draw = ImageDraw.Draw(picture)
    left = 60 + 60 * number
    draw.rectangle((left, 120, left + 520, 520), fill=(250, 250, 250))
    draw.rectangle((left, 120, left + 520, 150), fill=(170, 34, 34) if number >= 10 else (58, 110, 165))
    draw.text((left + 12, 128), "Accounting - invoice 17", fill=(255, 255, 255))
    for line in range(8):
        draw.rectangle(
            (left + 24, 180 + 36 * line, left + 300 + 20 * ((line + number) % 8), 196 + 36 * line), fill=(214, 220, 228)
        )
    return picture


@contextlib.contextmanager
def past(data: Path, host: str = "http://127.0.0.1:9") -> Iterator[Past]:
    """An open journal; closed with the test."""
    made = Past(data, host)
    try:
        yield made
    finally:
        made.journal.close()
