"""Files of a folder by their names alone: no path, no link, no device can be asked for."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# O_NONBLOCK: a pipe in a file's place is no wait for whoever writes it.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_REPARSE_POINT: Final = 0x400  # of Windows: links and junctions. FILE_ATTRIBUTE_REPARSE_POINT


def plain_entries(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Names and facts of the files and folders in `folder`, in no order; links are none. Nothing if it can't be read.

    Windows tells a file's length and time here as they were when it was last closed.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    facts = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if _is_plain(facts):
                    yield entry.name, facts
    except OSError:
        return


def open_plain(folder: Path, name: str) -> BinaryIO:
    """Open the file of this name that lies in `folder` itself.

    Raises:
        OSError: there is none; it is a link or no file; it can't be read.
    """
    found = next((facts for entry, facts in plain_entries(folder) if entry == name), None)
    if found is None or not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(name)
    handle = os.open(folder / name, _FLAGS)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise FileNotFoundError(name)


def is_plain_folder(folder: Path) -> bool:
    """Whether `folder` is one, and no link to one."""
    try:
        facts = folder.lstat()
    except OSError:
        return False
    return _is_plain(facts) and stat.S_ISDIR(facts.st_mode)


def _is_plain(facts: os.stat_result) -> bool:
    return (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)) and not (
        getattr(facts, "st_file_attributes", 0) & _REPARSE_POINT
    )
