"""Which call answers which path: every call of a robot or a script below `/api/` comes through `answer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.sandbox.contract import Call, Refused, Reply, parameters_of, robot_of
from app.sandbox.dialect import in_dialect
from app.sandbox.file_calls import FILE_CALLS
from app.sandbox.other_calls import OTHER_CALLS
from app.sandbox.steps import STEPS
from app.sandbox.task_calls import TASK_CALLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.contract import RobotRequest
    from app.sandbox.engine import Sandbox

    Endpoint = Callable[[Sandbox, Call], Any]

ROUTES: Final[dict[str, tuple[str, Endpoint]]] = {**STEPS, **TASK_CALLS, **OTHER_CALLS, **FILE_CALLS}
# The vendor's API page says otherwise than the specification, which rules unless the sandbox is told to be lenient.
_LENIENT_VERBS: Final = {"/api/job/update": "PUT POST"}


def answer(sandbox: Sandbox, request: RobotRequest) -> Reply:
    """Read a request by the contract, carry it out and say what was wrong in it."""
    call = Call("", {}, host=request.headers.get("host", ""))
    sandbox.tick()
    try:
        verbs, endpoint, call.rest, is_step = _route(request.path, strict=sandbox.strict)
        if request.method not in verbs:
            raise Refused(  # noqa: TRY301 - one place turns refusals into replies
                405,
                _("{path} is called with {verb}, not with {method}.").format(
                    path=request.path, verb=verbs[0], method=request.method
                ),
                {"Allow": ", ".join(verbs)},
            )
        call.exact = is_step and sandbox.strict
        call.robot_guid = robot_of(request.headers.get("authorization", ""), call, strict=sandbox.strict)
        call.form = parameters_of(request, call)
        named = call.optional("RobotGUID") if is_step else None
        if named is not None and named.lower() != call.robot_guid.lower():
            raise Refused(401, _("RobotGUID is not the GUID of the Authorization header."))  # noqa: TRY301
        if not is_step and not sandbox.knows(call.robot_guid):
            raise Refused(401, _("There is no robot with this GUID."))  # noqa: TRY301
        with sandbox.changed:
            value = endpoint(sandbox, call)
        return Reply(200, value if is_step else in_dialect(value, sandbox.dialect), tuple(call.complaints))
    except Refused as refused:
        value = {"error": refused.complaint}
        return Reply(refused.status, value, (*call.complaints, refused.complaint), refused.headers)


def _route(path: str, *, strict: bool) -> tuple[list[str], Endpoint, str, bool]:
    """The verbs, the endpoint, the rest of the path (for paths that end in `/` in the table), whether it is a step."""
    for known, (verbs, endpoint) in ROUTES.items():
        found = path.startswith(known) and path != known if known.endswith("/") else path == known
        if found:
            taken = verbs if strict else _LENIENT_VERBS.get(known, verbs)
            return taken.split(), endpoint, path[len(known) :] if known.endswith("/") else "", known in STEPS
    raise Refused(404, _("The Orchestrator has no {path}.").format(path=path[:200]))
