"""The power fails at each moment of a journal's life: it opens, unharmed, with everything that was promised."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from app.journal.journal import Journal
from app.orchestrator.vocabulary import JobStatus
from tests.journal.conftest import begin
from tests.journal.power_cuts import COMPILER, Event, Remains, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")

# Jobs one after the other, with what their scripts change; the log is emptied in between, the file closed and reopened.
LIFE: Final = """
from datetime import UTC, datetime
from pathlib import Path
from app.journal import opening
from app.journal.journal import Journal
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus

path = Path(sys.argv[1]) / "journal.sqlite3"
for life in range(2):
    journal = Journal.open(path)
    if "unsynced" in sys.argv:
        journal._file.db.execute("PRAGMA synchronous = NORMAL")
    for number in range(4 * life, 4 * life + 4):
        guid = f"j{number}"
        journal.begin_job(guid, "n", "", "m", datetime.now(UTC), Path("log"), Origin("http://x", "f"))
        promise(f"begun {guid}")
        journal.process_started(guid, 1, 1.0)
        if "unsynced" in sys.argv:
            journal._file.db.execute("PRAGMA synchronous = NORMAL")
        journal.scripts.add(guid, "/api/task/update", {"guid": "x" * 3000 * (number % 3)})
        promise(f"changed {guid}")
        journal.scripts.add(guid, "/api/log/create", {"message": "a message"}, synced=False)
        if "unsynced" in sys.argv:
            journal._file.db.execute("PRAGMA synchronous = NORMAL")
        journal.finish_job(guid, JobStatus.SUCCESS, datetime.now(UTC), 0, "", "")
        promise(f"finished {guid}")
        if number % 2:
            changes = [row.id for row in journal.scripts.listed()]
            promise(f"sent {guid}")
            journal.scripts.delivered(changes)
            journal.delivered(journal.outbox()[-1].id)
            journal.scripts.wipe()
    journal.close()
"""


def broken_promises(folder: Path, promised: list[str]) -> list[str]:
    """What the journal in `folder` doesn't keep of what was promised; it opens without being mended."""
    journal = Journal.open(folder / "journal.sqlite3")
    try:
        if journal.set_aside is not None:
            return [f"damaged, {journal.salvaged} jobs saved"]
        jobs = {record.guid: record.status for record in journal.jobs()}
        waiting = {row.job_guid for row in journal.outbox()}
        changes = {row.job_guid for row in journal.scripts.listed() if row.path == "/api/task/update"}
        sent = {text.split()[1] for text in promised if text.startswith("sent")}
        sent |= {f"j{int(guid[1:]) - 1}" for guid in sent}
        broken = []
        for text in promised:
            what, guid = text.split()
            kept = {
                "begun": guid in jobs,
                "changed": guid in changes or guid in sent,
                "finished": jobs.get(guid) is JobStatus.SUCCESS and (guid in waiting or guid in sent),
                "sent": True,
            }[what]
            broken += [] if kept else [text]
        numbers = sorted(int(guid[1:]) for guid in jobs)
        if numbers != list(range(len(numbers))):
            broken.append(f"later jobs without earlier ones: {numbers}")
        return broken
    finally:
        journal.close()


def cut_everywhere(
    events: list[Event],
    folder: Path,
    judge: Callable[[Path, list[str]], list[str]],
    before: Mapping[str, bytes] | None = None,
) -> tuple[int, list[str]]:
    """How many power cuts there were, and what each has broken."""
    rng = random.Random(20261125)
    disk, promised, seen, broken = Remains(before), list[str](), set[int](), list[str]()
    for number, event in enumerate(events):
        if event.kind == "promise":
            promised.append(event.name)
        else:
            disk.happens(event)
        for how in ("all", "nothing", "some", "torn"):
            files = disk.left(how, rng)
            state = hash((tuple(sorted(files.items())), len(promised)))
            if state in seen:
                continue
            seen.add(state)
            place = folder / f"{number}-{how}"
            place.mkdir()
            for name, content in files.items():
                (place / name).write_bytes(content)
            broken += [f"after event {number}, {how}: {each}" for each in judge(place, promised)]
            shutil.rmtree(place)
    return len(seen), broken


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder with one for a life in it; in memory if there is such a place, for all of it waits for the disk."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        (Path(folder) / "life").mkdir()
        yield Path(folder)


def test_what_was_promised_outlives_a_power_cut_at_any_moment(memory: Path) -> None:
    """Whatever is left of what was not synced, whole, torn or in another order: the file opens and keeps its word."""
    cuts, broken = cut_everywhere(record(LIFE, memory / "life"), memory, broken_promises)
    assert cuts > 100
    assert broken == []


def test_a_journal_that_does_not_wait_for_the_disk_is_found(memory: Path) -> None:
    """With `synchronous = NORMAL` something that was promised is gone: else the test above would prove nothing."""
    _cuts, broken = cut_everywhere(record(LIFE, memory / "life", "unsynced"), memory, broken_promises)
    assert any("finished" in each for each in broken)
    assert not [each for each in broken if "damaged" in each]


# The journal was damaged, and is replaced by a fresh one with what can be read of it.
REPLACEMENT: Final = """
from pathlib import Path
from app.journal.journal import Journal
journal = Journal.open(Path(sys.argv[1]) / "journal.sqlite3")
promise(f"saved {journal.salvaged}")
journal.close()
"""


def lost_jobs(folder: Path, _promised: list[str]) -> list[str]:
    """Those of which the journal in `folder` knows nothing any more."""
    journal = Journal.open(folder / "journal.sqlite3")
    known = {each.guid for each in journal.jobs()}
    journal.close()
    return [guid for guid in (f"job-{number}" for number in range(5)) if guid not in known]


def test_a_power_cut_while_a_damaged_journal_is_replaced_loses_nothing(memory: Path) -> None:
    """At each moment either the damaged file is there, or the fresh one with all that was saved."""
    path = memory / "life" / "journal.sqlite3"
    journal = Journal.open(path)
    for number in range(5):
        begin(journal, f"job-{number}")
    journal.close()
    path.write_bytes(b"no database" + path.read_bytes()[11:])
    before = {path.name: path.read_bytes()}
    events = record(REPLACEMENT, memory / "life")
    assert Event("promise", "saved 5") in events
    cuts, broken = cut_everywhere(events, memory, lost_jobs, before)
    assert cuts > 20
    assert broken == []
