"""The journal in the field: busy, full, locked, newer. It is waited for, and nothing ends or is lost."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.contract.robot_process import wait_until
from tests.field.requests import FINAL, IN_PROGRESS, SUCCESS, Plan, answers

if TYPE_CHECKING:
    from tests.field.home import FieldHome
    from tests.field.server import Orchestrator


@pytest.mark.parametrize("status", [IN_PROGRESS, SUCCESS], ids=["8", "4"])
def test_another_program_writes_while_a_report_is_answered(
    home: FieldHome, orchestrator: Orchestrator, status: int
) -> None:
    """For five seconds: the robot waits, the job runs, nothing ends."""
    home.notes("job", "import time\ntime.sleep(1)\n")
    jobs = [orchestrator.queue("job") for _ in range(2)]
    slow = orchestrator.disturb(Plan(after=0.5), status=status, times=1)
    life = home.live()
    orchestrator.wait_for(lambda: slow.hits)
    with home.journal_held():
        time.sleep(5)
        assert life.process.poll() is None
    assert home.wait(life) == 0
    assert [job.carried[0] for job in jobs] == [IN_PROGRESS] * 2
    assert home.ran() == [job.guid for job in jobs]


def test_another_program_writes_when_a_job_is_handed_out(home: FieldHome, orchestrator: Orchestrator) -> None:
    """For five seconds: the job waits for the journal and runs; it is not reported Failed."""
    home.notes("job")
    job = orchestrator.queue("job")
    slow = orchestrator.disturb(Plan(after=0.5), "consume", times=1)
    life = home.live()
    orchestrator.wait_for(lambda: slow.hits)
    with home.journal_held():
        time.sleep(5)
        assert life.process.poll() is None
        assert home.ran() == []
    assert home.wait(life) == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]


@pytest.mark.skipif(
    shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0,
    reason="needs a mount namespace of its own",
)
@pytest.mark.parametrize("when", ["consume", "update 8", "update 4"])
def test_the_disk_is_full_for_a_while(home: FieldHome, orchestrator: Orchestrator, when: str) -> None:
    """For four seconds: the robot waits and says so, the job runs and is reported as it ended."""
    home.data.mkdir()
    home.notes("job", "import time\ntime.sleep(1)\n")
    job = orchestrator.queue("job")
    call, _, status = when.partition(" ")
    slow = orchestrator.disturb(Plan(after=0.5), call, status=status or None, times=1)
    mount = f'mount -t tmpfs -o size=3m none {home.data} && exec "$@"'
    life = home.live(wrapper=("unshare", "-rm", "sh", "-c", mount, "sh"))
    orchestrator.wait_for(lambda: slow.hits)
    inside = f"/proc/{life.process.pid}/root{home.data}"
    filler = f"{inside}/filler"
    fill = ["dd", "if=/dev/zero", f"of={filler}", "bs=4k"]
    assert subprocess.run(fill, check=False, capture_output=True).returncode != 0
    time.sleep(4)
    assert life.process.poll() is None
    subprocess.run(["rm", filler], check=True)
    assert home.wait(life) == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]


def test_a_journal_that_is_locked_at_the_start_is_waited_for(home: FieldHome, orchestrator: Orchestrator) -> None:
    """A job that ran before is handed out again meanwhile: not run again; no end before its old report is delivered."""
    home.notes("job")
    job = orchestrator.queue("job")
    busy = orchestrator.disturb(answers(503), statuses=FINAL)
    life = home.live()
    orchestrator.wait_for(lambda: busy.hits)
    home.kill(life)
    busy.end()
    job.waiting = True
    with home.journal_held():
        life = home.live()
        time.sleep(5)
        assert life.process.poll() is None
        assert job.finals == []
    assert home.wait(life) == 0
    assert home.ran() == [job.guid]
    assert set(job.finals) == {SUCCESS}
    assert len(list(home.data.glob("journal*.sqlite3"))) == 1, "there is a stand-in beside the journal"


def test_a_newer_journal_ends_the_robot_and_stays_as_it_is(home: FieldHome, orchestrator: Orchestrator) -> None:
    """Exit 2, with what to do; the file is not touched, and no job is taken."""
    assert home.whole_life() == 0
    file = home.data / "journal.sqlite3"
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA user_version = 99")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute("PRAGMA journal_mode = DELETE")
    database.close()
    before = file.read_bytes()
    (home.folder / "stderr").unlink()
    heard = len(orchestrator.requests)
    orchestrator.queue("job")

    assert home.whole_life() == 2
    assert file.read_bytes() == before
    assert len(orchestrator.heard("consume")) == 0
    assert len(orchestrator.requests) == heard
    assert [path.name for path in home.data.glob("journal*") if "damaged" in path.name] == []
    assert "newer" in (home.folder / "stderr").read_text("utf-8")


def test_what_can_be_read_of_a_damaged_journal_is_kept(home: FieldHome, orchestrator: Orchestrator) -> None:
    """Pages in the middle are overwritten: the reports that wait are delivered, and no job is run again."""
    home.notes("job")
    jobs = [orchestrator.queue("job") for _ in range(3)]
    busy = orchestrator.disturb(answers(503), statuses=FINAL)
    home.settings(orchestrator.url, when_idle="wait")
    life = home.live()
    orchestrator.wait_for(lambda: busy.hits)
    home.terminate(life)
    file = home.data / "journal.sqlite3"
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'unfinished'").fetchone()
    page_size = int(database.execute("PRAGMA page_size").fetchone()[0])
    database.close()
    if root is None:  # no such index any more: the header of the last page
        root = (file.stat().st_size // page_size,)
    with file.open("r+b") as damaged:
        damaged.seek((root[0] - 1) * page_size)
        damaged.write(b"\xee" * page_size)
    (home.data / "journal.sqlite3-suspect").touch()  # as a robot that met it leaves it
    busy.end()
    for job in jobs:
        job.waiting = True
    home.settings(orchestrator.url)
    life = home.live()
    wait_until(lambda: all(job.over for job in jobs))
    assert home.wait(life) == 0
    assert sorted(home.ran()) == sorted(job.guid for job in jobs)
