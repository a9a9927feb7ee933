"""Tolerant reading of the Orchestrator's replies (docs/contract.md, "What real replies look like").

Tolerant of spelling, never of meaning: keys in any case, with blanks around or `_` in them, numbers as texts or
booleans, objects as JSON text once or twice encoded, or alone in a list. What still can't be understood raises
`UnreadableReplyError`: an error to retry, never "no job".
"""

from __future__ import annotations

import math
import re
from typing import Any, Final, NamedTuple

from app.base.dataclass import dataclass
from app.base.i18n import N_
from app.base.plain_text import is_unseen, printable
from app.orchestrator.bodies import parse_json
from app.orchestrator.errors import UnreadableReplyError
from app.orchestrator.vocabulary import ConsumeCode, HeartbeatCode, JobOrder, NewJob

_ENCODINGS: Final = 2  # an object's JSON text, and the JSON text of that text
_CODE: Final = re.compile(r"[+-]?[0-9]{1,9}")
_LARGEST_CODE: Final = 999_999_999  # people read it; a number may have thousands of digits
_TEXT_LIMIT: Final = 500  # characters; what a person reads of an error
_GUID_LIMIT: Final = 100  # characters; a GUID has 36, with room for an Orchestrator that names things otherwise
_EMPTY_TEXTS: Final = frozenset({"", "null", "false", "[]", "{}"})
_OWN_WORDS: Final = frozenset({"error", "errors", "success", "errortext", "message"})
_BOOLEANS: Final = {"true": 1, "false": 0}


def fold_keys(value: dict[str, Any]) -> dict[str, Any]:
    """`value` with its keys stripped and lower-cased; of two keys that fold to the same, the first counts."""
    folded: dict[str, Any] = {}
    for key, item in value.items():
        folded.setdefault(key.strip().lower(), item)
    return folded


def _own_fields(value: dict[str, Any]) -> dict[str, Any]:
    """The same for what the robot itself reads, in either dialect of the vendor's pages: `HasNewJob`, `has_new_job`."""
    return fold_keys({key.replace("_", ""): item for key, item in value.items()})


def _loads(text: str) -> Any:
    """What JSON says, also behind the mark that PHP puts before texts of files saved with one."""
    return parse_json(text.lstrip("\ufeff"))


def decode_object(value: object) -> dict[str, Any] | None:
    """An object given as itself, alone in a list, as JSON text once or twice encoded; None for every form of "nothing".

    Raises:
        ValueError: `value` is neither an object nor nothing.
    """
    for _ in range(_ENCODINGS):
        if not isinstance(value, str):
            break
        if value.strip().lower() in _EMPTY_TEXTS:
            return None
        value = _loads(value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]
    if value is None or value is False or value in ([], {}):
        return None
    if not isinstance(value, dict):
        raise ValueError("neither an object nor JSON text of one")  # noqa: TRY004 - one error for all bad input
    return value


def _code(fields: dict[str, Any], key: str) -> int | None:
    """The code under `key` as a number, a boolean, or the text of one; None if it is absent or null.

    Raises:
        UnreadableReplyError: it is anything else.
    """
    value = fields.get(key)
    if isinstance(value, str):
        text = value.strip().lower()
        value = _BOOLEANS.get(text, int(text) if _CODE.fullmatch(text) else value)
    if isinstance(value, (bool, float)) and int(value if math.isfinite(value) else 0) == value:
        value = int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_CODE):
        return value
    raise UnreadableReplyError(N_("unreadable in the reply: {key}"), key=key)


def _needed_code(fields: dict[str, Any], key: str) -> int:
    """The same, where a reply without it says nothing."""
    code = _code(fields, key)
    if code is None:
        raise UnreadableReplyError(N_("missing in the reply: {key}"), key=key)
    return code


def one_line(value: object) -> str:
    """A server's text for people, in whatever type it arrives, as one short line; no reply is refused for it.

    Line breaks would forge lines of the log, and other control characters would move the cursor of a console.
    """
    if value is None or isinstance(value, (dict, list)):
        return ""
    return printable(_encodable(str(value)), limit=_TEXT_LIMIT)


def _identifier(value: object) -> str:
    """The `GUID` of an object; empty if there is none that could be one."""
    text = _member(value, "guid")
    return "" if len(text) > _GUID_LIMIT or any(map(is_unseen, text)) else text


def _encodable(text: str) -> str:
    r"""`text` with `?` for lone surrogates (`"\ud800"` in JSON): no file, database or form can hold them."""
    return text.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class HeartbeatReply:
    """The answer to a heartbeat (step 1).

    `code` is a plain int where the dictionary doesn't know it: an error to show and retry. `has_new_job` is None where
    the reply says nothing about it: that is not "no job".
    """

    code: HeartbeatCode | int
    error_text: str
    has_new_job: bool | None


def _top_level(body: object) -> dict[str, Any]:
    """The reply's object; PHP proxies sometimes encode the whole reply once more."""
    try:
        found = decode_object(body)
    except (ValueError, RecursionError):
        found = None
    if found is None:
        raise UnreadableReplyError(N_("the reply is not a JSON object"))
    return _own_fields(found)


def read_heartbeat(body: object) -> HeartbeatReply:
    """Read a heartbeat's reply.

    Args:
        body: the parsed JSON.

    Raises:
        UnreadableReplyError: it doesn't plainly say an error code and, without an error, whether a job waits.
    """
    fields = _top_level(body)
    code: HeartbeatCode | int = _needed_code(fields, "heartbeaterrorcode")
    if code in set(HeartbeatCode):
        code = HeartbeatCode(code)
    waiting = None if code == HeartbeatCode.ROBOT_NOT_FOUND else _code(fields, "hasnewjob")
    # A refused or unknown robot gets no HasNewJob worth reading; in every other answer it must be there and be known.
    if waiting not in set(NewJob) and (waiting is not None or code == HeartbeatCode.NO_ERROR):
        raise UnreadableReplyError(N_("HasNewJob is {value!r}, which is neither 0 nor 1"), value=waiting)
    has_new_job = None if waiting is None else waiting == NewJob.JOB_FOUND
    return HeartbeatReply(code, one_line(fields.get("errortext")), has_new_job)


@dataclass(frozen=True)
class ConsumeReply:
    """The answer to `consumeNextJob` (step 2). `order` is there exactly when `code` is 0."""

    code: ConsumeCode | int
    error_text: str
    order: JobOrder | None = None


def read_consume(body: object) -> ConsumeReply:
    """Read the reply of `consumeNextJob`.

    A job whose GUID can be read but whose script's name can't is an order with an empty name: it has been handed out,
    so it must get an outcome.

    Raises:
        UnreadableReplyError: no code, or no job's GUID where the code says that there is a job.
    """
    fields = _top_level(body)
    code: ConsumeCode | int = _needed_code(fields, "consumejoberrorcode")
    if code in set(ConsumeCode):
        code = ConsumeCode(code)
    if code != ConsumeCode.NO_ERROR:
        return ConsumeReply(code, one_line(fields.get("errortext")))
    guid = _identifier(fields.get("job"))
    if not guid:
        raise UnreadableReplyError(N_("the reply says that there is a job, but its GUID can't be read"))
    order = JobOrder(
        guid=guid,
        name=_member(fields.get("processversion"), "name"),
        process_version_guid=_identifier(fields.get("processversion")),
        task=read_task(fields.get("task")),
    )
    return ConsumeReply(code, one_line(fields.get("errortext")), order)


def read_task(value: object) -> dict[str, Any] | None:
    """The Task, its own keys stripped and in lower case, with `parameters` parsed; None for every form of "no task".

    A task that can't be read at all is handed to the script as it came, under `raw`: the script knows its own queue.
    Every text in it can be written as UTF-8.
    """
    try:
        task = decode_object(value)
    except (ValueError, RecursionError):
        task = {"raw": value}
    if task is None:
        return None
    task = fold_keys(task)
    if isinstance(parameters := task.get("parameters"), str):
        task["parameters"] = parsed_parameters(parameters)
    try:
        return {_encodable(key): encodable_throughout(item) for key, item in task.items()}
    except RecursionError:
        return {"raw": _encodable(value) if isinstance(value, str) else None}


def encodable_throughout(value: Any) -> Any:
    """`value` with `?` for the lone surrogates in its texts.

    Raises:
        RecursionError: it is nested deeper than anything that a person has made.
    """
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, list):
        return [encodable_throughout(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(key): encodable_throughout(item) for key, item in value.items()}
    return value


def parsed_parameters(value: object) -> object:
    """A task's `parameters`: JSON text as its value, at most twice encoded; anything else as itself."""
    for _ in range(2):
        if not isinstance(value, str):
            break
        try:
            value = _loads(value)
        except (ValueError, RecursionError):
            break
    return value


def _member(value: object, key: str) -> str:
    """The text under `key` of an object in any of its forms; empty if there is none."""
    try:
        found = decode_object(value)
    except (ValueError, RecursionError):
        return ""
    member = _own_fields(found or {}).get(key)
    if isinstance(member, bool) or not isinstance(member, (str, int)):
        return ""
    return _encodable(str(member)).strip()


class NamedError(NamedTuple):
    """An error that an answer names: `code` of an *ErrorCode*, None where there is none; `text` for people."""

    code: int | None
    text: str


def named_error(body: object) -> NamedError | None:
    """The error in an answer's JSON, where nothing else of it matters (`job/update`, `log/create`); None if none.

    That is an *ErrorCode* other than 0, an `error` with something in it, or a `success` that is none, wherever it
    stands. A word, a number, a list of such is none.
    """
    try:
        return _first_error(body)
    except RecursionError:
        return None


def _first_error(value: object) -> NamedError | None:
    """The same.

    Raises:
        RecursionError: it is nested deeper than anything that a person has made.
    """
    if isinstance(value, list):
        return next(filter(None, map(_first_error, value)), None)
    try:
        fields = fold_keys(decode_object(value) or {})
    except ValueError:
        return None
    for key, item in fields.items():
        is_code = key.replace("_", "").endswith("errorcode")
        if (is_code or key in {"error", "errors"}) and _says_something(item):
            details = (one_line(item) or "?", one_line(fields.get("errortext")) if is_code else "")
            code = int(str(item)) if is_code and _CODE.fullmatch(str(item).strip()) else None
            return NamedError(code, f"{one_line(key)} {': '.join(filter(None, details))}")
        if key == "success" and item is not None and not _says_something(item):
            return NamedError(None, said_in(fields) or "success is false")
    return next(filter(None, (_first_error(item) for item in fields.values() if isinstance(item, (dict, list)))), None)


def own_words(body: object) -> object:
    """The part of an answer in which it may name an error: not what it tells of tasks, assets or files."""
    try:
        fields = fold_keys(decode_object(body) or {})
    except (ValueError, RecursionError):
        return None
    return {
        key: item for key, item in fields.items() if key in _OWN_WORDS or key.replace("_", "").endswith("errorcode")
    }


def said_in(body: object) -> str:
    """What an answer that refuses says about it, in the server's words; empty if it says nothing."""
    try:
        fields = _own_fields(decode_object(body) or {})
    except (ValueError, RecursionError):
        return ""
    return next(filter(None, (one_line(fields.get(key)) for key in ("errortext", "message", "error"))), "")


def _says_something(value: object) -> bool:
    try:
        if isinstance(value, dict):
            return any(map(_says_something, value.values()))
        if isinstance(value, list):
            return any(map(_says_something, value))
    except RecursionError:
        return True
    if isinstance(value, str):
        text = value.strip().lower()
        return text not in _EMPTY_TEXTS and not (_CODE.fullmatch(text) and int(text) == 0)
    return bool(value)
