"""Settings on a script author's desk, where there may be none: then scripts lie in the current folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.check.configuration import known_settings
from app.settings.loading import candidate_files, load_settings
from app.settings.model import environment_name

if TYPE_CHECKING:
    from app.settings.model import Settings


def settings_at_the_desk(config: Path | None) -> Settings:
    """The settings, with stand-ins for a missing or wrong host or GUID.

    Raises:
        SettingsError: more than that is wrong in them.
    """
    settings = known_settings(config).settings or load_settings(config).settings  # which says what is wrong
    named = environment_name("scripts") in os.environ or any(file.is_file() for file in candidate_files(config))
    return settings if named else replace(settings, scripts=Path.cwd())
