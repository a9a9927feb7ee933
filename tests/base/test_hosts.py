"""Addresses, ports, proxies and GUIDs: `app/base/hosts.py`. What is taken as a host is in `tests/settings`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import hosts

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine(name):
    """The name and every address that lead nowhere else."""
    assert hosts.is_loopback(name)


@pytest.mark.parametrize("name", ["", "orchestrator", "10.0.0.1", "127.0.0.1.example", "127.999.0.1", "0.0.0.0", "::"])
def test_elsewhere(name):
    """Names that only look like this machine, and addresses that mean any."""
    assert not hosts.is_loopback(name)


@pytest.mark.parametrize(
    ("address", "readable"),
    [
        ("http://orchestrator", True),
        ("HTTP://10.0.0.1:4500", True),
        ("https://orchestrator", False),
        ("http://localhost:4500", False),
        ("http://[::1]/sherpa", False),
    ],
)
def test_what_the_network_can_read(address, readable):
    """Plain http, unless it stays on this machine."""
    assert hosts.is_plain_http_to_elsewhere(address) is readable


@pytest.mark.parametrize(
    ("proxy", "scheme", "name", "port"),
    [
        ("proxy:3128", "http", "proxy", 3128),
        ("proxy", "http", "proxy", 80),
        ("https://user:pass@proxy", "https", "proxy", 443),
        ("http://[::1]:8080", "http", "::1", 8080),
    ],
)
def test_parts_of_a_proxy(proxy, scheme, name, port):
    """A missing scheme is http; a missing port is the scheme's own."""
    parts = hosts.split_proxy(hosts.read_proxy(proxy))
    assert (parts.scheme, parts.hostname, hosts.port_of(parts)) == (scheme, name, port)


def test_a_port_that_nobody_knows():
    """Another scheme has no port of its own."""
    with pytest.raises(ValueError, match="socks5"):
        hosts.port_of(hosts.split_proxy("socks5://proxy"))


@pytest.mark.parametrize("text", [GUID, GUID.upper(), f"{{{GUID}}}", f" \t{GUID}\n"])
def test_spellings_of_a_guid(text):
    """Braces and blanks are taken off; the letters stay as they are."""
    assert hosts.read_guid(text) == text.strip("{} \t\n")


@pytest.mark.parametrize(
    "text", ["", "{}", GUID[:-1], GUID + "0", f"{GUID}\n{GUID}", GUID.replace("-", ""), "г" + GUID[1:]]
)
def test_what_is_no_guid(text):
    """Half a GUID, two of them, one without its dashes."""
    assert hosts.read_guid(text) is None


@given(st.text() | st.text().map("http://{}".format))
def test_whatever_is_read_is_read_again_the_same(text):
    """Any text is an address or none, never another error; what was read is read again as itself."""
    for read in (hosts.read_host, hosts.read_proxy):
        try:
            found = read(text)
        except hosts.WrongAddressError:
            continue
        assert read(found) == found
