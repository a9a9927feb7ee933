"""Transports and clients to a server of the test's own, and what it may answer."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import Identity, authorization
from app.orchestrator.transport import HttpResponse, Transport
from tests.orchestrator.wire import Authority, WireServer, always

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
TIMEOUT = 0.5  # of a call that is to run out of it
PATIENCE = 20  # with an answer that comes, however busy the machine is; far from 30, which nobody waits for
IDENTITY = Identity(GUID, "МАШИНА-1")
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"

# What other things than the Orchestrator answer.
LATER = ["405 Method Not Allowed", "407 Proxy", "408 Request Timeout", "421 Misdirected", "425 Too Early"]
LATER += ["418 Odd", "429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway", "503 Busy", "599 Odd"]
REFUSALS = ["400 Bad Request", "404 Not Found", "409 Conflict", "410 Gone", "422 Unprocessable Content"]
BODIES = {"nothing": b"", "json": b'{"message": "no"}', "page": PAGE, "words": b"404 page not found"}
NOTICE = "<br />\n<b>Warning</b>:  Undefined array key [0] {x} in <b>/var/www/j.php</b> on line <b>7</b><br />\n"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that only `ca_file` makes known."""
    return Authority(tmp_path_factory.mktemp("tls") / "ca")


@pytest.fixture
def new_transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Transport]]:
    """Makes transports; each is closed after the test, and then none of their threads may be left."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    made: list[Transport] = []

    def make(host: str, **changes: object) -> Transport:
        settings: dict[str, Any] = {"host": host, "authorization": authorization(GUID), "timeout": PATIENCE, **changes}
        made.append(Transport(ConnectionSettings(**settings)))
        return made[-1]

    yield make
    for transport in made:
        transport.close()
    assert not http_threads()


def http_threads() -> list[threading.Thread]:
    """The threads that carry out requests."""
    return [thread for thread in threading.enumerate() if thread.name == "robot-http"]


FORM = {"RobotGUID": GUID, "JobName": r"финансы\Счета & Co=100% +", "Status": 2, "Empty": ""}


def call(transport: Transport) -> HttpResponse:
    """One request as the heartbeat makes it."""
    return transport.request("POST", "/api/robot/heartbeat", FORM)


def in_background(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run `work` on a thread; returns it and the list that its error or result goes to."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - looked at by the test
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until `condition`, at most `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], tuple[OrchestratorClient, WireServer]]]:
    """Starts a server that always answers so, and a client of it."""
    opened: list[tuple[WireServer, OrchestratorClient]] = []

    def start(data: bytes) -> tuple[OrchestratorClient, WireServer]:
        server = WireServer(always(data)).__enter__()
        client = OrchestratorClient(IDENTITY, ConnectionSettings(server.url, authorization(GUID), timeout=PATIENCE))
        opened.append((server, client))
        return client, server

    yield start
    for server, client in opened:
        client.close()
        server.__exit__()
