"""Is this a name that a script may have? The same rules on every system, before any file is looked at.

A name comes from the network. What Windows would read as something other than a plain path below the scripts folder is
refused on Linux too, so that a fleet behaves alike.
https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""

from __future__ import annotations

import re
from typing import Final

from app.base.i18n import _
from app.base.plain_text import is_unseen, printable
from app.jobs.errors import CannotStartError

NAME_LIMIT: Final = 1000  # characters of the whole name
PART_LIMIT: Final = 120  # characters of a part: a file name of 255 bytes holds as many Cyrillic ones, with its suffix

_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE
)


def script_parts(name: str) -> tuple[str, ...]:
    """The folders and the stem of the script `name`, without `.py`: `finance/invoices.py` is `finance`, `invoices`.

    Raises:
        CannotStartError: the name isn't a plain path below the scripts folder.
    """
    if not name:
        raise CannotStartError(_("The Orchestrator sent no script name."))
    if len(name) > NAME_LIMIT:
        raise _refused(name, _("it is longer than {limit} characters").format(limit=NAME_LIMIT))
    parts = re.split(r"[/\\]", name)
    if parts[-1].lower().endswith(".py"):
        parts[-1] = parts[-1][:-3]
    for part in parts:
        if problem := _problem_of(part):
            raise _refused(name, problem)
    return tuple(parts)


def shown(name: str) -> str:
    """`name` as it may stand in a message: short, on one line, with every unseen character spelled out."""
    return printable(name, spelled=True, limit=80)


def _problem_of(part: str) -> str:  # noqa: PLR0911 - a list of rules
    """What is wrong with one part of the name; empty if nothing is."""
    if not part:
        return _("it has an empty part: absolute and network paths are not allowed")
    if part in (".", ".."):
        return _("it leads to another folder")
    if len(part) > PART_LIMIT:
        return _("a part of it is longer than {limit} characters").format(limit=PART_LIMIT)
    if any(map(is_unseen, part)):  # with which a name looks like another one
        return _("it contains control or invisible characters")
    if found := sorted(set(part) & set('<>:"|?*')):
        return _("it contains {characters}").format(characters=" ".join(found))
    if part[-1] in ". \u00a0" or part[0] == " ":
        return _("a part of it begins with a space, or ends with a dot or a space")
    if _DEVICE.fullmatch(part.split(".", 1)[0].rstrip()):
        return _("it names a device of Windows")
    return ""


def _refused(name: str, problem: str) -> CannotStartError:
    return CannotStartError(
        _("The script name \u201c{name}\u201d is not allowed: {problem}.").format(name=shown(name), problem=problem)
    )
