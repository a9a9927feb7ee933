"""Who the robot runs as.

https://learn.microsoft.com/windows/win32/secauthz/access-tokens
"""

from __future__ import annotations

import getpass
import sys


def user_name() -> str:
    """The account's name for people; empty if it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


if sys.platform == "win32":
    from typing import TYPE_CHECKING

    import win32api
    import win32con
    import win32security

    if TYPE_CHECKING:
        from _win32typing import PySID

    def user_sid() -> PySID:
        """The SID of the account in this process's token."""
        token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32con.TOKEN_QUERY)
        try:
            sid: PySID = win32security.GetTokenInformation(token, win32security.TokenUser)[0]
        finally:
            win32api.CloseHandle(token)
        return sid

    def user_sid_text() -> str:
        """The same as text: `S-1-5-21-…`. It survives renames and needs no Cyrillic, so names are made from it."""
        return win32security.ConvertSidToStringSid(user_sid())
