"""What commands print on a terminal, as a picture: run on a pseudo-terminal, drawn by Chromium."""

from __future__ import annotations

import base64
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

from PIL import Image
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from tests.pictures.png import save
from tests.pictures.stage import ROOT

if TYPE_CHECKING:
    from tests.browser.chromium import Chromium
    from tests.pictures.stage import Stage

COLUMNS, ROWS = 104, 40
_CURSOR = re.compile(r"(?:\x1b\[1A\x1b\[2K)+|\r\x1b\[2K|\x1b\[\?25[hl]")  # how rich draws over what was there
_PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0"><pre id="screen" style="display:inline-block;
margin:0;padding:16px 20px;background:#1e1e1e;color:#d4d4d4;font:14px/19px 'DejaVu Sans Mono'">{code}</pre>"""


def take_check(stage: Stage, browser: Chromium) -> None:
    """`robot check` where all is well but one thing."""
    _draw(stage, browser, "check", stage.neutral(_printed(stage, "check")))


def take_demo(stage: Stage, browser: Chromium) -> None:
    """`robot demo`: its first line, the table as it stands at the end, and what follows it."""
    printed = re.sub(r"/\S*/(robot-demo-)\w+", r"/tmp/\1x7k2", _printed(stage, "demo", "--headless"))
    parts = _CURSOR.split(printed)
    last = max(number for number, part in enumerate(parts) if "endless_import" in part)
    _draw(stage, browser, "demo --headless", printed.split("\n", 1)[0] + "\n" + "".join(parts[last:]))


def _printed(stage: Stage, *arguments: str) -> str:
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = subprocess.Popen(
        stage.command(*arguments),
        cwd=ROOT,
        env=stage.environment(TERM="xterm-256color", COLORTERM="truecolor"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    printed = b""
    try:
        while piece := os.read(ours, 1 << 16):
            printed += piece
    except OSError:  # how Linux tells the end
        pass
    os.close(ours)
    command.wait(20)
    return printed.decode().replace("\r\n", "\n")


def _draw(stage: Stage, browser: Chromium, command: str, printed: str) -> None:
    console = Console(record=True, file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "bold green"), (f"robot {command}", "bold white")), highlight=False)
    console.print(Text.from_ansi(printed.rstrip()), highlight=False)
    file = stage.home / "terminal.html"
    file.write_text(console.export_html(inline_styles=True, theme=SVG_EXPORT_THEME, code_format=_PAGE), "utf-8")
    page = browser.open(file.as_uri(), width=1200, height=600)
    width, height = page.evaluate(
        "(() => { const r = document.getElementById('screen').getBoundingClientRect(); return [r.width, r.height]; })()"
    )
    clip = {"x": 0, "y": 0, "width": round(width), "height": round(height), "scale": 1}
    drawn = page.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
    page.close()
    save(Image.open(io.BytesIO(base64.b64decode(drawn["data"]))), f"{command.split(maxsplit=1)[0]}-{stage.language}")
