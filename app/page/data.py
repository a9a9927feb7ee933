"""Where the sections find the robot's data, and whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.base.paths import DataPaths
from app.orchestrator.origin import Origin, origin_of

if TYPE_CHECKING:
    from app.page.context import PageContext


def data_paths(context: PageContext) -> DataPaths:
    """Where the robot's data are; a place without any before anybody knows."""
    return context.paths() or DataPaths(Path("no-data-folder-yet"))


def ours(context: PageContext) -> Origin | None:
    """Whose the robot's reports are by the settings in force; None if they don't say."""
    loaded = context.loaded()
    return origin_of(loaded.settings.host, loaded.settings.guid) if loaded else None
