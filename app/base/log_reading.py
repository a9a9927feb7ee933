"""Logs read piece by piece, from their end: how long a file or a line of it is doesn't matter. Pure but for the stream.

A place in a log is a number of bytes from its beginning; it stays the same while the log grows.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from app.base.plain_text import log_text

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
BUDGET: Final = 16 * 1024 * 1024  # bytes that one search looks at
PAGE_BUDGET: Final = 1024 * 1024  # bytes that one page of a log is made of
MOST_SHOWN: Final = 4_000  # bytes of a line
_BLOCK: Final = 256 * 1024
_LONGEST: Final = 64 * 1024  # bytes of a line that are looked at
_MOST_FURTHER: Final = 200  # lines of an entry, besides its first
_HEAD: Final = re.compile(
    rb"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (?P<text>[A-Z]+) |\{.{0,200}?\"level\": \"(?P<json>[a-z]+)\")"
)
_FURTHER: Final = b"    "


@dataclass(frozen=True)
class Entry:
    """A line of a log, with the indented ones that belong to it.

    Attributes:
        at: where it begins.
        text: harmless for a page, without secrets if the log has none; cut where it is too long.
        level: of `LEVELS`; empty for a line of a job's log.
        left_out: bytes that `text` lacks.
    """

    at: int
    text: str
    level: str = ""
    left_out: int = 0


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Attributes:
        text: all of its words, in any case, е for ё; empty: everything.
        level: this or a worse one, of the robot's own log; empty: each.
        whole_entries: indented lines belong to the one before them (the robot's own log).
    """

    text: str = ""
    level: str = ""
    whole_entries: bool = False

    def fits(self, entry: bytes, words: list[str]) -> bool:
        """Whether an entry is one; `words`: those of `text`, by `plain`."""
        if self.level and not _as_bad(level_of(entry), self.level):
            return False
        if not words:
            return True
        text = plain(entry.decode("utf-8", "replace"))
        return all(word in text for word in words)


@dataclass(frozen=True)
class Found:
    """The outcome of a look.

    Attributes:
        entries: in the order of the log.
        before: what begins before it has not been looked at; 0: everything has.
        looked_at: bytes.
    """

    entries: list[Entry]
    before: int
    looked_at: int = 0


def plain(text: str) -> str:
    """`text` as it is compared."""
    return text.casefold().replace("ё", "е")


def level_of(entry: bytes) -> str:
    """The level of an entry of the robot's own log, in either form; empty if it says none."""
    found = _HEAD.match(entry)
    level = (found["text"] or found["json"]).decode().lower() if found else ""
    return level if level in LEVELS else ""


def entries_before(
    stream: BinaryIO, end: int, wanted: Wanted, *, most: int, budget: int = PAGE_BUDGET, own_levels: bool = False
) -> Found:
    """The last entries that begin before `end` and are wanted.

    Args:
        stream: the log.
        end: a place; at most the log's length.
        wanted: which.
        most: entries.
        budget: bytes to look at.
        own_levels: it is the robot's own log, whose lines say their level.
    """
    words = plain(wanted.text).split()
    found: deque[Entry] = deque()
    further: list[bytes] = []  # lines of an entry whose first is still to come
    before = end
    lines = _Backwards(stream, end, budget)
    for at, line, left_out in lines:
        if wanted.whole_entries and at and line.startswith(_FURTHER):
            further = [line, *further[: _MOST_FURTHER - 1]]
            continue
        whole = b"\n".join([line, *further])
        further, before = [], at
        if wanted.fits(whole, words):
            found.appendleft(_entry(at, whole, left_out, own_levels=own_levels))
            if len(found) == most:
                return Found(list(found), at, lines.looked_at)
    if further and before == end:  # an entry longer than the budget is shown by its end
        before = lines.position
        if wanted.fits(whole := b"\n".join(further), words):
            found.appendleft(_entry(before, whole, 0, own_levels=own_levels))
    return Found(list(found), before if further else lines.position, lines.looked_at)


def entries_after(
    stream: BinaryIO, start: int, size: int, *, own_levels: bool = False, budget: int = PAGE_BUDGET
) -> tuple[list[Entry], int]:
    """The lines that are complete behind a place, and the place behind the last of them.

    Args:
        stream: the log.
        start: where a line begins.
        size: the log's length.
        own_levels: as above; an indented line is an entry by itself here, as the one before it may have been shown.
        budget: bytes to look at.
    """
    stream.seek(start)
    data = stream.read(min(max(0, size - start), budget))
    end = data.rfind(b"\n") + 1
    if not end and len(data) >= _LONGEST:  # a line without an end, or none yet
        end = len(data)
    entries = []
    at = start
    for line in data[:end].removesuffix(b"\n").split(b"\n") if end else []:
        entries.append(_entry(at, line[:_LONGEST], max(0, len(line) - _LONGEST), own_levels=own_levels))
        at += len(line) + 1
    return entries, start + end


def _as_bad(level: str, wanted: str) -> bool:
    return level in LEVELS and wanted in LEVELS and LEVELS.index(level) >= LEVELS.index(wanted)


def _entry(at: int, data: bytes, left_out: int, *, own_levels: bool) -> Entry:
    limit = MOST_SHOWN * (1 + data.count(b"\n"))
    shown = data[:limit]
    left_out += len(data) - len(shown)
    text = shown.decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\r")
    text = log_text(text.rstrip("\ufffd") if left_out else text)  # where it was cut there may be half a letter
    return Entry(at, text, level_of(data) if own_levels else "", left_out)


class _Backwards:
    """Lines, last first: where each begins, its first `_LONGEST` bytes, and how many more it has.

    Attributes:
        position: what begins before it has not been handed out.
        looked_at: bytes.
    """

    def __init__(self, stream: BinaryIO, end: int, budget: int) -> None:
        self._stream = stream
        self._budget = budget
        self.position = end
        self.looked_at = 0

    def __iter__(self) -> Iterator[tuple[int, bytes, int]]:
        block = self.position  # where what was read begins
        rest, left_out = b"", 0  # the beginning of a line whose own beginning is still to come
        at_end = True
        while block and self.looked_at < self._budget:
            size = min(_BLOCK, block)
            self._stream.seek(block - size)
            data = self._stream.read(size)
            block -= size
            self.looked_at += size
            first, *lines = (data + rest).split(b"\n")
            at = block + len(first)
            places = []
            for line in lines:
                places.append((at + 1, line))
                at += 1 + len(line)
            for place, line in reversed(places):
                more = left_out
                left_out = 0
                if at_end and not line and not more:  # behind the last line's end there is none
                    at_end = False
                    continue
                at_end = False
                self.position = place
                yield place, line[:_LONGEST], more + max(0, len(line) - _LONGEST)
            rest, left_out = first[:_LONGEST], left_out + max(0, len(first) - _LONGEST)
        if block:
            if self.position - block > _LONGEST:  # a line longer than the budget, or its middle: it goes on from here
                self.position = block
                yield block, rest, left_out
            return
        if rest or left_out or not at_end:
            self.position = 0
            yield 0, rest, left_out
        self.position = 0
