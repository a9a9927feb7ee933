"""The end of a log that is being written: what a page hasn't got of it yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.base.plain_text import log_text

if TYPE_CHECKING:
    from pathlib import Path

MOST: Final = 65_536  # bytes at once; what lies before them is in the log
_CONTINUED: Final = range(0x80, 0xC0)  # the bytes of UTF-8 that begin no letter
_LONGEST: Final = 4  # bytes of a letter


@dataclass(frozen=True)
class Piece:
    """A part of a log.

    Attributes:
        text: as the log has it, secrets masked; what can't be seen is spelled out.
        at: the byte behind it: where the next piece begins.
        anew: it doesn't follow what was shown before, but takes its place.
        cut: there is more before it.
    """

    text: str = ""
    at: int = 0
    anew: bool = False
    cut: bool = False


def piece_of(file: Path, at: int) -> Piece:
    """What `file` holds from byte `at` on; its end if that is too much, or if the file is not what it was.

    A letter that is only half there waits for its other half.
    """
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            anew = not 0 < at <= size or size - at > MOST
            begin = max(0, size - MOST) if anew else at
            stream.seek(begin)
            data = stream.read(MOST)
    except OSError:
        return Piece(anew=True)
    cut = anew and begin > 0
    skipped = _to_a_line(data) if cut else 0
    data = data[skipped:]
    whole = data[: len(data) - _half_letter(data)]
    return Piece(log_text(whole.decode("utf-8", "replace")), begin + skipped + len(whole), anew=anew, cut=cut)


def _to_a_line(data: bytes) -> int:
    """Where the first whole line begins; one line without an end begins at its first whole letter."""
    end = data.find(b"\n")
    if 0 <= end < len(data) - 1:
        return end + 1
    return next((place for place, byte in enumerate(data[:_LONGEST]) if byte not in _CONTINUED), 0)


def _half_letter(data: bytes) -> int:
    """How many bytes at the end begin a letter of UTF-8 that isn't complete."""
    for back in range(1, min(_LONGEST, len(data)) + 1):
        byte = data[-back]
        if byte in _CONTINUED:
            continue
        length = 2 if 0xC2 <= byte < 0xE0 else 3 if 0xE0 <= byte < 0xF0 else 4 if 0xF0 <= byte < 0xF5 else 1  # noqa: PLR2004 - RFC 3629
        return back if back < length else 0
    return 0
