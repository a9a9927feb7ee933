"""One request, one answer, whatever the server does; and the caller never waits longer than it should."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.orchestrator.client import authorization
from app.orchestrator.errors import CancelledError, UnreachableError
from app.orchestrator.exchange import MAX_BODY_BYTES, parse_retry_after
from tests.orchestrator.conftest import GUID, TIMEOUT, http_threads
from tests.orchestrator.wire import JSON_OK, WireServer, always, answer, once

FORM = {"RobotGUID": GUID, "JobName": r"финансы\Счета & Co=100% +", "Status": 2, "Empty": ""}


def call(exchange):
    """One request as the heartbeat makes it."""
    return exchange.request("POST", "/api/robot/heartbeat", FORM)


# ---------------------------------------------------------------------- what is sent


def test_what_is_sent(new_exchange):
    """Verb and path, the bare GUID in base64, urlencoded UTF-8 in the body; no compression asked for."""
    with WireServer(always(answer())) as server:
        reply = call(new_exchange(server.url))
    (request,) = server.requests
    assert reply.status == 200
    assert reply.body == JSON_OK
    assert reply.cut_short is None
    assert request.line == "POST /api/robot/heartbeat HTTP/1.1"
    assert request.headers["authorization"] == authorization(GUID)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["accept-encoding"] == "identity"
    assert "expect" not in request.headers
    assert request.form == {key: str(value) for key, value in FORM.items()}


def test_a_path_in_front(new_exchange):
    """An Orchestrator behind a path keeps it."""
    with WireServer(always(answer())) as server:
        call(new_exchange(f"{server.url}/sherpa"))
    assert server.requests[0].line.startswith("POST /sherpa/api/robot/heartbeat ")


def test_netrc_does_not_replace_the_credential(new_exchange, tmp_path, monkeypatch):
    """An entry for the host in `.netrc` changes nothing."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with WireServer(always(answer())) as server:
        call(new_exchange(server.url))
    assert server.requests[0].headers["authorization"] == authorization(GUID)


def test_one_connection_for_many_calls(new_exchange):
    """Calls share a connection while the server keeps it."""
    with WireServer(always(answer())) as server:
        exchange = new_exchange(server.url)
        for _unused in range(3):
            call(exchange)
        assert server.connections == 1


def test_a_connection_that_the_server_dropped_is_made_anew(new_exchange):
    """A server that closes between two calls isn't an outage."""
    with WireServer(once(answer())) as server:
        exchange = new_exchange(server.url)
        assert [call(exchange).status for _unused in range(3)] == [200] * 3
        assert server.connections == 3


def test_a_redirect_is_not_followed(new_exchange):
    """The credential is for this host only."""
    with WireServer(always(answer())) as elsewhere:
        target = f"{elsewhere.url}/api/robot/heartbeat"
        with WireServer(always(answer(b"", "307 Temporary Redirect", f"Location: {target}"))) as server:
            reply = call(new_exchange(server.url))
        assert (reply.status, reply.location) == (307, target)
        assert elsewhere.requests == []


# ---------------------------------------------------------------------- answers that are no answers


def test_nobody_listens(new_exchange):
    """A refused connection is said as what it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UnreachableError, match="connection refused"):
        call(new_exchange(f"http://127.0.0.1:{port}"))


def test_no_such_host(new_exchange):
    """A name that doesn't resolve is unreachable; the text says why, in one line, without urllib3's wrapping."""
    with pytest.raises(UnreachableError) as caught:
        call(new_exchange("http://robot-test.invalid", timeout=5))
    assert "\n" not in str(caught.value)
    assert "Max retries" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("host", ["http://.", f"http://{'x' * 70}.example", "http://127.0.0.1:0"])
def test_hosts_that_no_library_likes(new_exchange, host):
    """Whatever a library raises for an odd address, the caller sees UnreachableError."""
    with pytest.raises(UnreachableError):
        call(new_exchange(host))


def test_silence_times_out(new_exchange):
    """A server that takes the request and says nothing: the read time-out."""
    with WireServer(lambda peer: (peer.read(), peer.hang())) as server:
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="timed out"):
            call(new_exchange(server.url))
        assert TIMEOUT * 0.9 <= time.monotonic() - start < TIMEOUT * 2


@pytest.mark.parametrize("dripped", [answer(), b"HTTP/1.1 200 OK\r\nX: " + b"y" * 5000, b" " * 5000])
def test_a_dripping_server_does_not_hold_up(new_exchange, dripped):
    """Status line, headers or body byte by byte: each byte in time, yet the whole is limited to two time-outs."""
    with WireServer(lambda peer: (peer.read(), peer.drip(dripped))) as server:
        exchange = new_exchange(server.url)
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="no complete answer within 1 s"):
            call(exchange)
        assert time.monotonic() - start < TIMEOUT * 2 + 0.5
        exchange.close()
        assert not http_threads()  # its connection was shut down, which ended it


def test_after_a_drip_the_next_call_has_a_fresh_connection(new_exchange):
    """The abandoned connection isn't used again."""
    seen = []

    def behave(peer):
        seen.append(peer)
        peer.read()
        (peer.drip if len(seen) == 1 else peer.send)(answer())

    with WireServer(behave) as server:
        exchange = new_exchange(server.url)
        with pytest.raises(UnreachableError):
            call(exchange)
        assert call(exchange).status == 200


def test_closed_without_an_answer(new_exchange):
    """The request was read and the connection closed."""
    with (
        WireServer(lambda peer: peer.read()) as server,
        pytest.raises(UnreachableError, match="closed without an answer"),
    ):
        call(new_exchange(server.url))


def test_reset_before_the_answer(new_exchange):
    """A reset instead of a status line."""
    with (
        WireServer(lambda peer: (peer.read(), peer.reset())) as server,
        pytest.raises(UnreachableError, match="connection reset"),
    ):
        call(new_exchange(server.url))


@pytest.mark.parametrize("garbage", [b"220 mail.example ESMTP\r\n", b"\x00\xff" * 50 + b"\r\n", b"HTTP/1.1 OK\r\n\r\n"])
def test_not_http_at_all(new_exchange, garbage):
    """Another protocol on that port."""
    with WireServer(once(garbage)) as server, pytest.raises(UnreachableError):
        call(new_exchange(server.url))


def test_endless_headers(new_exchange):
    """Headers without an end are cut off by their number."""
    with WireServer(once(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000)) as server, pytest.raises(UnreachableError):
        call(new_exchange(server.url))


def test_a_body_that_ends_early(new_exchange):
    """Fewer bytes than promised: the answer says that it was cut short."""
    with WireServer(once(answer(b'{"a":', length=100))) as server:
        reply = call(new_exchange(server.url))
    assert reply.status == 200
    assert str(reply.cut_short) == "connection broken off in mid-answer"


def test_a_body_that_is_reset(new_exchange):
    """A reset in mid-body: status and the beginning are there, and that it was cut short."""

    def behave(peer):
        peer.read()
        peer.send(answer(b"x" * 10, length=100))
        peer.server.over.wait(0.1)
        peer.reset()

    with WireServer(behave) as server:
        reply = call(new_exchange(server.url))
    assert reply.status == 200
    assert reply.cut_short


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_cut(new_exchange, chunked):
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
        reply = call(new_exchange(server.url, timeout=5))
    assert len(reply.body) == MAX_BODY_BYTES
    assert str(reply.cut_short) == "larger than 1048576 bytes"


def test_a_body_of_exactly_the_limit_is_whole(new_exchange):
    """The limit itself is allowed."""
    with WireServer(always(answer(b"x" * MAX_BODY_BYTES))) as server:
        reply = call(new_exchange(server.url))
    assert len(reply.body) == MAX_BODY_BYTES
    assert reply.cut_short is None


def test_a_decompression_bomb_is_cut(new_exchange):
    """A small body that unpacks to 200 MB, sent although no compression was asked for: 1 MiB, in little memory."""
    import resource

    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _unused in range(200)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with WireServer(always(answer(bomb, "200 OK", "Content-Encoding: gzip"))) as server:
        reply = call(new_exchange(server.url, timeout=5))
    assert len(reply.body) == MAX_BODY_BYTES
    assert reply.cut_short
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_broken_compression_is_cut(new_exchange):
    """A body that claims to be gzip and isn't."""
    with WireServer(always(answer(b"not gzip at all", "200 OK", "Content-Encoding: gzip"))) as server:
        assert call(new_exchange(server.url)).cut_short


# ---------------------------------------------------------------------- cancel and close


def in_background(work):
    """Run `work` on a thread; returns it and the list that its error or result goes to."""
    results = []

    def run():
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - looked at by the test
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


@pytest.mark.parametrize("slow", ["hang", "drip"])
def test_cancel_wakes_the_caller_at_once(new_exchange, slow):
    """Told to end, the caller doesn't wait for the answer, and the connection is given up."""

    def behave(peer):
        peer.read()
        if slow == "drip":
            peer.drip(answer())
        else:
            peer.hang()

    with WireServer(behave) as server:
        exchange = new_exchange(server.url, timeout=30)
        thread, results = in_background(lambda: call(exchange))
        wait_for(lambda: server.requests)
        start = time.monotonic()
        exchange.cancel()
        thread.join(5)
        exchange.close()
        assert time.monotonic() - start < 0.5
        assert isinstance(results[0], CancelledError)
        assert not http_threads()


def test_after_cancel_only_what_must_be_said_is_sent(new_exchange):
    """Later calls are refused at once, those excepted that may not be cancelled."""
    with WireServer(always(answer())) as server:
        exchange = new_exchange(server.url)
        exchange.cancel()
        with pytest.raises(CancelledError):
            call(exchange)
        assert server.connections == 0
        assert exchange.request("POST", "/api/robot/consumeNextJob", FORM, cancellable=False).status == 200


def test_a_call_that_may_not_be_cancelled_gets_its_answer(new_exchange):
    """An answer that hands out a job is waited for, also after `cancel`."""
    answered = threading.Event()

    def behave(peer):
        peer.read()
        answered.wait(5)
        peer.send(answer())

    with WireServer(behave) as server:
        exchange = new_exchange(server.url, timeout=5)
        thread, results = in_background(
            lambda: exchange.request("POST", "/api/robot/consumeNextJob", FORM, cancellable=False)
        )
        wait_for(lambda: server.requests)
        exchange.cancel()
        answered.set()
        thread.join(5)
        assert results[0].status == 200


def test_close_drops_the_connection(new_exchange):
    """After `close` no thread and no connection is left; closing twice does no harm."""
    with WireServer(lambda peer: (peer.read(), peer.send(answer()), peer.hang())) as server:
        exchange = new_exchange(server.url)
        call(exchange)
        exchange.close()
        assert not http_threads()
        assert server.left.wait(2)
        exchange.close()


def wait_for(condition):
    """Wait until `condition`, at most five seconds."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# ---------------------------------------------------------------------- proxies


def test_the_proxy_setting_is_used(new_exchange):
    """With `proxy`, requests go there, with the full address in their first line."""
    with WireServer(always(answer())) as proxy:
        assert call(new_exchange("http://robot-test.invalid", proxy=proxy.url)).status == 200
    assert proxy.requests[0].line == "POST http://robot-test.invalid/api/robot/heartbeat HTTP/1.1"


def test_the_systems_proxy_is_used(new_exchange, monkeypatch):
    """Without the setting, the system's proxy is."""
    with WireServer(always(answer())) as proxy:
        exchange = new_exchange("http://robot-test.invalid")
        monkeypatch.setenv("http_proxy", proxy.url)
        assert call(exchange).status == 200
    assert len(proxy.requests) == 1


def test_loopback_never_goes_through_the_systems_proxy(new_exchange, monkeypatch):
    """The demo's Orchestrator is on this machine; a proxy would look for it on its own."""
    with WireServer(always(answer())) as server:
        exchange = new_exchange(server.url)
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        assert call(exchange).status == 200


# ---------------------------------------------------------------------- TLS


def test_tls_with_ca_file(new_exchange, authority):
    """A certificate of the company's authority is trusted through `ca_file`."""
    with WireServer(always(answer()), authority.server()) as server:
        assert call(new_exchange(server.url, ca_file=authority.file, timeout=5)).status == 200


def test_the_environment_adds_no_authorities(new_exchange, authority, monkeypatch):
    """REQUESTS_CA_BUNDLE and its like don't widen or break what the settings say."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with (
        WireServer(always(answer()), authority.server()) as server,
        pytest.raises(UnreachableError, match=r"(?i)certificate"),
    ):
        call(new_exchange(server.url, timeout=5))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with WireServer(always(answer()), authority.server()) as server:
        assert call(new_exchange(server.url, ca_file=authority.file, timeout=5)).status == 200


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"ca_file": False}, "authority that is not trusted|self-signed"),
        ({"names": "DNS:orchestrator.example"}, "certificate is for another name"),
        ({"days": -1}, "certificate has expired"),
    ],
)
def test_tls_that_is_not_trusted(new_exchange, authority, case, words):
    """Unknown authority, another host's certificate, expired: no request is sent, and the text says which."""
    context = authority.server(**{key: value for key, value in case.items() if key != "ca_file"})
    ca_file = authority.file if case.get("ca_file", True) else None
    with WireServer(always(answer()), context) as server:
        with pytest.raises(UnreachableError, match=words):
            call(new_exchange(server.url, ca_file=ca_file, timeout=5))
        assert server.requests == []


def test_verify_tls_false_takes_any_certificate(new_exchange, authority):
    """By explicit choice only: wrong authority, wrong host and expired at once."""
    with WireServer(always(answer()), authority.server("DNS:other", -1)) as server:
        assert call(new_exchange(server.url, verify_tls=False, timeout=5)).status == 200


def test_a_client_certificate_is_shown(new_exchange, authority):
    """A server that asks for one gets `client_certificate`; without it nothing goes through."""
    context = authority.server()
    context.load_verify_locations(authority.file)
    import ssl

    context.verify_mode = ssl.CERT_REQUIRED
    with WireServer(always(answer()), context) as server:
        ours = {"ca_file": authority.file, "timeout": 5}
        assert call(new_exchange(server.url, client_certificate=authority.issue("DNS:robot"), **ours)).status == 200
        with pytest.raises(UnreachableError):
            call(new_exchange(server.url, **ours))


@pytest.mark.parametrize("key", ["ca_file", "client_certificate"])
def test_certificate_files_that_cannot_be_used(new_exchange, tmp_path, key):
    """A missing or senseless file is said at once, with its setting and its path."""
    start = time.monotonic()
    for name, words in (("none.pem", "it is not there"), ("bad.pem", "PEM|certificate")):
        (tmp_path / "bad.pem").write_text("hello")
        with pytest.raises(UnreachableError, match=words) as caught:
            call(new_exchange("https://127.0.0.1:1", **{key: tmp_path / name}))
        assert str(caught.value).startswith(f"{key} {tmp_path / name} can't be used: ")
    assert time.monotonic() - start < TIMEOUT


def test_tls_to_a_plain_port(new_exchange, authority):
    """Https in the settings, http on the port: an error with words, not a hang."""
    with WireServer(lambda peer: peer.send(answer())) as server, pytest.raises(UnreachableError, match=r"(?i)ssl|tls"):
        call(new_exchange(server.url.replace("http", "https"), ca_file=authority.file))


def test_a_handshake_that_never_ends(new_exchange, authority):
    """A port that takes the connection and never shakes hands: the time-out, and no thread left."""
    with WireServer(lambda peer: peer.hang()) as server, pytest.raises(UnreachableError, match="timed out"):
        call(new_exchange(server.url.replace("http", "https"), ca_file=authority.file))


def test_a_handshake_can_be_cancelled(new_exchange, authority):
    """Told to end in mid-handshake, nothing is left waiting: no thread, no connection."""
    with WireServer(lambda peer: peer.hang()) as server:
        exchange = new_exchange(server.url.replace("http", "https"), ca_file=authority.file, timeout=30)
        thread, results = in_background(lambda: call(exchange))
        wait_for(lambda: server.connections)
        time.sleep(0.1)  # until the worker is in the handshake, which nothing tells
        start = time.monotonic()
        exchange.cancel()
        thread.join(5)
        exchange.close()
        assert time.monotonic() - start < 0.5
        assert isinstance(results[0], CancelledError)
        assert not http_threads()
        assert server.left.wait(2)


def test_a_failed_handshake_leaves_no_connection(new_exchange, authority):
    """A certificate that isn't trusted: the connection is gone at once, not at the end of the program."""
    done = threading.Event()

    def behave(peer):
        peer.hang()
        done.set()

    with WireServer(behave) as server:
        exchange = new_exchange(server.url.replace("http", "https"), ca_file=authority.file, timeout=0.3)
        with pytest.raises(UnreachableError):
            call(exchange)
        assert done.wait(2)


# ---------------------------------------------------------------------- small things


def test_retry_after_as_seconds_or_date():
    """Seconds or a date (RFC 9110, 10.2.3); the past is now; anything else is nothing."""
    later = datetime.now(UTC) + timedelta(seconds=120)
    assert parse_retry_after("30") == 30
    assert parse_retry_after(" 0 ") == 0
    assert parse_retry_after(format_datetime(later, usegmt=True)) == pytest.approx(120, abs=2)
    assert parse_retry_after(format_datetime(later.replace(tzinfo=None))) == pytest.approx(120, abs=2)
    assert parse_retry_after(format_datetime(later - timedelta(days=1), usegmt=True)) == 0
    for nonsense in (None, "", "soon", "-5", "1.5", "Tue, 99 Nov 2026 25:00:00 GMT"):
        assert parse_retry_after(nonsense) is None


def test_retry_after_of_an_answer(new_exchange):
    """The header comes with the answer."""
    with WireServer(always(answer(b"", "503 Busy", "Retry-After: 7"))) as server:
        assert call(new_exchange(server.url)).retry_after == 7


def test_a_proxys_password_is_not_told(new_exchange, monkeypatch):
    """Whatever a library says about a system's proxy that it can't use, the password isn't in it."""
    for proxy in ("http://me:hunter2@proxy:port", "socks5://me:hunter2@127.0.0.1:1", "http://me:hunter2@127.0.0.1:1"):
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(UnreachableError) as caught:
            call(new_exchange("http://robot-test.invalid"))
        assert "hunter2" not in str(caught.value)
