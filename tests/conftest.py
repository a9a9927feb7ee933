"""What holds for every test."""

from __future__ import annotations

import signal

# A shell gives what it starts in the background an ignored SIGINT, which children inherit: the programs under test
# would not hear Ctrl-C. A signal that is handled here is theirs again by default.
signal.signal(signal.SIGINT, signal.default_int_handler)
