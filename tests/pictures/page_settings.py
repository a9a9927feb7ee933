"""The settings' form of the robot's own page: what a policy locks, what is wrong, and a phone in the dark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest.mock import patch

from PIL import Image

from app.base.i18n import set_language
from app.settings import policy
from tests.page.served import NOW, served, settings_text
from tests.pictures.png import save

if TYPE_CHECKING:
    from tests.browser.chromium import Chromium, Page
    from tests.page.served import Served
    from tests.pictures.stage import Stage

POLICY = policy.policy_layer(r"HKEY_LOCAL_MACHINE\Software\Policies\Robot", {"logoff_countdown": 60})
NEUTRAL = """(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    node.data = node.data.replaceAll(%s, "C:\\\\Robot").replaceAll("C:\\\\Robot/", "C:\\\\Robot\\\\");
  for (const field of document.querySelectorAll("input"))
    field.value = field.value.replaceAll(%s, "C:\\\\Robot").replaceAll("C:\\\\Robot/", "C:\\\\Robot\\\\");
})()"""


def take_settings(stage: Stage, browser: Chromium) -> None:
    """Three pictures in the language of the stage."""
    set_language(stage.language)
    folder = stage.home / "page"
    (folder / "scripts").mkdir(parents=True)
    text = settings_text(folder / "data", host="https://orchestrator.example.org", poll_seconds=3, scripts="scripts")
    (folder / "robot.toml").write_text(text)
    with patch.object(policy, "policy_layers", lambda: (POLICY,)), served(folder) as robot:
        robot.board.publish(settings_since=NOW)
        wrong = browser.open(robot.root + "settings", width=1240, height=1180)
        for key, text in (("host", "orchestrator"), ("poll_seconds", "2,5"), ("request_timeout", "900")):
            wrong.evaluate(
                f"(() => {{ const f = document.getElementById('f-{key}'); f.value = {json.dumps(text)};"
                " f.dispatchEvent(new Event('input', {bubbles: true})); })()"
            )
        wrong.click("#save")
        wrong.wait_until("!document.getElementById('failed').hidden")
        wrong.evaluate("scrollTo(0, 0)")
        _save(wrong, robot, f"settings-mistakes-{stage.language}", stage)
        for name, width, height, dark in (("settings", 1240, 1180, False), ("settings-phone", 390, 1180, True)):
            page = browser.open(robot.root + "settings", width=width, height=height, dark=dark)
            page.wait_until("document.getElementById('f-scripts-note').innerText")
            _save(page, robot, f"{name}-{stage.language}", stage)


def _save(page: Page, robot: Served, name: str, stage: Stage) -> None:
    place = json.dumps(str(robot.file.parent))
    page.evaluate(NEUTRAL % (place, place))
    file = stage.home / f"{name}.png"
    page.screenshot(file, whole=False)
    page.close()
    save(Image.open(file), name)
