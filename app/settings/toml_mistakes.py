"""Mistakes in a TOML file, for people: in which line, at which key, what it is, and what most likely helps.

`tomllib`'s own words are English and meant for programmers; they say where it gave up, and the line says the rest.
Never the value itself: it may be the GUID.
"""

from __future__ import annotations

import re
from typing import Final

from app.base.dataclass import dataclass
from app.base.hosts import without_guids
from app.base.i18n import N_, _

_NO_ESCAPE: Final = N_("a backslash that is no escape")
_TWICE: Final = N_("this key is given twice")
_NO_KEY: Final = N_("a line must begin with a key")
_NO_EQUALS: Final = N_("an equals sign is missing after the key")
_NO_VALUE: Final = N_("the value is missing")
_BARE: Final = N_("the value can't be read")
_CAPITAL: Final = N_("true and false are written in small letters")
_TYPOGRAPHIC: Final = N_("typographic quotation marks")
_COMMA: Final = N_("a comma in a number")
_APOSTROPHE: Final = N_("an apostrophe inside of single quotes")
_BEHIND: Final = N_("something stands behind the value")
_NO_QUOTE: Final = N_("a closing quote is missing")
_NO_BRACKET: Final = N_("a closing bracket is missing")
_UNKNOWN: Final = N_("it can't be read")
_KINDS: Final = {
    "Invalid statement": _NO_KEY,
    "Invalid initial character for a key": _NO_KEY,
    "Expected '='": _NO_EQUALS,
    "Invalid value": _BARE,
    "Invalid date": _BARE,
    "Expected newline": _BEHIND,
    "Cannot overwrite": _TWICE,
    "Unescaped": _NO_ESCAPE,
    "Invalid hex": _NO_ESCAPE,
    "Escaped character": _NO_ESCAPE,
    "Expected \"'": _NO_QUOTE,
    "Unterminated string": _NO_QUOTE,
    "Illegal character": _NO_QUOTE,
    "Found invalid character": _NO_QUOTE,
    "Unclosed": _NO_BRACKET,
    "Expected ']'": _NO_BRACKET,
}
_HINTS: Final = {
    _NO_ESCAPE: N_(
        "In double quotes a backslash begins an escape. Write Windows paths in single quotes: "
        r"scripts = 'C:\Robot\scripts'"
    ),
    _TWICE: N_("A key is given twice; remove one of the two lines."),
    _CAPITAL: N_("Write true or false, without quotes."),
    _TYPOGRAPHIC: N_(
        "Replace them by straight ones, as in host = 'http://orchestrator:4500'; editors for prose curl them."
    ),
    _COMMA: N_("Numbers take a point: poll_seconds = 2.5"),
    _APOSTROPHE: N_(r"Put such a text into three quotes on each side: '''C:\O'Brien\scripts'''"),
}
_USUAL_HINT: Final = N_(
    "Texts stand in quotes: host = 'http://orchestrator:4500'; numbers, true and false stand without."
)
_LINE: Final = re.compile(r"""\s*["']?(?P<key>[A-Za-z0-9_-]+)["']?\s*(?:[=:]\s*(?P<value>.*?)\s*)?$""")


@dataclass(frozen=True)
class TomlMistake:
    """What is wrong, in the user's language.

    Attributes:
        problem: with its place.
        hint: what most likely helps.
    """

    problem: str
    hint: str


def toml_mistake(error: ValueError | RecursionError, text: str) -> TomlMistake:
    """The mistake in `text` that `tomllib` has met."""
    kind = next((words for start, words in _KINDS.items() if str(error).startswith(start)), _UNKNOWN)
    line = _line_of(error, text, kind)
    written = text.split("\n")[line - 1] if line else ""
    found = _LINE.match(written.rstrip("\r"))
    key, value = (found["key"], found["value"]) if found else ("", None)
    kind = _closer(kind, value)
    place = _("line {line}, {key}: {problem}") if key else _("line {line}: {problem}") if line else "{problem}"
    return TomlMistake(
        place.format(line=line, key=without_guids(key), problem=_(kind)), _(_HINTS.get(kind, _USUAL_HINT))
    )


def _line_of(error: ValueError | RecursionError, text: str, kind: str) -> int:
    """The line's number; 0 if it isn't known."""
    lines = text.split("\n")
    if place := re.search(r"\(at line (\d+), column \d+\)", str(error)):
        return int(place[1])
    if kind is _NO_QUOTE:  # noticed at the end of the file: in the last line whose quotes don't pair
        odd = [number for number, line in enumerate(lines, 1) if line.count("'") % 2]
        return odd[-1] if odd else 0
    if kind is _NO_BRACKET:
        unclosed = [number for number, line in enumerate(lines, 1) if line.count("[") > line.count("]")]
        return unclosed[-1] if unclosed else 0
    if "at end of document" in str(error):
        return max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)
    return 0


def _closer(kind: str, value: str | None) -> str:
    """The mistake as the line shows it."""
    if kind is _BARE and value is not None:
        if not value or value.startswith("#"):
            return _NO_VALUE
        if re.match(r"(?i)(true|false)\b", value):
            return _CAPITAL
        if value[0] in "“”„«»‘’‚":
            return _TYPOGRAPHIC
    if kind is _BEHIND and value is not None:
        if re.match(r"[+-]?\d+,\d", value):
            return _COMMA
        if re.match(r"'[^']*'[^'#\s]+", value):
            return _APOSTROPHE
    return kind
