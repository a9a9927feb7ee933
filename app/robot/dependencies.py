"""What a robot is put together from; the edges are made elsewhere and handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.dataclass import dataclass, field
from app.robot.pace import Polls
from app.robot.unjournaled import Unwritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.base.paths import DataPaths
    from app.jobs.runner import JobRunner
    from app.jobs.runner_when_needed import RunnerWhenNeeded
    from app.journal.journal import Journal
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.origin import Origin
    from app.robot.controls import Controls
    from app.robot.idle import WindowsSession
    from app.robot.script_changes import ScriptChanges
    from app.robot.state import StateBoard
    from app.settings.model import Settings


@dataclass(frozen=True)
class Dependencies:
    """Everything that a robot is put together from.

    Attributes:
        polls: of all robots of this program, one after the other.
        unwritten: likewise.
    """

    settings: Settings
    paths: DataPaths
    journal: Journal
    origin: Origin
    runner: JobRunner | RunnerWhenNeeded
    board: StateBoard
    controls: Controls
    session: WindowsSession
    clock: Clock
    new_client: Callable[[], OrchestratorClient]
    changes: ScriptChanges
    polls: Polls = field(default_factory=Polls)
    unwritten: Unwritten = field(default_factory=Unwritten)
