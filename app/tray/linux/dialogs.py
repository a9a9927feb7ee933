"""Questions and messages on Linux: a popup in the middle of the X display."""

from __future__ import annotations

import logging
import sys
import textwrap
from typing import Final

from app.base.i18n import _
from app.tray.menu import SEPARATOR, MenuEntry

_WIDTH: Final = 70

log = logging.getLogger("robot.tray")


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


def _ask(title: str, text: str, answers: tuple[str, ...]) -> str:
    from app.tray.linux import popup

    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, _WIDTH) or [""]]
    entries = [MenuEntry(line, enabled=False) for line in (title, "", *lines)]
    chosen = popup.choose([*entries, SEPARATOR, *(MenuEntry(answer) for answer in answers)], None)
    return chosen.label if chosen else ""
