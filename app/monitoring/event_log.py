"""`event_log`: what happens to the robot, told to the Windows Event Log. A `Listener` of the monitor."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import Phrase
from app.base.plain_text import printable
from app.monitoring import events
from app.robot.state import Snapshot
from app.status import record
from app.system.event_source import write_event

if TYPE_CHECKING:
    from app.base.redaction import Redactor
    from app.monitoring.events import Event
    from app.status.record import Status

log = logging.getLogger("robot.program")
_LONGEST: Final = 2000  # characters of a fact


class EventLog:
    """Writes an event for each change that has one."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._before = Snapshot()
        self._started = False
        self._silent = False

    def see(self, snapshot: Snapshot) -> None:
        """Tell what has changed."""
        for event, facts in events.events_between(self._before, snapshot):
            self._write(event, facts)
        self._before = snapshot

    def tell(self, status: Status) -> None:
        """Tell of the program's start and end."""
        if status.state == record.ENDED:
            if status.exit_code:
                self._write(events.BROKEN, {"code": status.exit_code, "problem": status.problem})
            else:
                self._write(events.ENDED, {})
        elif not self._started:
            self._started = True
            facts = {"version": status.version, "orchestrator": status.orchestrator, "user": status.user}
            self._write(events.STARTED, facts)

    def _write(self, event: Event, facts: dict[str, Any]) -> None:
        if self._silent:
            return
        strings = [printable(self._redactor(_text(facts[name])), limit=_LONGEST) for name in event.facts]
        try:
            write_event(event.number, event.severity.value, strings)
        except OSError as error:
            self._silent = True
            log.warning("Nothing is told to the Windows Event Log: %s", error)


def _text(fact: object) -> str:
    return fact.for_people() if isinstance(fact, Phrase) else str(fact)
