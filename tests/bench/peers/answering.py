"""The process of one adapter, in the peer's own Python: `python -m tests.bench.peers.answering huey_sqlite`.

One call a line on the standard input, `{"call": "ask", "with": ["noop"]}`; one answer a line on the standard output.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from typing import Any


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    adapter = importlib.import_module(f"tests.bench.peers.adapters.{sys.argv[1]}").Peer()
    for line in sys.stdin:
        call = json.loads(line)
        answer: dict[str, Any]
        try:
            answer = {"value": getattr(adapter, call["call"])(*call["with"])}
        except Exception as error:  # noqa: BLE001 - said in the table
            answer = {"error": f"{type(error).__name__}: {error}"}
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
