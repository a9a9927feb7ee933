"""Scripts of other interpreters than the robot's: those that this machine has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.jobs.runner import EndingKind
from tests.jobs.jobbench import linux

VERSIONS = ("3.9", "3.10", "3.12", "3.13", "3.14")
PLACES = ("/usr/bin/python{}", "/usr/local/bin/python{}", str(Path.home() / ".pyenv/versions/{}.*/bin/python"))
SCRIPT = """
import asyncio, os, sys, time, robot_job
pid = os.fork()
if not pid:
    os._exit(0)
os.waitpid(pid, 0)
print(sys.version_info[:2], robot_job.task(), __spec__, globals().get('__annotations__'))
async def main():
    print('ready')
    await asyncio.sleep(30)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(130)
"""


def _interpreter(version: str) -> Path | None:
    for place in PLACES:
        path = Path(place.format(version))
        for found in path.parent.parent.parent.glob("/".join(path.parts[-3:])):
            if subprocess.run([found, "-V"], capture_output=True, check=False).returncode == 0:
                return found
    return None


@linux
@pytest.mark.parametrize("version", VERSIONS)
def test_another_python(bench, version):
    """The host works there, a fork makes no warning, and a stop is a stop."""
    python = _interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    running = bench.start(SCRIPT, python=python)
    bench.wait_for("ready")
    running.request_stop()
    ending = bench.ending(running)
    assert (ending.kind, ending.exit_code) == (EndingKind.STOPPED_ITSELF, 130)
    major, minor = version.split(".")
    annotations = "None" if int(minor) >= 14 else "{}"
    assert bench.output() == f"({major}, {minor}) None None {annotations}\nready\n"
