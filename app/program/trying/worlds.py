"""The Orchestrator of a trial: a sandbox in this program, which knows the job, or the real one, which knows none."""

from __future__ import annotations

import logging
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from app.base.clock import Clock
from app.base.i18n import _
from app.orchestrator.client import client_factory
from app.orchestrator.messages import read_task
from app.orchestrator.vocabulary import HeartbeatCode, JobOrder, JobStatus, RobotStatus
from app.robot.heartbeats import WorkingHeartbeats
from app.settings.values import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.orchestrator.messages import HeartbeatReply
    from app.settings.model import Settings

_HEARTBEAT_SECONDS: Final = 2.0  # a sandbox wants them, and a person who presses Stop on its page waits for one


@dataclass(frozen=True)
class World:
    """What a trial needs to know of its Orchestrator.

    Attributes:
        settings: with its address and credential.
        order: the job.
        known: whether it knows the job.
        page: the sandbox's, for a browser; empty if it is none.
        over: tell it what became of the job.
    """

    settings: Settings
    order: JobOrder
    known: bool
    page: str
    over: Callable[[JobStatus], None]


def real_world(settings: Settings, name: str, task: dict[str, Any] | None) -> World:
    """The Orchestrator of the settings, which has handed out no job and is told of none."""
    order = JobOrder(str(uuid.uuid4()), name, "", read_task(task))
    return World(settings, order, known=False, page="", over=lambda _status: None)


@contextmanager
def sandbox_world(
    settings: Settings,
    name: str,
    task: dict[str, Any] | None,
    load: Path | None,
    *,
    stop: Callable[[], None],
    abort: Callable[[], None],
) -> Iterator[World]:
    """A sandbox on loopback, from whose queue the job is taken as a robot takes it.

    It begins with the state in the file `load`. `stop` and `abort` are called when these are pressed on its page.

    Raises:
        UsageError: the state can't be loaded.
    """
    from app.sandbox.engine import Sandbox  # late: not with the real one
    from app.sandbox.server import SandboxServer
    from app.sandbox.state_file import load_state

    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    guid = str(uuid.uuid4())
    sandbox = Sandbox()
    sandbox.add_robot(guid, _("My robot"))
    job = sandbox.queue_job(name, task=task, robot_guid=guid)
    with SandboxServer(sandbox) as server:
        settings = replace(
            settings, host=server.url, robot_guid=Secret(guid), proxy=None, ca_file=None, client_certificate=None
        )
        new_client = client_factory(settings)
        client = new_client()
        try:
            client.heartbeat(RobotStatus.READY)
            order = client.consume_next_job(RobotStatus.READY).order
            assert order is not None  # noqa: S101 - it is the only job
            client.update_job(job.guid, JobStatus.IN_PROGRESS)
            if load:
                load_state(sandbox, load)  # after the job: what is queued in it may be any robot's
            beats = WorkingHeartbeats(
                new_client(),
                order,
                _HEARTBEAT_SECONDS,
                Clock(),
                on_reply=lambda reply: _obey(reply, stop, abort),
                on_failure=lambda _error: None,
            )
            beats.start()
            try:
                yield World(
                    settings,
                    order,
                    known=True,
                    page=server.url,
                    over=lambda status: client.update_job(job.guid, status),
                )
            finally:
                beats.stop()
        finally:
            client.close()


def _obey(reply: HeartbeatReply, stop: Callable[[], None], abort: Callable[[], None]) -> None:
    if reply.code == HeartbeatCode.JOB_ABORTING:
        abort()
    elif reply.code == HeartbeatCode.JOB_STOPPING:
        stop()
