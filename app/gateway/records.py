"""What the gateway needs of the rest of the robot, and what it hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.base.dataclass import dataclass
from app.base.i18n import plain_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.vocabulary import JobOrder


@dataclass(frozen=True)
class Progress:
    """How far a script says it has come: `done` of `total`, in units of its own, and in words (masked)."""

    done: float
    total: float | None = None
    text: str = ""

    @property
    def numbers(self) -> str:
        """Without the words: `3/8`, or `3` where nobody knows how much there is."""
        done = plain_number(self.done)
        return done if self.total is None else f"{done}/{plain_number(self.total)}"


class Changes(Protocol):
    """Where changes go that a script asks for. Any thread."""

    def put(self, job_guid: str, path: str, fields: Mapping[str, str]) -> None:
        """Take a change, to be delivered in order.

        Raises:
            GatewayError: it can't be taken.
            RobotError: it can't be written down.
        """

    def waits(self, job_guid: str, beginning: str) -> bool:
        """Whether one of the job's changes whose path begins so has not been delivered, nor refused."""

    def wait_for_news(self, seconds: float) -> None:
        """Until that may have changed, at most so long."""


class Notes(Protocol):
    """Who is told of what a script says about itself. Any thread; texts are masked."""

    def progress(self, order: JobOrder, progress: Progress) -> None:
        """How far it is."""

    def result(self, order: JobOrder, text: str) -> None:
        """Its result, as JSON text.

        Raises:
            RobotError: it can't be written down.
        """

    def kept(self, order: JobOrder, names: list[str]) -> None:
        """These files are its evidence."""

    def over(self, order: JobOrder, *, asked: bool) -> None:
        """The run has ended; `asked`: its script has used the channel."""


@dataclass(frozen=True)
class GatewayParts:
    """What a gateway is put together from.

    Attributes:
        new_client: makes the clients that ask the Orchestrator.
        evidence: the folder of what runs keep.
        robot_guid: the credential, which scripts must not see in an answer unless `share_credentials`.
    """

    new_client: Callable[[], OrchestratorClient]
    changes: Changes
    notes: Notes
    evidence: Path
    robot_guid: str
    share_credentials: bool
