"""Transports to a server of the test's own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import authorization
from app.orchestrator.transport import Transport
from tests.orchestrator.wire import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
TIMEOUT = 0.5


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    """A certificate authority that only `ca_file` makes known."""
    return Authority(tmp_path_factory.mktemp("tls") / "ca")


@pytest.fixture
def new_transport(monkeypatch) -> Iterator[Callable[..., Transport]]:
    """Makes transports; each is closed after the test, and then none of their threads may be left."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    made: list[Transport] = []

    def make(host: str, **changes: object) -> Transport:
        settings = {"host": host, "authorization": authorization(GUID), "timeout": TIMEOUT, **changes}
        made.append(Transport(ConnectionSettings(**settings)))
        return made[-1]

    yield make
    for transport in made:
        transport.close()
    assert not http_threads()


def http_threads() -> list[threading.Thread]:
    """The threads that carry out requests."""
    return [thread for thread in threading.enumerate() if thread.name == "robot-http"]
