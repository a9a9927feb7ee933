"""Mistakes in settings, for people: where they stand, what they are, and what most likely helps.

Never the value itself: it may be the GUID. What is no TOML at all is explained in `toml_mistakes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.errors import SettingsError, UnfilledError
from app.base.hosts import without_guids
from app.base.i18n import N_, _, ngettext, plain_number
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
    "hidden_password": (
        N_("shows *** in the place of the password"),
        N_("write the whole address, or leave it as it was"),
    ),
    "path": (N_("must be a path"), N_(r"in single quotes: 'C:\Robot\scripts'")),
}


def explain(
    problems: Mapping[str, WrongValueError],
    origin: Mapping[str, str],
    files: Iterable[Path],
    own_file: Path,
    mistyped: Mapping[str, str],
) -> SettingsError:
    """All problems, one line each: key, what is wrong, where it stands, hint. Never the value itself.

    Args:
        problems: by key.
        origin: in which file or variable each key stands.
        files: that were read.
        own_file: into which the user writes what is missing.
        mistyped: variables that are nearly a setting's, with those that may be meant.
    """
    lines = []
    for key, error in problems.items():
        problem, hint = describe_problem(key, error)
        where = origin.get(key)
        line = f"  {without_guids(key)}: {problem}" + (f" ({where})" if where else "")
        lines.append(line + (f"\n      → {hint}" if hint else ""))
    for name, meant in mistyped.items():
        problem, hint = _("is no setting of this program"), _("did you mean {key}?").format(key=meant)
        lines.append(f"  {name}: {problem}\n      → {hint}")
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


def describe_problem(key: str, error: WrongValueError) -> tuple[str, str]:
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
        return _("must be at least {limit}").format(limit=plain_number(error.limit)), ""
    if error.kind == "most":
        return _("must be at most {limit}").format(limit=plain_number(error.limit)), ""
    problem, hint = _PROBLEMS[error.kind]
    return _(problem), _(hint)
