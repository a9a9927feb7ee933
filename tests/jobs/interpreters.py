"""The Pythons that this machine has."""

from __future__ import annotations

import subprocess
from pathlib import Path

PLACES = ("/usr/bin/python{}", "/usr/local/bin/python{}", str(Path.home() / ".pyenv/versions/{}.*/bin/python"))


def interpreter(version: str) -> Path | None:
    """The one of this version, for example `3.9`; None if there is none."""
    for place in PLACES:
        path = Path(place.format(version))
        for found in path.parent.parent.parent.glob("/".join(path.parts[-3:])):
            if subprocess.run([found, "-V"], capture_output=True, check=False).returncode == 0:
                return found
    return None
