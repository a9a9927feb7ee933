"""Be a robot that can be asked to end. Its job ends with a line of standard input, the robot when it is told to."""

import json
import os
import sys
import threading

from app.system.finish_requests import FinishRequests, asked_to_make_way

at_work = threading.Event()
ends = threading.Event()


def say(what: str) -> None:
    """Answer whoever started this."""
    print(json.dumps({"robot": what}), flush=True)


class Robot:
    """What a robot does when it is asked."""

    def hold(self, on_held) -> None:
        """Say that it holds once the job has ended."""
        say("holds")
        self.on_held = on_held
        if not at_work.is_set():
            on_held()

    def let_go(self) -> None:
        """Go on."""
        say("goes on")

    def finish(self) -> None:
        """End."""
        say("ends")
        ends.set()


if "at-work" in sys.argv:
    at_work.set()
robot = Robot()
with FinishRequests(robot):
    say("runs")
    if at_work.is_set():
        sys.stdin.readline()
        at_work.clear()
        say("job done")
        if hasattr(robot, "on_held"):
            robot.on_held()
    ends.wait(60)
print(json.dumps({"robot": f"{threading.active_count()} thread", "makes way": asked_to_make_way()}), flush=True)
sys.stdout.flush()
os._exit(0)  # whoever asks waits for the end of the process, and so for every name
