"""A mistake in a TOML file, for people: where it stands, what it is, and what most likely helps.

`tomllib`'s own words are English and meant for programmers.
"""

from __future__ import annotations

import re
from typing import Final

from app.base.i18n import N_, _

_NO_ESCAPE: Final = N_("a backslash that is no escape")
_TWICE: Final = N_("a key stands there twice")
_UNKNOWN: Final = N_("it can't be read")
_KINDS: Final = {
    "Invalid statement": N_("a line must begin with a key"),
    "Invalid initial character for a key": N_("a line must begin with a key"),
    "Expected '='": N_("an equals sign is missing after the key"),
    "Invalid value": N_("the value can't be read"),
    "Invalid date": N_("the value can't be read"),
    "Expected newline": N_("something stands behind the value"),
    "Cannot overwrite": _TWICE,
    "Unescaped": _NO_ESCAPE,
    "Invalid hex": _NO_ESCAPE,
    "Escaped character": _NO_ESCAPE,
    "Expected \"'": N_("a closing quote is missing"),
    "Unterminated string": N_("a closing quote is missing"),
    "Illegal character": N_("a closing quote is missing"),
    "Unclosed": N_("a closing bracket is missing"),
}


def reason(error: ValueError | RecursionError) -> str:
    """What is wrong, and in which line as far as that is known."""
    words = _(_kind(error))
    place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    if not place:
        return words
    return _("line {line}, column {column}: {problem}").format(line=place[1], column=place[2], problem=words)


def _kind(error: ValueError | RecursionError) -> str:
    return next((words for start, words in _KINDS.items() if str(error).startswith(start)), _UNKNOWN)


def hint(error: ValueError | RecursionError) -> str:
    """What most likely went wrong."""
    kind = _kind(error)
    if kind == _NO_ESCAPE:
        return _(
            "In double quotes a backslash begins an escape. Write Windows paths in single quotes: "
            r"scripts = 'C:\Robot\scripts'"
        )
    if kind == _TWICE:
        return _("A key stands there twice; remove one of the two lines.")
    return _("Texts stand in quotes: host = 'http://orchestrator:4500'; numbers, true and false stand without.")
