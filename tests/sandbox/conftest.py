"""A sandbox on a real socket, and a robot that says exactly what a test wants."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROBOT = "da8bc2f0-8065-4385-b867-405e66b8e151"
OTHER_ROBOT = "0f3b6e9e-5e3c-4a0b-9a70-3f6d5c1f0002"


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Client:
    """The calls of a robot, each as the contract wants it unless a test says otherwise."""

    def __init__(self, url: str, guid: str = ROBOT) -> None:
        self.url = url
        self.guid = guid
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = "Basic " + base64.b64encode(guid.encode()).decode()

    def call(self, method: str, path: str, data: Any = None, **more: Any) -> requests.Response:
        more.setdefault("allow_redirects", False)
        return self.session.request(method, self.url + path, data=data, timeout=5, **more)

    def heartbeat_form(self, status: int = 2, job_guid: str = "", job_name: str = "") -> dict[str, Any]:
        return {
            "RobotGUID": self.guid,
            "Machine": "BUH-PC-07",
            "IP": "127.0.0.1",
            "MAC": "00:1a:2b:3c:4d:5e",
            "Status": status,
            "JobGUID": job_guid,
            "JobName": job_name,
            "JobType": 1,
        }

    def heartbeat(self, status: int = 2, job_guid: str = "", job_name: str = "") -> requests.Response:
        return self.call("POST", "/api/robot/heartbeat", self.heartbeat_form(status, job_guid, job_name))

    def consume(self) -> requests.Response:
        return self.call("POST", "/api/robot/consumeNextJob", {"RobotGUID": self.guid, "Status": 2})

    def update(self, guid: str, status: int) -> requests.Response:
        return self.call("PUT", "/api/job/update", {"guid": guid, "status": status})


@pytest.fixture
def clock() -> Clock:
    """The sandbox's clock."""
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    """A sandbox that knows one robot."""
    sandbox = Sandbox(clock)
    sandbox.add_robot(ROBOT, "Accounting")
    return sandbox


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    """The sandbox on a socket."""
    with SandboxServer(sandbox) as server:
        yield server


@pytest.fixture
def robot(server: SandboxServer) -> Iterator[Client]:
    """The robot that the sandbox knows."""
    client = Client(server.url)
    with client.session:
        yield client
