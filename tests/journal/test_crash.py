"""kill -9 between any two writes: what was promised before is there after."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from app.journal.journal import Journal
from app.journal.records import JobRecord, Reported
from app.orchestrator.vocabulary import JobStatus

ROOT = Path(__file__).parents[2]

# Runs jobs for ever, and says each step once the journal has promised to keep it.
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from app.journal.journal import Journal
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus

journal = Journal.open(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    guid = f"j{number}"
    for step in ("begun", "started", "finished", "delivered"):
        match step:
            case "begun":
                journal.begin_job(guid, "n", "", "m", datetime.now(UTC), Path("log"), Origin("http://x", "f"))
            case "started":
                journal.process_started(guid, number, 1.0)
            case "finished":
                journal.finish_job(guid, JobStatus.SUCCESS, datetime.now(UTC), 0, "", "")
            case "delivered":
                journal.delivered(journal.outbox()[-1].id)
        print(step, guid, flush=True)
    number += 1
"""


def run_and_kill(path: Path, number: int, chance: random.Random) -> dict[str, str]:
    """Kill a writer at some moment; returns the last step that it acknowledged, by job."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 40))]
        time.sleep(chance.random() / 500)  # the moment of the kill is what varies
        writer.kill()
        lines += writer.stdout.readlines()
    steps = (line.split() for line in lines if line.endswith("\n"))
    return {guid: step for step, guid in steps}


def check_promises(journal: Journal, promised: dict[str, str]) -> None:
    """What was acknowledged is there; one more step may have happened."""
    waiting = {row.job_guid: row.status for row in journal.outbox()}
    for guid, step in promised.items():
        record = journal.job(guid)
        assert record is not None
        if record.status is None:
            assert step in {"begun", "started"}
            assert waiting[guid] is JobStatus.IN_PROGRESS
        elif step == "delivered":
            assert record.reported is Reported.DELIVERED
        else:
            assert record.status is JobStatus.SUCCESS
            assert waiting.get(guid, JobStatus.SUCCESS) is JobStatus.SUCCESS
        if step != "begun":
            assert record.pid is not None


def test_a_killed_robot_loses_nothing_that_was_promised(path: Path) -> None:
    """After each of many kills the journal opens in place, with every step that was acknowledged."""
    chance = random.Random(20261124)
    for number in range(0, 12_000_000, 1_000_000):
        known = number and len(journal_records(path))
        promised = run_and_kill(path, number, chance)
        journal = Journal.open(path)
        assert journal.set_aside is None
        check_promises(journal, promised)
        assert len(list(journal.jobs())) - known - len(promised) in {0, 1}
        interrupted = journal.interrupted()
        assert len(interrupted) <= 1
        for record in interrupted:
            journal.finish_job(record.guid, JobStatus.FAILED, record.started_at, None, "The robot died.", "")
        for row in journal.outbox():
            journal.delivered(row.id)
        journal.close()


def journal_records(path: Path) -> list[JobRecord]:
    """All jobs of a closed journal."""
    journal = Journal.open_to_read(path)
    records = list(journal.jobs())
    journal.close()
    return records
