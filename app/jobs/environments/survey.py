"""Which environments the scripts of a folder want, and which of them are there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass, field
from app.base.os_reasons import describe_os_error
from app.jobs.environments.requirements import holds_block
from app.jobs.errors import CannotStartError
from app.jobs.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.jobs.environments.store import Environments, Wanted

_MAIN: Final = ("main.py", "__main__.py")


@dataclass
class Surveyed:
    """One environment that is wanted.

    Attributes:
        scripts: the names of those that want it.
        wanted: None if it can't be had.
        problem: why it can't, for people; else empty.
        ready: it is there.
    """

    wanted: Wanted | None
    problem: str = ""
    ready: bool = False
    scripts: list[str] = field(default_factory=list)


def survey(environments: Environments, scripts: Iterable[Script]) -> list[Surveyed]:
    """What these scripts want, in their order; scripts that want nothing are left out."""
    found: dict[str, Surveyed] = {}
    for script in scripts:
        name = name_of(script)
        try:
            wanted = environments.wanted_by(script)
        except CannotStartError as error:
            found.setdefault(str(error), Surveyed(None, str(error))).scripts.append(name)
        except OSError as error:
            found.setdefault(name, Surveyed(None, describe_os_error(error).for_people())).scripts.append(name)
        else:
            if wanted:
                ready = environments.is_ready(wanted)
                found.setdefault(wanted.name, Surveyed(wanted, ready=ready)).scripts.append(name)
    return list(found.values())


def all_scripts(root: Path) -> Iterator[Script]:
    """Everything below `root` that a job may name, but not what lies beside a `main.py` and is its module."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if not each.startswith((".", "__")))
        main = next((each for each in _MAIN if each in files), None) if Path(folder) != root else None
        for name in sorted(files):
            file = Path(folder, name)
            if not name.lower().endswith(".py") or not os.path.isfile(file):  # noqa: PTH113 - a pipe would never end
                continue
            if main in (None, name) or holds_block(file):
                yield Script(file, root)


def name_of(script: Script) -> str:
    """The shortest name by which a job may call it."""
    path = script.file.relative_to(script.root)
    named = path.parent if path.name in _MAIN and path.parent != Path() else path.with_suffix("")
    return named.as_posix()
