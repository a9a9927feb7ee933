"""The line to the robot, on sockets that this test holds at the other end."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from robot_job import RobotJobError, _gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MORE_THAN_FITS = "x" * (16 << 20)  # into the buffers of a socket: so the sender sees that it is turned away


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A robot's place; who serves there is given to what this returns."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threads: list[threading.Thread] = []

        def begin(serve: Callable[[socket.socket], None]) -> None:
            threads.append(threading.Thread(target=serve, args=(server,)))
            threads[-1].start()

        monkeypatch.setenv("ROBOT_GATEWAY", f"tcp:127.0.0.1:{server.getsockname()[1]}|key")
        yield begin
        for thread in threads:
            thread.join(20)


def _answer(server: socket.socket) -> None:
    peer, _address = server.accept()
    with peer, peer.makefile("rb") as lines:
        request = json.loads(lines.readline())
        peer.sendall(json.dumps({"value": request["level"]}).encode() + b"\n")


def test_who_is_turned_away_without_a_word_comes_again(listening: Callable[..., None]) -> None:
    """The robot has no place left and closes at once; what it says before may not be readable any more."""

    def serve(server: socket.socket) -> None:
        for _ in range(3):
            server.accept()[0].close()
        _answer(server)

    listening(serve)
    assert _gateway.call("log", level="Info", text=_MORE_THAN_FITS) == "Info"


def test_what_may_have_been_heard_is_not_said_again(listening: Callable[..., None]) -> None:
    """The robot has read all of it and goes away: nobody knows what it did about it."""
    heard: list[bytes] = []

    def serve(server: socket.socket) -> None:
        peer, _address = server.accept()
        with peer, peer.makefile("rb") as lines:
            heard.append(lines.readline())

    listening(serve)
    with pytest.raises(RobotJobError) as raised:
        _gateway.call("log", level="Info", text="once")
    assert raised.value.kind == "closed"
    assert len(heard) == 1
