"""A Windows message file: a DLL without code, whose only resource is a table of texts, one for each language.

Written here byte by byte, because neither PyInstaller nor Python brings a message compiler; the same texts make the
same bytes.
https://learn.microsoft.com/windows/win32/debug/pe-format
https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-message_resource_data
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_RT_MESSAGETABLE: Final = 11
_FILE_ALIGNMENT: Final = 0x200
_PAGE: Final = 0x1000
_SUBDIRECTORY: Final = 0x8000_0000
_AMD64: Final = 0x8664
_DLL: Final = 0x2022  # executable image, large addresses, DLL
_UNICODE: Final = 1


def message_file(texts: Mapping[int, Mapping[int, str]]) -> bytes:
    """The DLL.

    Args:
        texts: by language (an LCID) and message number; `%1` stands for the first fact.
    """
    return _image(_resources({language: _table(of) for language, of in texts.items()}))


def _table(texts: Mapping[int, str]) -> bytes:
    """MESSAGE_RESOURCE_DATA; each number is a block of its own."""
    blocks, entries = b"", b""
    start = 4 + 12 * len(texts)
    for number, text in sorted(texts.items()):
        blocks += struct.pack("<3I", number, number, start + len(entries))
        data = _padded(f"{text}\r\n\0".encode("utf-16-le"), 4)
        entries += struct.pack("<2H", 4 + len(data), _UNICODE) + data
    return struct.pack("<I", len(texts)) + blocks + entries


def _resources(tables: Mapping[int, bytes]) -> bytes:
    """The section `.rsrc`: type → name → language → data, whose addresses count from the image's beginning."""
    languages = sorted(tables)
    directory = struct.Struct("<2I4H")  # characteristics, time, two versions, named entries, numbered entries
    head = directory.pack(0, 0, 0, 0, 0, 1) + struct.pack("<2I", _RT_MESSAGETABLE, _SUBDIRECTORY | 24)
    head += directory.pack(0, 0, 0, 0, 0, 1) + struct.pack("<2I", 1, _SUBDIRECTORY | 48)
    head += directory.pack(0, 0, 0, 0, 0, len(languages))
    entries_end = len(head) + 8 * len(languages)
    leaves, data = b"", b""
    data_start = entries_end + 16 * len(languages)
    for place, language in enumerate(languages):
        head += struct.pack("<2I", language, entries_end + 16 * place)
        table = tables[language]
        leaves += struct.pack("<4I", _PAGE + data_start + len(data), len(table), 0, 0)
        data += _padded(table, 8)
    return head + leaves + data


def _image(section: bytes) -> bytes:
    """The file: headers, then the one section."""
    raw = _padded(section, _FILE_ALIGNMENT)
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    coff = b"PE\0\0" + struct.pack("<2H3I2H", _AMD64, 1, 0, 0, 0, 240, _DLL)
    optional = struct.pack("<H2B5I", 0x20B, 14, 0, 0, len(raw), 0, 0, 0)
    optional += struct.pack("<Q2I", 0x1_8000_0000, _PAGE, _FILE_ALIGNMENT)
    optional += struct.pack("<6H", 6, 0, 0, 0, 6, 0)  # versions: system, image, subsystem
    optional += struct.pack("<4I2H", 0, _PAGE + _rounded(len(section), _PAGE), _FILE_ALIGNMENT, 0, 2, 0x540)
    optional += struct.pack("<4Q2I", 0x10_0000, 0x1000, 0x10_0000, 0x1000, 0, 16)
    directories = [(0, 0)] * 16
    directories[2] = (_PAGE, len(section))
    optional += b"".join(struct.pack("<2I", *each) for each in directories)
    header = struct.pack("<8s6I2HI", b".rsrc", len(section), _PAGE, len(raw), _FILE_ALIGNMENT, 0, 0, 0, 0, 0x4000_0040)
    return _padded(dos + coff + optional + header, _FILE_ALIGNMENT) + raw


def _rounded(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _padded(data: bytes, unit: int) -> bytes:
    return data.ljust(_rounded(len(data), unit), b"\0")
