"""What a robot must hold before it works: its GUID in this session, and its data folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.base.errors import AlreadyRunningError
from app.base.paths import DataPaths
from app.system.data_lock import DataLock
from app.system.show_requests import ShowRequests, ask_to_show
from app.system.single_instance import SingleInstance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.settings.model import Settings


@contextmanager
def places_of(
    settings: Settings, on_second_start: Callable[[], None], on_open: Callable[[], None], *, by_hand: bool
) -> Iterator[None]:
    """Hold both while the context lasts, and hear of starts that find them taken.

    Args:
        settings: the robot's.
        on_second_start: called, on a thread of its own, when a person has started this robot once more.
        on_open: likewise, when somebody wants to see the robot's page.
        by_hand: this start may be a person's, who looks for an icon: a robot that holds the GUID shows where it is.

    Raises:
        RobotError: one of them is taken, or can't be had.
    """
    instance = SingleInstance(settings.guid)
    try:
        instance.__enter__()
    except AlreadyRunningError:
        if by_hand:
            ask_to_show(settings.guid)
        raise
    try:
        with DataLock(DataPaths(settings.data_dir).lock), ShowRequests(settings.guid, on_second_start, on_open):
            yield
    finally:
        instance.release()
