"""A gateway with one open channel, put together by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from app.base.redaction import Mask
from app.gateway.gateway import Gateway
from app.gateway.records import GatewayParts
from app.jobs.environment import GATEWAY_VARIABLE
from app.jobs.output import OutputLog
from app.jobs.run_folder import RunFolders
from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.identity import Identity, authorization
from app.orchestrator.vocabulary import JobOrder
from tests.gateway.at_once import SentAtOnce
from tests.gateway.raw_client import Raw
from tests.robot.robot_under_test import GUID

if TYPE_CHECKING:
    from pathlib import Path

    from app.gateway.gateway import ScriptChannel
    from app.sandbox.engine import Sandbox

__all__ = ["GUID", "Bench"]


class TakenNotes:
    """What the script said of its run."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    def progress(self, order: JobOrder, progress: Any) -> None:
        self.said.append(("progress", order.guid, progress))

    def result(self, order: JobOrder, text: str) -> None:
        self.said.append(("result", order.guid, text))

    def kept(self, order: JobOrder, names: list[str]) -> None:
        self.said.append(("kept", order.guid, names))

    def over(self, order: JobOrder, *, asked: bool) -> None:
        self.said.append(("over", order.guid, asked))


class Bench:
    """As a context: open; the run ends with it."""

    def __init__(self, folder: Path, url: str, sandbox: Sandbox, *, share_credentials: bool = False) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.job = sandbox.queue_job("script")
        sandbox.consume(GUID, complain=lambda _text: None)
        connection = ConnectionSettings(url, authorization(GUID), 3)
        self.notes = TakenNotes()
        self.clients: list[OrchestratorClient] = []

        def new_client() -> OrchestratorClient:
            self.clients.append(OrchestratorClient(Identity(GUID, "TESTBOX"), connection))
            return self.clients[-1]

        self.gateway = Gateway(
            GatewayParts(
                new_client=new_client,
                changes=SentAtOnce(new_client(), GUID, self.job.process_version_guid),
                notes=self.notes,
                evidence=folder / "evidence",
                robot_guid=GUID,
                share_credentials=share_credentials,
            )
        )
        self.log_file = folder / "job.log"
        self.log = OutputLog(self.log_file, 1 << 20, Mask(GUID))
        self._folders = RunFolders(folder / "runs")
        self.channel = self.another(self.job.guid)
        self.variable = self.channel.variables[GATEWAY_VARIABLE]
        self._raws: list[Raw] = []

    def another(self, job_guid: str) -> ScriptChannel:
        """A channel of another run at the same time."""
        order = JobOrder(job_guid, "script", self.job.process_version_guid, None)
        return self.gateway.open(order, self._folders.make(job_guid), self.log)

    def raw(self, variable: str | None = None) -> Raw:
        """One more connection."""
        self._raws.append(Raw(variable or self.variable))
        return self._raws[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()
        with self.gateway:
            pass
        self.log.finish([])
        for raw in self._raws:
            raw.close()
        for client in self.clients:
            client.close()
