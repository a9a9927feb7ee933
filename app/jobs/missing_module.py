"""What to say to who runs a script that has no environment, and ended because a module isn't there."""

from __future__ import annotations

import re
from typing import Final

from app.base.i18n import _

_MISSING: Final = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")


def hint_on(last_line: str) -> str:
    """One sentence, beginning with a blank; empty if the last line of output is no such error."""
    match = _MISSING.match(last_line)
    if not match:
        return ""
    return " " + _(
        "The module {module} is missing: if a package has it, name the package in a requirements.txt beside the script."
    ).format(module=match[1])
