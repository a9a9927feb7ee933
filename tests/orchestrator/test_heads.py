"""Heads of requests and answers: what `http.client` makes of an answer is what the robot makes of it."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.orchestrator.heads import LINE_BYTES, MOST_FIELDS, LeanResponse, read_fields, request_head

if TYPE_CHECKING:
    import socket

NAMES = ["content-length", "transfer-encoding", "connection", "content-encoding", "retry-after", "location", "date"]
ANSWERS = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-LENGTH:5\r\nConnection: keep-alive\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: \t 5\r\nConnection: Close\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 5\nDate: Thu, 26 Nov 2026 02:00:00 GMT\n\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nLocation: /\u00e9\r\nRetry-After: 7\r\n\r\n",
    "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\n\r\n",
    "HTTP/1.1 100 Continue\r\nDate: then\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\n",
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\nX:\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
]
NONE = ["", "SSH-2.0-OpenSSH\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 OK 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n"]


def begun(kind: type[http.client.HTTPResponse], head: str) -> http.client.HTTPResponse:
    """An answer of this head, with five bytes behind it."""

    class Socket:
        def makefile(self, _mode: str) -> io.BytesIO:
            return io.BytesIO(head.encode("latin-1") + b"hello")

    response = kind(cast("socket.socket", Socket()), method="POST")
    response.begin()
    return response


@pytest.mark.parametrize("head", ANSWERS)
def test_an_answers_head_says_what_it_says_to_the_standard_library(head):
    """Its status, how long its body is, whether the connection ends with it, and every field that is looked at."""
    known, ours = begun(http.client.HTTPResponse, head), begun(LeanResponse, head)
    for each in ("status", "reason", "version", "length", "chunked", "will_close"):
        assert getattr(ours, each) == getattr(known, each), each
    assert [ours.headers.get(name) for name in NAMES] == [known.headers.get(name) for name in NAMES]


@pytest.mark.parametrize("head", NONE)
def test_what_is_no_answer_is_none(head):
    """The same errors as the standard library's."""
    with pytest.raises(http.client.HTTPException) as known:
        begun(http.client.HTTPResponse, head)
    with pytest.raises(type(known.value)):
        begun(LeanResponse, head)


@pytest.mark.parametrize(
    "line", ["nonsense", ": 5", "Content-Length : 9", " folded: 9", "Content Length: 9", "\u0405:1"]
)
def test_a_line_that_is_no_field_hides_no_other(line):
    """The parser for mail would take all that follows for the body."""
    head = f"{line}\r\n and on\r\nContent-Length: 5\r\nRetry-After: 3\r\n more\r\n\r\nbody"
    file = io.BytesIO(head.encode("utf-8"))
    assert read_fields(file) == {"content-length": "5", "retry-after": "3 more"}
    assert file.read() == b"body"


def test_a_line_without_end_and_fields_without_number_are_refused():
    """At the standard library's limits."""
    fits = b"a: " + b"x" * (LINE_BYTES - 5) + b"\r\n"
    assert len(read_fields(io.BytesIO(fits))["a"]) == LINE_BYTES - 5
    with pytest.raises(http.client.LineTooLong):
        read_fields(io.BytesIO(b"a: " + b"x" * LINE_BYTES))
    many = b"".join(b"a%d: x\r\n" % number for number in range(MOST_FIELDS))
    assert len(read_fields(io.BytesIO(many + b"\r\n"))) == MOST_FIELDS
    with pytest.raises(http.client.HTTPException, match="100"):
        read_fields(io.BytesIO(many + b"b: x\r\n\r\n"))


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("/a b", "x"),
        ("/a\r\nHost: b", "x"),
        ("/a\0", "x"),
        ("/\u0436", "x"),
        ("/", "x\r\nb: y"),
        ("/", "x\ny"),
        ("/", "\u0436"),
    ],
)
def test_a_request_is_one_request(target: str, value: str) -> None:
    """Whatever stands in its parts."""
    with pytest.raises(ValueError, match=r"character|ascii"):
        request_head("PUT", target, {"A": value})
    assert request_head("PUT", "/a%20b", {"A": "x", "B": ""}) == b"PUT /a%20b HTTP/1.1\r\nA: x\r\nB: \r\n\r\n"


def test_a_body_is_read_to_its_end_and_no_further() -> None:
    """With the head read by ourselves, too."""
    response: Any = begun(LeanResponse, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert response.read() == b"abc"
    assert response.isclosed()
