"""A mistake in a TOML file, for people: where it stands, what it is, and what most likely helps.

`tomllib`'s own words are English and meant for programmers.
"""

from __future__ import annotations

import re
from typing import Final

from app.i18n import N_, _

_KINDS: Final = {
    "Invalid statement": N_("a line must begin with a key"),
    "Invalid initial character for a key": N_("a line must begin with a key"),
    "Expected '='": N_("an equals sign is missing after the key"),
    "Invalid value": N_("the value can't be read"),
    "Invalid date": N_("the value can't be read"),
    "Expected newline": N_("something stands behind the value"),
    "Cannot overwrite": N_("a key stands there twice"),
    "Unescaped": N_("a backslash that is no escape"),
    "Invalid hex": N_("a backslash that is no escape"),
    "Escaped character": N_("a backslash that is no escape"),
    "Expected \"'": N_("a closing quote is missing"),
    "Unterminated string": N_("a closing quote is missing"),
    "Illegal character": N_("a closing quote is missing"),
    "Unclosed": N_("a closing bracket is missing"),
}


def reason(error: ValueError | RecursionError) -> str:
    """What is wrong, and in which line as far as that is known."""
    text = str(error)
    kind = next((words for start, words in _KINDS.items() if text.startswith(start)), "")
    words = _(kind) if kind else _("it can't be read")
    place = re.search(r"\(at line (\d+), column (\d+)\)", text)
    if not place:
        return words
    return _("line {line}, column {column}: {problem}").format(line=place[1], column=place[2], problem=words)


def hint(error: ValueError | RecursionError) -> str:
    """What most likely went wrong."""
    text = str(error).lower()
    if "escape" in text or "hex" in text:
        return _(
            "In double quotes a backslash begins an escape. Write Windows paths in single quotes: "
            r"scripts = 'C:\Robot\scripts'"
        )
    if "overwrite" in text:
        return _("A key stands there twice; remove one of the two lines.")
    return _("Texts stand in quotes: host = 'http://orchestrator:4500'; numbers, true and false stand without.")
