"""Delivery: what is sent when and to whom. A real journal, a held clock, a scripted Orchestrator."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from app.journal.errors import JournalError
from app.orchestrator.errors import RejectedError, UnreachableError
from app.orchestrator.vocabulary import JobStatus
from tests.jobs.jobbench import until
from tests.robot.delivery_bench import THEIRS, lost

if TYPE_CHECKING:
    from tests.robot.delivery_bench import Bench


def test_statuses_arrive_in_order_and_leave_the_outbox(bench: Bench) -> None:
    """8, then the final status; nothing is left to deliver."""
    bench.begin("a")
    bench.step()
    bench.finish("a")
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.IN_PROGRESS), ("a", JobStatus.SUCCESS)]
    assert bench.journal.outbox() == []
    assert bench.delivery.attempts("a") is None


def test_what_the_loop_hands_on_waits_for_no_thread_that_looks(bench: Bench) -> None:
    """It is given to a sender at once: here nobody else looks what is due."""
    bench.begin("a")
    bench.delivery.hand_on()
    until(lambda: bench.delivery.attempts("a") is None)
    assert bench.server.carried_out == [("a", JobStatus.IN_PROGRESS)]
    assert bench.journal.outbox() == []


def test_the_loop_goes_on_when_a_report_is_answered(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It doesn't wait until that is noted; a log-off does, and what couldn't be noted is said again."""
    answered, may_note = threading.Event(), threading.Event()

    def cannot_note(_row_id: int) -> None:
        answered.set()
        assert may_note.wait(20)
        raise JournalError("full")

    monkeypatch.setattr(bench.journal, "delivered", cannot_note)
    bench.step()  # it knows of no change of a script
    bench.begin("a")
    bench.delivery.hand_on()
    assert answered.wait(20)
    assert bench.delivery.attempts("a") is None
    assert len(bench.delivery.waiting()) == 1
    monkeypatch.undo()
    may_note.set()
    until(lambda: bench.delivery.attempts("a") is not None)
    bench.step(60)
    assert bench.server.carried_out == [("a", JobStatus.IN_PROGRESS)] * 2
    assert bench.delivery.attempts("a") is None


def test_of_a_job_only_the_newest_status_is_sent(bench: Bench) -> None:
    """An In progress that could not be sent is not sent after the end."""
    bench.server.answers["a"] = [UnreachableError("refused connection")]
    bench.begin("a")
    bench.step()
    bench.finish("a")
    bench.step(60)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]


def test_a_strangers_report_is_never_sent(bench: Bench) -> None:
    """A report of another Orchestrator waits for its own, and holds nobody up."""
    bench.begin("theirs", THEIRS)
    bench.begin("ours")
    bench.step()
    bench.step(3600)
    assert bench.server.carried_out == [("ours", JobStatus.IN_PROGRESS)]
    assert bench.delivery.waiting() == []
    assert [row.job_guid for row in bench.journal.outbox()] == ["theirs"]
    assert bench.waiting[-1] == (0, 1), "a person can see that it waits"


def test_one_jobs_trouble_is_nobody_elses(bench: Bench) -> None:
    """A report that keeps failing is repeated by itself, with growing waits."""
    bench.server.answers["a"] = [UnreachableError("HTTP 500") for _ in range(5)]
    bench.begin("a")
    bench.begin("b")
    bench.step()
    assert bench.server.carried_out == [("b", JobStatus.IN_PROGRESS)]
    assert bench.delivery.attempts("a").failing_since == bench.clock.seconds
    for _ in range(5):
        bench.step(60)
    assert ("a", JobStatus.IN_PROGRESS) in bench.server.carried_out


def test_a_final_status_after_a_doubtful_one_is_confirmed(bench: Bench) -> None:
    """While the old 8 may still be carried out the final status is sent, and once more when it can't be any longer."""
    bench.server.answers["a"] = [lost()]
    bench.server.takes = 10
    bench.begin("a")
    bench.step()
    bench.server.takes = 0
    bench.finish("a")
    bench.step(2)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]
    assert bench.delivery.waiting(), "the robot must not leave yet"
    assert bench.delivery.attempts("a") is None, "but it may go on"
    bench.step(5)
    assert len(bench.server.carried_out) == 1
    bench.step(20)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)] * 2
    bench.step(60)
    assert bench.journal.outbox() == []
    assert len(bench.server.carried_out) == 2


def test_a_lost_answer_about_the_end_needs_no_confirmation(bench: Bench) -> None:
    """The same final status twice, whichever comes last, is the final status."""
    bench.server.answers["a"] = [None, lost()]
    bench.begin("a")
    bench.step()
    bench.finish("a")
    bench.step()
    bench.step(2)
    assert bench.server.carried_out == [("a", JobStatus.IN_PROGRESS), ("a", JobStatus.SUCCESS)]
    assert bench.journal.outbox() == []


def test_a_doubt_outlives_the_robot(bench: Bench) -> None:
    """The next life confirms what this one could not."""
    bench.server.answers["a"] = [lost()]
    bench.begin("a")
    bench.step()
    bench.finish("a")
    bench.step(1)
    bench.anew()
    bench.step(5)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)] * 2
    assert bench.journal.outbox() == []


def test_a_status_under_way_is_waited_for(bench: Bench) -> None:
    """The final status is put down while 8 is under way: it is sent after that one's answer, which is in doubt."""
    entered, go_on = threading.Event(), threading.Event()

    def slow(guid: str, status: JobStatus, *, cancellable: bool) -> None:
        if status is JobStatus.IN_PROGRESS:
            entered.set()
            assert go_on.wait(10)
            raise lost()
        bench.server.carried_out.append((guid, status))

    bench.server.update_job = slow
    bench.begin("a")
    sender = threading.Thread(target=bench.step)
    sender.start()
    assert entered.wait(10)
    bench.finish("a")
    bench.delivery.step(lambda row: pytest.fail(f"{row.status} sent beside another status of its job"))
    go_on.set()
    sender.join()
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]
    bench.step(21)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)] * 2


def test_a_refused_report_is_tried_for_a_day_and_then_waits_for_a_person(bench: Bench) -> None:
    """More and more seldom, holding nobody up; a person can send it again."""
    bench.server.answers["a"] = [RejectedError("HTTP 404") for _ in range(500)]
    bench.begin("a")
    bench.finish("a")
    bench.step()
    assert bench.delivery.waiting() == []
    for _ in range(24 * 4):
        bench.step(900)
    tries = 500 - len(bench.server.answers["a"])
    assert 24 <= tries <= 80
    for _ in range(8):
        bench.step(3600)
    assert 500 - len(bench.server.answers["a"]) <= tries + 2
    assert bench.journal.outbox() == []
    assert [row.job_guid for row in bench.journal.dead_letters()] == ["a"]
    bench.server.answers["a"] = []
    assert bench.journal.retry("a") == 1
    bench.step(10)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]


def test_a_clock_that_is_set_makes_no_refusal_shorter(bench: Bench) -> None:
    """The clock is set forward by a day: a report that was refused a minute ago has most of its day left."""
    bench.server.answers["a"] = [RejectedError("HTTP 404") for _ in range(3)]
    bench.begin("a")
    bench.finish("a")
    bench.step()
    bench.clock.wrong = 86400.0
    for _ in range(5):
        bench.step(600)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]


def test_nor_does_it_make_one_longer(bench: Bench) -> None:
    """The clock is set back by a week: after a day, though, the report waits for a person."""
    bench.server.answers["a"] = [RejectedError("HTTP 404") for _ in range(500)]
    bench.begin("a")
    bench.finish("a")
    bench.step()
    bench.clock.wrong = -7 * 86400.0
    for _ in range(26):
        bench.step(3600)
    assert [row.job_guid for row in bench.journal.dead_letters()] == ["a"]


def test_a_refusal_lasts_over_a_start(bench: Bench) -> None:
    """What was refused for a day by robots one after the other is sent once more by the next, and then no more."""
    bench.server.answers["a"] = [RejectedError("HTTP 404") for _ in range(500)]
    bench.begin("a")
    bench.finish("a")
    bench.step()
    bench.anew()
    bench.step(12 * 3600)
    bench.anew()
    bench.step(13 * 3600)
    assert [row.job_guid for row in bench.journal.dead_letters()] == ["a"]


def test_each_start_tries_a_refused_report_again(bench: Bench) -> None:
    """The server may have been mended meanwhile; until it was tried the robot doesn't leave."""
    bench.server.answers["a"] = [RejectedError("HTTP 404")]
    bench.begin("a")
    bench.finish("a")
    bench.step()
    bench.anew()
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]


def test_the_network_is_back(bench: Bench) -> None:
    """What failed for want of a network is tried at once when a heartbeat is answered, not at the end of its wait."""
    bench.server.answers["a"] = [UnreachableError("no network") for _ in range(8)]
    bench.begin("a")
    for _ in range(8):
        bench.step(60)
    bench.delivery.reachable_again()
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.IN_PROGRESS)]


def test_closing_tries_once_what_was_never_tried(bench: Bench) -> None:
    """The end waits neither for long pauses nor for ever, and leaves nothing untried."""
    bench.server.answers["old"] = [UnreachableError("HTTP 500")]
    bench.begin("old")
    bench.step()
    bench.begin("new")
    bench.delivery.start()
    bench.delivery.close(5)
    assert bench.server.carried_out == [("new", JobStatus.IN_PROGRESS)]
    assert [row.job_guid for row in bench.journal.outbox()] == ["old"]


def test_the_job_just_run_does_not_wait_for_those_that_nobody_answers(bench: Bench) -> None:
    """Reports of an earlier life hang, as many as there may be at once: the newest is sent beside them."""
    for number in range(9):
        bench.begin(f"old{number}")
        bench.finish(f"old{number}")
    under_way: list[str] = []
    bench.delivery.step(lambda row: under_way.append(row.job_guid))
    assert under_way == ["old8", "old7", "old6"], "the newest first, and room for another"
    for guid in under_way:  # the first hang has ended, another begins
        row = next(row for row in bench.journal.outbox() if row.job_guid == guid)
        bench.delivery._pending.failed(row, lost(), 10)
        bench.delivery._pending.ended(row)
    bench.clock.seconds += 60
    bench.delivery.step(lambda row: under_way.append(row.job_guid))
    assert under_way[3:] == ["old5", "old4", "old3"], "those that were never tried first"
    bench.begin("new")
    bench.delivery.step(lambda row: under_way.append(row.job_guid))
    assert under_way[6:] == ["new"]


def test_a_job_that_fails_alone_is_tried_every_ten_seconds(bench: Bench) -> None:
    """As soon as the server takes it, it hears of it; the waits grow longer only where many fail."""
    bench.server.answers["a"] = [UnreachableError("HTTP 500") for _ in range(100)]
    bench.begin("a")
    for _ in range(20):
        bench.step(10)
    assert len(bench.server.answers["a"]) == 80


def test_an_attempt_fails_from_its_beginning(bench: Bench) -> None:
    """One that was answered by nothing for ten seconds has failed for ten seconds."""
    bench.server.answers["a"] = [lost()]
    bench.server.takes = 10
    bench.begin("a")
    bench.step()
    assert bench.delivery.attempts("a").failing_since == bench.clock.seconds - 10


def test_what_is_taken_while_the_outbox_is_read_is_not_sent_again(bench: Bench) -> None:
    """The loop reads the outbox while a sender's report is being taken: what it has read is not brought back."""
    bench.begin("a")
    read = bench.journal.outbox
    taken: list[bool] = []

    def outbox() -> Any:
        rows = read()
        if rows and not taken:  # at just that moment
            taken.append(True)
            bench.delivery.send(rows[0])
        return rows

    bench.journal.outbox = outbox  # type: ignore[method-assign]
    assert bench.delivery.attempts("a") is None
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.IN_PROGRESS)]


def test_what_is_put_down_while_the_outbox_is_read_is_sent_at_once(bench: Bench) -> None:
    """A report that comes while the outbox is being read waits for no other look."""
    read = bench.journal.outbox
    put_down: list[bool] = []

    def outbox() -> Any:
        rows = read()
        if not put_down:
            put_down.append(True)
            bench.begin("a")
        return rows

    bench.journal.outbox = outbox  # type: ignore[method-assign]
    bench.step()
    bench.step()
    assert bench.server.carried_out == [("a", JobStatus.IN_PROGRESS)]
