"""Who the robot says it is: its GUID, which is the credential, and the machine that it runs on."""

from __future__ import annotations

import base64
import socket
from typing import Final

from app.base.dataclass import dataclass

_LOOPBACK_MAC: Final = "00:00:00:00:00:00"


@dataclass(frozen=True)
class Identity:
    """What every heartbeat says alike. IP and MAC come from the connection that carries it, at that moment."""

    robot_guid: str
    machine: str


def authorization(robot_guid: str) -> str:
    """The value of the `Authorization` header: the bare GUID in base64, no colon (specification, step 1)."""
    return "Basic " + base64.b64encode(robot_guid.encode("utf-8")).decode("ascii")


def machine_name() -> str:
    """The machine's name; empty if it has none."""
    return socket.gethostname()


class MacAddresses:
    """Finds the MAC of the interface with an IP. The last answer is kept: heartbeats come every ten seconds."""

    def __init__(self) -> None:
        self._known: tuple[str, str] = ("", "")

    def of(self, ip: str) -> str:
        """As `AA:BB:CC:DD:EE:FF`; empty for an interface that has none (VPN). Never raises."""
        known_ip, mac = self._known
        if ip != known_ip:
            mac = _mac_of(ip)
            self._known = (ip, mac)
        return mac


def _mac_of(ip: str) -> str:
    if ip.startswith("127.") or ip == "::1":
        return _LOOPBACK_MAC
    import psutil  # late: 15 ms, once

    try:
        interfaces = psutil.net_if_addrs().values()
    except Exception:  # noqa: BLE001 - an interface of an odd name is no reason to be silent
        return ""
    for addresses in interfaces:
        # IPv6 link-local addresses carry their interface: fe80::1%eth0
        if any(a.address.partition("%")[0] == ip.partition("%")[0] for a in addresses):
            macs = (a.address for a in addresses if a.family == psutil.AF_LINK)
            return next((mac.replace("-", ":").upper() for mac in macs if mac), "")
    return ""
