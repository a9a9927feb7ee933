"""The very first start: there are no settings yet, so a template is written and shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.base.errors import RobotError, SettingsError
from app.base.i18n import _
from app.base.paths import user_settings_file
from app.settings import file as settings_file
from app.settings.loading import candidate_files, load_settings
from app.system.opener import open_for_person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.settings.loading import LoadedSettings

log = logging.getLogger("robot.program")


def loader(config: Path | None, show: Callable[[Path], None]) -> Callable[[], LoadedSettings]:
    """Reads the settings; at the very first start it writes a template, shows it, and says where it is."""

    def load() -> LoadedSettings:
        try:
            return load_settings(config)
        except SettingsError:
            if config or any(file.is_file() for file in candidate_files(None)):
                raise
            file = user_settings_file()
            settings_file.write_settings(file, settings_file.template_text())
            show(file)
            raise SettingsError(
                _("There are no settings yet. A template was written: {file}").format(file=file),
                _("Fill in host and robot_guid there."),
            ) from None

    return load


def nobody_looks(_file: Path) -> None:
    """Headless: the error that follows names the file."""


def open_for_editing(file: Path) -> None:
    """Put the template before whoever is there; the robot re-reads it when it is saved."""
    try:
        open_for_person(file)
    except RobotError as error:
        log.warning("%s", error)
