"""Mistakes in settings, for people: where they stand, what they are, and what most likely helps.

Never the value itself: it may be the GUID. `tomllib`'s own words are English and meant for programmers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.base.errors import SettingsError, UnfilledError
from app.base.i18n import N_, _, ngettext
from app.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app.settings.values import WrongValueError

_PROBLEMS: Final = {
    "host": (
        N_("is not the address of an Orchestrator"),
        N_("write it with its scheme: host = 'http://orchestrator:4500'"),
    ),
    "host_credentials": (
        N_("contains a user name or password"),
        N_("the robot_guid alone identifies the robot"),
    ),
    "guid": (
        N_("is not a GUID"),
        N_("copy it from the Orchestrator's page Robots: robot_guid = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'"),
    ),
    "bool": (N_("must be true or false"), N_("without quotes")),
    "number": (N_("must be a number"), N_("without quotes")),
    "whole_number": (N_("must be a whole number"), N_("without quotes")),
    "proxy": (N_("is not the address of a proxy"), N_("write it as proxy = 'http://proxy:3128'")),
    "path": (N_("must be a path"), N_(r"in single quotes: 'C:\Robot\scripts'")),
}

_NO_ESCAPE: Final = N_("a backslash that is no escape")
_TWICE: Final = N_("a key stands there twice")
_UNKNOWN: Final = N_("it can't be read")
_KINDS: Final = {
    "Invalid statement": N_("a line must begin with a key"),
    "Invalid initial character for a key": N_("a line must begin with a key"),
    "Expected '='": N_("an equals sign is missing after the key"),
    "Invalid value": N_("the value can't be read"),
    "Invalid date": N_("the value can't be read"),
    "Expected newline": N_("something stands behind the value"),
    "Cannot overwrite": _TWICE,
    "Unescaped": _NO_ESCAPE,
    "Invalid hex": _NO_ESCAPE,
    "Escaped character": _NO_ESCAPE,
    "Expected \"'": N_("a closing quote is missing"),
    "Unterminated string": N_("a closing quote is missing"),
    "Illegal character": N_("a closing quote is missing"),
    "Unclosed": N_("a closing bracket is missing"),
}


def explain(
    problems: Mapping[str, WrongValueError], origin: Mapping[str, str], files: Iterable[Path], own_file: Path
) -> SettingsError:
    """All problems, one line each: key, what is wrong, where it stands, hint. Never the value itself.

    Args:
        problems: by key.
        origin: in which file or variable each key stands.
        files: that were read.
        own_file: into which the user writes what is missing.
    """
    lines = []
    for key, error in problems.items():
        problem, hint = _problem(key, error)
        where = origin.get(key)
        line = f"  {key}: {problem}" + (f" ({where})" if where else "")
        lines.append(line + (f"\n      → {hint}" if hint else ""))
    if all(error.kind == "missing" for error in problems.values()):
        return _unfilled(tuple(problems), lines, own_file)
    title = ngettext("{count} setting is wrong:", "{count} settings are wrong:", len(problems)).format(
        count=len(problems)
    )
    return SettingsError(
        "\n".join([title, *lines]), _("The settings file: {file}").format(file=", ".join(map(str, files)))
    )


def _unfilled(keys: tuple[str, ...], lines: list[str], file: Path) -> UnfilledError:
    title = ngettext(
        "{count} setting is still to be filled in:", "{count} settings are still to be filled in:", len(keys)
    ).format(count=len(keys))
    names = _(" and ").join(keys)
    return UnfilledError(
        "\n".join([title, *lines]),
        _("The settings file: {file}").format(file=file),
        _("Fill in {keys} in {file} and save the file. The robot then begins by itself.").format(keys=names, file=file),
        keys,
    )


def _problem(key: str, error: WrongValueError) -> tuple[str, str]:
    """What is wrong and what to do, in the user's language."""
    if error.kind == "missing":
        return _("is missing"), _(Settings.declaration(key).about)
    if error.kind == "unknown":
        import difflib  # late: only a mistaken file needs it

        near = difflib.get_close_matches(key.lower(), Settings.keys(), n=1)
        return _("is no setting of this program"), _("did you mean {key}?").format(key=near[0]) if near else ""
    if error.kind == "choice":
        return _("must be one of: {values}").format(values=", ".join(map(repr, error.choices))), ""
    if error.kind == "least":
        return _("must be at least {limit}").format(limit=f"{error.limit:g}"), ""
    if error.kind == "most":
        return _("must be at most {limit}").format(limit=f"{error.limit:g}"), ""
    problem, hint = _PROBLEMS[error.kind]
    return _(problem), _(hint)


def describe_toml(error: ValueError | RecursionError) -> str:
    """What is wrong with a TOML file, and in which line as far as that is known."""
    words = _(_kind(error))
    place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    if not place:
        return words
    return _("line {line}, column {column}: {problem}").format(line=place[1], column=place[2], problem=words)


def _kind(error: ValueError | RecursionError) -> str:
    return next((words for start, words in _KINDS.items() if str(error).startswith(start)), _UNKNOWN)


def toml_hint(error: ValueError | RecursionError) -> str:
    """What most likely went wrong."""
    kind = _kind(error)
    if kind == _NO_ESCAPE:
        return _(
            "In double quotes a backslash begins an escape. Write Windows paths in single quotes: "
            r"scripts = 'C:\Robot\scripts'"
        )
    if kind == _TWICE:
        return _("A key stands there twice; remove one of the two lines.")
    return _("Texts stand in quotes: host = 'http://orchestrator:4500'; numbers, true and false stand without.")
