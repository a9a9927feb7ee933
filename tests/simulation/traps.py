"""Steps that wait for their moment: a request that is under way, a commit; no time of day would often be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.scheduler import scheduler

if TYPE_CHECKING:
    from tests.simulation.plan import Step


class Traps:
    """What a night has laid.

    Attributes:
        sprung: the steps whose moment has come, for whoever tells the story.
    """

    def __init__(self) -> None:
        self._laid: list[tuple[Step, list[int]]] = []  # with how many such moments are still to come
        self._closed = False
        self._asleep = False
        self.sprung: list[Step] = []

    def lay(self, step: Step) -> None:
        """Wait for the moment of this one."""
        self._laid.append((step, [step.nth]))

    def happens(self, what: str) -> None:
        """Such a moment; called by whoever makes it, on any thread."""
        for trap in self._laid[:]:
            step, left = trap
            if step.on != what:
                continue
            left[0] -= 1
            if not left[0]:
                self._laid.remove(trap)
                now = scheduler()
                now.call_at(now.now + step.after, lambda step=step: self._spring(step))  # type: ignore[misc]

    def _spring(self, step: Step) -> None:
        if self._closed:
            return
        self.sprung.append(step)
        self.rouse()

    def rouse(self) -> None:
        """Something has happened for which the story doesn't sleep on."""
        if self._asleep:
            scheduler().wake_first()

    def sleep(self, seconds: float) -> None:
        """For the story's own thread: less if something springs meanwhile, or it is roused."""
        self._asleep = not self.sprung
        if self._asleep:
            scheduler().sleep(seconds)
        self._asleep = False

    def close(self) -> None:
        """What has had no moment has none any more."""
        self._closed = True
        self._laid.clear()
        self.sprung.clear()
