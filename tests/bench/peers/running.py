"""`python build/dev.py bench peers`: sets the peers up, measures all of them in turn, writes `docs/performance.md`.

`--quick` takes the naive loop and the robot alone, in short rounds, and writes nothing: to see that it works.
`--only huey_sqlite,robot` takes these; `--rounds N`.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.peers import measuring, report
from tests.bench.peers.at_work import Far, Near, PeerAtWork, free_port
from tests.bench.peers.found import Found
from tests.bench.peers.ours import POLL_SECONDS, QUICK_POLL_SECONDS, NaiveLoop, Robot, machine_environment
from tests.bench.peers.setting_up import ROOT, NotHereError, environment_of, need_redis
from tests.contract.orchestrator import Orchestrator
from tests.contract.robot_process import GUID

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS: Final = {"robot": Robot, "naive_loop": NaiveLoop}
# Adapter, its lock, whether it needs Redis, and what stands in the table if it can't be had.
PEERS: Final = {
    "huey_sqlite": ("huey", False, "huey (SQLite)"),
    "rq_redis": ("rq", True, "rq (Redis)"),
    "dramatiq_redis": ("dramatiq", True, "dramatiq (Redis)"),
    "buildbot_local": ("buildbot", False, "Buildbot (worker)"),
    "prefect_process": ("prefect", False, "Prefect (process worker)"),
}
ROUNDS: Final = 3
REST_SECONDS: Final = 60.0
KILL_SECONDS: Final = 100.0  # longer than dramatiq's 60 s and rq's 90 s until a dead worker is missed


def main(arguments: Sequence[str]) -> int:
    """Measure; 0 unless the robot itself couldn't be measured."""
    parser = argparse.ArgumentParser(prog="python build/dev.py bench peers", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", metavar="NAMES", help=f"of {', '.join([*OURS, *PEERS])}")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    names = options.only.split(",") if options.only else list(OURS) if options.quick else [*OURS, *PEERS]
    rounds = 1 if options.quick else options.rounds
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing of the peers is left
    run = measure(names, rounds=rounds, quick=options.quick)
    print(report.table(run))
    if not options.quick and not options.only:
        report.write(run, ROOT / "docs")
    return 0 if any(found.title == Robot.title and not found.gaps for found in run.found) else 1


def measure(names: Sequence[str], *, rounds: int, quick: bool) -> report.Run:
    """All measures of these peers."""
    with tempfile.TemporaryDirectory(prefix="robot-peers-") as name, contextlib.ExitStack() as stack:
        all_found, pairs = _set_up(names, Path(name), stack, quick=quick)
        for number in range(rounds):
            _say(f"round {number + 1} of {rounds}")
            turned = number % max(1, len(pairs))
            for pair in pairs[turned:] + pairs[:turned]:
                _say(f"  {pair[1].title}")
                measuring.one_round(pair, quick=quick)
        _say("at rest")
        measuring.at_rest(pairs, 2.0 if quick else REST_SECONDS)
        if not quick:
            _say("killed in mid-job")
            measuring.after_kill(pairs, KILL_SECONDS)
        return report.Run(rounds, REST_SECONDS, all_found)


def _set_up(
    names: Sequence[str], folder: Path, stack: contextlib.ExitStack, *, quick: bool
) -> tuple[list[Found], list[measuring.Pair]]:
    all_found, pairs = [], []
    for name in names:
        _say(f"setting up {name}")
        place = folder / name
        place.mkdir()
        try:
            peer = _at_work(name, place, stack, quick=quick)
            stack.callback(peer.end)
            peer.set_up()
        except (NotHereError, RuntimeError, AssertionError, OSError) as error:
            found = Found(PEERS[name][2] if name in PEERS else name, "", gaps={"everything": str(error)})
        else:
            found = Found(peer.title, peer.about["versions"], peer.about["beside"])
            pairs.append((peer, found))
            peer.freeze(frozen=True)
        all_found.append(found)
    return all_found, pairs


def _at_work(name: str, place: Path, stack: contextlib.ExitStack, *, quick: bool) -> PeerAtWork:
    environment = machine_environment(place)
    if name in OURS:
        orchestrator = stack.enter_context(Orchestrator(GUID))
        return PeerAtWork(
            Near(OURS[name](place, orchestrator, QUICK_POLL_SECONDS if quick else POLL_SECONDS)), place, environment
        )
    lock, needs_redis, _title = PEERS[name]
    if needs_redis:
        need_redis()
    python = environment_of(lock)
    environment |= {
        "PATH": f"{python.parent}:{environment['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PEER_PLACE": str(place),
        "PEER_PORT": str(free_port()),
        "PEER_PYTHON": sys.executable,
    }
    return PeerAtWork(Far(python, name, place, environment), place, environment)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
