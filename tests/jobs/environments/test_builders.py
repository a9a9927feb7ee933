"""The real builders, from wheels that the tests write: what they make is whole under its name, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.jobs.environments.python_versions import fits
from app.jobs.outcome import EndingKind
from tests.jobs.environments.conftest import environments
from tests.jobs.environments.wheels import write_wheel

COMMAND = "import sys\ndef main():\n    print('by', sys.prefix)\n"
SCRIPT = """
import subprocess, sys, sysconfig, tiny
from pathlib import Path
command = Path(sysconfig.get_path("scripts"), "tinycommand" + (".exe" if sys.platform == "win32" else ""))
print("in", sys.prefix, flush=True)
subprocess.run([command], check=True)
"""
NOBODY = "http://127.0.0.1:9"  # an index, or a proxy, that answers nothing


@pytest.fixture(scope="session")
def real_uv(tmp_path_factory) -> Path:
    """Uv of this machine; in CI it is installed for the session where there is none."""
    if found := shutil.which("uv"):
        return Path(found)
    if not os.environ.get("CI"):
        pytest.skip("uv isn't installed")
    folder = tmp_path_factory.mktemp("uv")
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), "uv"], check=True)
    return folder / "bin" / ("uv.exe" if sys.platform == "win32" else "uv")


def without_network(monkeypatch) -> None:
    """Whoever asked an index all the same would fail."""
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, NOBODY)


def is_whole(bench) -> None:
    """The script has the package, and the command that came with it runs in the environment under its final name."""
    folder = bench.settings.data_dir / "environments"
    (name,) = environments(bench)
    lines = bench.output().splitlines()
    assert lines[-2:] == [f"in {folder / name}", f"by {folder / name}"]
    unfinished = [file for file in (folder / name / "bin").iterdir() if b"/_" + name[:12].encode() in file.read_bytes()]
    assert unfinished == []


def test_venv_and_pip_make_one_from_wheels(bench, monkeypatch):
    """By the `python` setting; neither index nor proxy is asked."""
    without_network(monkeypatch)
    monkeypatch.setenv("PATH", "/usr/bin")
    wheels = bench.scripts.parent / "wheels"
    write_wheel(wheels, "tiny", source=COMMAND, command="tinycommand")
    bench.write("tiny==1.0\n", "requirements.txt")
    ending = bench.run(SCRIPT, python=Path(sys.executable), wheels=wheels)
    assert ending.exit_code == 0, bench.text()
    is_whole(bench)


def test_uv_makes_one_from_wheels(bench, monkeypatch, real_uv):
    """A new wheel in the folder makes a new environment; what isn't there is uv's own last line."""
    without_network(monkeypatch)
    wheels = bench.scripts.parent / "wheels"
    write_wheel(wheels, "tiny", source=COMMAND, command="tinycommand")
    bench.write(f"# /// script\n# dependencies = ['tiny']\n# ///\n{SCRIPT}")
    settings = {"uv": real_uv, "python": Path(sys.executable), "wheels": wheels}
    assert bench.run(**settings).exit_code == 0, bench.text()
    is_whole(bench)
    write_wheel(wheels, "tiny", "2.0", source=COMMAND, command="tinycommand")
    assert bench.run(**settings).exit_code == 0, bench.text()
    assert len(environments(bench)) == 2
    bench.write("# /// script\n# dependencies = ['unobtainium']\n# ///\n")
    ending = bench.run(**settings)
    assert ending.kind is EndingKind.NOT_STARTED
    assert "unobtainium was not found" in ending.message


def test_a_folder_of_wheels_that_has_gone_stops_nobody_who_has_an_environment(bench, monkeypatch, real_uv):
    """The environment that was used last will do; who has none is told about the folder."""
    without_network(monkeypatch)
    wheels = bench.scripts.parent / "wheels"
    write_wheel(wheels, "tiny", source=COMMAND, command="tinycommand")
    bench.write("tiny", "requirements.txt")
    settings = {"uv": real_uv, "wheels": wheels}
    assert bench.run(SCRIPT, **settings).exit_code == 0, bench.text()
    shutil.rmtree(wheels)
    assert bench.run(**settings).exit_code == 0, bench.text()
    bench.write("another", "requirements.txt")
    assert "Correct “wheels” in the settings" in bench.run(**settings).message


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("3.11.7", ">=3.11", True),
        ("3.11.7", ">=3.9,<3.11", False),
        ("3.11.7", "==3.11.*", True),
        ("3.11.7", "!=3.11.*", False),
        ("3.11.7", "~=3.10", True),
        ("3.11.7", "~=3.11.8", False),
        ("3.11.0", "==3.11", True),
        ("3.9.1", ">=3.10", False),
        ("3.13.0", ">3.12, <4", True),
        ("3.13.0", "<=3.12", False),
        ("3.13.0", "whatever", True),
        ("3.13.0", "", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version, wanted, expected):
    """`requires-python` as PEP 440 has it, for plain numbers; what can't be understood excludes nothing."""
    assert fits(version, wanted) is expected
