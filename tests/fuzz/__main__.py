"""`python -m tests.fuzz --seconds 60 [--seed 1]`: fuzz every target; a failing input is added to the corpus."""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback

from tests.fuzz.mutate import mutations
from tests.fuzz.targets import CORPUS, TARGETS


def main() -> int:
    """Run; 1 if an input failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="repeats a run")
    options = parser.parse_args()
    seed = random.randrange(2**32) if options.seed is None else options.seed
    failed = False
    for name, target in TARGETS.items():
        corpus = [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]
        until = time.monotonic() + options.seconds / len(TARGETS)
        count = 0
        for data in mutations(corpus, random.Random(seed)):
            if time.monotonic() > until:
                break
            count += 1
            try:
                target(data)
            except Exception:  # noqa: BLE001 - every kind of failure is a find
                failed = True
                traceback.print_exc()
                file = CORPUS / name / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
                file.write_bytes(data)
                print(f"{name}: kept as {file.name}")
                break
        print(f"{name}: {count} inputs, seed {seed}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
