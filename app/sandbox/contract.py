"""How strictly a robot's request is read: header, body, parameters.

What is wrong is said twice: to the robot as an HTTP status, and in the record as a complaint that a person can read.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from app.base import hosts
from app.base.i18n import _
from app.sandbox.dialect import plain
from app.sandbox.reading import is_whole
from app.sandbox.uploads import read_multipart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORM_TYPE: Final = "application/x-www-form-urlencoded"
MULTIPART_TYPE: Final = "multipart/form-data"
BODY_LIMIT: Final = 1024 * 1024
FILE_LIMIT: Final = 16 * 1024 * 1024  # of the calls that bring a file
FILE_CALLS: Final = ("/api/files/create", "/api/files/update")


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """The request is answered with an HTTP error.

    Args:
        status: the HTTP status.
        complaint: what is wrong, for people.
        headers: that go with it, such as Allow.
    """

    def __init__(self, status: int, complaint: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(complaint)
        self.status = status
        self.complaint = complaint
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class RobotRequest:
    """A request as it came: header names in small letters, `body` cut just above its `limit`."""

    method: str
    path: str  # decoded
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""

    @property
    def limit(self) -> int:
        """How many bytes the body may have."""
        return FILE_LIMIT if self.path in FILE_CALLS else BODY_LIMIT

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters as far as they can be read; for the record and for choosing faults."""
        text = self.body[:BODY_LIMIT].decode("utf-8", "replace")
        if not self.headers.get("content-type", "").lower().startswith(FORM_TYPE):
            return {}
        return dict(parse_qsl(text, keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    """What the sandbox answers: an HTTP status, a JSON value and what was wrong in the request."""

    status: int
    value: Any
    complaints: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """A request that was read.

    Attributes:
        robot_guid: who asks.
        form: its parameters as they came.
        rest: what follows the call in the path, decoded.
        host: the Host header; in the addresses of files.
        exact: parameters have the names of the specification; else either dialect's.
        files: what came as a file of a form with several parts.
        complaints: what is wrong, without refusing the request.
    """

    robot_guid: str
    form: dict[str, str]
    rest: str = ""
    host: str = ""
    exact: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Put down what is wrong, without refusing the request."""
        self.complaints.append(text)

    def optional(self, name: str) -> str | None:
        """A parameter, None if it is missing."""
        if self.exact or name in self.form:
            return self.form.get(name)
        return next((value for key, value in self.form.items() if plain(key) == plain(name)), None)

    def text(self, name: str, default: str | None = None) -> str:
        """A parameter; Refused (400) if it is missing and has no default."""
        value = self.optional(name)
        value = default if value is None else value
        if value is None:
            raise Refused(400, _("The parameter {name} is missing.").format(name=name))
        return value

    def name(self, name: str = "name", default: str | None = None) -> str:
        """What something is called; Refused (400) if that is nothing."""
        text = self.text(name, default)
        if not text.strip():
            raise self.wrong(name, text)
        return text

    def number(self, name: str, allowed: Callable[[int], Any], default: str | None = None) -> int:
        """A whole number; Refused (400) if it is none, or if `allowed` raises ValueError for it."""
        text = self.text(name, default)
        try:
            number = int(text)
            allowed(number)
        except ValueError:
            raise self.wrong(name, text) from None
        return number

    def wrong(self, name: str, value: str) -> Refused:
        """A parameter's value can't be taken."""
        return Refused(400, _("The parameter {name} must not be {value}.").format(name=name, value=repr(value[:50])))

    def expect(self, *names: str) -> None:
        """Complain about parameters that this call doesn't have."""
        known = set(names) if self.exact else {plain(name) for name in names}
        for name in self.form:
            if (name if self.exact else plain(name)) in known:
                continue
            self.complain(_("The parameter {name} is not known here.").format(name=name[:50]))


def robot_of(header: str, call: Call, *, strict: bool) -> str:
    """The GUID of `Authorization: Basic base64(GUID)`; Refused (401) if the header is anything else.

    The vendor's API page shows `Bearer` with the same base64: taken with a remark unless `strict`.
    """
    if not header:
        raise Refused(401, _("The Authorization header is missing."))
    scheme, _space, encoded = header.partition(" ")
    if scheme == "Bearer" and not strict:
        call.complain(_("The specification wants Basic instead of Bearer."))
    elif scheme != "Basic":
        raise Refused(401, _("The Authorization header must begin with “Basic ”."))
    try:
        guid = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(401, _("The Authorization header is not base64.")) from None
    if ":" in guid:
        raise Refused(401, _("The Authorization header must hold the bare GUID, without a colon.")) from None
    if not guid:
        raise Refused(401, _("The Authorization header holds no GUID."))
    if not hosts.GUID.fullmatch(guid):
        call.complain(_("The Authorization header holds something that is not a GUID."))
    return guid


def parameters_of(request: RobotRequest, call: Call) -> dict[str, str]:
    """The urlencoded parameters of the body; Refused (400, 413) if they come in any other way."""
    if len(request.body) > request.limit:
        size = request.limit // (1024 * 1024)
        raise Refused(413, _("The body is larger than {size} MiB.").format(size=size))
    if request.query:
        call.complain(_("Parameters belong into the body, not into the address."))
    if request.method in ("GET", "DELETE"):
        return {}
    if not request.body and not call.exact:
        return {}
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_file = request.path in FILE_CALLS
    if is_file and content_type == MULTIPART_TYPE:
        form, call.files = read_multipart(request.headers["content-type"], request.body)
        return form
    if content_type != FORM_TYPE:
        raise Refused(
            400,
            _("The body must be {expected}, not {actual}.").format(
                expected=FORM_TYPE, actual=content_type[:80] or _("without a Content-Type")
            ),
        )
    try:
        # A file is any bytes, so it isn't always UTF-8.
        errors = "surrogateescape" if is_file else "strict"
        pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors=errors)
    except ValueError:  # UnicodeDecodeError is one as well
        raise Refused(400, _("The body is not urlencoded UTF-8.")) from None
    form = dict(pairs)
    if not all(is_whole(value) for name, value in pairs if plain(name) != "file"):
        raise Refused(400, _("The body is not urlencoded UTF-8."))
    if len(form) < len(pairs):
        call.complain(_("A parameter comes twice."))
    return form
