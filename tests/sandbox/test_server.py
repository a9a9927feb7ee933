"""Starting, stopping and guarding the server."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

from app.base.errors import UsageError
from app.sandbox.engine import Sandbox
from app.sandbox.faults import Fault, FaultKind
from app.sandbox.server import SandboxServer
from app.web.guard import names_this_machine

from .conftest import Client

if TYPE_CHECKING:
    from collections.abc import Callable


def test_it_ends_at_once_with_connections_open_and_requests_waiting(sandbox, caplog):
    """An idle connection, a long poll and a delayed answer don't hold it up, and nothing is logged about them."""
    caplog.set_level(logging.WARNING)
    sandbox.faults.add(Fault(FaultKind.DELAY, seconds=60))
    server = SandboxServer(sandbox)
    server.start()
    client = Client(server.url)
    errors: list[Exception] = []

    def poll() -> None:
        while True:
            client.call("GET", f"/sandbox/api/snapshot?wait=20&after={sandbox.version}")

    def wait(call: Callable[[], object]) -> None:
        try:
            call()
        except requests.ConnectionError as error:
            errors.append(error)

    with client.session, socket.create_connection(("127.0.0.1", server.port)):
        waiting = [threading.Thread(target=wait, args=(call,)) for call in (poll, client.heartbeat)]
        for thread in waiting:
            thread.start()
        assert sandbox.wait_for(lambda box: not box.faults.active(), timeout=5)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 1
        for thread in waiting:
            thread.join(5)
    assert len(errors) == 2
    assert "sandbox-server" not in {thread.name for thread in threading.enumerate()}
    assert [record.getMessage() for record in caplog.records] == []


def test_a_stopped_server_comes_back_on_its_port(sandbox):
    """As an Orchestrator that was away for a while; in between the connection is refused."""
    server = SandboxServer(sandbox)
    with server:
        url = server.url
        assert requests.get(url + "/sandbox/api/snapshot", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(url + "/sandbox/api/snapshot", timeout=5)
    with server:
        assert server.url == url
        assert requests.get(url + "/sandbox/api/snapshot", timeout=5).ok


def test_a_port_in_use_is_said_in_words(server):
    """Naming address and port, with what to do."""
    with pytest.raises(UsageError, match=f"127.0.0.1, port {server.port}") as caught:
        SandboxServer(Sandbox(), port=server.port).start()
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_an_address_of_another_machine_is_said_in_words(host):
    """It is not the port that is wrong."""
    with pytest.raises(UsageError, match=host) as caught:
        SandboxServer(Sandbox(), host).start()
    assert "--host" in caught.value.hint
    assert "--port" not in caught.value.hint


def test_replies_carry_the_date(robot):
    """`robot check` tells the clocks' difference by it."""
    assert robot.heartbeat().headers["Date"].endswith("GMT")


def test_connections_are_kept_alive(server):
    """A robot can use one connection for all its calls, also after it was refused."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    sockets = set()
    for path in ("/api/robot/heartbeat", "/nothing", "/sandbox/api/snapshot", "/api/robot/heartbeat"):
        connection.request("GET", path)
        connection.getresponse().read()
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1
    assert None not in sockets


@pytest.mark.parametrize(
    ("listening", "host", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1:4500", True),
        ("127.0.0.1", "localhost:4500", True),
        ("127.0.0.1", "LOCALHOST", True),
        ("127.0.0.1", "[::1]:4500", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "192.168.1.5", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[::1", False),
        ("192.168.1.5", "192.168.1.5:4500", True),
        ("192.168.1.5", "192.168.1.6:4500", False),
        ("robots.example", "Robots.Example:4500", True),
        ("0.0.0.0", "192.168.1.5:4500", True),
        ("0.0.0.0", socket.gethostname(), True),
        ("0.0.0.0", "evil.example", False),
    ],
)
def test_only_this_machines_names_are_answered(listening, host, allowed):
    """A name that was rebound to this machine is not one of them."""
    assert names_this_machine(host, listening) is allowed


def test_a_foreign_host_is_refused_on_the_wire(server):
    """421 for the page, the control API and the robots' API, and no trace in the record."""
    for method, path in (("GET", "/"), ("GET", "/sandbox/api/snapshot"), ("POST", "/api/robot/heartbeat")):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request(method, path, headers={"Host": "evil.example"})
        assert connection.getresponse().status == 421
        connection.close()
    assert not server.sandbox.requests


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Origin": "{url}"}, True),
        ({"Origin": "{url}", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://127.0.0.1:1"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
    ],
)
def test_posts_from_other_sites_are_refused(server, headers, allowed):
    """A page in the same browser can't queue a job."""
    headers = {name: value.format(url=server.url) for name, value in headers.items()}
    reply = requests.post(server.url + "/sandbox/api/jobs", json={"name": "a"}, headers=headers, timeout=5)
    assert reply.status_code == (201 if allowed else 403)
    assert len(server.sandbox.jobs) == int(allowed)
    assert "Access-Control-Allow-Origin" not in reply.headers
    # Reading, too: what is read there holds a credential.
    reply = requests.get(server.url + "/sandbox/api/robots/1/settings", headers=headers, timeout=5)
    assert reply.status_code == (200 if allowed else 403)
