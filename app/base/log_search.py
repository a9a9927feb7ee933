"""A search through many logs, newest first, in portions: each looks at so much and says where the next goes on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.base.log_files import LogFile, is_own, job_logs, open_log, robot_logs
from app.base.log_reading import BUDGET, Entry, Wanted, entries_before

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.base.paths import DataPaths

MOST_HITS: Final = 100
MOST_FILES: Final = 300  # opened in one portion: a virus scanner may take its time with each
_LISTED: Final = 200


@dataclass(frozen=True)
class Hit:
    """An entry that was looked for, and the name of its log."""

    name: str
    entry: Entry


@dataclass
class Portion:
    """What one portion has found.

    Attributes:
        hits: newest first.
        looked_at: bytes; `files`: of how many logs.
        next_name: where the search goes on: in this log; empty: everything has been looked at.
        next_before: there, before this place; None: at its end.
    """

    hits: list[Hit] = field(default_factory=list)
    looked_at: int = 0
    files: int = 0
    next_name: str = ""
    next_before: int | None = None


def search(
    paths: DataPaths,
    wanted: Wanted,
    *,
    jobs: bool,
    name: str = "",
    before: int | None = None,
    budget: int = BUDGET,
    most: int = MOST_HITS,
) -> Portion:
    """Look for `wanted` in the logs of jobs, or in the robot's own.

    Args:
        paths: of the data folder.
        wanted: what for.
        jobs: in jobs' logs.
        name: the log to go on in; empty: from the newest on.
        before: the place there to go on before; None: its end.
        budget: bytes to look at, all in all.
        most: hits.
    """
    portion = Portion()
    for log in _logs(paths, name, jobs=jobs):
        if portion.files == MOST_FILES or portion.looked_at >= budget or len(portion.hits) >= most:
            portion.next_name, portion.next_before = log.name, None
            return portion
        try:
            stream = open_log(paths, log.name)
        except OSError:
            continue
        with stream:
            size = os.fstat(stream.fileno()).st_size
            end = min(size, before) if before is not None and log.name == name else size
            found = entries_before(
                stream,
                end,
                Wanted(wanted.text, wanted.level, whole_entries=is_own(log.name)),
                most=most - len(portion.hits),
                budget=budget - portion.looked_at,
                own_levels=is_own(log.name),
            )
        portion.files += 1
        portion.looked_at += found.looked_at
        portion.hits += [Hit(log.name, entry) for entry in reversed(found.entries)]
        if found.before:
            portion.next_name, portion.next_before = log.name, found.before
            return portion
    return portion


def _logs(paths: DataPaths, first: str, *, jobs: bool) -> Iterator[LogFile]:
    """From the one of this name on, which may have gone."""
    if not jobs:
        logs = robot_logs(paths)
        places = [place for place, log in enumerate(logs) if log.name == first]
        yield from logs[places[0] if places else 0 :]
        return
    # Behind the name that sorts just after `first`, so that it is the next one itself.
    last, more = f"{first}\0" if first else "", True
    while more:
        found, more = job_logs(paths, last, most=_LISTED)
        yield from found
        last = found[-1].name if found else ""
