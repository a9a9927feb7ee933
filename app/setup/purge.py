"""Removing everything that is a user's: settings, journal, logs, pages, the GUID in Credential Manager.

Scripts stay wherever they are, and so does what isn't the robot's in a data folder of the user's own choice.
"""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from app.base import paths
from app.base.data_folder import COMMON_NAMES, is_ours, is_ours_below
from app.base.errors import SettingsError
from app.base.plain_files import is_plain_folder
from app.settings import vault
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.settings.model import Settings


def purge(*, machine: bool = False) -> list[str]:
    """Remove it; what could not be removed, as lines for the log.

    Args:
        machine: the settings of the whole machine as well.
    """
    left: list[str] = []
    settings = _settings()  # before their files go
    scripts = settings.scripts if settings else None
    usual = paths.default_data_dir()
    for folder in {usual, paths.user_state_dir(), *([settings.data_dir] if settings else [])}:
        for entry in _entries(folder):
            if _holds(entry, scripts):
                continue
            if folder == usual:
                left += _remove(entry)
            elif is_ours(entry.name):
                left += _remove_ours(entry)
        _remove_empty(folder)
    for file in (paths.user_settings_file(), *([paths.machine_settings_file()] if machine else [])):
        left += _remove(file)
        _remove_empty(file.parent)
    try:
        vault.forget_everything()
    except SettingsError as error:
        left.append(f"Credential Manager: {error.message}")
    return left


def _settings() -> Settings | None:
    with contextlib.suppress(SettingsError):
        return load_settings().settings
    return None


def _entries(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from sorted(folder.iterdir())


def _holds(entry: Path, scripts: Path | None) -> bool:
    return scripts is not None and scripts.is_relative_to(entry)


def _remove_ours(entry: Path) -> list[str]:
    """Remove it; of a folder that others may call so as well, what is the robot's in it."""
    if entry.name not in COMMON_NAMES or not is_plain_folder(entry):
        return _remove(entry)
    ours = [each for each in _entries(entry) if is_ours_below(entry.name, each.name)]
    left = [line for each in ours for line in _remove_ours(each)]
    _remove_empty(entry)
    return left


def _remove(entry: Path) -> list[str]:
    try:
        if is_plain_folder(entry):  # of a link or a junction only itself goes
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    except OSError as error:
        return [f"{entry}: {error.strerror}"]
    return []


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
