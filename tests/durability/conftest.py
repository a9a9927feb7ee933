"""The same home and the same independent Orchestrator as in the contract's tests."""

from __future__ import annotations

import sys

from tests.contract.conftest import home, orchestrator, robot

__all__ = ["home", "orchestrator", "robot"]

# Signals and XDG folders are Linux's; the Windows program has a lane of its own, tests/program_on_windows.
collect_ignore_glob = ["test_*.py"] if sys.platform == "win32" else []
