"""Reports in the field: whose they are, in which order they arrive, and what holds up what."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.contract.robot_process import wait_until
from tests.field.requests import (
    ABORTED,
    FAILED,
    FINAL,
    IN_PROGRESS,
    LOST_AFTER,
    LOST_BEFORE,
    NOTICE,
    SUCCESS,
    Plan,
    answers,
    page,
)

if TYPE_CHECKING:
    from tests.field.conftest import Field
    from tests.field.home import FieldHome
    from tests.field.server import Orchestrator

LONG = "import time\nwhile True: time.sleep(60)\n"
BUSY = answers(503)


@pytest.mark.parametrize("while_it_runs", [True, False], ids=["while it runs", "between two starts"])
@pytest.mark.parametrize("what", ["host", "GUID", "host and GUID"])
def test_a_report_waits_for_its_own_orchestrator(field: Field, what: str, *, while_it_runs: bool) -> None:
    """Another host, or another robot's credential, never hears of it; back on the old one it is delivered."""
    home = field.home()
    other_guid = field.home().guid if "GUID" in what else home.guid
    there = field.orchestrator(home.guid, *([other_guid] if what == "GUID" else []))
    elsewhere = field.orchestrator(other_guid) if "host" in what else there
    home.notes("job")
    first = there.queue("job", robot=home.guid)
    second = elsewhere.queue("job", robot=other_guid)
    busy = there.disturb(BUSY, statuses=FINAL, job=first)
    home.settings(there.url, when_idle="wait")
    life = home.live()
    there.wait_for(lambda: busy.hits)
    if not while_it_runs:
        home.terminate(life)

    home.settings(elsewhere.url, robot_guid=other_guid, when_idle="wait")
    life = life if while_it_runs else home.live()
    elsewhere.wait_for(lambda: second.over)
    if not while_it_runs:
        home.terminate(life)

    busy.end()
    home.settings(there.url, when_idle="wait")
    life = life if while_it_runs else home.live()
    there.wait_for(lambda: first.over)
    assert home.terminate(life) == 130


def test_a_waiting_report_can_be_seen_wherever_the_settings_point_to(field: Field) -> None:
    """`robot outbox` names the job and the Orchestrator that it waits for."""
    home = field.home()
    there, elsewhere = field.orchestrator(home.guid), field.orchestrator(home.guid)
    home.notes("job")
    job = there.queue("job")
    busy = there.disturb(BUSY, statuses=FINAL)
    home.settings(there.url)
    life = home.live()
    there.wait_for(lambda: busy.hits)
    home.terminate(life)
    home.settings(elsewhere.url)

    told = home.command("outbox", "list")
    assert told.code == 0, told
    assert job.guid in told.output
    assert there.url in told.output

    busy.end()
    home.settings(there.url)
    assert home.whole_life() == 0
    assert job.guid not in home.command("outbox", "list").output


def test_another_data_folder_leaves_no_report_behind(home: FieldHome, orchestrator: Orchestrator) -> None:
    """`data_dir` changes while a report waits: it is delivered all the same, and the new folder is used after it."""
    home.settings(orchestrator.url, when_idle="wait")
    home.notes("job")
    first = orchestrator.queue("job")
    busy = orchestrator.disturb(BUSY, statuses=FINAL, job=first)
    life = home.live()
    orchestrator.wait_for(lambda: busy.hits)

    home.settings(orchestrator.url, when_idle="wait", data_dir="data2")
    orchestrator.wait_for(lambda: len(busy.hits) >= 3)
    busy.end()
    orchestrator.wait_for(lambda: first.over)
    wait_until((home.folder / "data2" / "logs" / "robot.log").exists)
    second = orchestrator.queue("job")
    orchestrator.wait_for(lambda: second.over)
    home.terminate(life)
    assert any(first.guid.encode() in file.read_bytes() for file in home.data.glob("journal*"))


@pytest.mark.parametrize("request_timeout", [1, 5], ids=["given up by the robot", "waited for"])
def test_in_progress_is_never_the_last_word(
    home: FieldHome, orchestrator: Orchestrator, request_timeout: float
) -> None:
    """The first 8 is answered 503, its repetition carried out after 2.5 s; the script ends meanwhile."""
    home.settings(orchestrator.url, request_timeout=request_timeout)
    home.notes("job", "import time\ntime.sleep(2)\n")
    job = orchestrator.queue("job")
    orchestrator.disturb(Plan(before=2.5), status=IN_PROGRESS, times=1)
    orchestrator.disturb(BUSY, status=IN_PROGRESS, times=1)
    assert home.whole_life() == 0
    orchestrator.wait_for_quiet()
    assert job.carried[-1] == SUCCESS


@pytest.mark.parametrize("request_timeout", [1, 5], ids=["given up by the robot", "waited for"])
def test_sigterm_while_in_progress_is_under_way(
    home: FieldHome, orchestrator: Orchestrator, request_timeout: float
) -> None:
    """The final status is the last that the server carries out, however soon the robot was told to end."""
    home.settings(orchestrator.url, request_timeout=request_timeout)
    home.notes("job", LONG)
    job = orchestrator.queue("job", expected=ABORTED)
    slow = orchestrator.disturb(Plan(before=2), status=IN_PROGRESS)
    life = home.live()
    orchestrator.wait_for(lambda: slow.hits)
    home.terminate(life)
    orchestrator.wait_for_quiet()
    if not job.over:  # it may be left to the next start; that one must know it
        assert home.whole_life() == 0
    assert job.carried[-1] == ABORTED


def test_a_crash_while_in_progress_is_under_way(home: FieldHome, orchestrator: Orchestrator) -> None:
    """What a killed robot was sending is carried out after the next one's report: that one says it once more."""
    home.settings(orchestrator.url, request_timeout=2)
    home.notes("job", LONG)
    job = orchestrator.queue("job", expected=FAILED)
    slow = orchestrator.disturb(Plan(before=3), status=IN_PROGRESS, times=1)
    life = home.live()
    orchestrator.wait_for(lambda: slow.hits)
    home.kill(life)
    assert home.whole_life() == 0
    orchestrator.wait_for_quiet()
    assert job.carried == [FAILED, IN_PROGRESS, FAILED]


@pytest.mark.parametrize("lost", [LOST_BEFORE, LOST_AFTER], ids=["not carried out", "carried out"])
def test_an_outcome_whose_answer_is_lost_is_confirmed(home: FieldHome, orchestrator: Orchestrator, lost: Plan) -> None:
    """The same final status again, and never another."""
    home.notes("job")
    job = orchestrator.queue("job")
    orchestrator.disturb(lost, statuses=FINAL, times=1)
    assert home.whole_life() == 0
    assert set(job.finals) == {SUCCESS}


@pytest.mark.parametrize("status", [500, 403], ids=str)
def test_one_job_that_can_not_be_reported_holds_up_no_other(
    home: FieldHome, orchestrator: Orchestrator, status: int
) -> None:
    """Its report is tried again and again while the others run, and delivered when the server is well."""
    home.settings(orchestrator.url, when_idle="wait")
    home.notes("job")
    home.notes("bad", "raise SystemExit(3)")
    sick = orchestrator.queue("job")
    others = [orchestrator.queue("bad", expected=FAILED), orchestrator.queue("job")]
    ill = orchestrator.disturb(answers(status, b'{"ErrorText": "no"}'), job=sick)
    life = home.live()
    orchestrator.wait_for(lambda: all(job.over for job in others), 40)
    assert life.process.poll() is None
    assert len([request for request in ill.hits if int(request.status) in FINAL]) >= 2
    ill.end()
    orchestrator.wait_for(lambda: sick.over, 70)
    assert home.terminate(life) == 130


@pytest.mark.parametrize("status", [404, 407, 421, 425, 400, 410, 422, 302, 408], ids=str)
def test_a_page_instead_of_an_answer_costs_nothing(home: FieldHome, orchestrator: Orchestrator, status: int) -> None:
    """A proxy answers `job/update` with a page of its own for some seconds: delivered all the same."""
    home.notes("job")
    job = orchestrator.queue("job")
    orchestrator.disturb(page(status), times=3)
    assert home.whole_life() == 0
    assert job.carried[-1] == SUCCESS


def test_post_where_put_is_not_allowed(home: FieldHome, orchestrator: Orchestrator) -> None:
    """405 to the first PUT; everything is delivered by POST, and by POST at once from then on."""
    orchestrator.methods = frozenset({"POST"})
    home.notes("job")
    jobs = [orchestrator.queue("job") for _ in range(3)]
    assert home.whole_life() == 0
    assert [job.carried for job in jobs] == [[IN_PROGRESS, SUCCESS]] * 3
    assert [request.method for request in orchestrator.heard("update")] == ["PUT"] + ["POST"] * 6


def test_json_that_names_an_error_is_no_delivery(home: FieldHome, orchestrator: Orchestrator) -> None:
    """`200 {"ErrorCode": 500, …}` twice, then `[]`: sent three times."""
    home.notes("job")
    job = orchestrator.queue("job")
    error = answers(200, b'{"ErrorCode": 500, "ErrorText": "Deadlock found when trying to get lock"}')
    orchestrator.disturb(error, statuses=FINAL, times=2)
    assert home.whole_life() == 0
    assert len(orchestrator.heard("update", SUCCESS)) == 3
    assert job.finals == [SUCCESS]


def test_a_notice_around_the_answer_is_a_delivery(home: FieldHome, orchestrator: Orchestrator) -> None:
    """A PHP notice before `[]`: delivered, once; the notice is in the log."""
    home.notes("job")
    job = orchestrator.queue("job")
    orchestrator.disturb(Plan(wrap=(NOTICE, b"")))
    assert home.whole_life() == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]
    assert "Undefined array key" in home.log()


def test_a_refused_report_is_tried_again_at_the_next_start(home: FieldHome, orchestrator: Orchestrator) -> None:
    """404 with JSON is a refusal: it doesn't hold the robot, and the next start delivers it."""
    home.notes("job")
    job = orchestrator.queue("job")
    refusal = orchestrator.disturb(answers(404, b'{"ErrorText": "no such job"}'), statuses=FINAL)
    assert home.whole_life() == 0
    assert not job.finals
    refusal.end()
    assert home.whole_life() == 0
    assert job.finals == [SUCCESS]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_an_end_while_the_outcome_is_under_way(
    home: FieldHome, orchestrator: Orchestrator, number: signal.Signals
) -> None:
    """Ended while the final status is being carried out: the next start leaves it as the last word."""
    home.notes("job")
    job = orchestrator.queue("job")
    slow = orchestrator.disturb(Plan(before=0.7), statuses=FINAL, times=1)
    life = home.live()
    orchestrator.wait_for(lambda: slow.hits)
    if number == signal.SIGKILL:
        home.kill(life)
    else:
        home.terminate(life, number)
    assert home.whole_life() == 0
    assert job.carried[-1] == SUCCESS
