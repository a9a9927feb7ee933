"""`send_logs`: the script's and the robot's messages also reach the Orchestrator."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.base.redaction import Redactor
from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import Identity, authorization
from app.orchestrator.vocabulary import JobStatus
from app.robot.log_shipping import LogShipper
from app.robot.state import CurrentJob, LastOutcome, StateBoard
from app.sandbox.faults import Fault, FaultKind
from tests.robot.robot_under_test import GUID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxJob
    from app.sandbox.server import SandboxServer


@pytest.fixture
def board() -> StateBoard:
    """What the robot is doing."""
    return StateBoard()


@pytest.fixture
def job(sandbox: Sandbox) -> SandboxJob:
    """A job that the robot has taken."""
    job = sandbox.queue_job("job")
    sandbox.consume(GUID, complain=lambda _text: None)
    return job


@pytest.fixture
def shipper(server: SandboxServer, board: StateBoard) -> Callable[[], LogShipper]:
    """Makes the shipper under test."""
    connection = ConnectionSettings(server.url, authorization(GUID), 3)
    identity = Identity(GUID, "TESTBOX")
    return lambda: LogShipper(lambda: OrchestratorClient(identity, connection), GUID, board, Redactor(GUID))


def begin(board: StateBoard, job: SandboxJob, log_file: Path) -> None:
    """As the loop at a job's start."""
    board.publish(job=CurrentJob(job.guid, job.name, datetime.now(UTC), log_file, job.process_version_guid))


def end(board: StateBoard, job: SandboxJob, status: JobStatus, reason: str) -> None:
    """As the loop at a job's end."""
    board.publish(job=None, last=LastOutcome(job.guid, job.name, status, datetime.now(UTC), reason, "", None))


def test_a_jobs_output_and_end_reach_the_jobs_screen(
    shipper: Callable[[], LogShipper], board: StateBoard, job: SandboxJob, tmp_path: Path
) -> None:
    """What the script prints arrives in batches; the last message is how it ended, where an operator looks for it."""
    log_file = tmp_path / "job.log"
    with shipper():
        begin(board, job, log_file)
        log_file.write_text("строка 1\nline 2\n", "utf-8")
        end(board, job, JobStatus.FAILED, "The script ended with exit code 1.")
    assert [(message.level, message.message) for message in job.log] == [
        ("Info", "строка 1\nline 2"),
        ("Error", "The script ended with exit code 1."),
    ]


def test_the_robots_own_warnings_arrive_redacted(
    shipper: Callable[[], LogShipper], board: StateBoard, job: SandboxJob, tmp_path: Path
) -> None:
    """Warnings and errors of the robot belong to the running job; the GUID is masked in them."""
    with shipper():
        begin(board, job, tmp_path / "none.log")
        logging.getLogger("app.robot.loop").warning("something about %s", GUID)
        logging.getLogger("app.robot.loop").info("not worth sending")
    assert [(message.level, message.message) for message in job.log] == [("Warning", "something about ***")]


def test_a_dead_orchestrator_holds_nothing_up(
    shipper: Callable[[], LogShipper], board: StateBoard, job: SandboxJob, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A batch that can't be sent is dropped, and the end doesn't wait for it."""
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/log/create", status=500, count=None))
    with shipper():
        begin(board, job, tmp_path / "none.log")
        for _ in range(2000):
            logging.getLogger("app.robot.loop").error("again")
    assert job.log == []
