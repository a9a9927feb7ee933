"""The one place that knows what must not be seen, and takes it out of texts."""

from __future__ import annotations

import base64
import re
from typing import Final

MASK: Final = "***"


class Redactor:
    """Replaces the robot's GUID in every form that it travels in: plain, without dashes, base64, any case of letters.

    Args:
        guid: the robot's GUID; empty before the settings are known.
    """

    def __init__(self, guid: str = "") -> None:
        self._forms: dict[str, None] = {}  # a set that keeps its order
        self._pattern: re.Pattern[str] | None = None
        self.learn(guid)

    def learn(self, guid: str) -> None:
        """Keep `guid` secret from now on (a changed settings file brings a new one)."""
        if not guid:
            return
        # Base64 of other spellings differs entirely, so the usual ones are listed; the plain forms ignore case.
        spellings = {guid, guid.lower(), guid.upper()}
        encoded = [base64.b64encode(spelling.encode()).decode().rstrip("=") for spelling in spellings]
        forms = [f"(?i:{re.escape(guid)})", f"(?i:{re.escape(guid.replace('-', ''))})"]
        forms += [re.escape(form) + "=*" for form in encoded]
        self._forms |= dict.fromkeys(forms)
        self._pattern = re.compile("|".join(self._forms))

    def __call__(self, text: str) -> str:
        """`text` with every secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text
