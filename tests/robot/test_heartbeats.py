"""Heartbeats beside a job: their thread, and the connection that is theirs alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.base.clock import Clock
from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import Identity, authorization
from app.robot.heartbeats import WorkingHeartbeats, presence
from app.robot.pace import Polls
from tests.robot.robot_under_test import GUID, HurriedClock

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer


def test_once_stopped_they_leave_nothing_behind(server: SandboxServer, sandbox: Sandbox) -> None:
    """Neither a thread nor a connection, and the Orchestrator hears no more of them; stopping twice does no harm."""
    client = OrchestratorClient(Identity(GUID, "M"), ConnectionSettings(server.url, authorization(GUID), timeout=5))
    beats = WorkingHeartbeats(client, None, 0.01, Clock(), on_reply=lambda _: None, on_failure=lambda _: None)
    beats.start()
    assert sandbox.wait_for(lambda s: len(s.requests) > 2, 10)
    beats.stop()
    heard = len(sandbox.requests)
    left = {thread.name for thread in threading.enumerate()}
    assert not left & {"robot-heartbeats", "robot-http"}
    beats.stop()
    assert len(sandbox.requests) == heard


def test_two_short_silences_are_not_a_long_one(server: SandboxServer, sandbox: Sandbox) -> None:
    """A robot that ends and the one that follows it each may take some seconds: it is heard when it is due."""
    connection = ConnectionSettings(server.url, authorization(GUID), timeout=5)
    clock, polls = HurriedClock(), Polls()
    polls.heard(clock.monotonic() - 11)
    with presence(lambda: OrchestratorClient(Identity(GUID, "M"), connection), clock, polls, first=2000.0):
        assert sandbox.wait_for(lambda s: len(s.requests) > 0, 10)
    assert sandbox.requests[0].form["Status"] == "0"
