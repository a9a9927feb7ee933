"""What comes back in place of an answer: nothing, garbage, too much, or too slowly."""

from __future__ import annotations

import socket
import time
import zlib

import pytest

from app.orchestrator.errors import UnreachableError
from app.orchestrator.transport import MAX_BODY_BYTES
from tests.orchestrator.conftest import PATIENCE, TIMEOUT, call, http_threads
from tests.orchestrator.wire import WireServer, always, answer, once


def test_nobody_listens(new_transport):
    """A refused connection is said as what it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UnreachableError, match="connection refused"):
        call(new_transport(f"http://127.0.0.1:{port}"))


def test_no_such_host(new_transport):
    """A name that doesn't resolve is unreachable; the text says why, in one line, without a library's wrapping."""
    with pytest.raises(UnreachableError) as caught:
        call(new_transport("http://robot-test.invalid"))
    assert "\n" not in str(caught.value)
    assert "Max retries" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("host", ["http://.", f"http://{'x' * 70}.example", "http://127.0.0.1:0"])
def test_hosts_that_no_library_likes(new_transport, host):
    """Whatever a library raises for an odd address, the caller sees UnreachableError."""
    with pytest.raises(UnreachableError):
        call(new_transport(host))


def test_silence_times_out(new_transport):
    """A server that takes the request and says nothing: the read time-out."""
    with WireServer(lambda peer: (peer.read(), peer.hang())) as server:
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="timed out"):
            call(new_transport(server.url, timeout=TIMEOUT))
        assert TIMEOUT * 0.9 <= time.monotonic() - start < PATIENCE


@pytest.mark.parametrize("dripped", [answer(), b"HTTP/1.1 200 OK\r\nX: " + b"y" * 5000, b" " * 5000])
def test_a_dripping_server_does_not_hold_up(new_transport, dripped):
    """Status line, headers or body byte by byte: each byte in time, yet the whole is limited to two time-outs."""
    with WireServer(lambda peer: (peer.read(), peer.drip(dripped))) as server:
        transport = new_transport(server.url, timeout=TIMEOUT)
        start = time.monotonic()
        with pytest.raises(UnreachableError, match=r"no complete answer within 1 s|timed out"):
            call(transport)
        assert time.monotonic() - start < PATIENCE
        transport.close()
        assert not http_threads()  # its connection was shut down, which ended it


def test_after_a_drip_the_next_call_has_a_fresh_connection(new_transport):
    """The abandoned connection isn't used again."""
    seen = []

    def behave(peer):
        seen.append(peer)
        peer.read()
        (peer.drip if len(seen) == 1 else peer.send)(answer(b" " * 500))

    with WireServer(behave) as server:
        transport = new_transport(server.url, timeout=2 * TIMEOUT)
        with pytest.raises(UnreachableError):
            call(transport)
        assert call(transport).status == 200


def test_closed_without_an_answer(new_transport):
    """The request was read and the connection closed."""
    with (
        WireServer(lambda peer: peer.read()) as server,
        pytest.raises(UnreachableError, match="closed without an answer"),
    ):
        call(new_transport(server.url))


def test_reset_before_the_answer(new_transport):
    """A reset instead of a status line."""
    with (
        WireServer(lambda peer: (peer.read(), peer.reset())) as server,
        pytest.raises(UnreachableError, match="connection reset"),
    ):
        call(new_transport(server.url))


@pytest.mark.parametrize("garbage", [b"220 mail.example ESMTP\r\n", b"\x00\xff" * 50 + b"\r\n", b"HTTP/1.1 OK\r\n\r\n"])
def test_not_http_at_all(new_transport, garbage):
    """Another protocol on that port."""
    with WireServer(once(garbage)) as server, pytest.raises(UnreachableError):
        call(new_transport(server.url))


def test_what_is_not_http_moves_no_cursor(new_transport):
    """The first line of another protocol stands in the log, the tray and the status: as plain text."""
    with WireServer(once(b"\x1b[2JHT\x9bP \x00\x07\t220\r\n\r\n")) as server, pytest.raises(UnreachableError) as caught:
        call(new_transport(server.url))
    assert str(caught.value) == "[2JHT P 220"


def test_endless_headers(new_transport):
    """Headers without an end are cut off by their number."""
    with WireServer(once(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000)) as server, pytest.raises(UnreachableError):
        call(new_transport(server.url))


def test_a_body_that_ends_early(new_transport):
    """Fewer bytes than promised: the answer says that it was cut short."""
    with WireServer(once(answer(b'{"a":', length=100))) as server:
        reply = call(new_transport(server.url))
    assert reply.status == 200
    assert str(reply.cut_short) == "connection broken off in mid-answer"


def test_a_body_that_is_reset(new_transport):
    """A reset in mid-body: status and the beginning are there, and that it was cut short."""

    def behave(peer):
        peer.read()
        peer.send(answer(b"x" * 10, length=100))
        peer.server.over.wait(0.1)
        peer.reset()

    with WireServer(behave) as server:
        reply = call(new_transport(server.url))
    assert reply.status == 200
    assert reply.cut_short


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_cut(new_transport, chunked):
    """At most 1 MiB is kept; the rest isn't waited for."""
    piece = b" " * 65536

    def behave(peer):
        peer.read()
        if chunked:
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        else:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while not peer.server.over.is_set():
            peer.send(b"10000\r\n" + piece + b"\r\n" if chunked else piece)

    with WireServer(behave) as server:
        reply = call(new_transport(server.url))
    assert len(reply.body) == MAX_BODY_BYTES
    assert str(reply.cut_short) == "larger than 1048576 bytes"


def test_a_body_of_exactly_the_limit_is_whole(new_transport):
    """The limit itself is allowed."""
    with WireServer(always(answer(b"x" * MAX_BODY_BYTES))) as server:
        reply = call(new_transport(server.url))
    assert len(reply.body) == MAX_BODY_BYTES
    assert reply.cut_short is None


@pytest.mark.parametrize("size", [b"-1", b"-fffffff"])
@pytest.mark.parametrize("through_proxy", [False, True])
def test_a_chunk_of_less_than_nothing_is_no_reason_to_read_on(new_transport, size, through_proxy):
    """It would be read up to the end of the connection, which may never come, in whatever memory there is."""
    import resource

    def behave(peer):
        peer.read()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")
        for _unused in range(200):
            peer.send(bytes(1_000_000))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with WireServer(behave) as server:
        proxied = {"proxy": server.url} if through_proxy else {}
        reply = call(new_transport("http://robot-test.invalid" if through_proxy else server.url, **proxied))
    assert reply.cut_short
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_decompression_bomb_is_cut(new_transport):
    """A small body that unpacks to 200 MB, sent although no compression was asked for: 1 MiB, in little memory."""
    import resource

    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _unused in range(200)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with WireServer(always(answer(bomb, "200 OK", "Content-Encoding: gzip"))) as server:
        reply = call(new_transport(server.url))
    assert len(reply.body) == MAX_BODY_BYTES
    assert reply.cut_short
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_broken_compression_is_cut(new_transport):
    """A body that claims to be gzip and isn't."""
    with WireServer(always(answer(b"not gzip at all", "200 OK", "Content-Encoding: gzip"))) as server:
        assert call(new_transport(server.url)).cut_short


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints", "199 Odd"])
def test_interim_answers_are_skipped(new_transport, interim):
    """Any number of 1xx before the answer, with headers of their own (RFC 9110, 15.2)."""
    early = f"HTTP/1.1 {interim}\r\nLink: </x>\r\n\r\n".encode()
    with WireServer(always(early * 3 + answer(b"[]"))) as server:
        transport = new_transport(server.url)
        assert [(reply.status, reply.body) for reply in (call(transport), call(transport))] == [(200, b"[]")] * 2
        assert server.connections == 1


def test_an_interim_answer_alone_is_none(new_transport):
    """After it the connection ends: nothing was answered."""
    with WireServer(once(b"HTTP/1.1 102 Processing\r\n\r\n")) as server, pytest.raises(UnreachableError):
        call(new_transport(server.url))


def test_interim_answers_without_end_do_not_hold_up(new_transport):
    """They are limited as everything is, by two time-outs."""

    def behave(peer):
        peer.read()
        while not peer.server.over.wait(0.01):
            peer.send(b"HTTP/1.1 102 Processing\r\n\r\n")

    with WireServer(behave) as server:
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="no complete answer"):
            call(new_transport(server.url, timeout=TIMEOUT))
        assert time.monotonic() - start < PATIENCE
