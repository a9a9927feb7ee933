"""Pages of other sites in the browser that has the robot's page open: they know its address, and can do nothing."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.test_page_now import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Chromium
    from tests.page.served import Served

pytestmark = pytest.mark.browser

ATTACK = """<!doctype html><title>Free prizes</title><body><script>
const root = ROOT, found = {};
const outcome = (name, promise) =>
  promise.then((value) => { found[name] = value; }, () => { found[name] = "nothing"; });
const loads = (node, address) => new Promise((yes, no) => {
  node.onload = () => yes("loaded"); node.onerror = () => no();
  node[address[0]] = address[1]; document.body.append(node);
});
const wish = (more) => fetch(root + "now/force-stop", { method: "POST", body: '{"job": "job-1"}', ...more });
const read = (answer) => answer.text().then((text) => text || answer.type);
const json = { "Content-Type": "application/json" };
window.attacks = Promise.all([
  outcome("read", fetch(root + "now/live").then(read)),
  outcome("read blindly", fetch(root + "now/live", { mode: "no-cors" }).then(read)),
  outcome("read with credentials", fetch(root + "now", { credentials: "include" }).then(read)),
  outcome("ask", wish({ headers: json }).then(read)),
  outcome("ask blindly", wish({ mode: "no-cors", headers: json }).then(read)),
  outcome("beacon", Promise.resolve(navigator.sendBeacon(root + "now/force-stop", '{"job": "job-1"}') && "nothing")),
  outcome("image", loads(new Image(), ["src", root + "static/robot.svg"])),
  outcome("script", loads(document.createElement("script"), ["src", root + "static/page.js"])),
  outcome("style", loads(Object.assign(document.createElement("link"), { rel: "stylesheet" }),
    ["href", root + "static/page.css"])),
  outcome("socket", new Promise((yes, no) => {
    const socket = new WebSocket(root.replace("http", "ws") + "now/live");
    socket.onopen = () => yes("open"); socket.onerror = no;
  })),
  outcome("frame", new Promise((yes) => {
    const frame = document.createElement("iframe");
    frame.onload = () => {
      try { yes(frame.contentDocument.body.innerText || "nothing"); } catch { yes("nothing"); }
    };
    frame.src = root + "now"; document.body.append(frame);
  })),
  outcome("form", new Promise((yes) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "target" }); document.body.append(frame);
    const form = Object.assign(document.createElement("form"),
      { method: "post", enctype: "text/plain", action: root + "now/force-stop", target: "target" });
    form.append(Object.assign(document.createElement("input"), { name: '{"job": "job-1", "x": "', value: '"}' }));
    document.body.append(form); frame.onload = () => yes("nothing"); form.submit();
  })),
]).then(() => found);
</script>"""


class Stranger:
    """A web server of somebody else's on this machine: its page attacks `root`."""

    def __init__(self, root: str) -> None:
        self.referrers: list[str | None] = []
        body = ATTACK.replace("ROOT", json.dumps(root)).encode()
        referrers = self.referrers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                referrers.append(self.headers["Referer"])
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def end(self) -> None:
        """Close it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def stranger(served: Served) -> Iterator[Stranger]:
    """Somebody who has found out the address, token and all."""
    fill(served)
    stranger = Stranger(served.root)
    yield stranger
    stranger.end()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost"])
def test_a_strangers_page_can_do_and_read_nothing(
    browser: Chromium, served: Served, stranger: Stranger, host: str
) -> None:
    """Another site; another port of this machine, which browsers take for the same site."""
    ours = browser.open(served.root + "now")
    theirs = browser.open(f"http://{host}:{stranger.port}/")
    found = theirs.evaluate("attacks")
    assert {name: value for name, value in found.items() if value not in {"nothing", "opaque"}} == {}
    assert len(found) == 12
    assert served.asked.calls == []
    assert ours.evaluate("gone.hidden")
    for page in (ours, theirs):
        page.close()


def test_a_name_that_leads_here_shows_nothing(browser: Chromium, served: Served) -> None:
    """DNS rebinding: the page under another site's name is not the page."""
    place = urlsplit(served.root)
    page = browser.open(f"http://evil.example:{place.port}{place.path}now")
    assert page.evaluate("document.body.innerText") == "This page doesn't answer to that Host."
    page.close()


def test_whoever_is_led_away_takes_no_address_along(browser: Chromium, served: Served, stranger: Stranger) -> None:
    """No Referer: the token stays here."""
    page = browser.open(served.root + "now")
    page.evaluate(f"location.href = 'http://evil.example:{stranger.port}/'")
    page.wait_until("document.title === 'Free prizes'")
    assert stranger.referrers == [None]
    page.close()
