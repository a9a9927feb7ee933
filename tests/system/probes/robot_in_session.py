"""Be a robot in a session that ends; arguments: seconds that winding up takes, `log-off` to begin the end itself."""

import json
import sys
import threading
import time

from app.system import session
from app.system.end_of_session import EndOfSession

session._PATIENCE = 1.5  # Wine asks windows at once; the attempts needn't be far apart


def say(what: str) -> None:
    """Answer whoever started this."""
    print(json.dumps({"robot": what}), flush=True)


def on_end() -> None:
    """Wind up."""
    say("ending")
    time.sleep(float(sys.argv[1]))
    say("wound up")


with EndOfSession(on_end):
    say("listens")
    if "log-off" in sys.argv:
        say(f"log-off {session.log_off()}")
    sys.stdin.read()
say(f"{threading.active_count()} thread")
