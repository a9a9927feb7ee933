"""For robots whose scripts ask for nothing: no change waits, and the journal isn't looked at for any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.orchestrator.origin import Origin
from app.robot.script_changes import ScriptChanges

if TYPE_CHECKING:
    from app.base.clock import Clock

_A_WHILE: Final = 5.0


class NoChanges(ScriptChanges):
    """None, ever."""

    def __init__(self, clock: Clock) -> None:
        nothing: Any = None
        super().__init__(nothing, Origin("", ""), nothing, clock, "", 10)

    def step(self, _tell: object) -> float:
        self.pending.replace([], self.pending.version)
        return _A_WHILE
