"""A world for the state machine of `Robot` that is nothing but a list of numbers.

Robot, journal rules and state board are real; the Orchestrator, the script, the person, Windows and time are played
here, on one thread. Whenever the loop asks anything of its surroundings, the next number says what happens: what the
Orchestrator answers, which button a person presses, how the script ends, whether the robot dies. When the numbers are
used up, all goes well. So a list is a story, and a failing story shrinks to its shortest.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.errors import RefusedError
from app.base.paths import DataPaths
from app.journal import schema
from app.journal.gate import Gate
from app.journal.journal import Journal
from app.journal.opening import Opened
from app.orchestrator.errors import (
    CredentialsRejectedError,
    RejectedError,
    UnreachableError,
    UnreadableReplyError,
)
from app.orchestrator.messages import ConsumeReply, HeartbeatReply
from app.orchestrator.origin import origin_of
from app.orchestrator.vocabulary import (
    FINAL_STATUSES,
    ConsumeCode,
    HeartbeatCode,
    JobOrder,
    JobStatus,
    RobotStatus,
)
from app.robot.controls import Controls, ExitReason
from app.robot.dependencies import Dependencies
from app.robot.loop import Robot
from app.robot.state import RobotState, Snapshot, StateBoard
from app.settings.model import Settings
from tests.robot.no_changes import NoChanges
from tests.trust.players import Client, Runner, Script, Session, StoryClock, StoryHeartbeats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.robot.pending import Attempts

GUID: Final = "da8bc2f0-8065-4385-b867-405e66b8e151"
JOBS: Final = 3
_CLICKS: Final = (
    "stop_job",
    "abort_job",
    "pause",
    "resume",
    "cancel_leaving",
    "quit",
    "finish",
    "end_of_session",
    "reload",
)


class Died(BaseException):
    """The robot's process is gone."""


@dataclass
class _Job:
    """A job as the Orchestrator has it."""

    guid: str
    waiting: bool = True
    handed_out: bool = False
    wish: HeartbeatCode = HeartbeatCode.NO_ERROR
    statuses: list[JobStatus] = field(default_factory=list)
    runs: int = 0
    # What the robot was told and saw while the script ran, for the status that must come of it.
    stop_asked: bool = False
    abort_asked: bool = False
    ended_by_quit: bool = False
    exit_code: int | None = None
    died_with_robot: bool = False

    @property
    def finals(self) -> set[JobStatus]:
        return set(self.statuses) & FINAL_STATUSES


class World:
    """One story.

    Args:
        numbers: the story; each decision takes one.
        when_idle: the setting.
    """

    def __init__(self, numbers: Sequence[int], when_idle: str) -> None:
        self._numbers = iter(numbers)
        self.settings = Settings.from_values(
            {
                "host": "http://orchestrator",
                "robot_guid": GUID,
                "scripts": "/scripts",
                "data_dir": "/data",
                "when_idle": when_idle,
                "logoff_countdown": 15,
            }
        )
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        schema.migrate(database)
        self.journal = Journal(Opened(database), Path("/data/journal"), Gate.hurried())
        self.origin = origin_of(self.settings.host, self.settings.guid)
        self.jobs = [_Job(f"job-{number}") for number in range(JOBS)]
        self.log: list[str] = []
        self.time = 0.0
        self.running: Script | None = None
        self.heartbeats: StoryHeartbeats | None = None
        self.told_to_end = False
        self.last_answer_was_no_job = False
        self.logged_off = False

    # ------------------------------------------------------------------ the story

    def choose(self, count: int) -> int:
        """The next number below `count`; 0, which is always "all goes well", when the story is told."""
        return next(self._numbers, 0) % count

    def tell(self) -> None:
        """Live until there is no more work, however many lives that takes."""
        for _life in range(60):
            self.told_to_end = False
            self.last_answer_was_no_job = False
            board = StateBoard()
            self.controls = Controls(board)
            board.subscribe(self._look)
            self.robot = Robot(
                Dependencies(
                    settings=self.settings,
                    paths=DataPaths(Path("/data")),
                    journal=self.journal,
                    runner=Runner(self),
                    board=board,
                    controls=self.controls,
                    origin=self.origin,
                    session=Session(self),
                    clock=StoryClock(self),
                    new_client=lambda: Client(self),
                    changes=NoChanges(StoryClock(self)),
                )
            )
            try:
                departure = self.robot.run()
            except Died:
                self._bury()
                continue
            except RefusedError:
                continue
            assert self.running is None
            if departure is ExitReason.NO_MORE_WORK and not any(job.waiting for job in self.jobs):
                break
        self._account()

    def _bury(self) -> None:
        self.log.append("died")
        if self.running:
            self._job(self.running.order.guid).died_with_robot = True
            self.running = None
        for record in self.journal.interrupted():
            self._job(record.guid).died_with_robot = True
        self.heartbeats = None

    def happen(self) -> None:
        """Something may happen now: a click, a death."""
        choice = self.choose(24)
        if 0 < choice <= len(_CLICKS):
            self.click(_CLICKS[choice - 1])
        elif choice == len(_CLICKS) + 1:
            raise Died

    def click(self, name: str) -> None:
        """A person, Windows, or a changed file."""
        self.log.append(name)
        if job := self._in_hand():
            job.stop_asked |= name == "stop_job"
            job.abort_asked |= name == "abort_job"
            job.ended_by_quit |= name in {"quit", "end_of_session"}
        self.told_to_end |= name in {"quit", "finish", "end_of_session", "reload"}
        getattr(self.controls, name)()

    def _in_hand(self) -> _Job | None:
        """The job that wishes are about: it runs, or the report of its beginning is under way."""
        if self.running:
            return None if self.running.over else self._job(self.running.order.guid)
        order = self.robot._current._order
        known = order and self.journal.job(order.guid)
        return self._job(order.guid) if order and known and known.status is None else None

    def _job(self, guid: str) -> _Job:
        return next(job for job in self.jobs if job.guid == guid)

    # ------------------------------------------------------------------ what must hold

    def _look(self, snapshot: Snapshot) -> None:
        """Every state that is shown is one that a person can believe."""
        state = snapshot.state
        assert (snapshot.job is not None) == (state in {RobotState.WORKING, RobotState.STOPPING}), snapshot
        assert (snapshot.leaving_at is not None) == (state is RobotState.LEAVING), snapshot
        if state in {RobotState.OFFLINE, RobotState.ERROR}:
            assert snapshot.problem, snapshot
        if state is RobotState.OFFLINE:
            assert snapshot.connected is False, snapshot
        if state is RobotState.LEAVING:
            assert not self._held_up()
            assert not self.journal.interrupted()

    def _held_up(self) -> list[Attempts]:
        """Reports that hold the log-off: neither refused nor failing for ten minutes."""
        waiting = self.robot._delivery._pending.waiting()
        return [one for one in waiting if one.failing_since is None or self.time - one.failing_since < 600]

    def may_log_off(self) -> None:
        """Durability rule 4."""
        assert self.last_answer_was_no_job, "logged off without a good answer 'no job'"
        assert not self._held_up(), "logged off with undelivered reports"
        assert not self.journal.interrupted(), "logged off with a job under way"
        assert self.running is None, "logged off while a script runs"
        assert not self.told_to_end, "logged off although told to end"
        assert not self.controls.paused, "logged off while paused"

    def _account(self) -> None:
        assert all(row.refused_at for row in self.journal.outbox())
        assert not self.journal.interrupted()
        dead = {row.job_guid for row in self.journal.outbox() if row.status in FINAL_STATUSES}
        for job in self.jobs:
            assert job.runs <= 1, f"{job.guid} ran {job.runs} times"
            record = self.journal.job(job.guid)
            if record is None:
                assert not job.statuses
                continue
            assert record.status in FINAL_STATUSES
            assert job.finals == ({record.status} if job.guid not in dead or job.finals else set()), job
            self._judge(job, record.status)

    def _judge(self, job: _Job, status: JobStatus) -> None:
        """The final status is the one of docs/design.md's table."""
        if job.died_with_robot and status is JobStatus.FAILED:
            return
        if job.abort_asked or job.ended_by_quit:
            # A script that came to its own end before the kill is judged by that, except after an Abort.
            own_end = job.exit_code is not None and not job.abort_asked
            assert own_end or status is JobStatus.ABORTED, (job, status)
        elif job.runs == 0:
            assert status is JobStatus.ABORTED, (job, status)  # told to end before the script began
        elif job.stop_asked:
            assert status is (JobStatus.STOPPED if job.exit_code == 0 else JobStatus.FAILED), (job, status)
        else:
            assert status is (JobStatus.SUCCESS if job.exit_code == 0 else JobStatus.FAILED), (job, status)

    # ------------------------------------------------------------------ the Orchestrator

    def answer(self, kind: str, carry_out: Callable[[], object]) -> object:
        """Answer a call, or spoil it."""
        self.happen()
        choice = self.choose(16)
        if choice == 1:
            raise UnreachableError("not reached")
        if choice == 2:
            carry_out()
            raise UnreachableError("answer lost", fate_unknown=True)
        if choice == 3:
            raise UnreadableReplyError("a page")
        if choice == 4 and kind == "update":
            raise RejectedError("HTTP 404")
        if choice == 5 and kind != "update":
            raise CredentialsRejectedError("code 101")
        result = carry_out()
        self.happen()
        return result

    def heartbeat(self, status: RobotStatus, job_guid: str) -> HeartbeatReply:
        """Steps 1, 3 and 5."""
        self.last_answer_was_no_job = False
        if status is RobotStatus.WORKING:
            job = self._job(job_guid)
            wish = (None, HeartbeatCode.JOB_STOPPING, HeartbeatCode.JOB_ABORTING, 77)[self.choose(4)]
            job.wish = max(job.wish, wish) if isinstance(wish, HeartbeatCode) else job.wish
            code = wish if wish == 77 else job.wish
            return HeartbeatReply(code, "", False)
        assert self.running is None, "Ready while a script runs"
        for job in self.jobs:  # an Orchestrator offers again what was handed out and never begun
            if job.handed_out and not job.statuses:
                job.waiting = True
        has_job = any(job.waiting for job in self.jobs)
        unasked = self.choose(12) == 1
        code = HeartbeatCode.JOB_STOPPING if unasked else HeartbeatCode.NO_ERROR
        self.last_answer_was_no_job = not has_job and status is RobotStatus.READY
        return HeartbeatReply(code, "", has_job)

    def heard(self, reply: HeartbeatReply) -> None:
        """The robot knows what is asked of the running job: an answer that was lost asks nothing."""
        if job := self._in_hand():
            job.stop_asked |= reply.code == HeartbeatCode.JOB_STOPPING
            job.abort_asked |= reply.code == HeartbeatCode.JOB_ABORTING

    def consume(self) -> ConsumeReply:
        """Step 2."""
        job = next((job for job in self.jobs if job.waiting), None)
        if job is None or self.choose(10) == 1:
            return ConsumeReply(ConsumeCode.NO_JOB_FOUND, "")
        job.waiting, job.handed_out = False, True
        return ConsumeReply(ConsumeCode.NO_ERROR, "", JobOrder(job.guid, "job"))

    def update(self, guid: str, status: JobStatus) -> None:
        """The second step 2, step 4."""
        job = self._job(guid)
        assert self.journal.job(guid) is not None, "reported before it was written down"
        if status in FINAL_STATUSES:
            assert self.journal.job(guid).status is status, "sent before it was written down"
            assert job.finals <= {status}, f"{guid}: {status!r} after {job.finals}"
        else:
            assert not job.finals, f"{guid}: {status!r} after {job.finals}"
        job.statuses.append(status)
