"""Who makes an environment, and by which commands: uv where there is one, else venv and pip of the interpreter.

https://docs.astral.sh/uv/reference/cli/ https://docs.python.org/3/library/venv.html
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.jobs.errors import CannotStartError
from app.jobs.interpreter import PYTHON_IN_VENV

_UV: Final = "uv.exe" if sys.platform == "win32" else "uv"
# What would lead a builder to other packages, or make it ask somebody.
_MISLEADING: Final = (
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
)
_NOBODY_ANSWERS: Final = {"PIP_NO_INPUT": "1", "GIT_TERMINAL_PROMPT": "0", "UV_PYTHON_DOWNLOADS": "never"}


@dataclass(frozen=True)
class Builder:
    """How environments are made on this machine.

    Attributes:
        python: the interpreter that they are for.
        uv: None: venv and pip of `python`.
        wheels: the folder that packages come from; None: from the index.
    """

    python: Path
    uv: Path | None
    wheels: Path | None

    @property
    def name(self) -> str:
        """For people."""
        return "uv" if self.uv else "pip"

    def commands(self, folder: Path, requirements: Path) -> list[list[str]]:
        """What makes `folder`, which isn't there yet, an environment with what the file `requirements` lists."""
        inside = str(folder / PYTHON_IN_VENV)
        offline = ["--no-index", "--find-links", str(self.wheels)] if self.wheels else []
        if self.uv:
            uv = str(self.uv)
            if offline:
                offline.append("--offline")
            return [
                [uv, "venv", "--quiet", "--no-project", "--python", str(self.python), str(folder)],
                [uv, "pip", "install", "--python", inside, "--requirement", str(requirements), *offline],
            ]
        pip = [inside, "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        return [
            [str(self.python), "-I", "-m", "venv", str(folder)],
            [*pip, "--no-warn-script-location", "--requirement", str(requirements), *offline],
        ]


def without_misleading(environment: dict[str, str]) -> dict[str, str]:
    """The variables for a builder, who finds nobody to ask."""
    kept = {key: value for key, value in environment.items() if key.upper() not in _MISLEADING}
    return {**kept, **_NOBODY_ANSWERS}


def find_uv(setting: Path | None) -> Path | None:
    """The setting's, else that of PATH, else None.

    Raises:
        CannotStartError: the setting names no file.
    """
    if setting is not None:
        if not setting.is_file():
            raise CannotStartError(
                _("There is no {file}. Correct \u201cuv\u201d in the settings.").format(file=setting)
            )
        return setting
    # Not by `shutil.which`, which looks in the current folder first on Windows.
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        file = Path(folder, _UV)
        if file.is_absolute() and os.access(file, os.X_OK) and file.is_file():
            return file
    return None
