"""Text for a person at a terminal, through rich. Imported only where there is one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from app.base.plain_text import log_text

if TYPE_CHECKING:
    from app.base.redaction import Redactor

_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "bold red"}


class _RichHandler(logging.Handler):
    """One line a record: a dim time, then the message in the colour of its level."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = Text(f"{self.formatTime(record)} ", style="dim")
            line.append(log_text(self._redactor(self.format(record))), style=_STYLES.get(record.levelno, ""))
            self._console.print(line)
        except Exception:  # noqa: BLE001 - a closed terminal must not stop the robot
            self.handleError(record)

    @staticmethod
    def formatTime(record: logging.LogRecord) -> str:  # noqa: N802 - after logging.Formatter's method
        """The local time of day."""
        import time

        return time.strftime("%H:%M:%S", time.localtime(record.created))


def rich_log_handler(redactor: Redactor) -> logging.Handler:
    """A log handler for a terminal."""
    return _RichHandler(redactor)
