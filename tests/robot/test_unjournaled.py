"""Jobs that the journal can't take, and which are not run: the Orchestrator hears of them all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.orchestrator.errors import UnreachableError
from app.orchestrator.vocabulary import JobStatus
from app.robot.unjournaled import Unsaid
from tests.robot.delivery_bench import OURS, THEIRS, lost

if TYPE_CHECKING:
    from tests.robot.delivery_bench import Bench


def test_a_job_that_the_journal_cannot_take_is_reported_from_memory(bench: Bench) -> None:
    """It was handed out and will not be run; the Orchestrator hears of it as soon as it can."""
    bench.server.answers["a"] = [UnreachableError("HTTP 503")]
    bench.delivery.send_unjournaled(bench.run("a"), JobStatus.FAILED)
    bench.step()
    bench.step(10)
    assert bench.server.carried_out == [("a", JobStatus.FAILED)]


def test_what_the_journal_cannot_take_waits_for_no_other_thread(bench: Bench) -> None:
    """The one that looks what is due may be waiting for the same journal."""
    assert bench.delivery.send_unjournaled(bench.run("a"), JobStatus.FAILED)
    assert bench.server.carried_out == [("a", JobStatus.FAILED)]


def test_what_the_journal_cannot_take_is_waited_for(bench: Bench) -> None:
    """Nothing but this process knows of it: the robot doesn't leave before it was taken, as with other reports."""
    bench.server.answers["a"] = [UnreachableError("HTTP 503")]
    assert not bench.delivery.send_unjournaled(bench.run("a"), JobStatus.FAILED)
    assert bench.clock.seconds in [attempts.failing_since for attempts in bench.delivery.waiting()]
    bench.step()
    assert bench.delivery.waiting() == []


def test_what_the_journal_could_not_take_outlives_the_robot(bench: Bench) -> None:
    """New settings end its delivery before the Orchestrator has taken it: the next one finds it in the journal."""
    bench.server.answers["a"] = [UnreachableError("HTTP 503")] * 2
    bench.delivery.send_unjournaled(bench.run("a"), JobStatus.FAILED)
    bench.delivery.start()
    bench.delivery.close(5)
    assert [(row.job_guid, row.status) for row in bench.journal.outbox()] == [("a", JobStatus.FAILED)]
    bench.anew()
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.FAILED)]


def test_what_no_journal_took_is_said_by_the_next_robot(bench: Bench) -> None:
    """New settings, and the file can't be had for longer than the old robot waits for it."""
    bench.server.answers["a"] = [UnreachableError("HTTP 503")]
    bench.delivery.send_unjournaled(bench.run("a"), JobStatus.FAILED)
    bench.anew()
    assert bench.unwritten.given_up(OURS, "A") is JobStatus.FAILED, "nor is it run if it is handed out again"
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.FAILED)]
    assert bench.unwritten.waiting() == []


def test_what_no_journal_took_is_told_to_nobody_else(bench: Bench) -> None:
    """The new settings name another Orchestrator: there it waits in the outbox, as any report of the old one."""
    bench.unwritten.add(Unsaid(bench.run("a"), JobStatus.FAILED, THEIRS))
    bench.delivery.unjournaled.send()
    assert bench.delivery.waiting(), "the robot doesn't leave before it is written down"
    bench.step()
    bench.step(60)
    assert [(row.job_guid, row.origin) for row in bench.journal.outbox()] == [("a", THEIRS)]
    assert bench.server.carried_out == []
    assert bench.delivery.waiting() == []


def test_what_the_journal_can_take_by_now_is_written_down_before_it_is_tried_again(bench: Bench) -> None:
    """A robot that is killed in mid-try doesn't take it with it."""
    bench.server.answers["a"] = [lost()] * 2
    bench.delivery.send_unjournaled(bench.run("a"), JobStatus.FAILED)
    tries: list[list[str]] = []
    update = bench.server.update_job

    def update_job(guid: str, status: JobStatus, *, cancellable: bool) -> None:
        tries.append([row.job_guid for row in bench.journal.outbox()])
        update(guid, status, cancellable=cancellable)

    bench.server.update_job = update_job  # type: ignore[method-assign]
    bench.step()
    assert tries == [["a"]]


def test_of_a_job_that_the_journal_knows_after_all_its_outcome_is_told(bench: Bench) -> None:
    """It could not be read when the job came once more."""
    bench.begin("a")
    bench.finish("a")
    bench.server.answers["a"] = [UnreachableError("HTTP 503")] * 2
    bench.delivery.send_unjournaled(bench.run("a"), JobStatus.FAILED)
    bench.step()
    bench.step(60)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]
    assert bench.journal.outbox() == []
