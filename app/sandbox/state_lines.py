"""In which line of a TOML or JSON text a value stands. The text is known to be right, so this looks no further."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.sandbox.reading import Path

_KEY: Final = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_LONG_TEXT: Final = re.compile(r"\"\"\"|'''")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def line_of(lines: Mapping[Path, int], where: Path) -> int:
    """The line of that value, or of the nearest thing around it."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def of_toml(text: str) -> dict[Path, int]:
    """The lines of headers and keys; what stands inside of one line has that line."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    in_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        if in_text:
            in_text = len(_LONG_TEXT.findall(line)) % 2 == 0
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if key:
            lines.setdefault((*table, *_parts(key[1])), number)
            in_text = len(_LONG_TEXT.findall(line)) % 2 == 1
        elif header:
            table = _resolved(_parts(header[2]), counts)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines.setdefault(table, number)
    return lines


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(key))


def _resolved(parts: tuple[str, ...], counts: Mapping[Path, int]) -> Path:
    """The path of a header: between its names the numbers of the tables that are open, but not behind the last name."""
    path: Path = ()
    for index, part in enumerate(parts):
        path = (*path, part)
        if path in counts and index < len(parts) - 1:
            path = (*path, counts[path])
    return path


def of_json(text: str) -> dict[Path, int]:
    """The lines of all values."""
    lines: dict[Path, int] = {}
    path: list[str | int] = []  # where the next value stands
    pending = ""  # a text that may turn out to be a key
    for token in _TOKEN.finditer(text):
        word, number = token[0], text.count("\n", 0, token.start()) + 1
        if word in "]}":
            path.pop()
        elif word == ",":
            last = path[-1] if path else 0
            path[-1:] = [last + 1] if isinstance(last, int) else [""]
        elif word == ":":
            path[-1] = json.loads(pending)
            lines.setdefault(tuple(path), number)
        else:
            lines.setdefault(tuple(path), number)
            if word in "[{":
                path.append(0 if word == "[" else "")
            pending = word
    return lines
