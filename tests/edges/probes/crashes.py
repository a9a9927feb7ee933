"""Play the whole crash suite here: first its own eyes are tried, then an undisturbed life, then each case."""

import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.trust.crash_run import CASES, calls_of_a_life, play, processes_of


def main() -> None:
    """Answer as it goes."""
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp())
    with subprocess.Popen([sys.executable, "-c", "input()", str(folder)], stdin=subprocess.PIPE) as sleeper:
        print(json.dumps({"seen": len(processes_of(folder))}), flush=True)
        sleeper.stdin.write(b"\n")
    print(json.dumps({"seen": len(processes_of(folder))}), flush=True)
    print(json.dumps({"calls": calls_of_a_life()}), flush=True)
    for case, problems in play(CASES):
        print(json.dumps({"case": str(case), "problems": problems}), flush=True)


if __name__ == "__main__":  # each life imports this module anew
    main()
