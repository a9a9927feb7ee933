"""What scripts reach the Orchestrator through: the gateway, and the changes that it puts down, of one robot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.gateway.gateway import Gateway
from app.gateway.records import GatewayParts
from app.robot.notes import Notes
from app.robot.script_changes import ScriptChanges

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.base.paths import DataPaths
    from app.journal.journal import Journal
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.origin import Origin
    from app.robot.state import StateBoard
    from app.settings.model import Settings


def script_channels(
    settings: Settings,
    origin: Origin,
    paths: DataPaths,
    journal: Journal,
    new_client: Callable[[], OrchestratorClient],
    board: StateBoard,
    clock: Clock,
) -> tuple[Gateway, ScriptChanges]:
    """Both, put together."""
    changes = ScriptChanges(
        journal,
        origin,
        new_client,
        clock,
        settings.guid,
        settings.request_timeout,
    )
    gateway = Gateway(
        GatewayParts(
            new_client=new_client,
            changes=changes,
            notes=Notes(journal, changes, board, result_as_message=not settings.send_logs),
            evidence=paths.evidence,
            robot_guid=settings.guid,
            share_credentials=settings.share_credentials,
        )
    )
    return gateway, changes
