"""The runner of scripts, made after the first heartbeat: what it imports takes as long as the rest of a start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app.jobs.channel import Channels
    from app.jobs.runner import JobRunner
    from app.jobs.starting import StartingJob
    from app.orchestrator.vocabulary import JobOrder
    from app.settings.model import Settings


class RunnerWhenNeeded:
    """A `JobRunner` that is made when it is first asked for something; one thread.

    Args: as `JobRunner` has them.
    """

    def __init__(self, settings: Settings, runs_dir: Path, channels: Channels | None) -> None:
        self._parts = settings, runs_dir, channels
        self._made: JobRunner | None = None

    def sweep(self) -> None:
        """See `JobRunner`, also of the following."""
        self._runner.sweep()

    def ready(self, order: JobOrder, log_file: Path, mark: str) -> StartingJob:
        """Lay out what the script of `order` will find."""
        return self._runner.ready(order, log_file, mark)

    def expect_job(self) -> None:
        """A job may come soon."""
        self._runner.expect_job()

    def expect_none(self) -> None:
        """No job comes soon."""
        if self._made is not None:
            self._made.expect_none()

    def close(self) -> None:
        """Start nothing ahead any more."""
        if self._made is not None:
            self._made.close()

    @property
    def _runner(self) -> JobRunner:
        if self._made is None:
            from app.jobs.runner import JobRunner  # late, as said above

            self._made = JobRunner(*self._parts)
        return self._made
