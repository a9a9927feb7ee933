"""One request, one answer, whatever the server does; and the caller never waits longer than it should."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.orchestrator.errors import CancelledError, UnreachableError
from app.orchestrator.identity import authorization
from app.orchestrator.transport import MAX_BODY_BYTES, parse_retry_after
from tests.orchestrator.conftest import GUID, TIMEOUT, http_threads
from tests.orchestrator.wire import JSON_OK, WireServer, always, answer, once

FORM = {"RobotGUID": GUID, "JobName": r"финансы\Счета & Co=100% +", "Status": 2, "Empty": ""}


def call(transport):
    """One request as the heartbeat makes it."""
    return transport.request("POST", "/api/robot/heartbeat", FORM)


# ---------------------------------------------------------------------- what is sent


def test_what_is_sent(new_transport):
    """Verb and path, the bare GUID in base64, urlencoded UTF-8 in the body; no compression asked for."""
    with WireServer(always(answer())) as server:
        reply = call(new_transport(server.url))
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


def test_a_path_in_front(new_transport):
    """An Orchestrator behind a path keeps it."""
    with WireServer(always(answer())) as server:
        call(new_transport(f"{server.url}/sherpa"))
    assert server.requests[0].line.startswith("POST /sherpa/api/robot/heartbeat ")


def test_netrc_does_not_replace_the_credential(new_transport, tmp_path, monkeypatch):
    """An entry for the host in `.netrc` changes nothing."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with WireServer(always(answer())) as server:
        call(new_transport(server.url))
    assert server.requests[0].headers["authorization"] == authorization(GUID)


def test_one_connection_for_many_calls(new_transport):
    """Calls share a connection while the server keeps it."""
    with WireServer(always(answer())) as server:
        transport = new_transport(server.url)
        for _unused in range(3):
            call(transport)
        assert server.connections == 1


def test_a_connection_that_the_server_dropped_is_made_anew(new_transport):
    """A server that closes between two calls isn't an outage."""
    with WireServer(once(answer())) as server:
        transport = new_transport(server.url)
        assert [call(transport).status for _unused in range(3)] == [200] * 3
        assert server.connections == 3


def test_a_redirect_is_not_followed(new_transport):
    """The credential is for this host only."""
    with WireServer(always(answer())) as elsewhere:
        target = f"{elsewhere.url}/api/robot/heartbeat"
        with WireServer(always(answer(b"", "307 Temporary Redirect", f"Location: {target}"))) as server:
            reply = call(new_transport(server.url))
        assert (reply.status, reply.location) == (307, target)
        assert elsewhere.requests == []


# ---------------------------------------------------------------------- answers that are no answers


def test_nobody_listens(new_transport):
    """A refused connection is said as what it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UnreachableError, match="connection refused"):
        call(new_transport(f"http://127.0.0.1:{port}"))


def test_no_such_host(new_transport):
    """A name that doesn't resolve is unreachable; the text says why, in one line, without urllib3's wrapping."""
    with pytest.raises(UnreachableError) as caught:
        call(new_transport("http://robot-test.invalid", timeout=5))
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
            call(new_transport(server.url))
        assert TIMEOUT * 0.9 <= time.monotonic() - start < TIMEOUT * 2


@pytest.mark.parametrize("dripped", [answer(), b"HTTP/1.1 200 OK\r\nX: " + b"y" * 5000, b" " * 5000])
def test_a_dripping_server_does_not_hold_up(new_transport, dripped):
    """Status line, headers or body byte by byte: each byte in time, yet the whole is limited to two time-outs."""
    with WireServer(lambda peer: (peer.read(), peer.drip(dripped))) as server:
        transport = new_transport(server.url)
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="no complete answer within 1 s"):
            call(transport)
        assert time.monotonic() - start < TIMEOUT * 2 + 0.5
        transport.close()
        assert not http_threads()  # its connection was shut down, which ended it


def test_after_a_drip_the_next_call_has_a_fresh_connection(new_transport):
    """The abandoned connection isn't used again."""
    seen = []

    def behave(peer):
        seen.append(peer)
        peer.read()
        (peer.drip if len(seen) == 1 else peer.send)(answer())

    with WireServer(behave) as server:
        transport = new_transport(server.url)
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
        reply = call(new_transport(server.url, timeout=5))
    assert len(reply.body) == MAX_BODY_BYTES
    assert str(reply.cut_short) == "larger than 1048576 bytes"


def test_a_body_of_exactly_the_limit_is_whole(new_transport):
    """The limit itself is allowed."""
    with WireServer(always(answer(b"x" * MAX_BODY_BYTES))) as server:
        reply = call(new_transport(server.url))
    assert len(reply.body) == MAX_BODY_BYTES
    assert reply.cut_short is None


def test_a_decompression_bomb_is_cut(new_transport):
    """A small body that unpacks to 200 MB, sent although no compression was asked for: 1 MiB, in little memory."""
    import resource

    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _unused in range(200)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with WireServer(always(answer(bomb, "200 OK", "Content-Encoding: gzip"))) as server:
        reply = call(new_transport(server.url, timeout=5))
    assert len(reply.body) == MAX_BODY_BYTES
    assert reply.cut_short
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_broken_compression_is_cut(new_transport):
    """A body that claims to be gzip and isn't."""
    with WireServer(always(answer(b"not gzip at all", "200 OK", "Content-Encoding: gzip"))) as server:
        assert call(new_transport(server.url)).cut_short


# ---------------------------------------------------------------------- interim answers


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
            call(new_transport(server.url))
        assert time.monotonic() - start < TIMEOUT * 2 + 0.5


# ---------------------------------------------------------------------- this machine's address


def test_the_address_is_the_connections_own(new_transport):
    """Parameters that depend on it are put together once the connection is there."""
    with WireServer(always(answer())) as server:
        transport = new_transport(server.url.replace("127.0.0.1", "localhost"))
        for _unused in range(2):
            transport.request("POST", "/", {"IP": "", "a": 1}, address_fields=lambda ip: {"IP": ip})
    assert [request.form for request in server.requests] == [{"IP": "127.0.0.1", "a": "1"}] * 2


def test_a_name_that_is_found_later(new_transport, monkeypatch):
    """With a name service that was down at the start the address is right with the first answer."""
    real = socket.getaddrinfo
    found = []

    def getaddrinfo(host, *args, **kwargs):
        if host == "orchestrator.invalid" and not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real("127.0.0.1" if host == "orchestrator.invalid" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with WireServer(always(answer())) as server:
        transport = new_transport(server.url.replace("127.0.0.1", "orchestrator.invalid"))
        with pytest.raises(UnreachableError):
            transport.request("POST", "/", {}, address_fields=lambda ip: {"IP": ip})
        found.append(True)
        transport.request("POST", "/", {}, address_fields=lambda ip: {"IP": ip})
    assert [request.form for request in server.requests] == [{"IP": "127.0.0.1"}]


def test_the_address_behind_tls(new_transport, authority):
    """The same through TLS."""
    with WireServer(always(answer()), authority.server()) as server:
        transport = new_transport(server.url, ca_file=authority.file, timeout=5)
        transport.request("POST", "/", {"a": 1}, address_fields=lambda ip: {"IP": ip})
    assert server.requests[0].form == {"a": "1", "IP": "127.0.0.1"}


# ---------------------------------------------------------------------- what may still be carried out


@pytest.mark.parametrize(
    "behave",
    [
        lambda peer: (peer.read(), peer.hang()),
        lambda peer: (peer.read(), peer.drip(b" " * 5000)),
        lambda peer: peer.read(),
        lambda peer: (peer.read(), peer.reset()),
        lambda peer: (peer.read(), peer.send(b"220 mail\r\n")),
    ],
    ids=["silence", "drip", "closed", "reset", "garbage"],
)
def test_a_request_that_was_sent_has_an_unknown_fate(new_transport, behave):
    """Whatever became of the answer: the server may still do what it was asked."""
    with WireServer(behave) as server, pytest.raises(UnreachableError) as caught:
        call(new_transport(server.url))
    assert caught.value.fate_unknown


def test_a_request_that_was_never_sent_has_none(new_transport, authority):
    """No connection, or a handshake that doesn't end: nothing of the request has gone out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UnreachableError) as refused:
        call(new_transport(f"http://127.0.0.1:{port}"))
    with WireServer(lambda peer: peer.hang()) as server, pytest.raises(UnreachableError) as shaking:
        call(new_transport(server.url.replace("http", "https"), ca_file=authority.file))
    assert not refused.value.fate_unknown
    assert not shaking.value.fate_unknown


def test_a_cancelled_request_says_whether_it_was_sent(new_transport):
    """Who gives up waiting must know what may still happen."""
    with WireServer(lambda peer: (peer.read(), peer.hang())) as server:
        transport = new_transport(server.url, timeout=30)
        thread, results = in_background(lambda: call(transport))
        wait_for(lambda: server.requests)
        transport.cancel()
        thread.join(5)
        with pytest.raises(CancelledError) as later:
            call(transport)
    assert results[0].fate_unknown
    assert not later.value.fate_unknown


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
def test_cancel_wakes_the_caller_at_once(new_transport, slow):
    """Told to end, the caller doesn't wait for the answer, and the connection is given up."""

    def behave(peer):
        peer.read()
        if slow == "drip":
            peer.drip(answer())
        else:
            peer.hang()

    with WireServer(behave) as server:
        transport = new_transport(server.url, timeout=30)
        thread, results = in_background(lambda: call(transport))
        wait_for(lambda: server.requests)
        start = time.monotonic()
        transport.cancel()
        thread.join(5)
        transport.close()
        assert time.monotonic() - start < 0.5
        assert isinstance(results[0], CancelledError)
        assert not http_threads()


def test_after_cancel_only_what_must_be_said_is_sent(new_transport):
    """Later calls are refused at once, those excepted that may not be cancelled."""
    with WireServer(always(answer())) as server:
        transport = new_transport(server.url)
        transport.cancel()
        with pytest.raises(CancelledError):
            call(transport)
        assert server.connections == 0
        assert transport.request("POST", "/api/robot/consumeNextJob", FORM, cancellable=False).status == 200


def test_a_call_that_may_not_be_cancelled_gets_its_answer(new_transport):
    """An answer that hands out a job is waited for, also after `cancel`."""
    answered = threading.Event()

    def behave(peer):
        peer.read()
        answered.wait(5)
        peer.send(answer())

    with WireServer(behave) as server:
        transport = new_transport(server.url, timeout=5)
        thread, results = in_background(
            lambda: transport.request("POST", "/api/robot/consumeNextJob", FORM, cancellable=False)
        )
        wait_for(lambda: server.requests)
        transport.cancel()
        answered.set()
        thread.join(5)
        assert results[0].status == 200


def test_close_drops_the_connection(new_transport):
    """After `close` no thread and no connection is left; closing twice does no harm."""
    with WireServer(lambda peer: (peer.read(), peer.send(answer()), peer.hang())) as server:
        transport = new_transport(server.url)
        call(transport)
        transport.close()
        assert not http_threads()
        assert server.left.wait(2)
        transport.close()


def wait_for(condition):
    """Wait until `condition`, at most five seconds."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# ---------------------------------------------------------------------- proxies


def test_the_proxy_setting_is_used(new_transport):
    """With `proxy`, requests go there, with the full address in their first line."""
    with WireServer(always(answer())) as proxy:
        assert call(new_transport("http://robot-test.invalid", proxy=proxy.url)).status == 200
    assert proxy.requests[0].line == "POST http://robot-test.invalid/api/robot/heartbeat HTTP/1.1"


def test_the_systems_proxy_is_used(new_transport, monkeypatch):
    """Without the setting, the system's proxy is."""
    with WireServer(always(answer())) as proxy:
        transport = new_transport("http://robot-test.invalid")
        monkeypatch.setenv("http_proxy", proxy.url)
        assert call(transport).status == 200
    assert len(proxy.requests) == 1


def test_loopback_never_goes_through_the_systems_proxy(new_transport, monkeypatch):
    """The demo's Orchestrator is on this machine; a proxy would look for it on its own."""
    with WireServer(always(answer())) as server:
        transport = new_transport(server.url)
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        assert call(transport).status == 200


# ---------------------------------------------------------------------- TLS


def test_tls_with_ca_file(new_transport, authority):
    """A certificate of the company's authority is trusted through `ca_file`."""
    with WireServer(always(answer()), authority.server()) as server:
        assert call(new_transport(server.url, ca_file=authority.file, timeout=5)).status == 200


def test_the_environment_adds_no_authorities(new_transport, authority, monkeypatch):
    """REQUESTS_CA_BUNDLE and its like don't widen or break what the settings say."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with (
        WireServer(always(answer()), authority.server()) as server,
        pytest.raises(UnreachableError, match=r"(?i)certificate"),
    ):
        call(new_transport(server.url, timeout=5))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with WireServer(always(answer()), authority.server()) as server:
        assert call(new_transport(server.url, ca_file=authority.file, timeout=5)).status == 200


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"ca_file": False}, "authority that is not trusted|self-signed"),
        ({"names": "DNS:orchestrator.example"}, "certificate is for another name"),
        ({"days": -1}, "certificate has expired"),
    ],
)
def test_tls_that_is_not_trusted(new_transport, authority, case, words):
    """Unknown authority, another host's certificate, expired: no request is sent, and the text says which."""
    context = authority.server(**{key: value for key, value in case.items() if key != "ca_file"})
    ca_file = authority.file if case.get("ca_file", True) else None
    with WireServer(always(answer()), context) as server:
        with pytest.raises(UnreachableError, match=words):
            call(new_transport(server.url, ca_file=ca_file, timeout=5))
        assert server.requests == []


def test_verify_tls_false_takes_any_certificate(new_transport, authority):
    """By explicit choice only: wrong authority, wrong host and expired at once."""
    with WireServer(always(answer()), authority.server("DNS:other", -1)) as server:
        assert call(new_transport(server.url, verify_tls=False, timeout=5)).status == 200


def test_a_client_certificate_is_shown(new_transport, authority):
    """A server that asks for one gets `client_certificate`; without it nothing goes through."""
    context = authority.server()
    context.load_verify_locations(authority.file)
    import ssl

    context.verify_mode = ssl.CERT_REQUIRED
    with WireServer(always(answer()), context) as server:
        ours = {"ca_file": authority.file, "timeout": 5}
        assert call(new_transport(server.url, client_certificate=authority.issue("DNS:robot"), **ours)).status == 200
        with pytest.raises(UnreachableError):
            call(new_transport(server.url, **ours))


@pytest.mark.parametrize("key", ["ca_file", "client_certificate"])
def test_certificate_files_that_cannot_be_used(new_transport, tmp_path, key):
    """A missing or senseless file is said at once, with its setting and its path."""
    start = time.monotonic()
    for name, words in (("none.pem", "it is not there"), ("bad.pem", "PEM|certificate")):
        (tmp_path / "bad.pem").write_text("hello")
        with pytest.raises(UnreachableError, match=words) as caught:
            call(new_transport("https://127.0.0.1:1", **{key: tmp_path / name}))
        assert str(caught.value).startswith(f"{key} {tmp_path / name} can't be used: ")
    assert time.monotonic() - start < TIMEOUT


def test_tls_to_a_plain_port(new_transport, authority):
    """Https in the settings, http on the port: an error with words, not a hang."""
    with WireServer(lambda peer: peer.send(answer())) as server, pytest.raises(UnreachableError, match=r"(?i)ssl|tls"):
        call(new_transport(server.url.replace("http", "https"), ca_file=authority.file))


def test_a_handshake_that_never_ends(new_transport, authority):
    """A port that takes the connection and never shakes hands: the time-out, and no thread left."""
    with WireServer(lambda peer: peer.hang()) as server, pytest.raises(UnreachableError, match="timed out"):
        call(new_transport(server.url.replace("http", "https"), ca_file=authority.file))


def test_a_handshake_can_be_cancelled(new_transport, authority):
    """Told to end in mid-handshake, nothing is left waiting: no thread, no connection."""
    with WireServer(lambda peer: peer.hang()) as server:
        transport = new_transport(server.url.replace("http", "https"), ca_file=authority.file, timeout=30)
        thread, results = in_background(lambda: call(transport))
        wait_for(lambda: server.connections)
        time.sleep(0.1)  # until the worker is in the handshake, which nothing tells
        start = time.monotonic()
        transport.cancel()
        thread.join(5)
        transport.close()
        assert time.monotonic() - start < 0.5
        assert isinstance(results[0], CancelledError)
        assert not http_threads()
        assert server.left.wait(2)


def test_a_failed_handshake_leaves_no_connection(new_transport, authority):
    """A certificate that isn't trusted: the connection is gone at once, not at the end of the program."""
    done = threading.Event()

    def behave(peer):
        peer.hang()
        done.set()

    with WireServer(behave) as server:
        transport = new_transport(server.url.replace("http", "https"), ca_file=authority.file, timeout=0.3)
        with pytest.raises(UnreachableError):
            call(transport)
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


def test_retry_after_of_an_answer(new_transport):
    """The header comes with the answer."""
    with WireServer(always(answer(b"", "503 Busy", "Retry-After: 7"))) as server:
        assert call(new_transport(server.url)).retry_after == 7


def test_a_proxys_password_is_not_told(new_transport, monkeypatch):
    """Whatever a library says about a system's proxy that it can't use, the password isn't in it."""
    for proxy in ("http://me:hunter2@proxy:port", "socks5://me:hunter2@127.0.0.1:1", "http://me:hunter2@127.0.0.1:1"):
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(UnreachableError) as caught:
            call(new_transport("http://robot-test.invalid"))
        assert "hunter2" not in str(caught.value)
