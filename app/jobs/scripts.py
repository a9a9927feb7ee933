"""From a script's name to its file, which lies inside the scripts folder whatever links and junctions say.

A name comes from the network. What Windows would read as something other than a plain path below the scripts folder is
refused on Linux too, so that a fleet behaves alike, and before any file is looked at.
https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""

from __future__ import annotations

import errno
import os
import re
import sys
import unicodedata
from pathlib import Path
from typing import Final

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.base.plain_text import is_unseen, printable
from app.jobs.errors import CannotStartError

NAME_LIMIT: Final = 512  # characters of the whole name: the Orchestrator's own limit
PART_LIMIT: Final = 252  # characters of a part: with `.py` the most that any file system takes

_FORMS: Final = ("NFC", "NFD")
_WINDOWS_PATH_LIMIT: Final = 259  # characters, unless the machine's policy allows long paths
# Texts, which `re` compiles when a job's name is first looked at.
_DEVICE: Final = r"(?i)(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])"
# What the Orchestrator calls a process version if nobody says otherwise: name of the process, date, time.
_PROPOSED: Final = (
    r"(?i)(\d{4}[-./\\]\d\d?[-./\\]\d\d?|\d\d?[-./\\]\d\d?[-./\\]\d{2,4})"
    r"[\sT,_-]+\d\d?[:.-]\d\d([:.-]\d\d)?(\s*[AP]M)?$"
)


@dataclass(frozen=True)
class Script:
    """A script that may run.

    Attributes:
        file: the script, absolute, below `root` as the settings spell it, free of links.
        root: the scripts folder, absolute.
    """

    file: Path
    root: Path


def find_script(scripts: Path, name: str) -> Script:
    """`NAME.py`, else `NAME/main.py`, else `NAME/__main__.py` below `scripts`.

    Raises:
        CannotStartError: a name that isn't allowed, no such file, or a file that lies elsewhere.
    """
    parts = script_parts(name)
    root = Path(os.path.abspath(scripts))  # noqa: PTH100 - resolve() would turn a mapped drive into a network path
    if not root.is_dir():
        raise CannotStartError(
            _("The scripts folder {folder} does not exist. Set \u201cscripts\u201d in the settings.").format(
                folder=root
            )
        )
    candidates = [(*parts[:-1], parts[-1] + ".py"), (*parts, "main.py"), (*parts, "__main__.py")]
    for candidate in candidates:
        try:
            if found := _file(root, candidate):
                return Script(_inside(root, found, name), root)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise _refused(name, _over_the_limit(root.joinpath(*candidate))) from None
        except ValueError:  # a name that this file system can't hold
            continue
    if sys.platform == "win32" and len(str(root.joinpath(*candidates[0]))) > _WINDOWS_PATH_LIMIT:
        raise _refused(name, _over_the_limit(root.joinpath(*candidates[0])))
    raise CannotStartError(
        _("There is no script \u201c{name}\u201d in {folder}. Looked for: {files}.").format(
            name=shown(name),
            folder=root,
            files=", ".join(printable(os.path.join(*candidate), spelled=True) for candidate in candidates),  # noqa: PTH118
        )
        + _hint(name)
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
    if re.fullmatch(_DEVICE, part.split(".", 1)[0].rstrip()):
        return _("it names a device of Windows")
    return ""


def _refused(name: str, problem: str) -> CannotStartError:
    return CannotStartError(
        _("The script name \u201c{name}\u201d is not allowed: {problem}.").format(name=shown(name), problem=problem)
        + _hint(name)
    )


def _hint(name: str) -> str:
    if not re.search(_PROPOSED, name.strip()):
        return ""
    return " " + _(
        "It looks like the name that the Orchestrator proposes by default (process, date and time), which names no "
        "script: give the process version the path of its script as its name."
    )


def _file(root: Path, parts: tuple[str, ...]) -> Path | None:
    """The file `parts` below `root`; None if there is none.

    Letters such as \u0439 are one character or two, and both look alike: the disk may spell them otherwise than the
    Orchestrator.

    Raises:
        OSError, ValueError: the system can't have such a path.
    """
    path = root
    for part in parts:
        spellings = [path / each for each in dict.fromkeys((part, *(unicodedata.normalize(f, part) for f in _FORMS)))]
        path = next((each for each in spellings if _exists(each)), spellings[0])
    return path if path.is_file() else None


def _exists(path: Path) -> bool:
    """Path.exists, which in some versions of Python hides the errors that matter here."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False
    return True


def _over_the_limit(path: Path) -> str:
    """Which of the system's limits `path` exceeds."""
    if sys.platform == "win32":
        return _("its path has {count} characters, and this system allows {limit}").format(
            count=len(str(path)), limit=_WINDOWS_PATH_LIMIT
        )
    part_limit, path_limit = 255, 4095  # bytes: NAME_MAX, and PATH_MAX without its final zero
    longest = max(len(os.fsencode(part)) for part in path.parts)
    if longest > part_limit:
        return _("a part of it takes {count} bytes as a file name, and this system allows {limit}").format(
            count=longest, limit=part_limit
        )
    return _("its path takes {count} bytes, and this system allows {limit}").format(
        count=len(os.fsencode(path)), limit=path_limit
    )


def _inside(root: Path, candidate: Path, name: str) -> Path:
    """`candidate` without links on the way, spelled below `root`.

    The real paths decide; what runs is spelled as the settings spell it, because the real path of a mapped drive is a
    network path, where cmd.exe can't work.
    """
    real_root, real = Path(os.path.realpath(root)), Path(os.path.realpath(candidate))
    if not real.is_relative_to(real_root):
        raise CannotStartError(
            _("The script name \u201c{name}\u201d is not allowed: it leads out of the scripts folder.").format(
                name=shown(name)
            )
        )
    return root / real.relative_to(real_root)
