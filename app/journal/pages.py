"""Reads rows from a SQLite file page by page, whatever is broken in it.

SQLite itself gives up at the first broken page that leads to a row. Here every page is looked at by itself: a leaf that
is whole gives up its rows, also if no way leads there any more. https://www.sqlite.org/fileformat.html
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = int | float | str | bytes | None

_DEFAULT_PAGE_SIZE: Final = 4096
_FILE_HEADER: Final = 100
_WAL_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MOST_CELLS: Final = 20_000
_INTEGER_SIZES: Final = (0, 1, 2, 3, 4, 6, 8)


class Kind(IntEnum):
    """The kinds of pages that hold values."""

    INDEX_INTERIOR = 0x02
    INDEX_LEAF = 0x0A
    TABLE_LEAF = 0x0D


@dataclass(frozen=True)
class Row:
    """What one cell holds.

    Attributes:
        kind: of its page.
        rowid: of a table's row; 0 in an index.
        values: as many as could be read.
    """

    kind: Kind
    rowid: int
    values: tuple[Value, ...]


def rows_of(file: bytes, wal: bytes = b"") -> Iterator[Row]:
    """All rows in all pages of `file` that are in use, as its write-ahead log last had them."""
    size = _page_size(file)
    pages = _Pages(file, _committed_pages(wal, size), size)
    free = pages.free()
    for number in range(1, pages.count + 1):
        if number not in free:
            yield from pages.rows(number)


def _page_size(file: bytes) -> int:
    stated = int.from_bytes(file[16:18], "big")
    size = 65_536 if stated == 1 else stated
    whole = file.startswith(b"SQLite format 3\0") and 512 <= size <= 65_536 and not size & (size - 1)  # noqa: PLR2004 - the format's own bounds
    return size if whole else _DEFAULT_PAGE_SIZE


def _committed_pages(wal: bytes, size: int) -> dict[int, bytes]:
    """The newest image of each page in the write-ahead log, up to its last commit."""
    committed: dict[int, bytes] = {}
    written: dict[int, bytes] = {}
    for start in range(_WAL_HEADER, len(wal) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        number, pages_after_commit = struct.unpack_from(">II", wal, start)
        if wal[start + 8 : start + 16] != wal[16:24]:  # salts: a frame from before the last restart of the log
            break
        written[number] = wal[start + _FRAME_HEADER : start + _FRAME_HEADER + size]
        if pages_after_commit:
            committed |= written
            written = {}
    return committed


class _Pages:
    """The pages of one file by their number, from 1."""

    def __init__(self, file: bytes, newer: dict[int, bytes], size: int) -> None:
        self._file = file
        self._newer = newer
        self._size = size
        self.count = max([-(-len(file) // size), *newer])

    def _page(self, number: int) -> bytes:
        found = self._newer.get(number) or self._file[(number - 1) * self._size : number * self._size]
        return found.ljust(self._size, b"\0")

    def free(self) -> set[int]:
        """The pages on the list of free ones: what they hold was deleted."""
        free: set[int] = set()
        trunk = int.from_bytes(self._page(1)[32:36], "big")
        while 0 < trunk <= self.count and trunk not in free:
            free.add(trunk)
            page = self._page(trunk)
            trunk, count = struct.unpack_from(">II", page)
            free.update(struct.unpack_from(f">{min(count, self._size // 4 - 2)}I", page, 8))
        return free

    def rows(self, number: int) -> Iterator[Row]:
        """The rows of one page; none if it holds none, or nonsense."""
        page = self._page(number)
        start = _FILE_HEADER if number == 1 else 0
        try:
            kind = Kind(page[start])
        except ValueError:
            return
        cells = int.from_bytes(page[start + 3 : start + 5], "big")
        first = start + (12 if kind is Kind.INDEX_INTERIOR else 8)
        if cells > _MOST_CELLS:
            return
        for place in range(first, min(first + 2 * cells, self._size - 1), 2):
            try:
                row = self._row(page, kind, int.from_bytes(page[place : place + 2], "big"))
            except (IndexError, ValueError, struct.error):
                continue
            yield row

    def _row(self, page: bytes, kind: Kind, at: int) -> Row:
        if kind is Kind.INDEX_INTERIOR:
            at += 4
        length, at = _varint(page, at)
        rowid = 0
        if kind is Kind.TABLE_LEAF:
            rowid, at = _varint(page, at)
        return Row(kind, rowid, _values(self._payload(page, kind, at, length)))

    def _payload(self, page: bytes, kind: Kind, at: int, length: int) -> bytes:
        """The cell's content, from its page and the overflow pages behind it ("cell payload overflow pages")."""
        usable = self._size
        most = usable - 35 if kind is Kind.TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if length <= most:
            return page[at : at + length]
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        if local > most:
            local = least
        parts = [page[at : at + local]]
        number = int.from_bytes(page[at + local : at + local + 4], "big")
        left = min(length - local, self._size * self.count)
        while left > 0 and 0 < number <= self.count:
            overflow = self._page(number)
            parts.append(overflow[4 : 4 + left])
            number = int.from_bytes(overflow[:4], "big")
            left -= usable - 4
        return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(9):
        byte = data[at + index]
        if index == 8:  # noqa: PLR2004 - the ninth has eight bits
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no high bit
            return value, at + index + 1
    raise ValueError(at)


def _values(payload: bytes) -> tuple[Value, ...]:
    """The values of a record ("record format"), as far as the payload goes."""
    header, at = _varint(payload, 0)
    types = []
    while at < header:
        kind, at = _varint(payload, at)
        types.append(kind)
    values: list[Value] = []
    at = header
    for kind in types:
        value, size = _value(payload[at:], kind)
        if at + size > len(payload):
            break
        values.append(value)
        at += size
    return tuple(values)


def _value(data: bytes, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, 0
    if kind < len(_INTEGER_SIZES):
        size = _INTEGER_SIZES[kind]
        return int.from_bytes(data[:size], "big", signed=True), size
    if kind == 7:  # noqa: PLR2004 - the serial types are the format's own numbers
        return struct.unpack_from(">d", data)[0], 8
    if kind in {8, 9}:
        return kind - 8, 0
    if kind < 12:  # noqa: PLR2004
        raise ValueError(kind)
    size = (kind - 12) // 2
    return (data[:size].decode("utf-8", "replace") if kind % 2 else data[:size]), size
