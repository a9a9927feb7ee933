"""Whose a job is: which Orchestrator handed it out, and to which of its robots."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from app.base.dataclass import dataclass
from app.base.hosts import DEFAULT_PORTS, same_guid


@dataclass(frozen=True)
class Origin:
    """Whose a job or report is: an Orchestrator's address and a fingerprint of the GUID it knows the robot by.

    Attributes:
        host: scheme and host in lower case, no trailing slash, a default port left out; empty: not known.
        fingerprint: 16 hex digits, from which there is no way back to the GUID; empty: not known.
    """

    host: str
    fingerprint: str


def origin_of(host: str, robot_guid: str) -> Origin:
    """The origin of what the Orchestrator at `host` (a URL as in the settings) hands to the robot `robot_guid`."""
    digest = hashlib.sha256(f"robot-origin:{same_guid(robot_guid)}".encode()).hexdigest()
    return Origin(_normalized(host), digest[:16])


def _normalized(host: str) -> str:
    parts = urlsplit(host.strip())
    name = parts.hostname or ""
    address = f"{parts.scheme}://" + (f"[{name}]" if ":" in name else name)
    if parts.port and parts.port != DEFAULT_PORTS.get(parts.scheme):
        address += f":{parts.port}"
    return address + parts.path.rstrip("/")
