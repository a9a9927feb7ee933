"""What a heartbeat says of the machine: `app/orchestrator/identity.py`."""

from __future__ import annotations

import socket

import psutil
import pytest

from app.orchestrator.identity import MacAddresses, machine_name

# An address of the documentation's range is routed like any other; nothing is sent to it.
ELSEWHERE = "192.0.2.1"


def test_the_machine_has_its_name():
    """The name that other machines know it by."""
    assert machine_name() == socket.gethostname()


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.3.2.1", "::1"])
def test_an_orchestrator_on_this_machine_is_reached_by_loopback(ip):
    """Loopback has no real MAC; a fixed one stands for it."""
    assert MacAddresses().of(ip) == "00:00:00:00:00:00"


def test_the_mac_is_that_of_the_interface_with_the_address():
    """IP and MAC belong to one interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ELSEWHERE, 4500))
        except OSError:
            pytest.skip("this machine has no way out")
        ip = probe.getsockname()[0]
    (owner,) = [a for a in psutil.net_if_addrs().values() if any(x.address == ip for x in a)]
    macs = [x.address.upper().replace("-", ":") for x in owner if x.family == psutil.AF_LINK]
    assert MacAddresses().of(ip) == (macs[0] if macs else "")


def test_interfaces_are_looked_through_once_for_an_address(monkeypatch):
    """Heartbeats come every ten seconds; a change of network is followed all the same."""
    looks = []
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: looks.append(1) or {})
    addresses = MacAddresses()
    assert [addresses.of(ip) for ip in ("10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2")] == [""] * 4
    assert len(looks) == 2


def test_the_mac_is_found_in_windows_notation_too(monkeypatch):
    """Windows writes a MAC with hyphens; the heartbeat has colons on every system."""
    ip = "127.0.0.1"
    monkeypatch.setattr("app.orchestrator.identity._LOOPBACK_MAC", "")
    table = {
        "Ethernet": [
            psutil._ntuples.snicaddr(psutil.AF_LINK, "00-1a-2b-3c-4d-5e", None, None, None)
            if hasattr(psutil, "_ntuples")
            else psutil._common.snicaddr(psutil.AF_LINK, "00-1a-2b-3c-4d-5e", None, None, None)
        ]
    }
    from app.orchestrator import identity

    link = table["Ethernet"][0]
    table["Ethernet"].append(link._replace(family=socket.AF_INET, address="10.1.2.3"))
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: table)
    assert identity._mac_of("10.1.2.3") == "00:1A:2B:3C:4D:5E"
    assert identity._mac_of("10.9.9.9") == ""
    assert identity._mac_of(ip) == ""


@pytest.mark.parametrize("error", [OSError(5, "x"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), psutil.Error("x")])
def test_no_heartbeat_fails_for_a_mac(monkeypatch, error):
    """An interface whose name can't be read, a system that doesn't tell: then there is no MAC."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(psutil, "net_if_addrs", fail)
    assert MacAddresses().of(ELSEWHERE) == ""
