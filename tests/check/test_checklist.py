"""`robot check`: the whole table and its exit codes, over real sockets."""

from __future__ import annotations

import socket

import pytest

from app.check.findings import Level
from app.orchestrator.vocabulary import JobStatus
from app.sandbox.faults import Fault, FaultKind
from app.system.single_instance import SingleInstance
from tests.check.conftest import GUID, checked, levels
from tests.orchestrator.wire import WireServer, always, answer


def test_a_machine_that_is_ready(machine, sandbox, capsys):
    """Everything is well: exit code 0, a line for each thing, and a last line that says so."""
    machine.set(host=sandbox.url)
    assert checked(machine.config) == 0
    text = capsys.readouterr().out
    for line in (
        f"✓ Settings: {machine.config}",
        "✓ Orchestrator (HTTP): answers with HTTP 200",
        "✓ Clock: agrees with the server's",
        "✓ Robot's GUID: accepted",
        "scripts: 1 script",
        "✓ Interpreter: Python 3.",
        "GB free",
        "✓ Journal: none yet",
    ):
        assert line in text
    assert "✗" not in text
    assert text.endswith("The robot can work here.\n")


def test_checking_takes_nothing_and_announces_nothing(machine, sandbox):
    """One call: a heartbeat with status Disconnected; no job is taken."""
    job = sandbox.sandbox.queue_job("invoices")
    machine.set(host=sandbox.url)
    assert machine.findings()["guid"].level is Level.OK
    (heartbeat,) = sandbox.sandbox.requests
    assert heartbeat.path == "/api/robot/heartbeat"
    assert heartbeat.form["Status"] == "0"
    assert (heartbeat.form["JobGUID"], heartbeat.form["JobName"]) == ("", "")
    assert sandbox.sandbox.violations == []
    assert (job.status, job.times_consumed) == (JobStatus.PENDING, 0)


def test_a_running_robot_is_not_disturbed(machine, sandbox):
    """While a robot with this GUID runs, no heartbeat is sent in its name, and it keeps its place."""
    machine.set(host=sandbox.url)
    with SingleInstance(GUID) as place:
        finding = machine.findings()["guid"]
        assert not SingleInstance(GUID).acquire()
        assert place
    assert finding.level is Level.SKIPPED
    assert "not disturbed" in finding.message
    assert not sandbox.sandbox.requests


def test_afterwards_a_robot_can_start(machine, sandbox):
    """The check holds nothing once it is done."""
    machine.set(host=sandbox.url)
    machine.findings()
    with SingleInstance(GUID):
        pass


def test_an_unknown_robot_is_refused(machine, sandbox):
    """101: exit code 3, with the place to compare the GUID with."""
    machine.set(host=sandbox.url, robot_guid="11111111-2222-3333-4444-555555555555")
    assert checked(machine.config) == 3
    assert "page Robots" in machine.findings()["guid"].remedy


def test_http_401_is_a_refusal_too(machine, sandbox):
    """A server that wants other credentials: exit code 3."""
    sandbox.sandbox.faults.add(Fault(FaultKind.STATUS, "/api/robot/heartbeat", status=401, body="[]"))
    machine.set(host=sandbox.url)
    assert checked(machine.config) == 3


def test_nobody_listens(machine):
    """A closed port: exit code 4; what lies behind it is not looked at, what lies here is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    machine.set(host=f"http://127.0.0.1:{port}")
    findings = machine.findings()
    assert levels(findings) == {
        "proxy": "ok",
        "dns": "ok",
        "tcp": "error",
        "tls": "skipped",
        "http": "skipped",
        "clock": "skipped",
        "guid": "skipped",
    }
    assert "connection refused" in findings["tcp"].message
    assert "Nothing listens there" in findings["tcp"].remedy
    assert findings["interpreter"].level is Level.OK
    assert checked(machine.config) == 4


def test_no_such_name(machine):
    """A name that doesn't resolve: exit code 4, and it stops there."""
    machine.set(host="http://robot-test.invalid:4500", request_timeout=10)
    findings = machine.findings()
    assert findings["dns"].level is Level.ERROR
    assert "robot-test.invalid" in findings["dns"].message
    assert findings["tcp"].level is Level.SKIPPED
    assert checked(machine.config) == 4


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing(machine, scheme):
    """A port that takes connections and never answers: exit code 4 after the time-out, not a hang."""
    with WireServer(lambda peer: peer.hang()) as server:
        machine.set(host=server.url.replace("http", scheme), request_timeout=0.3)
        findings = machine.findings()
    finding = findings["http" if scheme == "http" else "tls"]
    assert finding.level is Level.ERROR
    assert "timed out" in finding.message


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.WRONG_TYPES])
def test_a_heartbeat_that_cannot_be_understood(machine, sandbox, kind):
    """A page or nonsense in place of the reply: exit code 4, never "accepted"."""
    sandbox.sandbox.faults.add(Fault(kind, "/api/robot/heartbeat", count=None))
    machine.set(host=sandbox.url)
    assert "can be understood" in machine.findings()["guid"].message
    assert checked(machine.config) == 4


def test_a_server_in_trouble(machine):
    """5xx on the front page: exit code 4, and the GUID isn't tried."""
    with WireServer(always(answer(b"", "503 Service Unavailable"))) as server:
        machine.set(host=server.url)
        findings = machine.findings()
        assert findings["http"].level is Level.ERROR
        assert findings["guid"].level is Level.SKIPPED
        assert checked(machine.config) == 4


def test_what_is_wrong_here_comes_before_what_is_wrong_there(machine):
    """Scripts missing and Orchestrator away: exit code 2."""
    machine.set(host="http://127.0.0.1:1", scripts="nowhere")
    assert checked(machine.config) == 2
