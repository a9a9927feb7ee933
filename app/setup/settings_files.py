"""What the installer was told becomes a settings file, or a few other lines in the one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import SettingsError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.settings.file import changed, template_text, toml_text, write_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write(file: Path, values: Mapping[str, str], *, shared: bool = False, alone: bool = True) -> None:
    """Make the settings file, or change just these keys in it; without values nothing is touched.

    Args:
        file: the settings file.
        values: by key, as a person would say them.
        shared: for every user of the machine; otherwise only this user may read it.
        alone: no other file has settings; a new one then shows all that there are.

    Raises:
        RobotError: it can't be read or written.
    """
    if not values:
        return
    literals = {key: toml_text(value) for key, value in values.items()}
    if file.exists():
        text = changed(_read(file), literals)
    else:  # a template's empty keys would hide those of the other file
        text = template_text(literals) if alone else changed("", literals)
    write_settings(file, text, shared=shared)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = describe_os_error(error).for_people() if isinstance(error, OSError) else _("it is not UTF-8 text")
        raise SettingsError(
            _("The settings file {file} can't be read: {reason}.").format(file=file, reason=reason),
            _("Save it as UTF-8 text, or remove it."),
        ) from error
