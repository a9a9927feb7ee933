"""The Orchestrator's calls (docs/contract.md), each one request and one reply.

What an answer to `job/update` means:

    2xx   empty, JSON that names no error, a word      taken
          JSON that names an error, a page, a story    UnreadableReplyError
          incomplete                                   UnreachableError, its fate is unknown
    405   to PUT                                       POST at once, and from then on
    401, 403                                           CredentialsRejectedError; with a page BlockedByPageError
    400, 404, 409, 410, 422   with JSON or nothing     RejectedError
    3xx                                                UnreadableReplyError
    everything else, also these with a page            UnreachableError
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from app.base.dataclass import replace
from app.base.i18n import N_
from app.base.redaction import shared_redactor
from app.orchestrator.bodies import Body, BodyKind, is_word, read_body
from app.orchestrator.connections import connection_settings
from app.orchestrator.errors import (
    BlockedByPageError,
    CallError,
    CredentialsRejectedError,
    ErrorNamedError,
    RejectedError,
    UnreachableError,
    UnreadableReplyError,
)
from app.orchestrator.identity import Identity, MacAddresses, machine_name
from app.orchestrator.messages import (
    ConsumeReply,
    HeartbeatReply,
    named_error,
    one_line,
    own_words,
    read_consume,
    read_heartbeat,
    said_in,
)
from app.orchestrator.transport import HttpResponse, Transport
from app.orchestrator.vocabulary import (
    JOB_TYPE_ORCHESTRATED,
    ROBOT_NOT_FOUND,
    JobStatus,
    LogLevel,
    RobotStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.orchestrator.connections import ConnectionSettings
    from app.settings.model import Settings

log = logging.getLogger("robot.wire")
_Reply = TypeVar("_Reply", HeartbeatReply, ConsumeReply)
_CREDENTIALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_REPORT_REFUSED: Final = frozenset({400, 404, 409, 410, 422})
# What is said of the way rather than of the message: 401, 403, 407, 408, 421, 425, 429.
_MESSAGE_REFUSED: Final = frozenset(range(400, 500)) - {401, 403, 407, 408, 421, 425, 429}
# Whoever stands before the Orchestrator has stopped waiting for it; it may still be at work. 52x are Cloudflare's.
_MAY_STILL_HAPPEN: Final = frozenset({502, 504, 520, 522, 524})
_NOTICES_REMEMBERED: Final = 100
_NOTICE_LIMIT: Final = 300  # characters


class PublishedAnswer(NamedTuple):
    """The answer to a script's call: the HTTP status, the body as it came, and as it was read."""

    status: int
    data: bytes
    body: Body


class ServerHabits:
    """What the clients of one factory have learnt of their Orchestrator; any thread."""

    def __init__(self) -> None:
        self.update_method = "PUT"  # as the specification has it; POST once an Orchestrator has answered it with 405
        self.notices: set[str] = set()


class OrchestratorClient:
    """Calls of one thread. Every call raises `CallError`s (`app.orchestrator.errors`) and nothing else.

    Args:
        habits: shared by the clients of one Orchestrator.
    """

    def __init__(self, identity: Identity, connection: ConnectionSettings, habits: ServerHabits | None = None) -> None:
        self._identity = identity
        self._transport = Transport(connection)
        self._redact = shared_redactor(identity.robot_guid).shortened
        self._habits = habits or ServerHabits()
        self._macs = MacAddresses()

    def heartbeat(self, status: RobotStatus, job_guid: str = "", job_name: str = "") -> HeartbeatReply:
        """`POST /api/robot/heartbeat` (steps 1, 3 and 5). IP and MAC are those of the connection that carries it.

        Raises:
            CredentialsRejectedError: also for code 101, with the Orchestrator's own text.
        """
        response = self._transport.request(
            "POST",
            "/api/robot/heartbeat",
            {
                "RobotGUID": self._identity.robot_guid,
                "Machine": self._identity.machine,
                "IP": "",
                "MAC": "",
                "Status": int(status),
                "JobGUID": job_guid,
                "JobName": job_name,
                "JobType": JOB_TYPE_ORCHESTRATED,
            },
            address_fields=lambda ip: {"IP": ip, "MAC": self._macs.of(ip)},
        )
        return self._reply(response, read_heartbeat)

    def consume_next_job(self, status: RobotStatus) -> ConsumeReply:
        """`POST /api/robot/consumeNextJob` (step 2).

        Not cancellable: an answer that nobody reads would lose the job that it hands out.

        Raises:
            CredentialsRejectedError: also for code 101, with the Orchestrator's own text.
        """
        response = self._transport.request(
            "POST",
            "/api/robot/consumeNextJob",
            {"RobotGUID": self._identity.robot_guid, "Status": int(status)},
            cancellable=False,
        )
        return self._reply(response, read_consume)

    def update_job(self, job_guid: str, status: JobStatus, *, cancellable: bool = True) -> None:
        """`PUT /api/job/update` (second step 2, step 4); POST where the Orchestrator knows no PUT. Table: above.

        Raises:
            RejectedError: this report is refused.
        """
        form = {"guid": job_guid, "status": int(status)}
        method = self._habits.update_method
        response = self._transport.request(method, _UPDATE, form, cancellable=cancellable)
        if response.status == HTTPStatus.METHOD_NOT_ALLOWED and method == "PUT":
            # Nothing was carried out. The vendor's own page says POST.
            log.info("The Orchestrator takes no PUT for job/update: POST from now on")
            self._habits.update_method = "POST"
            response = self._transport.request("POST", _UPDATE, form, cancellable=cancellable)
        if response.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self._habits.update_method = "PUT"  # neither: that wasn't the Orchestrator
        self._check_taken(response, _REPORT_REFUSED, ErrorNamedError)

    def create_log(self, fields: Mapping[str, Any]) -> None:
        """`POST /api/log/create`: one message for the Jobs screen (`docs/contract.md`, "What scripts may call").

        Raises:
            RejectedError: this message is refused.
        """
        level = LogLevel(fields["level"])
        response = self._transport.request("POST", "/api/log/create", {**fields, "level": level.value})
        self._check_taken(response, _MESSAGE_REFUSED, RejectedError)

    def ask(
        self, method: str, path: str, form: Mapping[str, str], *, change: bool = False, content: bool = False
    ) -> PublishedAnswer:
        """A published call for a script; POST where the Orchestrator knows no PUT. Nothing of the answer is logged.

        Args:
            method: of HTTP, as published.
            path: as it is to be sent.
            form: the parameters.
            change: what the answer holds doesn't matter, as long as it names no error; `cancel` doesn't end it.
            content: the answer may be a file's.

        Raises:
            RejectedError: this call is refused.
        """
        response = self._transport.request(method, path, form, cancellable=not change)
        if response.status == HTTPStatus.METHOD_NOT_ALLOWED and method == "PUT":
            response = self._transport.request("POST", path, form, cancellable=not change)
        body = read_body(response.body)
        self._check(
            response,
            body,
            body.value if change else own_words(body.value),
            _MESSAGE_REFUSED,
            ErrorNamedError if change else RejectedError,
            content=content,
        )
        return PublishedAnswer(response.status, response.body, body)

    def cancel(self) -> None:
        """End the cancellable call under way and refuse later ones; from any thread."""
        self._transport.cancel()

    def close(self) -> None:
        """Close the connection; for the owner, after its last call."""
        self._transport.close()

    # ------------------------------------------------------------------ answers

    def _reply(self, response: HttpResponse, read: Callable[[object], _Reply]) -> _Reply:
        """The reply in an answer. Of one that isn't 2xx only a code that is no "all is well" counts."""
        body = self._body(response)
        reply: _Reply | None = None
        unreadable = UnreadableReplyError(N_("the answer is not JSON"), http_status=response.status)
        if body.kind is BodyKind.JSON and not response.cut_short:
            try:
                reply = read(body.value)
            except UnreadableReplyError as error:
                unreadable = error
        if reply is not None:
            # For people: a server may quote the GUID, which is the credential.
            reply = replace(reply, error_text=self._redact(reply.error_text))
            if reply.code == ROBOT_NOT_FOUND:
                raise _robot_not_found(reply.error_text, response.status)
        if _is_success(response):
            if response.cut_short:
                raise _incomplete(response)
            if reply is None:
                raise unreadable
            return reply
        if reply is not None and reply.code != 0 and _is_client_error(response) and response.status not in _CREDENTIALS:
            return reply
        raise _failure(response, body)

    def _check_taken(self, response: HttpResponse, refused: frozenset[int], error_named: type[CallError]) -> None:
        """For calls whose answer's content doesn't matter, as long as it is the Orchestrator's and names no error."""
        body = self._body(response)
        self._check(response, body, body.value, refused, error_named)

    def _check(
        self,
        response: HttpResponse,
        body: Body,
        words: object,
        refused: frozenset[int],
        error_named: type[CallError],
        *,
        content: bool = False,
    ) -> None:
        """The same, with an error looked for in `words`; `content`: any text will do."""
        error = named_error(words) if body.kind is BodyKind.JSON and not response.cut_short else None
        if error and error.code == ROBOT_NOT_FOUND:
            raise _robot_not_found(self._redact(said_in(body.value)), response.status)
        if not _is_success(response):
            settled = response.status in refused and body.kind in {BodyKind.JSON, BodyKind.NOTHING}
            if settled and not response.cut_short:
                raise self._rejected(response, body)
            raise _failure(response, body)
        if response.cut_short:
            # Whoever broke it off may have done so before the work was done. Saying a status twice does no harm.
            raise _incomplete(response)
        if body.kind is BodyKind.PAGE:
            raise UnreadableReplyError(N_("the answer is a page, not the Orchestrator's"), http_status=response.status)
        if body.kind is BodyKind.TEXT and not content and not is_word(body.value):
            raise UnreadableReplyError(N_("the answer is not JSON"), http_status=response.status)
        if error:
            raise error_named(
                N_("the answer names an error: {text}"), http_status=response.status, text=self._redact(error.text)
            )

    def _rejected(self, response: HttpResponse, body: Body) -> RejectedError:
        name, words = _name(response.status), self._redact(said_in(body.value))
        if words:
            return RejectedError("HTTP {name}: {words}", http_status=response.status, name=name, words=words)
        return RejectedError("HTTP {name}", http_status=response.status, name=name)

    def _body(self, response: HttpResponse) -> Body:
        """The answer's body; PHP's notices in it are logged, each once."""
        body = read_body(response.body)
        known = self._habits.notices
        for notice in body.notices:
            text = self._redact(one_line(notice))[:_NOTICE_LIMIT]
            if text not in known and len(known) < _NOTICES_REMEMBERED:
                known.add(text)
                log.warning("The Orchestrator's answer has a notice of PHP in it: %s", text)
        return body


_UPDATE: Final = "/api/job/update"


def client_factory(settings: Settings) -> Callable[[], OrchestratorClient]:
    """Makes clients with their own connections; what one of them learns of the Orchestrator, all know."""
    identity = Identity(settings.guid, machine_name())
    connection = connection_settings(settings)
    habits = ServerHabits()
    return lambda: OrchestratorClient(identity, connection, habits)


def _robot_not_found(error_text: str, status: int) -> CredentialsRejectedError:
    """Code 101, in the Orchestrator's own words if it has any."""
    if error_text:
        return CredentialsRejectedError("{text}", http_status=status, text=error_text)
    return CredentialsRejectedError(N_("code 101: robot not found"), http_status=status)


def _is_success(response: HttpResponse) -> bool:
    return HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES


def _is_client_error(response: HttpResponse) -> bool:
    return HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _incomplete(response: HttpResponse) -> UnreachableError:
    return UnreachableError(
        N_("the answer is incomplete: {reason}"),
        http_status=response.status,
        fate_unknown=True,
        reason=response.cut_short,
    )


def _failure(response: HttpResponse, body: Body) -> CallError:
    """What an answer that isn't 2xx means, whichever call it answers."""
    status, name = response.status, _name(response.status)
    if status in _CREDENTIALS:
        if body.kind is BodyKind.PAGE:
            return BlockedByPageError(
                N_("HTTP {name}, with a page that is not the Orchestrator's"), http_status=status, name=name
            )
        return CredentialsRejectedError("HTTP {name}", http_status=status, name=name)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        # Nothing was done, and the next answer may be the Orchestrator's own again (a portal's log-in page).
        return UnreadableReplyError(N_("HTTP {name}; redirects are not followed"), http_status=status, name=name)
    return UnreachableError(
        "HTTP {name}",
        retry_after=response.retry_after,
        http_status=status,
        fate_unknown=status in _MAY_STILL_HAPPEN,
        name=name,
    )


def _name(status: int) -> str:
    """`503 Service Unavailable`; the reason phrase is ours, not the server's (which can be anything)."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
