"""The scripts that are the peers' jobs."""

from __future__ import annotations

from typing import Final

_TREE: Final = """
import os, subprocess, sys, time
here = os.path.dirname(os.path.abspath(__file__))
# Each of the three holds the pipe's end: its reader sees the end of the file when the last one is dead.
alive = os.open(os.path.join(here, "alive"), os.O_WRONLY)
child = ["sleep", "{seconds}"]
others = [subprocess.Popen(child, pass_fds=[alive]), subprocess.Popen(child, pass_fds=[alive], start_new_session=True)]
with open(os.path.join(here, "starts"), "a") as file:
    print(os.getpid(), *(other.pid for other in others), file=file)
time.sleep({seconds})
"""
SHORT_SECONDS: Final = 30
SCRIPTS: Final = {
    "noop": "",
    "mark": """
import os, time
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "marks"), "a") as file:
    print(time.monotonic(), file=file)
""",
    # Three processes, one of them in a session of its own.
    "tree": _TREE.format(seconds=300),
    "short_tree": _TREE.format(seconds=SHORT_SECONDS),
}
