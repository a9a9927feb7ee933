"""A robot as a process, and an Orchestrator that shares no code with it."""

from tests.contract.conftest import home, orchestrator, robot

__all__ = ["home", "orchestrator", "robot"]
