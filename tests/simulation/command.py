"""The command: many nights on all cores, one told in full, a failing one made small."""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import time as real_time
import traceback

from tests.simulation.finding import find_all
from tests.simulation.known_bugs import KNOWN_BUGS
from tests.simulation.mutants import ROOT
from tests.simulation.shrinking import shrink

_CHUNK = 500
_real_perf, _real_cpu = real_time.perf_counter, real_time.process_time


def main(arguments: list[str]) -> int:
    """The command; its exit code is 1 if a night failed."""
    parser = argparse.ArgumentParser(prog="simulate")
    parser.add_argument("--nights", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first night")
    parser.add_argument("--tell", action="store_true", help="tell the one night of --seed in full")
    parser.add_argument("--shrink", action="store_true", help="leave out of the night of --seed what it fails without")
    parser.add_argument("--mutant", default="", help="take the mending of a known bug back")
    parser.add_argument("--mutants", action="store_true", help="how many nights it takes to find each known bug")
    parser.add_argument("--only", nargs="*", default=(), help="these of them")
    parser.add_argument("--write", action="store_true", help="put what was found into docs/simulation.md")
    parser.add_argument("--first", action="store_true", help="stop at the first night that fails")
    parser.add_argument("--seconds", type=float, default=float("inf"), help=argparse.SUPPRESS)
    parser.add_argument("--without", type=int, nargs="*", default=(), help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets in the same order each time
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        return subprocess.run(
            [sys.executable, "-m", "tests.simulation", *arguments], env=environment, cwd=ROOT, check=False
        ).returncode
    try:
        return _work(options)
    except BaseException:  # noqa: BLE001 - whatever it was
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(2)  # threads that wait for a baton would be waited for


def _work(options: argparse.Namespace) -> int:
    if options.worker:
        return _spend(options)
    if options.mutants:
        return find_all(options.only, write=options.write)
    if options.tell:
        return _tell(options.seed, options.mutant, frozenset(options.without))
    if options.shrink:
        return shrink(options.seed, options.mutant)
    return _all(options)


def _all(options: argparse.Namespace) -> int:
    begun = _real_perf()
    waiting = [
        (first, min(_CHUNK, options.seed + options.nights - first))
        for first in range(options.seed, options.seed + options.nights, _CHUNK)
    ]
    failed: list[str] = []
    running: list[subprocess.Popen[str]] = []
    done = 0
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            first, count = waiting.pop(0)
            command = [
                sys.executable,
                "-m",
                "tests.simulation",
                "--worker",
                f"--seed={first}",
                f"--nights={count}",
                f"--mutant={options.mutant}",
            ]
            running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        worker = running.pop(0)
        said, _none = worker.communicate()
        lines = said.splitlines()
        if not lines or not lines[-1].startswith("done "):
            print(said)
            print("a worker ended by itself")
            return 2
        done += int(lines[-1].split()[1])
        failed += lines[:-1]
        if lines[-1].split()[2] != "-":  # it could not go on after a night in which everybody was stuck
            first, count = map(int, lines[-1].split()[2:4])
            if count:
                waiting.insert(0, (first, count))
    seconds = _real_perf() - begun
    for line in failed[:40]:
        print(line)
    print(f"{done} nights in {seconds:.1f} s, {len(failed)} failed")
    return 1 if failed else 0


def _ready(mutant: str) -> None:
    from tests.simulation import primitives
    from tests.simulation.mutants import put_back

    primitives.install()
    if mutant:
        put_back(KNOWN_BUGS[mutant])
    from tests.simulation import edges

    edges.put_in_place()
    gc.disable()  # what is thrown away in mid-night would have its turn there, whichever night it was of
    gc.collect()
    gc.freeze()


def _one(
    seed: int, *, keep_trace: bool = False, dropped: frozenset[int] = frozenset()
) -> tuple[list[str], list[str], str]:
    from tests.simulation import judge, night, plan

    drawn = plan.draw(seed).without(set(dropped))
    world = night.spend(drawn, keep_trace=keep_trace)
    told = judge.verdict(world), world.trace, str(drawn)
    del world
    night.clear_away()
    return told


def _spend(options: argparse.Namespace) -> int:
    first, count = options.seed, options.nights
    _ready(options.mutant)
    from tests.simulation.scheduler import StuckError

    begun = _real_cpu()
    for seed in range(first, first + count):
        if _real_cpu() - begun > options.seconds:
            break
        try:
            problems, _trace, _plan = _one(seed)
        except StuckError as error:
            print(f"seed {seed}: {error}")
            print(f"done {seed - first + 1} {seed + 1} {first + count - seed - 1}", flush=True)
            os._exit(0)  # this process has lost threads
        if problems:
            print(
                f"seed {seed}: {problems[0].splitlines()[0]}"
                + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""),
                flush=True,
            )
            if options.first:
                break
    if options.first:
        print(f"spent {_real_cpu() - begun:.2f}")
    print(f"done {count} -", flush=True)
    os._exit(0)


def _tell(seed: int, mutant: str, dropped: frozenset[int]) -> int:
    _ready(mutant)
    problems, trace, plan = _one(seed, keep_trace=True, dropped=dropped)
    print(plan, *trace, "", *(problems or ["All is well."]), sep="\n", flush=True)
    os._exit(1 if problems else 0)
