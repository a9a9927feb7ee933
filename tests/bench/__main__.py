"""`python -m tests.bench`: every measure beside its floor, from the same run, as one table.

The exit code is 0 if every target is met, else 1.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench import abort, growth, idle, long_history, printing, soak, startup, turnaround

if TYPE_CHECKING:
    from tests.bench.row import Row

MEASURES = {
    "turnaround": turnaround.measure,
    "startup": startup.measure,
    "idle": idle.measure,
    "abort": abort.measure,
    "printing": printing.measure,
    "soak": soak.measure,
    "history": long_history.measure,
    "growth": growth.measure,
}
ONLY_WHEN_NAMED = {"soak", "growth"}  # half an hour; minutes, and it writes its table


def main() -> int:
    """Measure and print."""
    if sys.argv[1:2] == ["peers"]:
        from tests.bench.peers import running

        return running.main(sys.argv[2:])
    parser = argparse.ArgumentParser(
        prog="python build/dev.py bench", description="Measures the robot beside its floors."
    )
    parser.add_argument(
        "measures",
        nargs="*",
        metavar="MEASURE",
        help=f"{', '.join(MEASURES)}; all but soak and growth unless named; or peers: see peers --help",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it works, not to quote")
    options = parser.parse_args()
    unknown = set(options.measures) - set(MEASURES)
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    for name in options.measures or [name for name in MEASURES if name not in ONLY_WHEN_NAMED]:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += MEASURES[name](quick=options.quick)
    if options.measures == ["growth"] and not options.quick:
        growth.write(rows, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}, Python {platform.python_version()}.")
    Console(width=None if sys.stdout.isatty() else 160).print(_table(rows, quick=options.quick))
    return 0 if all(row.met for row in rows) else 1


def _table(rows: list[Row], *, quick: bool) -> Table:
    title = f"Robot against its floors ({_machine()}, Python {platform.python_version()})"
    table = Table(title=title + (" — quick: not to be quoted" if quick else ""))
    for heading in ("Measure", "Floor", "Robot", "Compared", "Target", ""):
        table.add_column(heading)
    for row in rows:
        compared = f"{row.value:.2f} {row.unit}"
        target = "" if row.target is None else f"≤ {row.target:g} {row.unit}"
        verdict = "" if row.target is None else "[green]met[/]" if row.met else "[red]not met[/]"
        table.add_row(row.measure, row.floor, row.ours, compared, target, verdict)
    return table


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
