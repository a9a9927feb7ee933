"""The last line of a script's output, as people see it: which line it is, and its letters without anything else."""

from __future__ import annotations

import re
from typing import Final

from app.base.plain_text import printable, without_escapes

LIMIT: Final = 500  # characters

_TRACEBACK: Final = "Traceback (most recent call last):"
_GROUP: Final = "  + Exception Group Traceback (most recent call last):"
_GROUPS_FRAME: Final = re.compile(r"[\s|+]*(-+( \d+ -+)?|\.\.\.)?$")
_HIGHEST_PAGE: Final = 6  # the first byte of U+0000 to U+06FF: Latin, Greek, Cyrillic, Hebrew, Arabic
# What Python's own helper says when it tidies up after a script that crashed.
_TIDYING_UP: Final = "resource_tracker: There appear to be "
# What the bootloader of the bundled interpreter says: https://pyinstaller.org/en/stable/when-things-go-wrong.html
_BOOTLOADER: Final = re.compile(r"\[PYI-\d+:[A-Z]+\] ")
_AND_WHERE: Final = "  warnings.warn("


def last_line(output: bytes) -> str:
    """The last line of `output` that says something; empty if none does.

    Of a traceback or of the picture of an exception group that is the line with the exception's text, also if more
    lines belong to it. Output in UTF-16, as programs of Windows write it, may stand between other lines.
    """
    lines = _lines(output)
    if not lines:
        return ""
    last = lines[-1]
    if last[0].isspace():
        last = _text_of_exception(lines) or last
    return printable(last, limit=LIMIT)


def _lines(output: bytes) -> list[str]:
    """The lines that say something, with what they begin with."""
    found = []
    tidying_up = False
    for part in re.split(rb"\n\0?", output):
        for line in without_escapes(_decoded(part)).splitlines():
            if _TIDYING_UP in line or (tidying_up and line.startswith(_AND_WHERE)):
                tidying_up = True
            elif printable(line) and not _BOOTLOADER.match(line):
                tidying_up = False
                found.append(line.rstrip())
    return found


def _decoded(line: bytes) -> str:
    """UTF-16 without a mark is known by the bytes that most of its letters share."""
    second = line[1::2]
    if len(line) > 1 and sum(byte <= _HIGHEST_PAGE for byte in second) * 2 > len(second):
        return line.decode("utf-16-le", "replace").lstrip("\ufeff")
    return line.decode("utf-8", "replace")


def _text_of_exception(lines: list[str]) -> str:
    """The first line of the last exception's text; empty if the lines before the last one show no exception."""
    for number in range(len(lines) - 1, -1, -1):
        if lines[number] in (_TRACEBACK, _GROUP):
            margin = "  | " if lines[number] == _GROUP else ""
            after = (line[len(margin) :] for line in lines[number + 1 :] if line.startswith(margin))
            return next((line for line in after if not line[0].isspace()), "")
    if _GROUPS_FRAME.fullmatch(lines[-1]):  # of a picture whose beginning is too far back
        return next((line.lstrip(" |+") for line in reversed(lines) if not _GROUPS_FRAME.fullmatch(line)), "")
    return ""
