"""The channel of a run, through which its script reaches the robot: what a runner needs to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.jobs.output import OutputLog
    from app.jobs.run_folder import RunFolder
    from app.orchestrator.vocabulary import JobOrder


class Camera(Protocol):
    """Keeps what the screen shows of one run."""

    def look(self) -> None:
        """Once a second, while all is well."""

    def take(self) -> Callable[[], list[str]]:
        """Take the last picture, at once; what is returned keeps it with the run, which may take seconds.

        Returns:
            That; it returns sentences for the run's log: where the picture is, or why there is none.
        """


class RunChannel(Protocol):
    """One run's channel; opened before the script starts. Every method returns soon, from any thread.

    Attributes:
        variables: for the script's environment.
    """

    variables: Mapping[str, str]

    def stop_asked(self) -> None:
        """A Stop has come to the run: what its script waits for is not waited for any longer."""

    def camera(self, *, still: bool, seconds: int) -> Camera:
        """What keeps pictures of the screen with the run: the last one (`still`), and the `seconds` before it."""

    def close(self) -> None:
        """Nothing of the job is left. Called once, before the job's private folder is removed."""


class Channels(Protocol):
    """Opens them."""

    def open(self, order: JobOrder, folder: RunFolder, log: OutputLog) -> RunChannel:
        """The channel of a run that is about to start.

        Raises:
            OSError: the system gives none.
        """
