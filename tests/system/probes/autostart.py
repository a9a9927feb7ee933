"""Autostart on, by both kinds, and off again, with the status in between."""

import dataclasses
import json
import sys

import psutil

from app.system import autostart

COMMAND = sys.argv[1:]


def say(step: str) -> None:
    """Answer whoever started this."""
    status = autostart.status()
    entries = [dataclasses.asdict(entry) for entry in status.entries]
    print(json.dumps({"step": step, "enabled": status.enabled, "entries": entries}), flush=True)


say("before")
for kind in ("task", "startup", "task"):
    autostart.enable(kind, COMMAND)
    autostart.enable(kind, COMMAND)
    say(kind)
sys.stdin.readline()  # whoever started this looks at what lies there now
before = psutil.Process().memory_info().rss
for _ in range(50):
    autostart.enable("task", COMMAND)
    autostart.status()
print(json.dumps({"step": "memory", "grown": psutil.Process().memory_info().rss - before}))
autostart.disable()
autostart.disable()
say("after")
