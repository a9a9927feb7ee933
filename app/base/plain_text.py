"""Text from elsewhere (a server, a script, a certificate) made harmless for a terminal, a log, a menu."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# What controls something, or can't be seen, rather than being read: controls, invisible and reordering characters
# (https://www.unicode.org/reports/tr9/), halves of surrogate pairs, separators of lines and paragraphs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# Colours, titles and the like: https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
_ESCAPES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC and other strings
    r"|\x1b[ -/]*[0-~]",
    re.MULTILINE,
)


def is_unseen(character: str) -> bool:
    """Whether `character` controls something, or can't be seen, rather than being read."""
    return not character.isprintable() and unicodedata.category(character) in _UNSEEN


def printable(text: str, *, spelled: bool = False, keep: str = "", limit: int | None = None) -> str:
    r"""`text` so that it moves no cursor, sets no colour, begins no line and hides no word.

    Args:
        text: from elsewhere.
        spelled: what is no plain letter, sign or blank is spelled out (`\x1b`); else what can't be seen becomes a
            blank, and blanks in a row become one.
        keep: with `spelled`, characters that stay all the same.
        limit: characters of the outcome; a cut is marked by an ellipsis.
    """
    if spelled:
        text = "".join(char if char.isprintable() or char in keep else _spelled(char) for char in text)
    else:
        text = " ".join("".join(" " if is_unseen(char) else char for char in text).split())
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"


def without_escapes(text: str) -> str:
    """`text` without what tells a terminal of colours, titles, places of the cursor; lines stay lines."""
    return _ESCAPES.sub("", text) if "\x1b" in text or "\x9b" in text else text


def log_text(text: str) -> str:
    """`text` for a log, in which line ends, tabs and the no-break spaces of numbers are ordinary."""
    return text if text.isprintable() else printable(text, spelled=True, keep="\n\t\u00a0\u202f")


def _spelled(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
