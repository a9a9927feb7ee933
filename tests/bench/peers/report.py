"""What the bench of the peers writes: a table, a picture, and what could not be measured. Pure but for `write`."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from math import log10
from statistics import median
from typing import TYPE_CHECKING, Final

import psutil

from tests.bench.peers.found import MEASURES, Found, describe_after_kill, describe_cancel, seconds, spread
from tests.bench.sections import replace_section

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_HEADINGS: Final = (
    "",
    "a job that does nothing, of a queue",
    "asked of a worker at rest",
    "start to a job's first line",
    "memory at rest, PSS (USS)",
    "CPU at rest, a minute",
    "cancel until the last process is dead",
    "SIGKILL of the worker in mid-job, restart",
)
_NONE: Final = "—"


@dataclass(frozen=True)
class Run:
    """One run of the bench.

    Attributes:
        watched: seconds for which they were at rest.
    """

    rounds: int
    watched: float
    found: Sequence[Found]
    load: float = field(default_factory=lambda: psutil.getloadavg()[2])
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))
    machine: str = field(
        default_factory=lambda: (
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
            f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}"
        )
    )


def table(run: Run) -> str:
    """Markdown: whose numbers these are, the table, the gaps, the versions."""
    rows = [_HEADINGS, ("---",) * len(_HEADINGS), *(_row(found) for found in run.found)]
    about = (
        f"{run.moment:%Y-%m-%d %H:%M} UTC, {run.machine}, load of the last 15 minutes {run.load:.1f}; "
        f"{run.rounds} rounds, all in turn in each; medians (range); × of `python noop.py` with nothing around it, "
        f"measured just before ({spread([bare for found in run.found for bare in found.bare])})."
    )
    lines = [
        about,
        "",
        *(f"| {' | '.join(cells)} |" for cells in rows),
        "",
        "Not measured:",
        "",
        *_gaps(run.found),
        "",
        "Versions: "
        + "; ".join(f"{found.title.strip('*')}: {found.versions}" for found in run.found if found.versions)
        + ".",
    ]
    return "\n".join(lines)


def _row(found: Found) -> tuple[str, ...]:
    ratios = [ours / bare for ours, bare in zip(found.turnaround, found.bare, strict=False)]
    turnaround = f"{spread(found.turnaround)}, {median(ratios):.1f}×" if ratios else _NONE
    memory = cpu = _NONE
    if found.memory is not None and found.uss is not None:
        memory = f"{found.memory:.0f} ({found.uss:.0f}) MB in {found.processes}"
        if found.beside_memory is not None:
            memory += f"; {found.beside} {found.beside_memory:.0f} MB"
    if found.cpu is not None:
        cpu = seconds(found.cpu)
        if found.beside_cpu is not None:
            cpu += f"; {found.beside} {seconds(found.beside_cpu)}"
    times = (spread(values) if values else _NONE for values in (found.rest, found.start))
    cancel = describe_cancel(found) or _NONE
    killed = describe_after_kill(found.after_kill) if found.after_kill else _NONE
    return (found.title, turnaround, *times, memory, cpu, cancel, killed)


def _gaps(all_found: Sequence[Found]) -> list[str]:
    lines = []
    for found in all_found:
        for measure, reason in found.gaps.items():
            lines.append(f"- {found.title.strip('*')}, {MEASURES.get(measure, measure)}: {reason}.")
    return lines or ["- nothing was left out."]


# ---------------------------------------------------------------------- the picture


def _middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _with_beside(found: Found) -> float | None:
    return None if found.memory is None else found.memory + (found.beside_memory or 0.0)


_PANELS: Final[tuple[tuple[str, Callable[[Found], float | None], Callable[[float], str]], ...]] = (
    ("a job that does nothing, of a queue", lambda found: _middle(found.turnaround), seconds),
    ("asked of a worker at rest", lambda found: _middle(found.rest), seconds),
    ("start to a job's first line", lambda found: _middle(found.start), seconds),
    ("memory at rest, with what stands beside", _with_beside, lambda value: f"{value:.0f} MB"),
    ("cancel until the last process is dead", lambda found: _middle(found.cancel), seconds),
)
_WIDTH: Final = 760
_BAR: Final = 18
_LABELS: Final = 190
_LONGEST: Final = _WIDTH - _LABELS - 110


def chart(run: Run) -> str:
    """The same as bars, as SVG: length by logarithm, since the slowest takes hundreds of times as long."""
    parts, top = [], 8
    for title, value_of, text_of in _PANELS:
        parts.append(f'<text x="8" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += 22
        values = [value for found in run.found if (value := value_of(found)) is not None]
        for found in run.found:
            parts.append(_bar(found, value_of(found), text_of, min(values, default=1.0), max(values, default=1.0), top))
            top += _BAR + 3
        top += 14
    about = f"{run.moment:%Y-%m-%d}, {run.machine}; length by logarithm"
    parts.append(f'<text x="8" y="{top + 8}" fill="#555">{escape(about)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top + 20}" font-family="sans-serif" '
        f'font-size="12"><rect width="{_WIDTH}" height="{top + 20}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _bar(
    found: Found, value: float | None, text_of: Callable[[float], str], least: float, most: float, top: int
) -> str:
    label = f'<text x="{_LABELS - 8}" y="{top + 13}" text-anchor="end">{escape(found.title.strip("*"))}</text>'
    if value is None:
        return f'{label}<text x="{_LABELS}" y="{top + 13}" fill="#777">not measured, see the table</text>'
    length = bar_length(value, least, most)
    colour = "#1666c0" if "*" in found.title else "#9aa7b5"
    return (
        f'{label}<rect x="{_LABELS}" y="{top}" width="{length:.0f}" height="{_BAR}" fill="{colour}"/>'
        f'<text x="{_LABELS + length + 6:.0f}" y="{top + 13}">{escape(text_of(value))}</text>'
    )


def bar_length(value: float, least: float, most: float) -> float:
    """Pixels: a tenfold value is always so much longer; the least one can be seen."""
    decades = max(1.0, log10(most / least) + 0.3)
    return _LONGEST * (log10(value / least) + 0.3) / decades


def write(run: Run, docs: Path) -> None:
    """Put both into the documentation."""
    (docs / "images" / "peers.svg").write_text(chart(run), "utf-8")
    replace_section(docs / "performance.md", "peers", table(run))
