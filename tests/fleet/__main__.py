"""`python build/dev.py fleet`: ten thousand robots on one Orchestrator, as tables and charts for `docs/fleet.md`.

- `fleet`: every situation, with 10,000 robots
- `fleet rest hung`: these alone
- `fleet --sizes`: how many robots which interval holds
- `fleet --real`: five hundred real robots beside the same five hundred in virtual time
- `fleet --together`: eight real robots of one user on this machine, beside one
- `--write`: put tables and charts into docs/fleet.md and docs/images
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.fleet.measure import Verdict
    from tests.fleet.server import Seconds

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "fleet.md"
IMAGES: Final = ROOT / "docs" / "images"
DRAWN: Final = ("hung", "second", "rollout", "burst")  # situations that the chart shows


def main(arguments: list[str]) -> int:
    """The command."""
    from tests.fleet import sizes
    from tests.fleet.situations import SITUATIONS

    parser = argparse.ArgumentParser(prog="python build/dev.py fleet", description=__doc__.splitlines()[0])
    parser.add_argument("situations", nargs="*", help=", ".join(SITUATIONS))
    parser.add_argument("--robots", type=int, default=0, help="10,000; for --real 500")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    if unknown := set(options.situations) - set(SITUATIONS):
        parser.error(f"no such situation: {', '.join(sorted(unknown))}")
    if options.sizes:
        points = sizes.measured(options.seed)
        _say("sizes", sizes.table(points), write=options.write)
        if options.write:
            (IMAGES / "fleet-sizes.svg").write_text(sizes.plot(points), "utf-8")
        return 0
    if options.real:
        from tests.fleet import real_run

        text, close = real_run.compared(options.robots or 500, options.seed)
        _say("real", text, write=options.write)
        return 0 if close else 1
    if options.together:
        from tests.fleet import side_by_side

        _say("together", side_by_side.table(), write=options.write)
        return 0
    return _situations(options.situations or list(SITUATIONS), options)


def _situations(names: list[str], options: argparse.Namespace) -> int:
    from tests.fleet import tables

    size = options.robots or 10_000
    verdicts: list[Verdict] = []
    drawn: dict[str, tuple[Seconds, float, float]] = {}
    begun = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found, seconds, start, end in pool.map(_one, names, [size] * len(names), [options.seed] * len(names)):
            verdicts.append(found)
            drawn[found.name] = seconds, start, end
            print(found, flush=True)
    print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr)
    _say("situations", tables.situations(verdicts, size), write=options.write)
    if options.write and set(DRAWN) <= set(names):
        (IMAGES / "fleet-load.svg").write_text(tables.plot({name: drawn[name] for name in DRAWN}), "utf-8")
    return 0 if all(tables.met(each) for each in verdicts) else 1


def _one(name: str, size: int, seed: int) -> tuple[Verdict, Seconds, float, float]:
    from tests.fleet.situations import spend

    fleet = spend(name, size, seed)
    return fleet.verdict(name), fleet.server.seconds, fleet.start, fleet.world.now


def _say(part: str, text: str, *, write: bool) -> None:
    """Print it, and put it between its two marks in the page."""
    print(text)
    if not write:
        return
    page = PAGE.read_text("utf-8")
    begin, end = f"<!-- {part}: made by the run -->\n", f"<!-- end of {part} -->"
    before, rest = page.split(begin)
    PAGE.write_text(before + begin + text.rstrip("\n") + "\n" + end + rest.split(end, 1)[1], "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
