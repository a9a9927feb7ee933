"""Every fault, as a client sees it on the socket."""

from __future__ import annotations

import contextlib
import time
from urllib.parse import unquote

import pytest
import requests

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.faults import Fault, FaultKind, Faults, When

HEARTBEAT = "/api/robot/heartbeat"
CONSUME = "/api/robot/consumeNextJob"


@pytest.fixture
def fault(sandbox):
    """Switch a fault on."""
    return lambda kind, **more: sandbox.faults.add(Fault(kind, **more))


def test_a_dropped_connection(fault, robot):
    """No byte of an answer."""
    fault(FaultKind.DROP)
    with pytest.raises(requests.ConnectionError, match="without response"):
        robot.heartbeat()
    assert robot.heartbeat().ok


def test_a_reset_in_the_middle_of_the_body(fault, robot):
    """Headers and half a body arrive, then RST."""
    fault(FaultKind.RESET)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=r"reset by peer|forcibly closed"):
        robot.heartbeat()
    assert robot.heartbeat().ok


def test_a_delay(fault, robot):
    """A client that waits long enough gets the true answer; one that doesn't has a time-out."""
    fault(FaultKind.DELAY, seconds=0.2, count=2)
    begun = time.monotonic()
    assert robot.heartbeat().json()["HeartbeatErrorCode"] == 0
    assert time.monotonic() - begun >= 0.2
    with pytest.raises(requests.Timeout):
        robot.session.post(robot.url + HEARTBEAT, robot.heartbeat_form(), timeout=0.05)


def test_a_delayed_consume_takes_effect_though_the_robot_is_gone(fault, sandbox, robot):
    """The job is handed out to somebody who doesn't listen any more, and offered again at the next Ready."""
    job = sandbox.queue_job("a")
    fault(FaultKind.DELAY, path=CONSUME, seconds=0.2)
    with pytest.raises(requests.Timeout):
        robot.session.post(robot.url + CONSUME, {"RobotGUID": robot.guid, "Status": 2}, timeout=0.05)
    assert sandbox.wait_for(lambda box: job.times_consumed == 1, timeout=5)
    assert robot.heartbeat().json()["HasNewJob"] == 1
    assert robot.consume().ok
    assert job.times_consumed == 2


def test_a_slow_drip(fault, robot):
    """The true answer, byte by byte: each within a read time-out, all together beyond it."""
    fault(FaultKind.DRIP, seconds=0.01)
    begun = time.monotonic()
    reply = robot.session.post(robot.url + HEARTBEAT, robot.heartbeat_form(), timeout=0.5)
    assert reply.json()["HeartbeatErrorCode"] == 0
    assert time.monotonic() - begun > 0.5


@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 429, 500, 502, 503])
def test_an_http_error(fault, robot, status):
    """The status, with Retry-After if it was asked for."""
    fault(FaultKind.STATUS, status=status, retry_after=7)
    reply = robot.heartbeat()
    assert (reply.status_code, reply.headers["Retry-After"]) == (status, "7")
    assert robot.heartbeat().status_code == 200


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_that_has_no_body(fault, robot, status, caplog):
    """None is sent with it, and the connection can be used further."""
    fault(FaultKind.STATUS, status=status)
    reply = robot.heartbeat()
    assert (reply.status_code, reply.content) == (status, b"")
    assert robot.heartbeat().status_code == 200
    assert not caplog.records


@pytest.mark.parametrize("location", ["http://пример.рф/вход", "http://a/\r\nX: y"])
def test_a_redirect_to_an_address_of_any_letters(fault, robot, location):
    """As a browser would write it; it begins no header of its own."""
    fault(FaultKind.REDIRECT, location=location)
    reply = robot.session.post(robot.url + HEARTBEAT, robot.heartbeat_form(), allow_redirects=False)
    assert (reply.status_code, unquote(reply.headers["Location"])) == (307, location)
    assert "X" not in reply.headers


def test_an_http_error_in_the_orchestrators_own_words(fault, robot):
    """With a body it is the Orchestrator's JSON, without one a gateway's page."""
    fault(FaultKind.STATUS, status=404, body='{"message": "no"}')
    fault(FaultKind.STATUS, status=404)
    assert robot.heartbeat().json() == {"message": "no"}
    assert robot.heartbeat().text.startswith("<html>")


def test_html_instead_of_json(fault, robot):
    """A login page with 200."""
    fault(FaultKind.HTML)
    reply = robot.heartbeat()
    assert (reply.status_code, reply.text[:15]) == (200, "<!DOCTYPE html>")


def test_truncated_json(fault, robot):
    """A proper HTTP answer with half of the text."""
    fault(FaultKind.TRUNCATED, when=When.AFTER)
    reply = robot.heartbeat()
    assert reply.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        reply.json()


def test_wrong_types(fault, sandbox, robot):
    """The right keys with values that don't belong there; for job/update a number instead of the list."""
    fault(FaultKind.WRONG_TYPES, count=3)
    reply = robot.heartbeat().json()
    assert list(reply) == ["HeartbeatErrorCode", "ErrorText", "HasNewJob"]
    assert not isinstance(reply["HeartbeatErrorCode"], int)
    job = sandbox.queue_job("a")
    assert not isinstance(robot.consume().json()["Job"], str)
    assert robot.update(job.guid, 8).json() == 17


def test_notices_around_the_json(fault, sandbox, robot):
    """The true answer, as a PHP with errors shown sends it."""
    fault(FaultKind.NOTICE, count=2)
    text = robot.heartbeat().text
    assert text.startswith("<br />\n<b>Notice</b>")
    assert text.index("Notice") < text.index('{"HeartbeatErrorCode": 0,') < text.index("Warning")
    job = sandbox.queue_job("a")
    assert job.guid in robot.consume().text
    assert job.times_consumed == 1


def test_a_huge_body(fault, robot):
    """So many bytes, without a length that would give it away."""
    fault(FaultKind.HUGE, size=3_000_000)
    reply = robot.heartbeat()
    assert len(reply.content) > 3_000_000
    assert "Content-Length" not in reply.headers


def test_a_gzip_bomb(fault, robot):
    """A few kilobytes that unpack to megabytes."""
    fault(FaultKind.GZIP_BOMB, size=8 * 1024 * 1024)
    reply = robot.heartbeat()
    assert int(reply.headers["Content-Length"]) < 20_000
    assert len(reply.content) > 8_000_000


def test_a_redirect(fault, robot):
    """307, so that a client which follows it would send the credential along."""
    fault(FaultKind.REDIRECT, location="http://127.0.0.1:9/")
    reply = robot.heartbeat()
    assert (reply.status_code, reply.headers["Location"]) == (307, "http://127.0.0.1:9/")


def test_a_body_of_the_tests_choice(fault, robot):
    """For whatever has no kind of its own."""
    fault(FaultKind.BODY, body='{"HeartbeatErrorCode": "0"}')
    assert robot.heartbeat().text == '{"HeartbeatErrorCode": "0"}'


def test_a_job_that_is_announced_but_not_there(fault, sandbox, robot):
    """HasNewJob=1, then 102; the job stays on offer."""
    job = sandbox.queue_job("a")
    fault(FaultKind.NO_JOB, path=CONSUME, when=When.AFTER)
    assert robot.heartbeat().json()["HasNewJob"] == 1
    assert robot.consume().json()["ConsumeJobErrorCode"] == 102
    assert job.times_consumed == 0
    assert robot.consume().json()["ConsumeJobErrorCode"] == 0


BREAKING = (FaultKind.DROP, FaultKind.RESET, FaultKind.STATUS, FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.REDIRECT)


@pytest.mark.parametrize("kind", BREAKING)
@pytest.mark.parametrize(("when", "status"), [(When.BEFORE, JobStatus.PENDING), (When.AFTER, JobStatus.IN_PROGRESS)])
def test_an_answer_is_lost_before_or_after_the_request_took_effect(fault, sandbox, robot, kind, when, status):
    """The crucial difference: whether the Orchestrator did what the robot doesn't know of."""
    job = sandbox.queue_job("a")
    robot.consume()
    fault(kind, when=when)
    with contextlib.suppress(requests.RequestException):
        robot.update(job.guid, 8)
    assert job.status is status
    request = sandbox.requests[-1]
    assert (request.fault, request.lost) == (kind, when is When.AFTER)


def test_a_fault_hits_only_what_it_is_meant_for(fault, robot):
    """By path, by parameters, after so many, so many times."""
    fault(FaultKind.STATUS, path=HEARTBEAT, form={"Status": "2"}, skip=1, count=2)
    assert robot.consume().status_code == 200
    assert robot.heartbeat(3, "x").status_code == 200
    assert [robot.heartbeat().status_code for _ in range(4)] == [200, 503, 503, 200]


def test_faults_are_removed_and_cleared():
    """One by its number, or all; an endless one stays until then."""
    faults = Faults()
    endless = faults.add(Fault(FaultKind.DROP, count=None))
    other = faults.add(Fault(FaultKind.HTML))
    assert [faults.take("/x", {}) for _ in range(3)] == [endless] * 3
    assert faults.remove(endless.id)
    assert not faults.remove(endless.id)
    assert faults.take("/x", {}) == other
    assert faults.active() == []
    faults.add(other)
    faults.clear()
    assert faults.active() == []
