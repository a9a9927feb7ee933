"""Questions and messages for the person at the screen. Each call blocks its thread until it is answered.

Windows: MessageBoxW, in front of everything, because it is asked about a log-off or a job in an unattended session.
https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-messageboxw
Linux: a popup in the middle of the X display.
"""

from __future__ import annotations

import logging
import sys
import textwrap
import threading
from typing import Final

from app.base.i18n import _

log = logging.getLogger(__name__)

if sys.platform == "win32":
    import ctypes

    MB_YESNO: Final = 0x4
    MB_ICONQUESTION: Final = 0x20
    MB_ICONINFORMATION: Final = 0x40
    MB_DEFBUTTON2: Final = 0x100  # No: Enter pressed by habit must not end a job
    MB_SETFOREGROUND: Final = 0x10000
    MB_TOPMOST: Final = 0x40000
    IDYES: Final = 6
    WM_QUIT: Final = 0x12

    _asking: set[int] = set()
    _lock = threading.Lock()

    def _message_box(title: str, text: str, style: int) -> int:
        thread = threading.get_native_id()
        with _lock:
            _asking.add(thread)
        try:
            return int(ctypes.windll.user32.MessageBoxW(None, text, title, style | MB_TOPMOST | MB_SETFOREGROUND))
        finally:
            with _lock:
                _asking.discard(thread)

    def confirm(title: str, text: str) -> bool:
        """Ask yes or no; False if it can't be asked, was dismissed, or was answered with No."""
        return _message_box(title, text, MB_YESNO | MB_ICONQUESTION | MB_DEFBUTTON2) == IDYES

    def inform(title: str, text: str) -> None:
        """Show a text until it is closed."""
        _message_box(title, text, MB_ICONINFORMATION)

    def dismiss() -> None:
        """Close what is open, as if it had been answered with No. The loop of a message box ends on WM_QUIT."""
        with _lock:
            for thread in _asking:
                ctypes.windll.user32.PostThreadMessageW(thread, WM_QUIT, 0, 0)

else:
    from app.tray.menu import SEPARATOR, MenuEntry

    _WIDTH: Final = 70

    def _ask(title: str, text: str, answers: tuple[str, ...]) -> str:
        from app.tray.linux import popup

        lines = [part for line in text.splitlines() for part in textwrap.wrap(line, _WIDTH) or [""]]
        entries = [MenuEntry(line, enabled=False) for line in (title, "", *lines)]
        chosen = popup.choose([*entries, SEPARATOR, *(MenuEntry(answer) for answer in answers)], None)
        return chosen.label if chosen else ""

    def confirm(title: str, text: str) -> bool:
        """Ask yes or no; False if it can't be asked, was dismissed, or was answered with No."""
        try:
            return _ask(title, text, (_("No"), _("Yes"))) == _("Yes")
        except Exception:  # no display: a class of Xlib, whose import needs one
            log.exception("A question could not be asked")
            return False

    def inform(title: str, text: str) -> None:
        """Show a text until it is closed."""
        try:
            _ask(title, text, (_("Close"),))
        except Exception:
            log.exception("A message could not be shown: %s", title)

    def dismiss() -> None:
        """Close what is open, as if it had been answered with No."""
        if "app.tray.linux.popup" in sys.modules:  # nothing was asked yet, and Xlib needs not be there
            sys.modules["app.tray.linux.popup"].dismiss()
