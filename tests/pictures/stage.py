"""What the pictures show: a sandbox, a folder of settings and scripts, and the robot as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from app.base.i18n import set_language
from app.commands.sandbox import SANDBOX_ROBOT_GUID
from app.sandbox.engine import Sandbox
from app.sandbox.examples import FIRST_SCRIPT
from app.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {
    "hello": FIRST_SCRIPT,
    "invoices": "print('invoice 17')\nraise ValueError('no such account: 40702')\n",
    "report": "print('done')\n",
    "finance/invoices": "import time\nfor number in range(600):\n    print('invoice', number)\n    time.sleep(1)\n",
}
LOCALES = {"en": "C.UTF-8", "ru": "ru_RU.UTF-8"}


class Stage:
    """One language's sandbox and robot; `home` is the folder with robot.toml."""

    def __init__(self, home: Path, language: str) -> None:
        self.home = home
        self.language = language
        self.sandbox = Sandbox()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        set_language(self.language)
        self.sandbox.add_robot(SANDBOX_ROBOT_GUID, {"en": "My robot", "ru": "Мой робот"}[self.language])
        self.url = self._stack.enter_context(SandboxServer(self.sandbox, "127.0.0.1", 4500)).url
        for name, text in SCRIPTS.items():
            file = self.home / "scripts" / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        (self.home / "robot.toml").write_text(
            f"host = '{self.url}'\nrobot_guid = '{SANDBOX_ROBOT_GUID}'\nwhen_idle = 'wait'\npoll_seconds = 1\n"
            f"heartbeat_seconds = 2\nsend_logs = true\nlanguage = '{self.language}'\ndata_dir = 'data'\n",
            "utf-8",
        )
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def command(self, *arguments: str) -> list[str]:
        """The robot's command line; `run` and `check` get the settings."""
        config = ["--config", str(self.home / "robot.toml")] if arguments[0] in {"run", "check"} else []
        return [sys.executable, "-m", "app", *arguments, *config]

    def environment(self, **more: str) -> dict[str, str]:
        """A person's environment in the language of the stage."""
        unwanted = {"DISPLAY", "NO_COLOR", "CI", "LC_ALL", "LC_MESSAGES"}
        kept = {key: value for key, value in os.environ.items() if key not in unwanted}
        speech = {"LANG": LOCALES[self.language], "ROBOT_LANGUAGE": self.language, "PYTHONPATH": str(ROOT)}
        return {**kept, **speech, **more}

    def robot(self, *arguments: str, **environment: str) -> subprocess.Popen[Any]:
        """`robot run`, started; whoever starts it ends it."""
        return subprocess.Popen(
            self.command("run", *arguments),
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def neutral(self, text: str, names: Mapping[str, str] | None = None) -> str:
        """`text` without the places of this machine."""
        for place, name in {str(self.home): "/home/robot", sys.executable: "/usr/bin/python3", **(names or {})}.items():
            text = text.replace(place, name)
        return text


def end(robot: subprocess.Popen[Any]) -> None:
    """Close the robot as a person would."""
    robot.terminate()
    robot.wait(20)
