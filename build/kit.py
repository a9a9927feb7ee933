"""The wheel for the script author's desk: `python build/dev.py wheel` makes dist/robot_job-<version>-py3-none-any.whl.

The package `robot_job` as the robot has it, the vendor's helper, and the host that the pytest fixture runs scripts in.
Pure Python, no dependency; two builds are the same to the byte. Standard library only.
https://packaging.python.org/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CHILD: Final = ROOT / "app" / "jobs" / "child"
FOR_SCRIPTS: Final = CHILD / "for_scripts"
_OWN_INTERPRETERS: Final = "bundled_python.py"  # of the Windows program, which is not here
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip knows
_PLAIN_FILE: Final = 0o100644 << 16
_METADATA: Final = """\
Metadata-Version: 2.4
Name: robot_job
Version: {version}
Summary: What a script may ask of the robot that runs it, and a pytest fixture that plays the robot
License-Expression: MIT
License-File: LICENSE
Requires-Python: >=3.9
Classifier: Framework :: Pytest
Classifier: Typing :: Typed
Description-Content-Type: text/plain

{about}
"""
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: build/kit.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_ENTRY_POINTS: Final = "[pytest11]\nrobot_job = robot_job.pytest_plugin\n"


def make_wheel(folder: Path) -> Path:
    """Write the wheel into `folder`; where it is."""
    version = _version()
    information = f"robot_job-{version}.dist-info"
    about = (FOR_SCRIPTS / "robot_job" / "__init__.py").read_text("utf-8").split('"""')[1]
    files = {
        **_sources(),
        f"{information}/METADATA": _METADATA.format(version=version, about=about).encode(),
        f"{information}/WHEEL": _WHEEL.encode(),
        f"{information}/entry_points.txt": _ENTRY_POINTS.encode(),
        f"{information}/licenses/LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    record = f"{information}/RECORD"
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    wheel = folder / f"robot_job-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system, entry.external_attr = 3, _PLAIN_FILE  # as on Linux, also where this is Windows
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return wheel


def _sources() -> dict[str, bytes]:
    """What lies in site-packages afterwards, by its path."""
    found = {}
    for file in sorted(FOR_SCRIPTS.rglob("*")):
        if file.suffix == ".py" or file.name == "py.typed":
            found[file.relative_to(FOR_SCRIPTS).as_posix()] = _text(file)
    for file in sorted(CHILD.glob("*.py")):
        if file.name != _OWN_INTERPRETERS:
            found[f"robot_job/_host/child/{file.name}"] = _text(file)
    return found


def _text(file: Path) -> bytes:
    return file.read_bytes().replace(b"\r\n", b"\n")  # whatever git has made of it


def _version() -> str:
    found = re.search(r'^__version__ = "([^"]+)"', (ROOT / "app" / "__init__.py").read_text("utf-8"), re.MULTILINE)
    if not found:
        raise SystemExit("app/__init__.py has no __version__")
    return found[1]


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


if __name__ == "__main__":
    print(make_wheel(ROOT / "dist"))
