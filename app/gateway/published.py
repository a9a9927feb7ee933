"""The published calls that a script may make through the robot (`docs/contract.md`), and what may stand in them.

Nothing else passes: a path is compared with the table letter by letter, and what follows it is taken apart and put
together anew, so that no spelling of it leads anywhere else on the server.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.gateway.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(Enum):
    """What a call does, which says how the robot makes it."""

    READ = auto()  # asked at once
    CREATE = auto()  # asked at once, and never again: nobody knows whether an unanswered one was carried out
    CHANGE = auto()  # written down, delivered in order


class Gives(Enum):
    """What a good answer holds."""

    OBJECT = auto()
    ANYTHING = auto()  # a list stays one
    CONTENT = auto()  # of a file: not JSON as a rule


@dataclass(frozen=True)
class PublishedCall:
    """One of them.

    Attributes:
        path: without what follows it.
        rest: how many path segments may follow it, at least and at most.
    """

    path: str
    method: str
    kind: Kind
    gives: Gives = Gives.OBJECT
    rest: tuple[int, int] = (0, 0)


_ONE: Final = (1, 1)
_FILTERS: Final = (1, 20)
TASK_UPDATE: Final = "/api/task/update"
LOG_CREATE: Final = "/api/log/create"
LAST_TASK: Final = "/api/queue/lastTask"
ASSET_READ: Final = "/api/asset/read"
_CALLS: Final = {
    call.path: call
    for call in (
        PublishedCall(LAST_TASK, "GET", Kind.READ, rest=_ONE),
        PublishedCall("/api/queue/read", "GET", Kind.READ, rest=_ONE),
        PublishedCall("/api/task/read", "GET", Kind.READ, rest=_ONE),
        PublishedCall("/api/task/filter/read", "POST", Kind.READ, Gives.ANYTHING, _FILTERS),
        PublishedCall("/api/task/filter/list", "POST", Kind.READ, Gives.ANYTHING, _FILTERS),
        PublishedCall(ASSET_READ, "GET", Kind.READ, rest=_ONE),
        PublishedCall("/api/processVersion/read", "GET", Kind.READ, rest=_ONE),
        PublishedCall("/api/job/read", "GET", Kind.READ, rest=_ONE),
        PublishedCall("/api/files/read", "GET", Kind.READ, Gives.CONTENT, _ONE),
        PublishedCall("/api/folders/read", "GET", Kind.READ, Gives.ANYTHING, (0, 1)),
        PublishedCall("/api/folders/list", "GET", Kind.READ, Gives.ANYTHING, (0, 1)),
        PublishedCall("/api/robot/getStatus", "GET", Kind.READ, rest=_ONE),
        PublishedCall("/api/task/create", "POST", Kind.CREATE),
        PublishedCall("/api/files/create", "POST", Kind.CREATE),
        PublishedCall("/api/job/create", "POST", Kind.CREATE),
        PublishedCall(TASK_UPDATE, "PUT", Kind.CHANGE),
        PublishedCall("/api/task/addTag", "POST", Kind.CHANGE),
        PublishedCall("/api/task/removeTag", "POST", Kind.CHANGE),
        PublishedCall("/api/asset/update", "PUT", Kind.CHANGE),
        PublishedCall(LOG_CREATE, "POST", Kind.CHANGE),
    )
}

_LONGEST_PATH: Final = 4000
_MOST_FIELDS: Final = 64
# Texts, which `re` compiles when a script first asks for something.
_KEY: Final = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_PATH: Final = r"(?:[A-Za-z0-9/_.~!$'()*+,;:@=-]|%[0-9A-Fa-f]{2})+"
_DOTS: Final = r"(?:^|[/\\])\.{1,2}(?:;[^/\\]*)?(?:[/\\]|$)"
_CONTROL: Final = r"[\x00-\x1f\x7f]"
# Who asks, and about which run, is the robot's to say.
_ITS_OWN: Final = frozenset({"robotguid", "jobguid", "processversionguid"})
_NAMES_OTHERS: Final = "/api/job/create"  # whose parameters say what is to run, and where


def method_of(path: str) -> str:
    """How a change is sent."""
    return _CALLS[path].method


ALONE: Final = "alone"  # in a journaled message's fields: it goes by itself; never sent


def complete_fields(
    path: str, fields: Mapping[str, str], robot_guid: str, process_version_guid: str, job_guid: str
) -> dict[str, str]:
    """The parameters of a change, with what is the robot's to say: who asks, and about which run."""
    own: dict[str, str] = {}
    if path == TASK_UPDATE:
        own = {"job_guid": job_guid}
    elif path == LOG_CREATE:
        own = {"robot_guid": robot_guid, "process_version_guid": process_version_guid, "job_guid": job_guid}
    return {**{key: value for key, value in fields.items() if key != ALONE}, **own}


def find_call(path: object) -> tuple[PublishedCall, str]:
    """The call that `path` is, and its path as it is to be asked.

    Raises:
        UsageError: it is none of the published ones.
    """
    if not isinstance(path, str) or len(path) > _LONGEST_PATH or not re.fullmatch(_PATH, path):
        raise _unknown(path)
    found = next((call for call in _CALLS.values() if path == call.path or path.startswith(f"{call.path}/")), None)
    if found is None:
        raise _unknown(path)
    rest = path.removeprefix(found.path).split("/")[1:]
    least, most = found.rest
    if not least <= len(rest) <= most:
        raise _unknown(path)
    return found, "/".join([found.path, *map(_segment, rest)])


def _segment(text: str) -> str:
    """A segment of a path, written in one way only.

    Raises:
        UsageError: it is empty, or leads elsewhere, however often it is decoded.
    """
    try:
        decoded = plain = unquote(text, errors="strict")
        while (again := unquote(plain, errors="replace")) != plain:
            plain = again
    except UnicodeDecodeError:
        raise _unknown(text) from None
    if not plain.strip() or any(re.search(_DOTS, form) or re.search(_CONTROL, form) for form in (decoded, plain)):
        raise _unknown(text)
    return quote(decoded, safe="")


def read_fields(call: PublishedCall, fields: object) -> dict[str, str]:
    """The parameters of a call as texts; those without a value, and those that are the robot's to say, are left out.

    Raises:
        UsageError: they can't be sent.
    """
    if fields is None:
        return {}
    if not isinstance(fields, dict) or len(fields) > _MOST_FIELDS:
        raise UsageError(
            _("The parameters of a call are an object with at most {count} keys.").format(count=_MOST_FIELDS)
        )
    if fields and call.method == "GET":
        raise UsageError(_("{path} takes no parameters.").format(path=call.path))
    read: dict[str, str] = {}
    for key, value in fields.items():
        if not re.fullmatch(_KEY, key):
            raise UsageError(_("The name of a parameter is not one: {key}").format(key=ascii(key)[:80]))
        if key.replace("_", "").lower() in _ITS_OWN and call.path != _NAMES_OTHERS:
            continue
        if value is not None:
            read[key] = _text(key, value)
    return read


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (str, int, float)):
        return str(value).encode("utf-8", "replace").decode("utf-8")
    raise UsageError(_("The parameter {key} must be a text or a number.").format(key=key))


def _unknown(path: object) -> UsageError:
    shown = ascii(path)[:80] if isinstance(path, str) else "?"
    return UsageError(_("No published call of the Orchestrator: {path}").format(path=shown))
