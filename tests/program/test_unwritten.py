"""What no journal has taken isn't lost with the settings: the next robot of this program says it or writes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.engine import Sandbox
from app.sandbox.faults import Fault, FaultKind
from app.sandbox.server import SandboxServer
from tests.program.test_service import ServiceUnderTest, make_service
from tests.robot.robot_under_test import GUID
from tests.robot.test_busy_journal import held

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import SandboxJob

__all__ = ["make_service"]
UPDATE = "/api/job/update"


def given_up(service: ServiceUnderTest, sandbox: Sandbox) -> SandboxJob:
    """A job that the journal didn't take for a minute, and of which the Orchestrator won't hear just now."""
    sandbox.faults.add(Fault(FaultKind.STATUS, path=UPDATE, status=503, count=None))
    job = sandbox.queue_job("job")
    service.until(lambda: any(request.path == UPDATE for request in sandbox.requests))
    return job


def the_old_robot_ends(service: ServiceUnderTest) -> None:
    """The next one reads its settings."""
    service.until(lambda: service.service.controls.reloading)
    service.until(lambda: not service.service.controls.reloading)


def ready(service: ServiceUnderTest, sandbox: Sandbox) -> None:
    """It takes jobs."""
    service.write()
    service.thread.start()
    service.until(lambda: bool(sandbox.requests))


def test_a_job_that_no_journal_took_outlives_new_settings(
    make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox
) -> None:
    """The disk stays full for longer than the old robot waits; simulated as a file that is locked all the while."""
    service = make_service(persistent=True)
    ready(service, sandbox)
    with held(service.folder / "data" / "journal.sqlite3", "BEGIN IMMEDIATE"):
        job = given_up(service, sandbox)
        service.write(heartbeat_seconds=20)
        the_old_robot_ends(service)
        sandbox.faults.clear()
    service.until(lambda: job.status is JobStatus.FAILED)


def test_it_waits_for_its_own_orchestrator(make_service: Callable[..., ServiceUnderTest], sandbox: Sandbox) -> None:
    """Nothing is told to another one; as soon as the settings name the one that handed it out, that one hears it."""
    service = make_service(persistent=True)
    ready(service, sandbox)
    strangers = Sandbox()
    strangers.add_robot(GUID)
    with SandboxServer(strangers) as elsewhere:
        with held(service.folder / "data" / "journal.sqlite3", "BEGIN IMMEDIATE"):
            job = given_up(service, sandbox)
            service.write(host=elsewhere.url)
            the_old_robot_ends(service)
            sandbox.faults.clear()
        service.until(lambda: service.board.snapshot.strangers == 1)
        assert not any(request.path == UPDATE for request in strangers.requests)
        service.write()
        service.until(lambda: job.status is JobStatus.FAILED)
