"""Files that the page hands out: always as a download, never as a page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import quote

from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

_CHUNK: Final = 256 * 1024


def saved_as(name: str) -> dict[str, str]:
    """The headers that make a browser save an answer as a file of this name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='', errors='replace')}"}


def download(file: BinaryIO, name: str, media_type: str) -> Response:
    """Send what is in an open file now, piece by piece; it is closed at the end.

    Args:
        file: of any length.
        name: under which the browser saves it.
        media_type: not one of those that a browser carries out.
    """
    size = os.fstat(file.fileno()).st_size
    headers = {"Content-Length": str(size), **saved_as(name)}
    return _Download(file, size, media_type, headers)


class _Download(StreamingResponse):
    """Closes its file whether or not anybody has waited for the end."""

    def __init__(self, file: BinaryIO, size: int, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(_pieces(file, size), media_type=media_type, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Exactly `size` bytes: a log may grow meanwhile; what has shrunk is filled up, as its length is said already."""
    while size > 0:
        data = file.read(min(_CHUNK, size)) or b"\n" * min(_CHUNK, size)
        size -= len(data)
        yield data
