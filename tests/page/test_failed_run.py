"""A real script that fails on a real screen, and its page: the whole way, judged by what a browser gets."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.base.redaction import Redactor
from app.jobs import picture
from tests.gateway.conftest import make_robot, sandbox, server
from tests.gateway.test_last_picture import WINDOW, screen
from tests.history.test_page import Elements
from tests.page.served import served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest

__all__ = ["make_robot", "sandbox", "screen", "server"]  # fixtures

SCRIPT = (
    WINDOW
    + """
import robot_job
robot_job.progress(16, 40, "invoice 17")
for step in range(24):
    window.change_attributes(background_pixel=(step * 10) << 16 | 0xC0)
    window.clear_area()
    display.sync()
    time.sleep(0.2)
window.change_attributes(background_pixel=0x20FF40)
window.clear_area()
display.sync()
robot_job.attach(__file__)
try:
    {}["40702"]
except KeyError:
    raise ValueError("no such account: 40702")
"""
)


@pytest.mark.screen
@pytest.mark.usefixtures("screen")
def test_a_failed_run_from_the_job_to_its_page(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exception, the picture of that moment, the ten before it, progress and file, all on the run's own page."""
    monkeypatch.setattr(picture, "_CAMERA_SECONDS", 0.5)  # twice as many, so that it needn't run for long
    robot = make_robot(screenshots=True, recorder_seconds=10)
    robot.script("finance/invoices", SCRIPT)
    job = sandbox.queue_job("finance/invoices", task={"name": "INV-17", "parameters": {"invoice": 17}})
    robot.run()
    with served(tmp_path, paths=lambda: robot.paths, redactor=Redactor(robot.settings.guid)) as page:
        assert f'href="history/{job.guid}"' in page.get("history").text
        answer = page.get(f"history/{job.guid}")
        found = Elements(answer.text)
        assert "What went wrong ValueError: no such account: 40702 Traceback (most recent call last):" in found.text
        assert "KeyError: '40702' During handling of the above exception" in found.text
        assert "Task: INV-17" in found.text
        assert "Progress: 16 of 40, invoice 17" in found.text
        assert robot.settings.guid not in answer.text
        [last] = [a["src"] or "" for a in found.all("img") if a.get("id") == "picture"]
        assert colour(page.get(last.removeprefix("../")).content) == "green"
        steps = [each for each in found.all("button") if "data-seconds" in each]
        seconds = [int(each["data-seconds"] or "") for each in steps]
        assert seconds == sorted(seconds, reverse=True)
        assert seconds[-1] == 0
        assert 3 <= seconds[0] <= 10
        film = [(each["data-src"] or "").removeprefix("../") for each in steps[:-1]]
        assert "blue" in {colour(page.get(address).content) for address in film}
        [copy] = [a["href"] or "" for a in found.all("a") if (a["href"] or "").endswith("/invoices.py")]
        file = page.get(copy.removeprefix("../"))
        assert file.text == SCRIPT
        assert file.headers["Content-Type"] == "application/octet-stream"


def colour(data: bytes) -> str:
    """Of the window, in the middle of it."""
    with Image.open(io.BytesIO(data)) as image:
        scale = image.width / 1280 if image.format == "JPEG" else 1
        red, green, blue = image.convert("RGB").getpixel((int(150 * scale), int(100 * scale)))
    return "green" if green > max(red, blue) else "blue" if blue > 150 else "other"
