"""The settings file as text: the commented one of a first start, other values in an existing one, writing it."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Final

from app.base.errors import RobotError
from app.base.i18n import N_, _
from app.base.os_reasons import describe_os_error
from app.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_INTRODUCTION: Final = (
    N_("Settings of the robot. Lines that begin with # are comments and show the defaults."),
    N_("Texts stand in single quotes; the robot re-reads this file when it is saved."),
)
_KEY_WIDTH: Final = 28  # characters before the phrases behind short lines


def template_text(values: Mapping[str, str] | None = None, *, known: Collection[str] = ()) -> str:
    """The template in the user's language, with `values` (TOML by key) in place; the other keys are commented out.

    Filling in `host` and `robot_guid` makes it complete. Those that are `known` from elsewhere (the machine's file)
    are commented out as well: emptied, they would hide what is said there.
    """
    values = values or {}
    lines = [f"# {_(line)}" for line in _INTRODUCTION]
    for key in Settings.keys():
        declared = Settings.declaration(key)
        about = _(declared.about)
        line = _template_line(key, values)
        if key in known and key not in values:
            line = commented_line(key)
        if declared.about.endswith("."):
            lines += ["", f"# {about}", line]
        else:
            lines.append(f"{line:{_KEY_WIDTH}} # {about}")
    lines += [f"{key} = {value}" for key, value in values.items() if key not in Settings.keys()]
    return "\n".join(lines) + "\n"


def _template_line(key: str, values: Mapping[str, str]) -> str:
    if key in values:
        return f"{key} = {values[key]}"
    declared = Settings.declaration(key)
    shown = declared.example or _toml_default(declared.default)
    return f"# {key} = {shown}" if shown else f"{key} = ''"


def commented_line(key: str) -> str:
    """The line that shows what `key` is if nobody sets it."""
    return f"# {_template_line(key, {}).removeprefix('# ')}"


def _toml_default(default: object) -> str:
    """A default as TOML; empty if there is none."""
    if isinstance(default, str):
        return toml_text(default)
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is ... or default is None else str(default)


def toml_text(value: str) -> str:
    """`value` as a TOML string: literal where that is possible, so that Windows paths stay readable."""
    if value.isprintable():
        if "'" not in value:
            return f"'{value}'"
        if "'''" not in value and not value.endswith("'"):
            return f"'''{value}'''"
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def changed(text: str, values: Mapping[str, str]) -> str:
    """The settings in `text` with other `values` (TOML literals by key); comments and other keys stay as they are."""
    missing = dict(values)
    lines = []
    # Only what ends a line in TOML: `splitlines` also splits at letters that may stand in a comment.
    for line in text.removeprefix("\ufeff").removesuffix("\n").split("\n") if text else []:
        match = re.match(r"""\s*["']?([a-z_]+)["']?\s*=""", line)
        key = match[1] if match else ""
        lines.append(f"{key} = {missing.pop(key)}" if key in missing else line)
    lines += [f"{key} = {value}" for key, value in missing.items()]
    return "\n".join(lines) + "\n"


def write_settings(file: Path, text: str, *, shared: bool = False) -> None:
    """Write a settings file that only this user may read (`shared`: every user), with the system's usual line ends.

    It begins with a BOM, by which old editors of Windows know UTF-8 from the ANSI code page.

    Raises:
        RobotError: it can't be written. The old one is there, whole; where there was none, there is none.
    """
    from app.base.private_files import make_private
    from app.base.replacing import ChangedMeanwhileError, rewrite_file  # late: once in a robot's life

    try:
        was = None
        with contextlib.suppress(FileNotFoundError):
            was = file.read_bytes()
        if was is not None and not shared:
            make_private(file)  # before the secret is in it
        rewrite_file(file, ("\ufeff" + text).replace("\n", os.linesep).encode(), was=was, shared=shared)
    except ChangedMeanwhileError:
        raise RobotError(_("Somebody else has changed the file meanwhile. Nothing was written.")) from None
    except OSError as error:
        raise RobotError(
            _("The settings file {file} can't be written: {reason}.").format(
                file=file, reason=describe_os_error(error).for_people()
            ),
            _("Give this user the right to write there."),
        ) from None
