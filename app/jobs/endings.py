"""An exit code in words."""

from __future__ import annotations

import signal
from typing import Final

from app.base.i18n import _

# Exit codes from here on are Windows' own (NTSTATUS), which people know in hexadecimal.
_NTSTATUS: Final = 0xC0000000


def exited_message(code: int) -> str:
    """One sentence about a script that came to its own end with `code` (negative: the signal)."""
    if code == 0:
        return _("The script ended normally.")
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return _("The script was ended by the signal {name}.").format(name=name)
    if code >= _NTSTATUS:
        return _("The script ended with exit code {code} (0x{code:08X}).").format(code=code)
    return _("The script ended with exit code {code}.").format(code=code)
