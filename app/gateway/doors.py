"""Where scripts knock: one door a run, one thread for all of them.

POSIX: a Unix socket in a folder that only its owner may enter. Windows: `pipes`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.gateway.wire import Wire


class Door(Protocol):
    """One run's.

    Attributes:
        address: as a script is told of it.
    """

    address: str

    def close(self) -> None:
        """Nobody comes in any more, and nothing of it is left on the disk."""


class Doors(Protocol):
    """All of a robot's doors."""

    def open(self, folder: Path, on_visitor: Callable[[Wire], None]) -> Door:
        """A door for the run whose private folder is `folder`; `on_visitor` returns at once.

        Raises:
            OSError: the system gives none.
        """

    def close(self) -> None:
        """End the thread; the doors are closed already."""


def make_doors() -> Doors:
    """This system's kind."""
    if sys.platform == "win32":
        from app.gateway.pipes import PipeDoors

        return PipeDoors()
    from app.gateway.sockets import SocketDoors

    return SocketDoors()
