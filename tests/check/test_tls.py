"""What `robot check` says of the certificate, over real sockets."""

from __future__ import annotations

import base64

import pytest

from app.check.checklist import check_as_text
from app.check.findings import Level
from tests.check.conftest import checked
from tests.orchestrator.wire import WireServer, always, answer


def test_tls_that_is_trusted(machine, authority):
    """Whose certificate, by whom, until when, how many days are left."""
    with WireServer(always(answer()), authority.server(days=90)) as server:
        machine.set(host=server.url, ca_file=str(authority.file))
        finding = machine.findings()["tls"]
    assert finding.level is Level.OK
    assert "issued by Company CA" in finding.message
    assert finding.facts["issuer"] == "Company CA"
    assert finding.facts["names"] == ["127.0.0.1", "localhost"]
    assert 88 <= finding.facts["days_left"] <= 90


def test_tls_that_ends_soon(machine, authority):
    """Less than a month left is a warning."""
    with WireServer(always(answer()), authority.server(days=5)) as server:
        machine.set(host=server.url, ca_file=str(authority.file))
        finding = machine.findings()["tls"]
    assert finding.level is Level.WARNING
    assert "renewed" in finding.remedy


@pytest.mark.parametrize(
    ("names", "days", "trusted", "remedy"),
    [
        ("IP:127.0.0.1", 90, False, "Put the certificate of Company CA into the system's trust store"),
        ("DNS:orchestrator.example", 90, True, "Write one of its names in host: orchestrator.example"),
        ("IP:127.0.0.1", -1, True, "Have the Orchestrator's certificate renewed"),
    ],
)
def test_tls_that_is_not_trusted(machine, authority, names, days, trusted, remedy):
    """Why not, and what to do about it: exit code 4; no request carries the credential there."""
    with WireServer(always(answer()), authority.server(names, days)) as server:
        machine.set(host=server.url, ca_file=str(authority.file) if trusted else None)
        finding = machine.findings()["tls"]
        assert server.requests == []
        assert checked(machine.config) == 4
    assert finding.level is Level.ERROR
    assert "not trusted" in finding.message
    assert "issued by Company CA" in finding.message
    assert remedy in finding.remedy


def test_tls_that_is_not_verified(machine, authority):
    """verify_tls = false works and is a warning that shows whose certificate it is."""
    with WireServer(always(answer()), authority.server(days=-1)) as server:
        machine.set(host=server.url, verify_tls=False)
        findings = machine.findings()
    assert findings["tls"].level is Level.WARNING
    assert "Not verified" in findings["tls"].message
    assert findings["http"].level is Level.OK


def test_https_in_the_settings_and_http_on_the_port(machine, sandbox):
    """The most common mistake has a remedy of its own."""
    machine.set(host=sandbox.url.replace("http://", "https://"))
    finding = machine.findings()["tls"]
    assert finding.level is Level.ERROR
    assert "write http:// in host" in finding.remedy


def test_a_ca_file_that_is_not_there(machine, authority):
    """The setting and the file are named."""
    with WireServer(always(answer()), authority.server()) as server:
        machine.set(host=server.url, ca_file="none.pem")
        finding = machine.findings()["tls"]
    assert f"ca_file {machine.folder / 'none.pem'} can't be used" in finding.message


def test_tls_through_a_proxy(machine, authority):
    """The certificate behind a proxy is looked at through it, with the proxy's password, which is never shown."""

    def tunnel(peer):
        request = peer.read()
        asked = request.headers.get("proxy-authorization")
        if not request.line.startswith("CONNECT orchestrator.example:443"):
            return
        login = base64.b64encode(b"me:p@ss").decode()
        if asked != f"Basic {login}":
            peer.send(answer(b"", "407 Proxy Authentication Required"))
            return
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(peer.sock, server_side=True) as inner:
            inner.recv(1)

    context = authority.server("DNS:orchestrator.example")
    with WireServer(tunnel) as proxy:
        address = proxy.url.replace("http://", "http://me:p%40ss@")
        machine.set(host="https://orchestrator.example", proxy=address, ca_file=str(authority.file))
        findings = machine.findings()
        assert "p%40ss" not in check_as_text(machine.config)
    assert findings["proxy"].message == f"{proxy.url} (from the settings)"
    assert findings["tls"].level in (Level.OK, Level.WARNING), findings["tls"]
    assert findings["tls"].facts["names"] == ["orchestrator.example"]


def test_a_cyrillic_host_behind_a_proxy(machine):
    """The proxy is asked for it as the robot itself asks: in the form of the name service."""
    with WireServer(always(answer(b"", "503 Busy"))) as proxy:
        machine.set(host="https://оркестратор..рф", proxy=proxy.url)
        assert machine.findings()["tls"].level is Level.ERROR
        machine.set(host="https://оркестратор.рф", proxy=proxy.url)
        finding = machine.findings()["tls"]
    assert proxy.requests[-1].line.startswith("CONNECT xn--80ajopdiccfkc.xn--p1ai:443 ")
    assert "503" in finding.message
