"""What `robot check` says of the server's answers and its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.check.findings import Level
from tests.orchestrator.wire import WireServer, always, answer


def test_a_server_that_has_moved(machine):
    """A redirect to https or to another host is a warning that names the address to write."""
    moved = answer(b"", "301 Moved", "Location: https://orchestrator.example/login")
    with WireServer(always(moved)) as server:
        machine.set(host=server.url)
        finding = machine.findings()["http"]
    assert finding.level is Level.WARNING
    assert "host = 'https://orchestrator.example'" in finding.remedy


def test_a_redirect_to_the_log_in_page_is_ordinary(machine):
    """The Orchestrator sends people from its front page to the log-in."""
    with WireServer(always(answer(b"", "302 Found", "Location: /login"))) as server:
        machine.set(host=server.url)
        assert machine.findings()["http"].level is Level.OK


def test_the_front_page_is_asked_for_without_the_credential(machine):
    """Only the heartbeat carries it."""
    with WireServer(always(answer())) as server:
        machine.set(host=server.url)
        machine.findings()
    front, heartbeat = server.requests
    assert front.line.startswith("GET / ")
    assert "authorization" not in front.headers
    assert heartbeat.line.startswith("POST /api/robot/heartbeat ")


@pytest.mark.parametrize(("hours", "word"), [(1, "behind"), (-1, "ahead")])
def test_a_clock_that_is_wrong(machine, hours, word):
    """The server's Date header shows this machine's clock."""
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    with WireServer(always(answer(b"", "200 OK", f"Date: {date}"))) as server:
        machine.set(host=server.url)
        finding = machine.findings()["clock"]
    assert finding.level is Level.WARNING
    assert word in finding.message
    assert abs(finding.facts["skew_seconds"] + hours * 3600) < 5


@pytest.mark.parametrize(
    "place", ["http://[::1", "http://[x]/", "//[", "javascript:x", "http://evil\x1b[31m/", "mailto:x"]
)
def test_a_redirect_to_nowhere_is_an_answer_like_others(machine, place):
    """A Location that is no address of a server: the check goes on, and recommends nothing."""
    with WireServer(always(answer(b"", "302 Found", f"Location: {place}"))) as server:
        machine.set(host=server.url)
        assert machine.findings()["http"].level is Level.OK


FAR = ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2026 00:00:00 +99999999999999"]


@pytest.mark.parametrize("header", ["X: y", "Date: yesterday", *(f"Date: {date}" for date in FAR)])
def test_a_server_without_a_clock(machine, header):
    """Without a Date that can be read there is nothing to compare."""
    with WireServer(always(answer(b"", "200 OK", header))) as server:
        machine.set(host=server.url)
        assert machine.findings()["clock"].level is Level.SKIPPED
