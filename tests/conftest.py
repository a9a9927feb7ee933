"""What holds for every test."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile

import hypothesis

# A shell gives what it starts in the background an ignored SIGINT, which children inherit: the programs under test
# would not hear Ctrl-C. A signal that is handled here is theirs again by default.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A robot's place (one per GUID and user) is this run's alone, not that of a run beside it or of a robot at work here.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="robot-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)
# And so is what a robot writes that is told no data folder.
os.environ["XDG_DATA_HOME"] = os.path.join(os.environ["XDG_STATE_HOME"], "data")  # noqa: PTH118 - a variable's text

# How long one example takes depends on what else the machine does; speed is measured in tests/bench.
hypothesis.settings.register_profile("robot", deadline=None)
hypothesis.settings.load_profile("robot")
