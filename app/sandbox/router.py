"""Which call answers which path: every call of a robot or a script below `/api/` comes through `answer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.sandbox.contract import Call, Refused, Reply, parameters_of, robot_of
from app.sandbox.script_calls import SCRIPT_CALLS
from app.sandbox.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.contract import RobotRequest
    from app.sandbox.engine import Sandbox

    Endpoint = Callable[[Sandbox, Call], Any]

ROUTES: Final[dict[str, tuple[str, Endpoint]]] = {**STEPS, **SCRIPT_CALLS}


def answer(sandbox: Sandbox, request: RobotRequest) -> Reply:
    """Read a request by the contract, carry it out and say what was wrong in it."""
    call = Call("", {})
    try:
        verb, endpoint, call.rest = _route(request.path)
        if request.method != verb:
            raise Refused(  # noqa: TRY301 - one place turns refusals into replies
                405,
                _("{path} is called with {verb}, not with {method}.").format(
                    path=request.path, verb=verb, method=request.method
                ),
                {"Allow": verb},
            )
        call.robot_guid = robot_of(request.headers.get("authorization", ""), call)
        call.form = parameters_of(request, call)
        named = call.form.get("RobotGUID")
        if named is not None and named.lower() != call.robot_guid.lower():
            raise Refused(401, _("RobotGUID is not the GUID of the Authorization header."))  # noqa: TRY301
        return Reply(200, endpoint(sandbox, call), tuple(call.complaints))
    except Refused as refused:
        value = {"error": refused.complaint}
        return Reply(refused.status, value, (*call.complaints, refused.complaint), refused.headers)


def _route(path: str) -> tuple[str, Endpoint, str]:
    """The verb, the endpoint and the rest of the path, for paths that end in `/` in the table."""
    for known, (verb, endpoint) in ROUTES.items():
        if not known.endswith("/"):
            if path == known:
                return verb, endpoint, ""
        elif path.startswith(known) and path != known:
            return verb, endpoint, path[len(known) :]
    raise Refused(404, _("The Orchestrator has no {path}.").format(path=path[:200]))
