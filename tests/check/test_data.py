"""What `robot check` says of the data folder and the journal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.base.paths import DataPaths
from app.check.checklist import check_as_text
from app.check.findings import Level
from app.journal.journal import Journal
from app.orchestrator.origin import Origin
from app.orchestrator.vocabulary import JobStatus


def test_a_data_folder_that_cannot_be_written(machine):
    """A file in its place: exit code 2, not a traceback."""
    machine.data.write_text("in the way")
    machine.set(host=None)
    finding = machine.findings()["data_dir"]
    assert finding.level is Level.ERROR
    assert "data_dir" in finding.remedy


@pytest.mark.parametrize(("free", "level"), [(10**10, Level.OK), (10**8, Level.WARNING), (10**6, Level.ERROR)])
def test_free_space(machine, monkeypatch, free, level):
    """Little space is a warning, next to none an error."""
    monkeypatch.setattr("app.check.data.shutil.disk_usage", lambda _folder: type("Usage", (), {"free": free}))
    machine.set(host=None)
    finding = machine.findings()["data_dir"]
    assert finding.level is level
    assert finding.facts == {"free_bytes": free}


ORIGIN = Origin("https://rpa.example", "0123456789abcdef")


def filled_journal(machine):
    """An open journal with one report that waits and one that was refused."""
    journal = Journal.open(DataPaths(machine.data).journal)
    for guid in ("j1", "j2"):
        journal.begin_job(guid, "invoices", "pv", "m", datetime.now(UTC), machine.folder / "x.log", ORIGIN)
        journal.finish_job(guid, JobStatus.SUCCESS, datetime.now(UTC), 0, "done", "")
    journal.dead_letter(journal.outbox()[0].id, "HTTP 404")
    return journal


def test_the_journal_is_read_while_a_robot_uses_it(machine):
    """Waiting and refused reports are counted, and the robot that holds the journal goes on writing."""
    machine.set(host=None)
    journal = filled_journal(machine)
    text = check_as_text(machine.config)
    assert "! Journal: 1 report waits for delivery." in text
    assert "! Journal: The Orchestrator refused 1 report." in text
    facts = machine.findings()["journal"].facts
    assert (facts["waiting"], facts["refused"]) == (1, 1)
    assert facts["oldest"].startswith(f"{datetime.now(UTC):%Y-%m-%dT}")
    journal.begin_job("j3", "invoices", "pv", "m", datetime.now(UTC), machine.folder / "x.log", ORIGIN)
    journal.close()


def test_reports_of_another_orchestrator_are_told_apart(machine):
    """Whose they are, since when, and that they wait until the settings name it again."""
    machine.set(host="http://127.0.0.1:9")
    filled_journal(machine).close()
    text = " ".join(check_as_text(machine.config).split())
    assert "Of: another Orchestrator: https://rpa.example, robot 012345." in text
    assert "until the settings name it again" in text
    assert machine.findings()["journal"].facts["strangers"] == 1


def test_a_damaged_journal_is_said_and_left_alone(machine):
    """The check mends nothing: that is the robot's."""
    file = DataPaths(machine.data).journal
    file.parent.mkdir()
    file.write_bytes(b"not a database at all" * 100)
    machine.set(host=None)
    finding = machine.findings()["journal"]
    assert finding.level is Level.ERROR
    assert "Start the robot once" in finding.remedy
    assert file.read_bytes().startswith(b"not a database")
