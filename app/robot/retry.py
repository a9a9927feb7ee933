"""A call that keeps failing: how long to wait before the next try, when to give up, and the wait itself."""

from __future__ import annotations

import contextlib
import logging
import random
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass, field
from app.base.errors import OfflineLimitError, RefusedError
from app.base.i18n import _, plain_number
from app.orchestrator.errors import (
    BlockedByPageError,
    CallError,
    CancelledError,
    CredentialsRejectedError,
    UnknownCodeError,
    UnreachableError,
)
from app.orchestrator.vocabulary import RobotStatus
from app.robot.pace import FIRST_SECONDS, HEARD_SECONDS
from app.robot.state import RobotState

if TYPE_CHECKING:
    from app.base.clock import Clock
    from app.orchestrator.client import OrchestratorClient
    from app.robot.controls import Controls
    from app.robot.pace import Polls
    from app.robot.state import StateBoard

log = logging.getLogger("robot.loop")
LONGEST_SECONDS: Final = 60.0
# A server that asks for more is asked again sooner: a misconfigured hour would cost a night.
LONGEST_RETRY_AFTER: Final = 300.0
BLOCKED_SECONDS: Final = 300.0  # a portal's log-in page may go by itself; a robot that is locked out stays so
BETWEEN_HEARTBEATS: Final = 10.0  # seconds, while no job is to be taken
_SHORTEST_WAIT: Final = 0.05  # seconds; the last try before the limit


@dataclass
class Backoff:
    """Doubling waits with jitter, so that fifty robots don't return at one moment after an outage.

    Attributes:
        first, longest: seconds.
    """

    attempt: int = 0
    rng: random.Random = field(default_factory=random.Random)
    first: float = FIRST_SECONDS
    longest: float = LONGEST_SECONDS

    def reset(self) -> None:
        """The Orchestrator answered well."""
        self.attempt = 0

    def next_delay(self, retry_after: float | None = None) -> float:
        """Seconds to wait now: half to all of 1, 2, 4 … 60, but never less than the server's own `Retry-After`.

        Up to half of that is added: robots that a busy server has told the same must not come back in step.
        """
        ceiling: float = min(self.longest, self.first * 2 ** min(self.attempt, 20))
        self.attempt += 1
        delay = ceiling * self.rng.uniform(0.5, 1.0)
        if retry_after is None:
            return delay
        return max(delay, min(retry_after, LONGEST_RETRY_AFTER) * self.rng.uniform(1.0, 1.5))


class RetryPolicy:
    """One kind of call, from its first failure to its next good answer.

    Args:
        limit: seconds of failing after which it gives up (`offline_limit`); 0 = never.
        longest: the longest wait, in seconds.
    """

    def __init__(self, limit: float, clock: Clock, *, longest: float = HEARD_SECONDS) -> None:
        self._limit = limit
        self._clock = clock
        self._backoff = Backoff(longest=longest)
        self._since: float | None = None  # the clock's monotonic seconds
        self._blocked_since: float | None = None

    def succeeded(self) -> None:
        """It was answered well."""
        self._backoff.reset()
        self._since = self._blocked_since = None

    def next_delay(self, error: CallError) -> float:
        """Seconds to wait after this failure.

        Raises:
            RefusedError: repeating can't help.
            OfflineLimitError: it has taken too long.
        """
        self.give_up_if_hopeless(error)
        delay = self._backoff.next_delay(error.retry_after if isinstance(error, UnreachableError) else None)
        if self._limit and self._since is not None:
            delay = min(delay, max(_SHORTEST_WAIT, self._since + self._limit - self._clock.monotonic()))
        return delay

    def give_up_if_hopeless(self, error: CallError) -> None:
        """Count this failure, without asking when to try again.

        Raises:
            RefusedError: repeating can't help.
            OfflineLimitError: it has taken too long.
        """
        now = self._clock.monotonic()
        if isinstance(error, BlockedByPageError) and self._blocked_since is None:
            self._blocked_since = now
        blocked = self._blocked_since is not None and now - self._blocked_since >= BLOCKED_SECONDS
        if isinstance(error, CredentialsRejectedError) or (isinstance(error, BlockedByPageError) and blocked):
            raise RefusedError(
                _("The Orchestrator refuses this robot: {reason}.").format(reason=error.for_people().rstrip(".")),
                _("Check robot_guid in the settings, and the robot on the Orchestrator's page Robots."),
            ) from None
        if self._since is None:
            self._since = now
        if self._limit and now - self._since >= self._limit:
            raise OfflineLimitError(
                _("The Orchestrator was unreachable for longer than {seconds} s: {reason}.").format(
                    seconds=plain_number(self._limit), reason=error.for_people()
                ),
                _("What is not yet reported is kept, and delivered at the next start."),
            ) from None


class Brake:
    """Slows the taking of jobs down when it leads to nothing: none handed out, known ones, ones that can't start.

    Args:
        free: how many times in a row that may happen before the first pause.
    """

    def __init__(self, clock: Clock, *, free: int = 0) -> None:
        self._clock = clock
        self._free = free
        self._times = 0
        self._backoff = Backoff()
        self._until: float | None = None

    def pull(self) -> None:
        """It led to nothing once more."""
        self._times += 1
        if self._times > self._free:
            self._until = self._clock.monotonic() + self._backoff.next_delay()

    def release(self) -> None:
        """A job was taken and has begun."""
        self._times = 0
        self._backoff.reset()
        self._until = None

    def seconds_left(self) -> float:
        """How long no job is to be taken; 0 as a rule."""
        return 0.0 if self._until is None else max(0.0, self._until - self._clock.monotonic())


class Tries:
    """What the loop does about a call that failed: it shows that, and waits.

    Args:
        client: the loop's own.
        polls: when its next heartbeat is due.
    """

    def __init__(
        self, board: StateBoard, controls: Controls, clock: Clock, client: OrchestratorClient, polls: Polls
    ) -> None:
        self._board = board
        self._controls = controls
        self._clock = clock
        self._client = client
        self._heard_at = clock.monotonic()
        self._polls = polls

    def say_ready_now(self) -> None:
        """The loop begins a heartbeat."""
        self._heard_at = self._clock.monotonic()
        self._polls.begins(self._heard_at)

    def heard(self) -> None:
        """That was answered."""
        self._polls.heard(self._clock.monotonic())

    def failed(self, error: CallError, policy: RetryPolicy, *, heard: bool = False) -> None:
        """Show a failed call and wait before the next one.

        Args:
            error: how it failed.
            policy: of this kind of call.
            heard: it is no heartbeat that failed: the Orchestrator hears the robot all the while.

        Raises:
            ExitAskedError: the loop is to end.
            RefusedError: repeating can't help.
            OfflineLimitError: it has taken too long.
        """
        if isinstance(error, CancelledError):
            self._controls.exit_if_asked()
        delay = policy.next_delay(error)
        if not heard:  # one that hung has taken its time already
            asked = error.retry_after if isinstance(error, UnreachableError) else None
            delay = self._polls.until_next_try(self._clock.monotonic(), delay, asked or 0.0)
        known = not isinstance(error, UnknownCodeError)
        self._board.publish(
            state=RobotState.OFFLINE if known else RobotState.ERROR,
            leaving_at=None,
            connected=not known,
            problem=error.for_people(),
        )
        log.warning("%s; next try in %.1f s", error, delay)
        until = self._clock.monotonic() + delay
        while (left := until - self._clock.monotonic()) > 0:
            if heard and self._clock.monotonic() - self._heard_at >= BETWEEN_HEARTBEATS:
                self.say_ready_now()
                with contextlib.suppress(CallError):
                    self._client.heartbeat(RobotStatus.READY)
                    self.heard()
            # Whatever wakes the loop in between, the next heartbeat is not put off by it.
            silent = self._clock.monotonic() - self._heard_at if heard else 0.0
            self.wait(min(left, max(0.0, BETWEEN_HEARTBEATS - silent)))

    def wait(self, seconds: float) -> None:
        """Wait between jobs; ExitAskedError if the loop is to end."""
        self._controls.wait(self._clock, seconds)
        self._controls.exit_if_asked()
