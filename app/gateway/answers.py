"""What an Orchestrator answered to a script, in one form whatever the server's dialect."""

from __future__ import annotations

from typing import Any, Final

from app.base.i18n import N_
from app.gateway.published import Gives
from app.orchestrator.bodies import Body, BodyKind
from app.orchestrator.errors import UnreadableReplyError
from app.orchestrator.messages import decode_object, encodable_throughout, fold_keys, parsed_parameters

_EMPTY: Final[tuple[object, ...]] = ([], {}, "", False, None)
_OBJECTS: Final = frozenset({"task", "job", "processversion", "queue", "asset"})


def normal_value(body: Body, gives: Gives) -> Any:
    """The answer's value: keys in lower case, objects that came as texts taken apart, `parameters` parsed.

    What stands in `parameters` is the script's own and stays as it is.
    """
    if body.kind is not BodyKind.JSON:
        return None
    value = body.value
    try:
        if gives is Gives.OBJECT:
            value = decode_object(value)
        elif isinstance(value, str):
            value = decode_object(value) if value.lstrip().startswith("{") else value
    except (ValueError, RecursionError):
        value = body.value
    try:
        return encodable_throughout(_folded(value))
    except RecursionError:
        return None


def next_task(body: Body) -> dict[str, Any] | None:
    """The task in an answer of `lastTask`; None if it plainly says that there is none: a script ends its work then.

    Raises:
        UnreadableReplyError: it says neither.
    """
    try:
        found = decode_object(body.value) if body.kind is BodyKind.JSON else None
    except (ValueError, RecursionError):
        raise UnreadableReplyError(N_("unreadable in the reply: {key}"), key="task") from None
    if body.kind not in {BodyKind.JSON, BodyKind.NOTHING}:
        raise UnreadableReplyError(N_("the answer is not JSON"))
    if found is None or all(item in _EMPTY for item in found.values()):
        return None
    task = normal_value(body, Gives.OBJECT)
    if not isinstance(task, dict):
        raise UnreadableReplyError(N_("unreadable in the reply: {key}"), key="task")
    guid = task.get("guid")
    if isinstance(guid, bool) or not isinstance(guid, (str, int)) or not str(guid).strip():
        raise UnreadableReplyError(N_("missing in the reply: {key}"), key="guid")
    return task


def _folded(value: Any) -> Any:
    """The same, of any value.

    Raises:
        RecursionError: it is nested deeper than anything that a person has made.
    """
    if isinstance(value, list):
        return [_folded(item) for item in value]
    if not isinstance(value, dict):
        return value
    folded = fold_keys(value)
    return {key: _member(key, item) for key, item in folded.items()}


def _member(key: str, item: Any) -> Any:
    if key == "parameters":
        return parsed_parameters(item)
    if key in _OBJECTS and isinstance(item, str) and item.strip()[:1] in {"{", "["}:
        try:
            item = decode_object(item)
        except (ValueError, RecursionError):
            return item
    return None if key in _OBJECTS and item in _EMPTY else _folded(item)
