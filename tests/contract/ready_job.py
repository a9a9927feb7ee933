"""Stands in for a job that is laid out and not started yet, where scripts are played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class ReadyJob:
    """As `app.jobs.starting.StartingJob`; `start` plays the script."""

    def __init__(self, start: Callable[[], Any]) -> None:
        self.start = start

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be put away."""
