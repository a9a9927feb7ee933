"""Addresses of servers and proxies, their ports, and GUIDs: read here, so that all readers take the same ones.

Pure: no name is looked up, nothing is connected to.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}  # by scheme; the only ones that are spoken here
GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NEARLY_GUID: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]{8,}", re.IGNORECASE)
# U+FFFD stands for a letter of another encoding, as in a settings.txt of the vendor's that isn't UTF-8.
_NOT_IN_HOST: Final = re.compile(r"""[\s\x00-\x1f\ufffd\\?#<>"'{}|^`]""")


class WrongAddressError(ValueError):
    """A text that is no address of a server or proxy. The text itself isn't repeated: a password may be in it.

    Args:
        credentials: it would be one, but for a user name or password where none belongs.
    """

    def __init__(self, *, credentials: bool = False) -> None:
        super().__init__("credentials in an address" if credentials else "no address")
        self.credentials = credentials


def read_host(text: str) -> str:
    """The address of an Orchestrator, `http(s)://name[:port][/prefix]`, without blanks around and slashes behind it.

    Raises:
        WrongAddressError: it is none.
    """
    text = text.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        usable = _is_usable(parts)
    except ValueError:  # a port that is no number, a broken IPv6 address
        usable = False
    if not usable or _NOT_IN_HOST.search(text):
        raise WrongAddressError
    if "@" in parts.netloc:
        raise WrongAddressError(credentials=True)
    return text


def read_proxy(text: str) -> str:
    """The address of a proxy, `[http(s)://][user:password@]name[:port]`, without blanks around it.

    Raises:
        WrongAddressError: it is none.
    """
    text = text.strip()
    try:
        usable = _is_usable(split_proxy(text))
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", text):
        raise WrongAddressError
    return text


def split_proxy(text: str) -> SplitResult:
    """The parts of a proxy's address; without a scheme it is http, as everywhere.

    Raises:
        ValueError: a broken IPv6 address.
    """
    return urlsplit(text if "://" in text else f"http://{text}")


def port_of(parts: SplitResult) -> int:
    """The port of an http or https address, said or not.

    Raises:
        ValueError: a port that is no number, or another scheme without one.
    """
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    if port is None:
        raise ValueError(parts.scheme)
    return port


def is_loopback(name: str) -> bool:
    """Whether a host's name or address (as `urlsplit` gives it, without brackets) means this machine only."""
    try:
        return name.lower() == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_plain_http_to_elsewhere(address: str) -> bool:
    """Whether what is sent to `address` can be read in the network on its way."""
    parts = urlsplit(address)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def without_guids(text: str) -> str:
    """`text` with `***` for what is a GUID or was meant for one: in a settings file it may stand anywhere."""
    return _NEARLY_GUID.sub("***", text)


def read_guid(text: str) -> str | None:
    """The GUID in `text`, without blanks and braces around it, its letters as they are; None if it is none."""
    text = text.strip().removeprefix("{").removesuffix("}")
    return text if GUID.fullmatch(text) else None


def same_guid(guid: str) -> str:
    """One spelling for all of the same GUID: without blanks and braces around it, in small letters."""
    return guid.strip("{} ").lower()


def _is_usable(parts: SplitResult) -> bool:
    return parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
