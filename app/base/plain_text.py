"""Text from elsewhere (a server, a script, a certificate) made harmless for a terminal and a log."""

from __future__ import annotations

import re
from typing import Final

# C0 without tab and line feed, DEL, C1, and what reorders text (https://www.unicode.org/reports/tr9/).
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def visible(text: str) -> str:
    r"""`text` with control characters as escapes (`\x1b`): none moves a cursor, sets a colour or hides a word."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
