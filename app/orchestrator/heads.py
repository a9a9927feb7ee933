"""The heads of HTTP/1.1 messages (RFC 9112), in as few steps as the Orchestrator's calls need.

The standard library composes a request field by field, and reads the head of an answer with its parser for mail:
together that was most of what a call costs. How long an answer's body is and how it is cut up stays its business.
"""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING, Any, Final

from app.orchestrator.sockets import FinalResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

LINE_BYTES: Final = 65536
MOST_FIELDS: Final = 100  # both as `http.client` has them
_NOT_IN_A_FIELD: Final = re.compile(r"[\0-\x1f\x7f]")
_NOT_IN_A_TARGET: Final = re.compile(r"[\0-\x20\x7f]")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_WITHOUT_A_BODY: Final = frozenset({http.client.NO_CONTENT, http.client.NOT_MODIFIED})
_OLD: Final = ("HTTP/1.0", "HTTP/0.9")


def request_head(method: str, target: str, fields: Mapping[str, str]) -> bytes:
    """The head of a request, with the empty line behind it.

    Raises:
        ValueError: a character would end or split a line, or is no ASCII.
    """
    if _NOT_IN_A_TARGET.search(target) or any(_NOT_IN_A_FIELD.search(value) for value in fields.values()):
        raise ValueError("the request holds a character that must not be in it")
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")


def read_fields(file: BinaryIO) -> dict[str, str]:
    """The fields of a head up to its empty line, or to the end; their names in small letters.

    Of several of one name the first counts. A line that is no field is passed over, as are those that go on with it.

    Raises:
        http.client.HTTPException: a line is too long, or there are too many.
    """
    fields: dict[str, str] = {}
    last = ""
    for _ in range(MOST_FIELDS + 1):
        line = file.readline(LINE_BYTES + 1)
        if len(line) > LINE_BYTES:
            raise http.client.LineTooLong("header line")
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            return fields
        if text[0] in " \t":
            if last:
                fields[last] = f"{fields[last]} {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        last = name.lower() if colon and _NAME.fullmatch(name) else ""
        if last in fields:
            last = ""
        if last:
            fields[last] = value.strip()
    raise http.client.HTTPException(f"more than {MOST_FIELDS} fields")


class LeanResponse(FinalResponse):
    """An answer whose head is read by `read_fields`. Its `headers` are known by names in small letters only."""

    def begin(self) -> None:
        """Read the head, as `HTTPResponse.begin` does: what it decides is the same.

        Raises:
            http.client.HTTPException, OSError: it is none.
        """
        version, status, reason = self._read_status()
        if not version.startswith(("HTTP/1.", "HTTP/0.9")):
            raise http.client.UnknownProtocol(version)
        self.code = self.status = status
        self.reason = reason.strip()
        self.version = 10 if version in _OLD else 11
        fields: Any = read_fields(self.fp)
        self.headers = self.msg = fields
        self.chunked = fields.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        length = fields.get("content-length", "")
        self.length = int(length) if length.isdecimal() and not self.chunked else None
        if status in _WITHOUT_A_BODY:
            self.length = 0
        ends_by_itself = self.chunked or self.length is not None
        self.will_close = self._check_close() or not ends_by_itself  # type: ignore[attr-defined]  # not in the stubs
