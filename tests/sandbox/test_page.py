"""The page as it is sent; what it does in a browser is tested in tests/browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from app.sandbox.faults import FaultKind
from app.sandbox.page import SCRIPTS, fault_kinds, render


def test_the_page_is_self_contained_and_locked_down(server):
    """Nothing from elsewhere, and a policy that would forbid it; only its own script runs."""
    reply = requests.get(server.url, timeout=5)
    policy = reply.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)[1]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r'nonce="([^"]*)"', reply.text)) == {nonce}
    assert nonce not in requests.get(server.url, timeout=5).text
    links = re.findall(r'(?:src|href|action)="([^"]*)"', reply.text)
    elsewhere = [link for link in links if not link.startswith(("#", "/sandbox/api/"))]
    assert [link[:5] for link in elsewhere] == ["data:"]
    assert not re.search(r'\sstyle="|\son\w+="', reply.text)


def test_every_field_has_a_label():
    """By `for`, or around it."""

    class Fields(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.labels: set[str] = set()
            self.fields: set[str] = set()
            self.inside = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            named = dict(attrs)
            if tag == "label":
                self.labels.add(named.get("for") or "")
                self.inside = "for" not in named
            if tag in ("input", "select", "textarea") and not self.inside:
                self.fields.add(named.get("id") or "?")

        def handle_endtag(self, tag: str) -> None:
            if tag == "label":
                self.inside = False

    page = Fields()
    page.feed(render("http://127.0.0.1:1", "n"))
    assert page.fields
    assert page.fields <= page.labels


def test_the_script_names_texts_that_exist():
    """Every T.name of the script is among the texts that the page brings, and none is left over."""
    folder = Path(sys.modules["app.sandbox.page"].__file__).parent
    script = "".join((folder / name).read_text("utf-8") for name in SCRIPTS)
    brought = re.search(r'id="texts">(.*?)</script>', render("http://127.0.0.1:1", "n"), re.DOTALL)[1]
    texts = json.loads(brought)
    assert set(re.findall(r"\bT\.(\w+)", script)) == set(texts)
    assert texts["job_status"]["8"] == "In progress"


def test_every_fault_of_the_page_is_one():
    """All kinds but the one that needs a body of its own."""
    assert {kind for kind, _name, _fields in fault_kinds()} == set(FaultKind) - {FaultKind.BODY}


def test_texts_cannot_break_out_of_the_page():
    """A host name with markup in it stays text."""
    page = render('http://x"><script>alert(1)</script>', "n")
    assert "<script>alert" not in page


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_robot_sandbox_prints_what_a_robot_needs():
    """Address, settings and the command to start with; Ctrl-C ends it with 0."""
    code = "import sys; from app.cli import main; sys.exit(main(['sandbox', '--port', '0']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            first = process.stdout.readline()
            url = re.search(r"http://127\.0\.0\.1:\d+", first)[0]
            shown = [process.stdout.readline() for _ in range(14)]
            assert f'host = "{url}"\n' in shown
            assert requests.get(url + "/sandbox/api/snapshot", timeout=5).json()["robots"][0]["number"] == 1
            process.send_signal(2)
            assert process.wait(5) == 0
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("number", [1, 15])
def test_what_ends_the_sandbox_lets_it_save(tmp_path, number):
    """A terminal that is closed, `kill`, a service manager: the world is kept as after Ctrl-C."""
    world = tmp_path / "world.toml"
    code = f"""
import signal, sys
from app.cli import main
signal.signal({number}, signal.SIG_DFL)  # whoever runs the tests may have been started by nohup
signal.pthread_sigmask(signal.SIG_SETMASK, ())
sys.exit(main(["sandbox", "--port", "0", "--save", {str(world)!r}]))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert "http://" in process.stdout.readline()
            process.send_signal(number)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert "[[robots]]" in world.read_text("utf-8")
