"""One request, one answer, whatever the server does; and the caller never waits longer than it should."""

from __future__ import annotations

import base64
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.orchestrator.errors import CancelledError, UnreachableError
from app.orchestrator.identity import authorization
from app.orchestrator.transport import parse_retry_after
from tests.orchestrator.conftest import FORM, GUID, PATIENCE, TIMEOUT, call, in_background, wait_for
from tests.orchestrator.wire import JSON_OK, WireServer, always, answer, once

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
        for _unused in range(3):
            assert call(transport).status == 200
            time.sleep(0.1)  # what is asked before the server's good-bye has come is lost with the connection
        assert server.connections == 3


def test_a_redirect_is_not_followed(new_transport):
    """The credential is for this host only."""
    with WireServer(always(answer())) as elsewhere:
        target = f"{elsewhere.url}/api/robot/heartbeat"
        with WireServer(always(answer(b"", "307 Temporary Redirect", f"Location: {target}"))) as server:
            reply = call(new_transport(server.url))
        assert (reply.status, reply.location) == (307, target)
        assert elsewhere.requests == []


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
        if host == b"orchestrator.invalid" and not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real("127.0.0.1" if host == b"orchestrator.invalid" else host, *args, **kwargs)

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
        transport = new_transport(server.url, ca_file=authority.file)
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
        call(new_transport(server.url, timeout=TIMEOUT))
    assert caught.value.fate_unknown


def test_a_request_that_was_never_sent_has_none(new_transport, authority):
    """No connection, or a handshake that doesn't end: nothing of the request has gone out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UnreachableError) as refused:
        call(new_transport(f"http://127.0.0.1:{port}"))
    with WireServer(lambda peer: peer.hang()) as server, pytest.raises(UnreachableError) as shaking:
        call(new_transport(server.url.replace("http", "https"), ca_file=authority.file, timeout=TIMEOUT))
    assert not refused.value.fate_unknown
    assert not shaking.value.fate_unknown


def test_a_cancelled_request_says_whether_it_was_sent(new_transport):
    """Who gives up waiting must know what may still happen."""
    with WireServer(lambda peer: (peer.read(), peer.hang())) as server:
        transport = new_transport(server.url, timeout=30)
        thread, results = in_background(lambda: call(transport))
        wait_for(lambda: server.requests)
        transport.cancel()
        thread.join(PATIENCE)
        with pytest.raises(CancelledError) as later:
            call(transport)
    assert results[0].fate_unknown
    assert not later.value.fate_unknown


# ---------------------------------------------------------------------- proxies


def test_the_proxy_setting_is_used(new_transport):
    """With `proxy`, requests go there, with the full address in their first line."""
    with WireServer(always(answer())) as proxy:
        assert call(new_transport("http://robot-test.invalid", proxy=proxy.url)).status == 200
    assert proxy.requests[0].line == "POST http://robot-test.invalid/api/robot/heartbeat HTTP/1.1"


def test_a_proxys_password_may_hold_any_letters(new_transport):
    """It is sent in UTF-8 (RFC 7617, 2.1), as `robot check` sends it."""
    with WireServer(always(answer())) as proxy:
        address = proxy.url.replace("http://", "http://me:%D0%BF%40%D1%81%D1%81@")
        assert call(new_transport("http://robot-test.invalid", proxy=address)).status == 200
    scheme, encoded = proxy.requests[0].headers["proxy-authorization"].split()
    assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", "me:п@сс")


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
