"""The crash suite here; argument: `cases` plays them, `life` is an undisturbed one, `eyes` looks for processes."""

import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.trust.crash_run import CASES, calls_of_a_life, play, processes_of


def say(**answer: Any) -> None:
    """Answer whoever started this."""
    print(json.dumps(answer), flush=True)


def eyes() -> None:
    """Look for a process while it lives and after its end."""
    folder = Path(tempfile.mkdtemp())
    with subprocess.Popen([sys.executable, "-c", "input()", str(folder)], stdin=subprocess.PIPE) as sleeper:
        say(seen=len(processes_of(folder)))
        sleeper.stdin.write(b"\n")
    say(seen=len(processes_of(folder)))


def main() -> None:
    """Do what the argument says."""
    logging.disable(logging.CRITICAL)
    if "cases" in sys.argv:
        for case, problems in play(CASES):
            say(case=str(case), problems=problems)
    elif "life" in sys.argv:
        say(calls=calls_of_a_life())
    else:
        eyes()


if __name__ == "__main__":  # each life imports this module anew
    main()
