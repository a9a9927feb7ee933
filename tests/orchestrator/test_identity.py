"""What a heartbeat says of the machine: `app/orchestrator/identity.py`."""

from __future__ import annotations

import re
import socket

import psutil
import pytest

from app.orchestrator.identity import address_towards, machine_name

# An address of the documentation's range is routed like any other; nothing is sent to it.
ELSEWHERE = "192.0.2.1"


def test_the_machine_has_its_name():
    """The name that other machines know it by."""
    assert machine_name() == socket.gethostname()


@pytest.mark.parametrize("host", ["http://127.0.0.1:4500", "http://localhost", "https://127.0.0.1/orchestrator/"])
def test_an_orchestrator_on_this_machine_is_reached_by_loopback(host):
    """Loopback has no real MAC; a fixed one stands for it."""
    ip, mac = address_towards(host)
    assert (ip, mac) in {("127.0.0.1", "00:00:00:00:00:00"), ("::1", "00:00:00:00:00:00")}


def test_the_address_is_the_one_that_the_way_there_starts_from():
    """IP and MAC belong to one interface, the one that the routing table chooses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ELSEWHERE, 4500))
        except OSError:
            expected = ("", "")
        else:
            ip = probe.getsockname()[0]
            (owner,) = [a for a in psutil.net_if_addrs().values() if any(x.address == ip for x in a)]
            macs = [x.address.upper().replace("-", ":") for x in owner if x.family == psutil.AF_LINK]
            expected = (ip, macs[0] if macs else "")
    assert address_towards(f"http://{ELSEWHERE}:4500") == expected
    assert re.fullmatch(r"([0-9A-F]{2}(:[0-9A-F]{2}){5})?", expected[1])


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


@pytest.mark.parametrize(
    "host",
    [
        "",
        "not a url",
        "http://",
        "http://host:port",
        "http://no-such-host.invalid",
        f"http://{'x' * 300}",
        "http://[::",
    ],
)
def test_what_cannot_be_known_is_empty(host):
    """A heartbeat without addresses is better than none."""
    assert address_towards(host) == ("", "")
