"""The file that a person's changes go into: the user's own, or the one given by `--config`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from app.base.dataclass import dataclass, field
from app.base.errors import SettingsError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.replacing import rewrite_file
from app.settings.editing import NotEditableError, edited, toml_of
from app.settings.file import template_text
from app.settings.layers import parse_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from app.settings.editing import Written

_BOM: Final = "\ufeff"


@dataclass(frozen=True)
class OwnFile:
    """The file as it was read.

    Attributes:
        file: its place.
        data: its bytes; None if it isn't there. A secret is among them.
        values: its keys, as they are written.
    """

    file: Path
    data: bytes | None = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)


def read_own_file(file: Path) -> OwnFile:
    """Read the file.

    Raises:
        SettingsError: it can't be read, or is no TOML in UTF-8.
    """
    try:
        data = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return OwnFile(file, None, {})
    except OSError as error:
        raise SettingsError(
            _("The settings file {file} can't be read: {reason}.").format(
                file=file, reason=describe_os_error(error).for_people()
            ),
            _("Check that this user may read it."),
        ) from None
    return OwnFile(file, data, parse_toml(data, file))


def write_changes(own: OwnFile, changes: Mapping[str, Written | None], *, known: Collection[str] = ()) -> None:
    """Write `changes` into the file in one step. One that isn't there is made from the template, for this user only.

    Args:
        own: the file as it was read.
        changes: the value of each changed setting; None takes it out.
        known: settings that another layer says: the template must not hide them.

    Raises:
        ChangedMeanwhileError: the file is another than the one that was read; nothing was written.
        SettingsError: it can't be written; the old one is there, whole.
    """
    try:
        rewrite_file(own.file, _new_text(own, changes, known).encode(), was=own.data)
    except NotEditableError:
        raise SettingsError(
            _("{file} can't be changed from here without harm to something else that stands in it.").format(
                file=own.file
            ),
            _("Change it in an editor; the robot re-reads it when it is saved."),
        ) from None
    except OSError as error:
        raise SettingsError(
            _("The settings file {file} can't be written: {reason}.").format(
                file=own.file, reason=describe_os_error(error).for_people()
            ),
            _("Give this user the right to write there."),
        ) from None


def _new_text(own: OwnFile, changes: Mapping[str, Written | None], known: Collection[str]) -> str:
    if own.data is not None:
        return edited(own.data.decode(), changes)
    values = {key: toml_of(value) for key, value in changes.items() if value is not None}
    return _BOM + template_text(values, known=known).replace("\n", os.linesep)
