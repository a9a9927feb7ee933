"""What a heartbeat says of this machine: its name, and the addresses of the interface that reaches the Orchestrator.

https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-connect (a datagram socket's connect sends nothing)
"""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK_MAC: Final = "00:00:00:00:00:00"


def machine_name() -> str:
    """The machine's name; empty if it has none."""
    return socket.gethostname()


def address_towards(host: str) -> tuple[str, str]:
    """The IP and the MAC (`AA:BB:CC:DD:EE:FF`) of the interface through which `host` (a URL) is reached.

    Asks the routing table, and a name server if `host` is a name, which may take seconds: the caller keeps the answer.
    Never raises: both are empty when they can't be known, and the MAC alone for an interface that has none (VPN).
    """
    try:
        parts = urlsplit(host)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_DGRAM) if parts.hostname else []
    except (OSError, ValueError):  # UnicodeError, for names that can't be one, is a ValueError
        return "", ""
    for family, kind, protocol, _name, address in found:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(address)  # chooses the way there, sends nothing
                ip = str(probe.getsockname()[0])
        except OSError:
            continue
        return ip, _mac_of(ip)
    return "", ""


def _mac_of(ip: str) -> str:
    if ip.startswith("127.") or ip == "::1":
        return _LOOPBACK_MAC
    import psutil  # late: 15 ms, once

    for addresses in psutil.net_if_addrs().values():
        # IPv6 link-local addresses carry their interface: fe80::1%eth0
        if any(a.address.partition("%")[0] == ip.partition("%")[0] for a in addresses):
            macs = (a.address for a in addresses if a.family == psutil.AF_LINK)
            return next((mac.replace("-", ":").upper() for mac in macs if mac), "")
    return ""
