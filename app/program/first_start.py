"""The first start: what is still to be filled in gets a template to fill it in, and that is shown.

A person who has just installed the robot has made no mistake: what they read says what to do, once, and not that
something is wrong.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.base.errors import RobotError, SettingsError, UnfilledError
from app.base.paths import user_settings_file
from app.settings.loading import candidate_files, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.settings.loading import LoadedSettings

log = logging.getLogger("robot.program")
_NEEDED = ("host", "robot_guid")


def loader(config: Path | None, show: Callable[[Path], None]) -> Callable[[], LoadedSettings]:
    """Reads the settings. What no file says yet gets a template in the user's file, which is shown."""

    def load() -> LoadedSettings:
        try:
            return load_settings(config)
        except SettingsError as error:
            missing = error.keys if isinstance(error, UnfilledError) else _NEEDED
            file = user_settings_file()
            others = any(each.is_file() for each in candidate_files(None))
            if config or file.is_file() or (others and not isinstance(error, UnfilledError)):
                raise
        from app.settings import file as settings_file  # late: once in a robot's life

        known = [key for key in _NEEDED if key not in missing]
        settings_file.write_settings(file, settings_file.template_text(known=known))
        log.info("There were no settings for this user: a template was written, %s", file)
        show(file)
        return load_settings(config)  # which says what is to be filled in, as at each later look

    return load


def nobody_looks(_file: Path) -> None:
    """Headless: the error that follows names the file."""


def open_for_editing(file: Path) -> None:
    """Put the template before whoever is there; the robot re-reads it when it is saved."""
    from app.system.opener import open_for_person  # late, likewise

    try:
        open_for_person(file)
    except RobotError as error:
        log.warning("%s", error)
