"""The simulated machine's locks: each goes with the process that holds it, however that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.scheduler import scheduler
from tests.simulation.world import present

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def take(name: str) -> Callable[[], None] | None:
    """What stands in the place of taking a robot's place in the session; lets go of it, None if another has it."""
    now = scheduler()
    now.maybe_yield()
    life, holders = now.current.life, present().machine.holders
    assert life is not None
    if name in holders and not holders[name].dead:
        return None
    holders[name] = life

    def let_go() -> None:
        if holders.get(name) is life and not life.dead:  # the dead unwind, and what they held is another's
            del holders[name]

    return let_go


class SimFileLock:
    """What stands in the place of `app.base.file_lock.FileLock`."""

    def __init__(self, file: Path) -> None:
        self._name = str(file)
        self._let_go: Callable[[], None] | None = None

    def take(self) -> bool:
        self._let_go = take(self._name)
        return self._let_go is not None

    def release(self) -> None:
        if self._let_go is not None:
            self._let_go()
            self._let_go = None
