"""The Orchestrator itself: does it answer, is its clock ours, does it accept this robot?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from app.base.errors import RobotError
from app.base.i18n import _
from app.check.findings import Finding, ok, refused, skipped, unreachable, warning
from app.orchestrator.errors import CallError, CredentialsRejectedError
from app.orchestrator.transport import HttpResponse, Transport
from app.orchestrator.vocabulary import RobotStatus
from app.system.single_instance import SingleInstance

if TYPE_CHECKING:
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.connections import ConnectionSettings
    from app.settings.model import Settings

CLOCK_TOLERANCE: Final = 120  # seconds; more makes log times useless and, much more, certificates invalid


def check_http(connection: ConnectionSettings) -> list[Finding]:
    """One request for the Orchestrator's front page, without the credential; its Date header shows the clock's skew."""
    transport = Transport(replace(connection, authorization=""))
    try:
        answer = transport.request("GET", "/", {})
    except CallError as error:
        return [
            unreachable(
                "http",
                _("No answer to an HTTP request: {reason}.").format(reason=error.for_people()),
                _("Check that the Orchestrator is running, and that host in the settings is its address."),
            ),
            skipped("clock", _("Without an answer there is no other clock to compare with.")),
        ]
    finally:
        transport.close()
    return [_judge_answer(answer, connection), check_clock(answer.date)]


def _judge_answer(answer: HttpResponse, connection: ConnectionSettings) -> Finding:
    status = answer.status
    text = _("answers with HTTP {status}").format(status=status)
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        remedy = _("Write user and password into the setting: proxy = 'http://user:password@proxy:3128'")
        return unreachable("http", _("The proxy asks for a user and a password."), remedy, status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        remedy = _("The server, or a proxy in front of it, has a problem: see its own log.")
        return unreachable("http", text, remedy, status=status)
    if place := _moved_to(connection.host, answer.location):
        return warning(
            "http",
            _("{answer} and sends everybody to {place}; the robot does not follow.").format(answer=text, place=place),
            _("If that is the Orchestrator's address now, write it in the settings: host = '{place}'").format(
                place=place
            ),
            status=status,
        )
    return ok("http", text, status=status)


def _moved_to(host: str, location: str) -> str:
    """Another server to which everybody is sent, as `host` would name it; empty if there is none."""
    try:
        moved = urlsplit(urljoin(host + "/", location))
    except ValueError:  # the server's answer may be anything
        return ""
    is_server = moved.scheme in {"http", "https"} and moved.netloc.isprintable() and bool(moved.netloc)
    return f"{moved.scheme}://{moved.netloc}" if is_server and moved[:2] != urlsplit(host)[:2] else ""


def check_clock(date: str, now: datetime | None = None) -> Finding:
    """This machine's clock against the Date header (RFC 9110, 6.6.1), which is exact to a second."""
    now = now or datetime.now(UTC)
    try:
        theirs = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return skipped("clock", _("The server does not tell its time."))
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    skew = round((now - theirs).total_seconds())
    if abs(skew) <= CLOCK_TOLERANCE:
        return ok("clock", _("agrees with the server's"), skew_seconds=skew)
    if skew > 0:
        text = _("This machine's clock is {seconds} s ahead of the server's.")
    else:
        text = _("This machine's clock is {seconds} s behind the server's.")
    return warning(
        "clock",
        text.format(seconds=abs(skew)),
        _("Set the clock, or let Windows do it: w32tm /resync"),
        skew_seconds=skew,
    )


def check_guid(settings: Settings, client: OrchestratorClient) -> Finding:
    """Whether the Orchestrator accepts this robot.

    The only call that tells is the heartbeat. It is sent with status 0 Disconnected, the least that the specification
    knows: it takes no job, announces none to be taken, and is true, since no robot runs. If one does run with this GUID
    in this session, nothing is sent: the check would overwrite what that robot says of itself, and its own log and
    icon tell whether it is accepted. Takes the place of that robot for a moment only.
    """
    place = SingleInstance(settings.guid)
    try:
        free = place.acquire()
    except RobotError as error:
        return skipped("guid", str(error))
    place.release()
    if not free:
        return skipped(
            "guid", _("A robot with this GUID is running; it is not disturbed. “robot status” says what it does.")
        )
    try:
        client.heartbeat(RobotStatus.DISCONNECTED)
    except CredentialsRejectedError as error:
        return refused(
            "guid",
            _("The Orchestrator refuses this robot: {reason}.").format(reason=error.for_people().rstrip(".")),
            _("Compare robot_guid with the Orchestrator's page Robots."),
        )
    except CallError as error:
        return unreachable(
            "guid",
            _("The heartbeat got no answer that can be understood: {reason}.").format(reason=error.for_people()),
            _("Check that host in the settings is the Orchestrator's address and not a log-in page or a proxy."),
        )
    finally:
        client.close()
    return ok("guid", _("accepted"))
