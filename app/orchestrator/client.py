"""The Orchestrator's calls (docs/contract.md), each one request and one reply."""

from __future__ import annotations

import base64
import dataclasses
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.base.i18n import N_
from app.base.redaction import Redactor
from app.orchestrator.errors import (
    CredentialsRejectedError,
    RejectedError,
    UnreachableError,
    UnreadableReplyError,
)
from app.orchestrator.exchange import Answer, Exchange
from app.orchestrator.messages import ConsumeReply, HeartbeatReply, read_consume, read_heartbeat
from app.orchestrator.vocabulary import (
    JOB_TYPE_ORCHESTRATED,
    ConsumeCode,
    HeartbeatCode,
    JobStatus,
    LogLevel,
    RobotStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.orchestrator.connections import ConnectionSettings

_Reply = TypeVar("_Reply", HeartbeatReply, ConsumeReply)
_RETRY_LATER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True)
class Identity:
    """Who the robot is, as it says in every heartbeat; `ip` and `mac` of the interface towards the Orchestrator."""

    robot_guid: str
    machine: str
    ip: str
    mac: str


def authorization(robot_guid: str) -> str:
    """The value of the `Authorization` header: the bare GUID in base64, no colon (specification, step 1)."""
    return "Basic " + base64.b64encode(robot_guid.encode("utf-8")).decode("ascii")


class OrchestratorClient:
    """Calls of one thread. Every call raises `CallError`s (`app.orchestrator.errors`) and nothing else."""

    def __init__(self, identity: Identity, connection: ConnectionSettings) -> None:
        self._identity = identity
        self._exchange = Exchange(connection)
        self._redact = Redactor(identity.robot_guid)

    def heartbeat(self, status: RobotStatus, job_guid: str = "", job_name: str = "") -> HeartbeatReply:
        """`POST /api/robot/heartbeat` (steps 1, 3 and 5).

        Raises:
            CredentialsRejectedError: also for code 101, with the Orchestrator's own text.
        """
        answer = self._exchange.request(
            "POST",
            "/api/robot/heartbeat",
            {
                "RobotGUID": self._identity.robot_guid,
                "Machine": self._identity.machine,
                "IP": self._identity.ip,
                "MAC": self._identity.mac,
                "Status": int(status),
                "JobGUID": job_guid,
                "JobName": job_name,
                "JobType": JOB_TYPE_ORCHESTRATED,
            },
        )
        reply = self._readable(read_heartbeat(_json(answer)))
        if reply.code == HeartbeatCode.ROBOT_NOT_FOUND:
            raise _robot_not_found(reply.error_text)
        return reply

    def consume_next_job(self, status: RobotStatus) -> ConsumeReply:
        """`POST /api/robot/consumeNextJob` (step 2).

        Not cancellable: an answer that nobody reads would lose the job that it hands out.

        Raises:
            CredentialsRejectedError: also for code 101, with the Orchestrator's own text.
        """
        answer = self._exchange.request(
            "POST",
            "/api/robot/consumeNextJob",
            {"RobotGUID": self._identity.robot_guid, "Status": int(status)},
            cancellable=False,
        )
        reply = self._readable(read_consume(_json(answer)))
        if reply.code == ConsumeCode.ROBOT_NOT_FOUND:
            raise _robot_not_found(reply.error_text)
        return reply

    def update_job(self, job_guid: str, status: JobStatus, *, cancellable: bool = True) -> None:
        """`PUT /api/job/update` (second step 2, step 4). Any whole 2xx counts, except a page that a proxy put there."""
        answer = self._exchange.request(
            "PUT", "/api/job/update", {"guid": job_guid, "status": int(status)}, cancellable=cancellable
        )
        _check_taken(answer)

    def create_log(self, fields: Mapping[str, Any]) -> None:
        """`POST /api/log/create`: one message for the Jobs screen (`docs/contract.md`, "What scripts may call")."""
        level = LogLevel(fields["level"])
        _check_taken(self._exchange.request("POST", "/api/log/create", {**fields, "level": level.value}))

    def _readable(self, reply: _Reply) -> _Reply:
        """`reply` with an `ErrorText` that people may see: a server may quote the GUID, which is the credential."""
        return dataclasses.replace(reply, error_text=self._redact(reply.error_text))

    def cancel(self) -> None:
        """End the cancellable call under way and refuse later ones; from any thread."""
        self._exchange.cancel()

    def close(self) -> None:
        """Close the connection; for the owner, after its last call."""
        self._exchange.close()


def _robot_not_found(error_text: str) -> CredentialsRejectedError:
    """Code 101, in the Orchestrator's own words if it has any."""
    if error_text:
        return CredentialsRejectedError("{text}", text=error_text)
    return CredentialsRejectedError(N_("code 101: robot not found"))


def _check_status(answer: Answer) -> None:
    """Sort an answer by its HTTP status."""
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    name = _name(status)
    if status in _REFUSED:
        raise CredentialsRejectedError("HTTP {name}", name=name)
    if status in _RETRY_LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UnreachableError("HTTP {name}", name=name, retry_after=answer.retry_after)
    if status >= HTTPStatus.BAD_REQUEST:
        raise RejectedError("HTTP {name}", name=name)
    # 1xx and 3xx: nothing was done, and the next answer may be the Orchestrator's own again (a portal's log-in page).
    raise UnreadableReplyError(N_("HTTP {name}; redirects are not followed"), name=name)


def _check_taken(answer: Answer) -> None:
    """For calls whose answer's content doesn't matter, as long as it isn't a page that a proxy put there."""
    _check_status(answer)
    if answer.cut_short:
        # Whoever broke it off may have done so before the work was done. Saying a status twice does no harm.
        raise UnreadableReplyError(N_("the answer is incomplete: {reason}"), reason=answer.cut_short)
    if answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise UnreadableReplyError(N_("the answer is a page, not the Orchestrator's"))


def _name(status: int) -> str:
    """`503 Service Unavailable`; the reason phrase is ours, not the server's (which can be anything)."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _json(answer: Answer) -> Any:
    _check_status(answer)
    if answer.cut_short:
        raise UnreadableReplyError(N_("the answer is incomplete: {reason}"), reason=answer.cut_short)
    try:
        return json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableReplyError(N_("the answer is not JSON")) from None
