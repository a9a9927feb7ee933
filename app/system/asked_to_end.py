"""What a robot does that is asked to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class AskedToEnd(Protocol):
    """The robot, as far as it can be asked. Called on a thread of whoever listens; must return quickly."""

    def hold(self, on_held: Callable[[], None]) -> None:
        """Take no more jobs; call `on_held`, on any thread and perhaps more than once, when no job runs."""

    def let_go(self) -> None:
        """Take jobs again; `on_held` is not called any more."""

    def finish(self) -> None:
        """End once the running job has ended and is reported."""
