"""`send_logs`: the script's and the robot's messages also reach the Orchestrator."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.base.redaction import Redactor
from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import Identity, authorization
from app.orchestrator.vocabulary import JobStatus
from app.robot import log_shipping
from app.robot.log_shipping import LogShipper
from app.robot.state import LastOutcome, ShownJob, StateBoard
from app.sandbox.faults import Fault, FaultKind
from tests.orchestrator.wire import WireServer, answer
from tests.robot.robot_under_test import GUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.sandbox.engine import Sandbox
    from app.sandbox.records import SandboxJob
    from app.sandbox.server import SandboxServer
    from tests.orchestrator.wire import Peer


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
    board.publish(job=ShownJob(job.guid, job.name, datetime.now(UTC), log_file, job.process_version_guid))


def end(board: StateBoard, job: SandboxJob, status: JobStatus, reason: str, last_line: str = "") -> None:
    """As the loop at a job's end."""
    board.publish(job=None, last=LastOutcome(job.guid, job.name, status, datetime.now(UTC), reason, last_line, None))


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


def test_colours_and_titles_stay_behind(
    shipper: Callable[[], LogShipper], board: StateBoard, job: SandboxJob, tmp_path: Path
) -> None:
    """The Jobs screen is no terminal: operators see the words; a traceback in colours is an error all the same."""
    log_file = tmp_path / "job.log"
    with shipper():
        begin(board, job, log_file)
        log_file.write_text(
            "\x1b]0;a title\x07\x1b[31mERROR\x1b[0m: invoice 17\n"
            "\x1b[35mTraceback (most recent call last):\x1b[0m\n  \x1b[1mhere\x1b[0m\nValueError: 17\n",
            "utf-8",
        )
        end(board, job, JobStatus.FAILED, "The script ended with exit code 1.")
    assert [(message.level, message.message) for message in job.log][:2] == [
        ("Info", "ERROR: invoice 17"),
        ("Error", "Traceback (most recent call last):\n  here\nValueError: 17"),
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
    """Of too many messages that wait the oldest go, and the end doesn't wait for them."""
    sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/log/create", status=500, count=None))
    began = time.monotonic()
    with shipper():
        begin(board, job, tmp_path / "none.log")
        for _ in range(2000):
            logging.getLogger("app.robot.loop").error("again")
    assert job.log == []
    assert time.monotonic() - began < 3


def test_a_failed_jobs_last_message_is_its_exception(
    shipper: Callable[[], LogShipper], board: StateBoard, job: SandboxJob, tmp_path: Path
) -> None:
    """The traceback is an error from its first line on; what the operator sees last is the exception's text."""
    log_file = tmp_path / "job.log"
    lines = ["before", "Traceback (most recent call last):", '  File "job.py", line 1, in <module>', "ValueError: нет"]
    with shipper():
        begin(board, job, log_file)
        log_file.write_text("\n".join([*lines, "after", ""]), "utf-8")
        end(board, job, JobStatus.FAILED, "The script ended with exit code 1.", "ValueError: нет")
    assert [(message.level, message.message) for message in job.log] == [
        ("Info", "before"),
        ("Error", "\n".join(lines[1:])),
        ("Info", "after"),
        ("Error", "The script ended with exit code 1. ValueError: нет"),
    ]


def test_a_traceback_of_the_robots_own_is_an_error(
    shipper: Callable[[], LogShipper], board: StateBoard, job: SandboxJob, tmp_path: Path
) -> None:
    """With the message that it belongs to, also where that is a warning."""
    with shipper():
        begin(board, job, tmp_path / "none.log")
        error = ValueError("boom")
        logging.getLogger("app.robot.loop").warning("odd", exc_info=error)
    (message,) = job.log
    assert message.level == "Error"
    assert message.message.startswith("odd\nValueError")
    assert message.message.endswith("ValueError: boom")


# ---------------------------------------------------------------------- what an Orchestrator makes of a message


class Screen:
    """An Orchestrator's Jobs screen: `answer_to` says what a message is answered with; None is 200."""

    def __init__(self, answer_to: Callable[[dict[str, str]], bytes | None]) -> None:
        self.taken: list[dict[str, str]] = []
        self.arrived = threading.Condition()
        self._answer_to = answer_to
        self.server = WireServer(self._behave)

    def _behave(self, peer: Peer) -> None:
        while request := peer.read():
            refusal = self._answer_to(request.form)
            if refusal is None:
                with self.arrived:
                    self.taken.append(request.form)
                    self.arrived.notify_all()
            peer.send(answer(b"[]") if refusal is None else refusal)

    @property
    def texts(self) -> list[str]:
        return [message["message"] for message in self.taken]

    def wait_for(self, count: int) -> None:
        """Wait for so many messages."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.taken) >= count, 10), self.texts


@contextlib.contextmanager
def shipping(screen: Screen, board: StateBoard) -> Iterator[None]:
    """A shipper to `screen`."""
    with screen.server:
        connection = ConnectionSettings(screen.server.url, authorization(GUID), 2)
        identity = Identity(GUID, "TESTBOX")
        with LogShipper(lambda: OrchestratorClient(identity, connection), GUID, board, Redactor(GUID)):
            yield


def say(text: str) -> None:
    """As the robot."""
    logging.getLogger("app.robot.loop").warning(text)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches come at once."""
    monkeypatch.setattr(log_shipping, "BATCH_SECONDS", 0.02)


REFUSALS = [answer(b"[]", "404 Not Found"), answer(b"", "400 Bad"), answer(b"", "403 No"), answer(b'{"error": "no"}')]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_message_loses_no_other(board: StateBoard, job: SandboxJob, tmp_path: Path, refusal: bytes) -> None:
    """What belongs to no job is refused; the messages of the job that fails all arrive, in order."""
    screen = Screen(lambda form: None if form.get("job_guid") else refusal)
    log_file = tmp_path / "job.log"
    with shipping(screen, board):
        say("no job yet")
        begin(board, job, log_file)
        log_file.write_text("one\n", "utf-8")
        say("two")
        end(board, job, JobStatus.FAILED, "It failed.", "ValueError: boom")
        say("no job any more")
    assert screen.texts == ["two", "one", "It failed. ValueError: boom"]
    assert screen.taken[-1]["level"] == "Error"


def test_without_a_job_there_is_no_empty_guid(board: StateBoard) -> None:
    """The parameter is left out: an empty one would be a job that nobody knows."""
    screen = Screen(lambda _form: None)
    with shipping(screen, board):
        say("hello")
    assert screen.taken == [{"robot_guid": GUID, "level": "Warning", "message": "hello"}]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("outage", [answer(b"", "503 Busy"), answer(b"<html>", "404 No"), answer(b"<html>")])
def test_what_cannot_be_sent_now_is_sent_later(board: StateBoard, outage: bytes) -> None:
    """Also behind a gateway's page; nothing is lost, nothing changes places."""
    left = iter([outage] * 3)
    screen = Screen(lambda _form: next(left, None))
    with shipping(screen, board):
        say("one")
        say("two")
        screen.wait_for(2)
    assert screen.texts == ["one", "two"]


def test_what_cannot_be_stored_is_sent_once_more_in_plain_letters(board: StateBoard) -> None:
    """An old database takes no emoji: the message arrives without them, the next ones as they are."""
    screen = Screen(lambda form: answer(b"", "500 Error") if max(form["message"]) > "\uffff" else None)
    with shipping(screen, board):
        say("готово 🎉")
        say("дальше")
    assert screen.texts == ["готово ?", "дальше"]


def test_what_cannot_be_stored_at_all_is_given_up(board: StateBoard) -> None:
    """One such message holds up no other."""
    screen = Screen(lambda form: answer(b"", "500 Error") if "bad" in form["message"] else None)
    with shipping(screen, board):
        for text in ("bad 🎉", "one", "bad", "two"):
            say(text)
    assert screen.texts == ["one", "two"]


def test_a_job_that_ends_before_its_outcome_is_known_keeps_its_last_message(
    board: StateBoard, job: SandboxJob, tmp_path: Path
) -> None:
    """The board may say first that no job runs, and then how it ended, or the other way round."""
    screen = Screen(lambda _form: None)
    with shipping(screen, board):
        begin(board, job, tmp_path / "none.log")
        board.publish(job=None)
        end(board, job, JobStatus.SUCCESS, "It ended.")
    assert [(message["job_guid"], message["message"]) for message in screen.taken] == [(job.guid, "It ended.")]
