"""TLS: whom the robot trusts, and what it shows of itself."""

from __future__ import annotations

import threading
import time

import pytest

from app.orchestrator.errors import CancelledError, UnreachableError
from tests.orchestrator.conftest import PATIENCE, TIMEOUT, call, http_threads, in_background, wait_for
from tests.orchestrator.wire import WireServer, always, answer


def test_tls_with_ca_file(new_transport, authority):
    """A certificate of the company's authority is trusted through `ca_file`."""
    with WireServer(always(answer()), authority.server()) as server:
        assert call(new_transport(server.url, ca_file=authority.file)).status == 200


def test_the_environment_adds_no_authorities(new_transport, authority, monkeypatch):
    """REQUESTS_CA_BUNDLE and its like don't widen or break what the settings say."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with (
        WireServer(always(answer()), authority.server()) as server,
        pytest.raises(UnreachableError, match=r"(?i)certificate"),
    ):
        call(new_transport(server.url))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with WireServer(always(answer()), authority.server()) as server:
        assert call(new_transport(server.url, ca_file=authority.file)).status == 200


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
            call(new_transport(server.url, ca_file=ca_file))
        assert server.requests == []


def test_verify_tls_false_takes_any_certificate(new_transport, authority):
    """By explicit choice only: wrong authority, wrong host and expired at once."""
    with WireServer(always(answer()), authority.server("DNS:other", -1)) as server:
        assert call(new_transport(server.url, verify_tls=False)).status == 200


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
    for name, words in (("none.pem", "there is no such file"), ("bad.pem", "PEM|certificate")):
        (tmp_path / "bad.pem").write_text("hello")
        with pytest.raises(UnreachableError, match=words) as caught:
            call(new_transport("https://127.0.0.1:1", **{key: tmp_path / name}))
        assert str(caught.value).startswith(f"{key} {tmp_path / name} can't be used: ")
    assert time.monotonic() - start < PATIENCE


def test_tls_to_a_plain_port(new_transport, authority):
    """Https in the settings, http on the port: an error with words, not a hang."""
    with WireServer(lambda peer: peer.send(answer())) as server, pytest.raises(UnreachableError, match=r"(?i)ssl|tls"):
        call(new_transport(server.url.replace("http", "https"), ca_file=authority.file))


def test_a_handshake_that_never_ends(new_transport, authority):
    """A port that takes the connection and never shakes hands: the time-out, and no thread left."""
    with WireServer(lambda peer: peer.hang()) as server, pytest.raises(UnreachableError, match="timed out"):
        call(new_transport(server.url.replace("http", "https"), ca_file=authority.file, timeout=TIMEOUT))


def test_a_handshake_can_be_cancelled(new_transport, authority):
    """Told to end in mid-handshake, nothing is left waiting: no thread, no connection."""
    with WireServer(lambda peer: peer.hang()) as server:
        transport = new_transport(server.url.replace("http", "https"), ca_file=authority.file, timeout=30)
        thread, results = in_background(lambda: call(transport))
        wait_for(lambda: server.connections)
        time.sleep(0.1)  # until the worker is in the handshake, which nothing tells
        start = time.monotonic()
        transport.cancel()
        thread.join(PATIENCE)
        transport.close()
        assert time.monotonic() - start < PATIENCE
        assert isinstance(results[0], CancelledError)
        assert not http_threads()
        assert server.left.wait(PATIENCE)


def test_a_failed_handshake_leaves_no_connection(new_transport, authority):
    """A certificate that isn't trusted: the connection is gone at once, not at the end of the program."""
    done = threading.Event()

    def behave(peer):
        peer.hang()
        done.set()

    with WireServer(behave) as server:
        transport = new_transport(server.url.replace("http", "https"), ca_file=authority.file, timeout=TIMEOUT)
        with pytest.raises(UnreachableError):
            call(transport)
        assert done.wait(PATIENCE)
