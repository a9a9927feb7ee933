"""Files that come with a request: as a part of a form, as bytes, or as Base16 or Base32 text."""

from __future__ import annotations

import base64
import binascii
import re
from email import policy
from email.parser import BytesParser
from typing import Final

_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_BASE32: Final = re.compile(
    r"(?:[A-Z2-7]{8})*(?:[A-Z2-7]{2}={6}|[A-Z2-7]{4}={4}|[A-Z2-7]{5}={3}|[A-Z2-7]{7}=|[A-Z2-7]{8})"
)


def read_multipart(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """The parameters and the files of a `multipart/form-data` body."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        if part.get_filename() is None and name != "file":
            form[name] = content.decode("utf-8", "replace")
        else:
            files[name.lower()] = content
    return form, files


def decoded(text: str) -> bytes:
    """The bytes of a parameter: Base16 and Base32 are undone, everything else is the file as it is."""
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    if _BASE32.fullmatch(text):
        try:
            return base64.b32decode(text)
        except binascii.Error:
            pass
    return text.encode("utf-8", "surrogateescape")
