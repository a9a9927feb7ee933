"""Whoever has no business there: other users, other programs, pages of other sites; by real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from app.page import about, check, history, logs, now, settings
from app.page.context import MOST_POSTED, SECTIONS
from app.page.server import PageProtocol
from app.web.peers import is_our_own
from tests.contract.robot_process import wait_until
from tests.page.test_now import run

if TYPE_CHECKING:
    from tests.page.served import Served

POSTS = ("stop", "force-stop", "pause", "resume", "cancel-leaving")


def ask(
    served: Served, method: str, path: str, headers: dict[str, str] | None = None, body: Any = None
) -> tuple[int, bytes]:
    """One request exactly as it stands here: no client makes the path tidy."""
    place = urlsplit(served.root)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": place.netloc} | (headers or {})).items():
        connection.putheader(name, value)
    content = json.dumps(body).encode() if body is not None else b""
    if content:
        connection.putheader("Content-Length", str(len(content)))
    connection.endheaders(content or None)
    reply = connection.getresponse()
    found = reply.status, reply.read()
    connection.close()
    return found


def token(served: Served) -> str:
    """The secret part of the address."""
    return served.root.split("/")[3]


def test_without_the_token_there_is_nothing(served: Served) -> None:
    """Every path is answered alike, so that nobody learns what a robot's page is, or how near a guess was."""
    run(served)
    wrong = token(served)[:-1] + ("A" if token(served)[-1] != "A" else "B")
    paths = ["/", "/now", "/static/page.js", f"/{wrong}/now", f"/{token(served)[:-1]}/now", f"/{token(served)}"]
    paths += [
        f"/{token(served)}x/now",
        f"//{token(served)}/now",
        f"/%2e/{token(served)}/now",
        f"/x/../{token(served)}/now",
    ]
    answers = {ask(served, "GET", path) for path in paths}
    answers |= {ask(served, "POST", f"/{wrong}/now/stop", {"Content-Type": "application/json"}, {"job": "job-1"})}
    assert answers == {(404, b"There is nothing here.")}
    assert served.asked.calls == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "127.0.0.1.evil.example:{port}"]
)
def test_a_rebound_name_reaches_nothing(served: Served, host: str) -> None:
    """A name of another site that leads to this machine is refused, with the right token as well."""
    host = host.format(port=urlsplit(served.root).port)
    status, text = ask(served, "GET", f"/{token(served)}/now", {"Host": host})
    assert (status, b"Now" in text) == (421, False)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_pages_of_other_sites_may_nothing(served: Served, headers: dict[str, str]) -> None:
    """Neither read nor ask, even if one of them had the token."""
    run(served)
    for path in ("now", "now/live", "static/page.js", "settings"):
        assert ask(served, "GET", f"/{token(served)}/{path}", headers)[0] == 403
    asking = {**headers, "Content-Type": "application/json"}
    for path in POSTS:
        assert ask(served, "POST", f"/{token(served)}/now/{path}", asking, {"job": "job-1"})[0] == 403
    assert served.asked.calls == []


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_asks_for_nothing(served: Served, kind: str) -> None:
    """What a form or a simple request of a page can send is no wish; nor is a link that is followed."""
    run(served)
    for path in POSTS:
        headers = {"Content-Type": kind} if kind else {}
        assert ask(served, "POST", f"/{token(served)}/now/{path}", headers, {"job": "job-1"})[0] == 415
        assert ask(served, "GET", f"/{token(served)}/now/{path}")[0] == 405
    assert served.asked.calls == []


def test_nothing_is_changed_but_by_json(served: Served) -> None:
    """Whatever any section offers to change: a form, or a link that is followed, is no wish."""
    posts = 0
    for section in (about, check, history, logs, now, settings):
        for route in section.routes(served.context):
            path = f"/{token(served)}" + re.sub(r"\{[^}]*\}", "x", route.path)
            if not (route.methods or set()) <= {"GET", "HEAD"}:
                posts += 1
                assert ask(served, "POST", path, {"Content-Type": "text/plain"}, {})[0] == 415, path
                assert ask(served, "GET", path)[0] == 405, path
    assert posts > len(POSTS)
    assert served.facts.opened == []


@pytest.mark.parametrize("body", ["x", "[]", "null", "[" * 100_000, '{"job": ' + "1" * 100_000 + "}"])
def test_nonsense_is_refused(served: Served, body: str) -> None:
    """Without an error of ours, and the robot isn't asked for anything."""
    run(served)
    headers = {"Content-Type": "application/json"}
    reply = requests.post(served.root + "now/stop", data=body, headers=headers, timeout=20)
    assert reply.status_code in {400, 409}
    assert served.asked.calls == []


def test_a_huge_body_is_refused(served: Served) -> None:
    """Before it is all here."""
    headers = {"Content-Type": "application/json"}
    data = (b"x" * 65_536 for _ in range(64))
    with contextlib.suppress(requests.ConnectionError):  # it was closed while we were still sending
        assert requests.post(served.root + "now/stop", data=data, headers=headers, timeout=20).status_code == 413
    assert served.get("now").ok
    assert MOST_POSTED < 64 * 65_536


@pytest.mark.parametrize(
    "path",
    [
        "static/../../web.py", "static/..%2f..%2fweb.py", "static/%2e%2e/web.py", "static/..%5cweb.py",
        "static/..\\web.py", "static//etc/passwd", "static/%2fetc%2fpasswd", "static/page.js%00.css",
        "static/page.js/", "static/", "static/C:page.js",
        "static/PAGE.JS", "static/con", "../static/page.js/..", "templates/layout.html", "history/../../etc/passwd",
        "history/..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "static/%ff%fe",
    ],
)  # fmt: skip
def test_paths_lead_nowhere_else(served: Served, path: str) -> None:
    """Only the page's own files are there, by their exact names."""
    status, text = ask(served, "GET", f"/{token(served)}/{path}")
    assert status in {400, 404}
    assert b"root:" not in text
    assert b"import" not in text


@pytest.mark.parametrize("path", [*SECTIONS, "now/live", "static/page.js", "static/page.css", "nothing"])
def test_every_answer_keeps_others_out(served: Served, path: str) -> None:
    """No frame, no cache, no referrer, no sniffing, nothing from elsewhere; no leave for other origins; no cookie."""
    headers = served.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name in headers if name.lower().startswith(("access-control", "set-cookie", "server"))]


def test_the_address_is_new_each_time(served: Served) -> None:
    """32 characters that nobody guesses; a page that was closed and opened again has others."""
    before = served.root
    served.clock.advance(601)
    wait_until(lambda: _closed(before))
    again = served.server.address()
    assert re.fullmatch(r"[\w-]{32}", before.split("/")[3])
    assert again.split("/")[3] != before.split("/")[3]


def _closed(root: str) -> bool:
    place = urlsplit(root)
    try:
        socket.create_connection((place.hostname or "", place.port or 0), 1).close()
    except OSError:
        return True
    return False


def test_nobody_looks_for_ten_minutes(served: Served) -> None:
    """It is closed then, not before; whoever looks in between begins the ten minutes anew, a stranger doesn't."""
    served.clock.advance(599)
    assert served.get("alive").ok
    served.clock.advance(599)
    assert ask(served, "GET", "/now")[0] == 404
    time.sleep(1.5)  # the server looks once a second: it has looked
    assert not _closed(served.root)
    served.clock.advance(2)
    wait_until(lambda: _closed(served.root))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root has other users at hand")
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_another_user_has_the_address_and_gets_nothing(served: Served, family: str) -> None:
    """Command lines can be read by everybody on POSIX, and a browser is told the address on its own."""
    host = "127.0.0.1" if family == "AF_INET" else "::ffff:127.0.0.1"
    code = (
        f"import socket, sys; s = socket.socket(socket.{family}); s.connect(({host!r}, int(sys.argv[1])))\n"
        "s.sendall(f'GET {sys.argv[2]} HTTP/1.1\\r\\nHost: 127.0.0.1:{sys.argv[1]}\\r\\n\\r\\n'.encode())\n"
        "print(s.recv(100).split()[1].decode())"
    )
    command = [sys.executable, "-c", code, str(urlsplit(served.root).port), f"/{token(served)}/now"]
    statuses = [
        subprocess.run(command, user=user, capture_output=True, text=True, check=True).stdout.strip()
        for user in (None, 65534)
    ]
    assert statuses == ["200", "404"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system isn't asked")
def test_a_connection_that_nobody_has_is_not_ours() -> None:
    """What the system doesn't know of is not let in."""
    assert not is_our_own(("127.0.0.1", 1), ("127.0.0.1", 2))


def test_a_flood_hurts_nobody(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many connections that say nothing, or half of something: few are held, not for long; the page comes back."""
    monkeypatch.setattr(PageProtocol, "patience", 0.3)
    place = urlsplit(served.root)
    held = []
    for number in range(2 * PageProtocol.most):
        idle = socket.create_connection((place.hostname or "", place.port or 0), 10)
        if number % 2:
            with contextlib.suppress(ConnectionError):
                idle.sendall(b"GET /x HTTP/1.1\r\nHost: ")
        held.append(idle)
    for idle in held:
        idle.settimeout(20)
        with contextlib.suppress(ConnectionError):
            assert idle.recv(1000) == b""
        idle.close()
    assert served.get("now").ok


def test_requests_that_break_off_fill_no_log(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reaches the port, without the token as well, could else write tracebacks into robot.log without end."""
    place = urlsplit(served.root)
    with socket.create_connection((place.hostname or "", place.port or 0), 10) as broken:
        broken.sendall(f"POST /x HTTP/1.1\r\nHost: {place.netloc}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".encode())
        while broken.recv(1000):
            pass
    assert served.get("now").ok
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_the_token_is_in_no_log(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of ordinary use, nor of errors in our own code, nor of requests that are none."""
    caplog.set_level(logging.DEBUG)
    served.get("now")
    place = urlsplit(served.root)
    with socket.create_connection((place.hostname or "", place.port or 0), 10) as broken:
        broken.sendall(f"GET /{token(served)}/now nonsense\r\n\r\n".encode())
        broken.recv(1000)
    monkeypatch.setattr("app.page.present.shown_state", lambda *_: 1 / 0)
    assert served.get("now/live").status_code == 500
    wait_until(lambda: "ZeroDivisionError" in caplog.text)
    of_the_client = {"urllib3.connectionpool"}
    said = [caplog.handler.format(record) for record in caplog.records if record.name not in of_the_client]
    assert said
    assert not [line for line in said if token(served) in line]
