"""`metrics_file`, read by Prometheus's own parser: what the robot does, and every run once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.journal.journal import Journal
from app.monitoring.metrics import OUTCOMES, STATES, Metrics
from app.orchestrator.origin import origin_of
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import LastOutcome, Snapshot
from tests.robot.robot_under_test import GUID
from tests.status.samples import NOON, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

ORIGIN = origin_of("http://orchestrator", GUID)
Sample = tuple[str, frozenset[tuple[str, str]]]


def read(file: Path) -> dict[Sample, float]:
    """Every sample of the file."""
    families = text_string_to_metric_families(file.read_text("utf-8"))
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def named(name: str, **labels: str) -> Sample:
    """How `read` names a sample."""
    return name, frozenset(labels.items())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """One that is written to."""
    made = Journal.open(tmp_path / "journal.sqlite3", None, ORIGIN)
    yield made
    made.close()


def begin(journal: Journal, guid: str, folder: Path) -> None:
    """A job begins at noon."""
    journal.begin_job(guid, "invoices", "version", "mark", NOON, folder / "log", ORIGIN)


def end(journal: Journal, guid: str, job_status: JobStatus, seconds: float) -> Snapshot:
    """It ends; what the board shows then."""
    ended = NOON + timedelta(seconds=seconds)
    journal.finish_job(guid, job_status, ended, None, "", "")
    return Snapshot(last=LastOutcome(guid, "invoices", job_status, ended, "", "", None))


def test_what_the_robot_does(tmp_path: Path) -> None:
    """One state is 1; the job, what waits, when the Orchestrator was heard; a name can hold anything."""
    file = tmp_path / "metrics" / "robot.prom"
    metrics = Metrics(file, tmp_path / "no journal")
    odd = 'счета "1"\n\\'
    shown = status(written=NOON + timedelta(seconds=7))
    assert shown.job
    metrics.tell(replace(shown, job=replace(shown.job, name=odd)))
    found = read(file)
    assert {state: found[named("robot_state", state=state)] for state in STATES} == {
        state: float(state == "working") for state in STATES
    }
    assert found[named("robot_job_started_timestamp_seconds", script=odd)] == NOON.timestamp()
    assert found[named("robot_reports_waiting")] == 2
    assert found[named("robot_seconds_since_heard")] == 7
    assert found[named("robot_runs_total", outcome="failed")] == 0
    metrics.tell(status(state="ended", job=None, heard=None))
    found = read(file)
    assert found[named("robot_state", state="ended")] == 1
    assert not [name for name, _labels in found if "job_started" in name or "heard" in name]


def test_every_run_is_counted_once(tmp_path: Path, journal: Journal) -> None:
    """Earlier runs of the journal, those that end now, and one that was open while later ones ended."""
    file = tmp_path / "robot.prom"
    begin(journal, "open", tmp_path)
    begin(journal, "early", tmp_path)
    end(journal, "early", JobStatus.SUCCESS, 3)
    metrics = Metrics(file, tmp_path / "journal.sqlite3")
    metrics.tell(status())
    assert read(file)[named("robot_runs_total", outcome="success")] == 1
    begin(journal, "now", tmp_path)
    metrics.see(end(journal, "now", JobStatus.SUCCESS, 40))
    metrics.tell(status())
    metrics.see(end(journal, "open", JobStatus.FAILED, 100_000))
    metrics.tell(status())
    metrics.tell(status())
    found = read(file)
    counts = {outcome: found[named("robot_runs_total", outcome=outcome)] for outcome in OUTCOMES.values()}
    assert counts == {"success": 2, "failed": 1, "stopped": 0, "aborted": 0}
    assert found[named("robot_run_duration_seconds_sum", outcome="success")] == 43
    buckets = [
        found[named("robot_run_duration_seconds_bucket", outcome="success", le=le)]
        for le in ("1.0", "5.0", "60.0", "+Inf")
    ]
    assert buckets == [0, 1, 2, 2]
    assert found[named("robot_run_duration_seconds_bucket", outcome="failed", le="14400.0")] == 0
    again = Metrics(tmp_path / "again.prom", tmp_path / "journal.sqlite3")
    again.tell(status())
    assert read(tmp_path / "again.prom") == found, "another start counts on"


def test_a_robot_without_the_setting_does_not_load_the_library() -> None:
    """The library is imported when the setting asks for it, not before."""
    code = "import app.program.service, sys; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_whole_run(robot: Home, orchestrator: Orchestrator) -> None:
    """A robot writes it as things happen: its run is counted, and at the end it says that it ended."""
    robot.settings(orchestrator.url, metrics_file="metrics/robot.prom")
    robot.script("счета", "print('done')")
    orchestrator.queue("счета")
    robot.environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    assert robot.run_robot().code == 0
    file = robot.folder / "metrics" / "robot.prom"
    found = read(file)
    assert found[named("robot_runs_total", outcome="success")] == 1
    assert found[named("robot_state", state="ended")] == 1
    assert GUID not in file.read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_collector_of_another_account_may_read_it(tmp_path: Path) -> None:
    """It isn't private: the collector is a service of its own."""
    Metrics(tmp_path / "robot.prom", tmp_path / "none").tell(status())
    assert (tmp_path / "robot.prom").stat().st_mode & 0o444 == 0o444


def test_counters_go_on_exactly_where_they_were(tmp_path: Path, journal: Journal) -> None:
    """Counted one by one while the robot ran, or all at once at its next start: the same to the last digit."""
    for number, (outcome, seconds) in enumerate(
        [
            (JobStatus.SUCCESS, 5.0),
            (JobStatus.SUCCESS, 5.000001),
            (JobStatus.SUCCESS, 0.1),
            (JobStatus.SUCCESS, 0.2),
            (JobStatus.FAILED, 14_400.7),
            (JobStatus.ABORTED, -3.0),
            (JobStatus.STOPPED, 59.999999),
        ]
    ):
        begin(journal, f"job {number}", tmp_path)
        if number == 0:
            ran, file = Metrics(tmp_path / "ran.prom", tmp_path / "journal.sqlite3"), tmp_path / "ran.prom"
            ran.tell(status())
        ran.see(end(journal, f"job {number}", outcome, seconds))
        ran.tell(status())
    begin(journal, "runs now", tmp_path)
    next_start = tmp_path / "next.prom"
    Metrics(next_start, tmp_path / "journal.sqlite3").tell(status())
    assert read(next_start) == read(file)
    assert read(file)[named("robot_run_duration_seconds_bucket", outcome="success", le="5.0")] == 3
