"""The installer's command line, judged by the rules of the settings, before the installer does anything.

The installer hands its command line over as Windows has it. None of its values passes through NSIS, whose texts have a
limit and whose own reading of switches ends a value at its first slash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Final

from app.base.i18n import N_, _
from app.settings.mistakes import describe_problem
from app.settings.model import Settings
from app.settings.values import WrongValueError, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SETTING_OF: Final = {"/HOST": "host", "/GUID": "robot_guid", "/SCRIPTS": "scripts"}
AUTOSTART: Final = ("task", "startup", "none")
FLAGS: Final = {"install": ("/S", "/NCRC", "/ALLUSERS"), "remove": ("/S", "/NCRC", "/PURGE")}
VALUES: Final = {"install": ("/HOST", "/GUID", "/SCRIPTS", "/AUTOSTART", "/WAIT"), "remove": ("/WAIT",)}
# NSIS' own, the last of the line: everything that follows is the folder, blanks included.
FOLDER: Final = {"install": "/D=", "remove": "_?="}
_AS_WRITTEN: Final = ("/S", "/NCRC")  # NSIS' own, which it knows in capitals only
_minutes: Final = number(0)
_QUOTE: Final = N_('a \\ before a closing quote makes it a part of the value: write /SCRIPTS="C:\\Robot\\scripts"')
Kind = str


@dataclass(frozen=True)
class Parameters:
    """What the installer was told.

    Attributes:
        settings: settings file keys with their values, as they were written.
        autostart: `task`, `startup`, `none`, or empty: as it is.
        wait: minutes, or None.
    """

    settings: dict[str, str] = field(default_factory=dict)
    autostart: str = ""
    wait: float | None = None


class WrongParameterError(Exception):
    """Parameters that can't be meant: a line for people for each, in the language of the moment."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def cut_folder(command_line: str, kind: Kind) -> tuple[str, str | None]:
    """The command line without NSIS' folder at its end; and that folder, or None."""
    for match in re.finditer(rf"\s{re.escape(FOLDER[kind])}", command_line):
        if command_line.count('"', 0, match.start()) % 2 == 0:
            return command_line[: match.start()], command_line[match.end() :]
    return command_line, None


def read(
    arguments: Sequence[str], folder: str | None, kind: Kind = "install", *, for_the_system: bool = False
) -> Parameters:
    """Check everything and say all that is wrong at once.

    Args:
        arguments: what Windows makes of the command line, without the program and NSIS' folder.
        folder: that folder, if there is one.
        kind: `install` or `remove`.
        for_the_system: the installer runs as the account SYSTEM, whose settings no robot reads.

    Raises:
        WrongParameterError: something is wrong; never tells a value.
    """
    values: dict[str, str] = {}
    problems = list(_sort(arguments, kind, values))
    for name, value in values.items():
        problem, hint = _judge(name, value)
        if problem:
            problems.append((name, problem, hint))
    if for_the_system and "/GUID" in values:
        hint = _("leave it out, and let each robot's user bring a GUID of their own")
        problems.append(("/GUID", _("would be the account SYSTEM's, which runs no robot"), hint))
    if folder is not None and kind == "install":
        problems += _folder_problems(folder)
    if problems:
        raise WrongParameterError([_line(*problem) for problem in problems])
    return Parameters(
        {key: values[name] for name, key in SETTING_OF.items() if name in values},
        values.get("/AUTOSTART", ""),
        _minutes(values["/WAIT"]) if "/WAIT" in values else None,
    )


def _line(name: str, problem: str, hint: str) -> str:
    return f"{name}: {problem}" + (f"\n    → {hint}" if hint else "")


def _sort(arguments: Sequence[str], kind: Kind, values: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Put values under their names; what is no parameter, or one twice, is a problem."""
    for place, argument in enumerate(arguments, 1):
        name, equals, value = argument.partition("=")
        upper = name.upper()
        if not equals and upper in FLAGS[kind]:
            if upper in _AS_WRITTEN and name != upper:
                yield name, _("is not understood"), _("write it in capitals: {name}").format(name=upper)
        elif equals and upper in VALUES[kind]:
            if upper in values:
                yield upper, _("stands there twice"), _("remove one of the two")
            values[upper] = value
        elif upper == "/D" and kind == "install":  # where NSIS doesn't see it: the usual folder would be taken
            yield upper, _("is not understood"), _("/D=C:\\My robot: the last on the line, without quotes")
        elif name.startswith("/") and name[1:].isalnum() and len(name) <= max(map(len, SETTING_OF)) * 2:
            known = ", ".join([*FLAGS[kind], *(f"{each}=…" for each in VALUES[kind]), f"{FOLDER[kind]}…"])
            yield name, _("is no parameter of this program"), _("there are: {names}").format(names=known)
        else:  # not told: it may be the GUID, without its name
            hint = _('a value with blanks stands in quotes: /SCRIPTS="C:\\My scripts"')
            yield _("word {place}").format(place=place), _("is no parameter of this program"), hint


def _judge(name: str, value: str) -> tuple[str, str]:
    """What is wrong with a value, and what to do; empty if nothing is."""
    if not value.strip():
        return _("has no value"), _("leave it out to keep what is set")
    if '"' in value:
        return _("has a quotation mark in its value"), _(_QUOTE)
    return _JUDGES.get(name, _judge_setting)(name, value)


def _judge_setting(name: str, value: str) -> tuple[str, str]:
    key = SETTING_OF[name]
    declared = Settings.declaration(key)
    if declared.is_path and value.endswith(("\\", "/")):
        return _("ends in a backslash"), _("leave the last one out")
    if declared.is_path and re.search(r"[<>|?*\x00-\x1f]", value):
        return _("has a character that no path may have"), ""
    try:
        declared.check(value)
    except WrongValueError as error:
        return describe_problem(key, error)
    return "", ""


def _judge_autostart(_name: str, value: str) -> tuple[str, str]:
    if value in AUTOSTART:
        return "", ""
    return _("must be one of: {values}").format(values=", ".join(AUTOSTART)), ""


def _judge_wait(_name: str, value: str) -> tuple[str, str]:
    try:
        _minutes(value)
    except WrongValueError:
        return _("must be a number of minutes"), "/WAIT=10"
    return "", ""


_JUDGES: Final[dict[str, Callable[[str, str], tuple[str, str]]]] = {
    "/AUTOSTART": _judge_autostart,
    "/WAIT": _judge_wait,
}


def _folder_problems(folder: str) -> Iterator[tuple[str, str, str]]:
    if '"' in folder:
        yield "/D", _("has a quotation mark in its value"), _("/D=C:\\My robot: the last on the line, without quotes")
    elif not PureWindowsPath(folder.strip()).is_absolute():
        yield "/D", _("is not a full path"), _("/D=C:\\My robot: the last on the line, without quotes")
