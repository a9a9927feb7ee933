"""What runs have kept: pictures of the screen, copies of files. The page names them, and leads to them if it can."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from app.base.paths import safe_file_name
from app.base.plain_text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.history.runs import PastRun

BUDGET: Final = 100_000  # bytes of all of them on the page
_MARKUP: Final = 50  # bytes of one besides its name and its link


@dataclass(frozen=True)
class Kept:
    """One file; `link`: from the page to it, escaped; empty where the page lies elsewhere.

    Files are not written into the page: what is to be seen on a screen stays on its machine.
    """

    name: str
    link: str


def kept_by(runs: Sequence[PastRun], folder: Path, *, linked: bool) -> dict[int, list[Kept]]:
    """The files that are still there by the run's place in `runs` (newest first).

    Args:
        runs: of which the page tells.
        folder: of all runs' evidence.
        linked: the page lies beside it.
    """
    rest = BUDGET
    found: dict[int, list[Kept]] = {}
    there = set(_names(folder))
    for place, run in enumerate(runs):
        own = safe_file_name(run.record.guid)
        if own not in there:
            continue
        for name in sorted(_names(folder / own)):
            link = f"{quote(folder.name)}/{quote(own)}/{quote(os.fsencode(name))}" if linked else ""
            rest -= len(name.encode("utf-8", "replace")) + len(link) + _MARKUP
            if rest < 0:
                return found
            found.setdefault(place, []).append(Kept(printable(name), link))
    return found


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError:
        return []
