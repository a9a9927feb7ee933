"""What `robot check` says of proxies."""

from __future__ import annotations

import pytest

from app.check.findings import Level
from tests.orchestrator.wire import WireServer, always, answer


def test_the_systems_proxy_is_named(machine, monkeypatch):
    """What the system says about proxies is part of the table, without its password."""
    with WireServer(always(answer())) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://me:secret@"))
        machine.set(host="http://orchestrator.example")
        findings = machine.findings()
    assert findings["proxy"].message == f"{proxy.url} (from the system)"
    assert findings["guid"].level is Level.OK
    assert proxy.requests[0].line.startswith("GET http://orchestrator.example/ ")


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1", "http://:3128", "http://proxy:port", "http://[::1", "proxy:0", "a b:80"]
)
def test_a_proxy_that_cannot_be_used(machine, monkeypatch, proxy):
    """A system's proxy of another kind is said, not met with a traceback."""
    monkeypatch.setenv("http_proxy", proxy)
    machine.set(host="http://orchestrator.example")
    finding = machine.findings()["proxy"]
    assert finding.level is Level.ERROR
    assert "proxy = 'http://proxy:3128'" in finding.remedy


def test_a_proxy_that_wants_a_password(machine):
    """407 has a remedy of its own."""
    with WireServer(always(answer(b"", "407 Proxy Authentication Required"))) as proxy:
        machine.set(host="http://orchestrator.example", proxy=proxy.url)
        assert "user:password" in machine.findings()["http"].remedy


def test_a_dead_proxy_is_not_the_orchestrators_fault(machine):
    """Nothing listens at the proxy's port, or nobody knows its name: that is where the finding sends its reader."""
    for proxy, name in (("http://127.0.0.1:9", "tcp"), ("http://no-such-proxy.invalid:3128", "dns")):
        machine.set(host="http://orchestrator.example", proxy=proxy)
        finding = machine.findings()[name]
        assert finding.level is Level.ERROR
        assert "roxy" in finding.message
        assert "orrect" in finding.remedy
        assert "server is running" not in finding.remedy
