"""What the tray needs of a platform's icon, and how it says that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.base.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.tray.icon import Face
    from app.tray.menu import Action, MenuEntry


class TrayUnavailableError(Exception):
    """There is no place for an icon here. The robot works on without one."""


@dataclass(frozen=True)
class IconEvents:
    """What an icon asks for. All are called on the icon's thread and return at once."""

    menu: Callable[[], tuple[MenuEntry, ...]]  # the menu as it is now
    chosen: Callable[[Action], None]
    clicked: Callable[[], None]  # the icon itself
    told_clicked: Callable[[], None]  # the notification that was shown last
    background: Callable[[str, Callable[[], None]], bool]


class PlatformIcon(Protocol):
    """An icon with a menu. Created and run on one thread; the other calls come from one other thread."""

    def show(self, ready: Callable[[], None]) -> None:
        """Block in the event loop until `close`; `ready` is called once the icon takes calls."""

    def wear(self, face: Face, tooltip: str) -> None:
        """Change image and tooltip."""

    def tell(self, title: str, text: str) -> None:
        """Show a notification."""

    def untell(self) -> None:
        """Take the notification away that was shown last, if it is still there."""

    def close(self) -> None:
        """End the event loop."""
