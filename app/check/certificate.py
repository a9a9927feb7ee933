"""Reads from a certificate what a person wants to know of it, also when it isn't trusted.

Python tells the fields of trusted certificates only, so the few that are needed are read from the DER bytes.
https://datatracker.ietf.org/doc/html/rfc5280#section-4.1
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEQUENCE, _OID, _OCTETS = 0x30, 0x06, 0x04
_VERSION, _EXTENSIONS = 0xA0, 0xA3  # explicit tags [0] and [3]
_UTC_TIME: Final = 0x17
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87  # in GeneralName
_COMMON_NAME: Final = bytes.fromhex("550403")
_ORGANISATION: Final = bytes.fromhex("55040a")
_ALTERNATIVE_NAMES: Final = bytes.fromhex("551d11")
_ENCODINGS: Final = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}  # every other string type: Latin-1 will do
_LONG_LENGTH: Final = 0x80


@dataclass(frozen=True)
class Certificate:
    """A server's certificate.

    Attributes:
        subject: its common name, else its organisation; empty if it has neither.
        issuer: the same of who signed it.
        self_signed: nobody but itself vouches for it.
        names: the hosts and addresses that it is for.
    """

    subject: str
    issuer: str
    self_signed: bool
    not_before: datetime  # aware
    not_after: datetime  # aware
    names: tuple[str, ...] = ()


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate.

    Raises:
        ValueError: these bytes are none.
    """
    try:
        (_tag, whole), *_rest = _items(der)
        (_tag, signed), *_rest = _items(whole)
        fields = [(tag, value) for tag, value in _items(signed) if tag != _VERSION]
        _serial, _algorithm, issuer, validity, subject, _key, *optional = fields
        not_before, not_after = (_time(tag, value) for tag, value in _items(validity[1]))
        return Certificate(
            subject=_name(subject[1]),
            issuer=_name(issuer[1]),
            self_signed=subject == issuer,
            not_before=not_before,
            not_after=not_after,
            names=tuple(_alternative_names(optional)),
        )
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError("not a certificate") from error


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag-length-value items of `data`, one after the other."""
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length >= _LONG_LENGTH:
            size = length - _LONG_LENGTH
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        if position + length > len(data):
            raise ValueError("ends early")
        yield tag, data[position : position + length]
        position += length


def _time(tag: int, value: bytes) -> datetime:
    """Two digits of a year below 50 are 20xx (RFC 5280, 4.1.2.5.1)."""
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = ("20" if int(text[:2]) < 50 else "19") + text  # noqa: PLR2004 - the RFC's own bound
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _name(data: bytes) -> str:
    found: dict[bytes, str] = {}
    for _tag, relative in _items(data):
        for _tag2, attribute in _items(relative):
            (_tag3, oid), (kind, value) = _items(attribute)
            found[oid] = value.decode(_ENCODINGS.get(kind, "latin-1"), "replace")
    return found.get(_COMMON_NAME) or found.get(_ORGANISATION, "")


def _alternative_names(optional: list[tuple[int, bytes]]) -> Iterator[str]:
    for explicit, wrapped in optional:
        if explicit != _EXTENSIONS:
            continue
        ((_tag, extensions),) = _items(wrapped)
        for _tag2, extension in _items(extensions):
            parts = list(_items(extension))
            if parts[0] != (_OID, _ALTERNATIVE_NAMES) or parts[-1][0] != _OCTETS:
                continue
            ((_sequence, names),) = _items(parts[-1][1])
            for kind, value in _items(names):
                if kind == _DNS_NAME:
                    yield value.decode("latin-1")
                elif kind == _IP_ADDRESS:
                    yield str(ipaddress.ip_address(value))
