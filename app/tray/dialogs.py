"""Questions and messages for the person at the screen. Each call blocks its thread until it is answered.

`confirm(title, text) -> bool` asks yes or no: False if it can't be asked, was dismissed, or was answered with No.
`inform(title, text)` shows a text until it is closed. `dismiss()` closes what is open, as if answered with No.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from app.tray.windows.dialogs import confirm, dismiss, inform
else:
    from app.tray.linux.dialogs import confirm, dismiss, inform

__all__ = ["confirm", "dismiss", "inform"]
