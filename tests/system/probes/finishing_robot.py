"""Be a robot that can be asked to finish; its job ends when standard input does."""

import json
import sys
import threading

from app.system.finish_requests import FinishRequests


def say(what: str) -> None:
    """Answer whoever started this."""
    print(json.dumps({"robot": what}), flush=True)


with FinishRequests(lambda: say("asked")):
    say("runs")
    sys.stdin.read()
say(f"{threading.active_count()} thread")
