"""A wrong command line of robot.exe, which has no console to say it on: a line in start.log, and a box for a person.

Whoever clicks a shortcut with a slip in it learns what is wrong. Nothing that starts by itself is held up by that: the
box goes after a while, and doesn't come where nobody can see it or the arguments are those of an unattended start.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Final

from app.base import logs
from app.base.errors import RobotError
from app.base.i18n import _
from app.base.paths import DataPaths
from app.base.redaction import Redactor
from app.settings.loading import data_dir_of
from app.system.session import session_facts
from app.tray import dialogs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.system.session import SessionFacts

log = logging.getLogger("robot.program")

LONGEST_SECONDS: Final = 60.0
_UNATTENDED: Final = {"--headless", "--by-schedule"}


def tell(problem: str, arguments: Sequence[str]) -> None:
    """Say it wherever somebody may look; returns after `LONGEST_SECONDS` at the latest."""
    _note()
    if is_for_a_person(arguments, session_facts()):
        show(problem, LONGEST_SECONDS)


def is_for_a_person(arguments: Sequence[str], facts: SessionFacts) -> bool:
    """Whether somebody may have started this by hand, and sees a box."""
    visible = bool(facts.interactive) and not facts.is_session_0 and not facts.disconnected
    return visible and not _UNATTENDED & set(arguments)


def show(problem: str, seconds: float) -> None:
    """Show it until it is closed, for so many seconds at most."""
    text = f"{problem}\n\n" + _("In a console, robot-cli --help lists the commands.")
    by_itself = threading.Timer(seconds, dialogs.dismiss)
    by_itself.start()
    try:
        dialogs.inform(_("Robot"), text)
    finally:
        by_itself.cancel()
        by_itself.join()


def _note() -> None:
    """In start.log; not what is wrong, which may be a GUID in the wrong place."""
    start_log = logs.start_log(Redactor())
    try:
        log.error("The command line is wrong: robot-cli with the same arguments says what")
        with contextlib.suppress(RobotError, OSError):
            start_log.settle([DataPaths(data_dir_of(None))])
    finally:
        logs.detach(start_log)
