"""Which environment a script wants, if any; what keeps it from having one is said."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.jobs.environments.store import Environments
from app.jobs.outcome import EndingKind
from app.jobs.scripts import find_script
from tests.jobs.environments.conftest import IMPORTING, environments
from tests.jobs.jobbench import linux

pytestmark = linux  # the builder in uv's place is a shell's script

BLOCK = "# /// script\n# requires-python = '>=3.8'\n# dependencies = ['package-of-nobody']\n# ///\n"


def test_a_block_in_the_script_counts_before_the_file(bench, uv):
    """PEP 723: its dependencies are handed to the builder as a file."""
    bench.write("something-else\n", "requirements.txt")
    assert bench.run(BLOCK + IMPORTING, uv=uv.program).exit_code == 0, bench.text()
    arguments = uv.calls[1]["arguments"]
    (name,) = environments(bench)
    listed = Path(arguments[arguments.index("--requirement") + 1])
    assert (bench.settings.data_dir / "environments" / name / listed.name).read_text() == "package-of-nobody\n"


def test_a_venv_beside_the_script_wins(bench, uv):
    """Whatever the requirements say."""
    bench.write("package-of-nobody\n", "requirements.txt")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bench.scripts / ".venv")], check=True)
    bench.run("import sys; print(sys.prefix)", uv=uv.program)
    assert bench.output().strip() == str(bench.scripts / ".venv")
    assert uv.calls == []


def test_environments_can_be_turned_off(bench, uv):
    """Then a script runs as if it had said nothing."""
    bench.write("package-of-nobody\n", "requirements.txt")
    assert bench.run("print('there')", uv=uv.program, environments="off").exit_code == 0
    assert uv.calls == []
    assert "requirements.txt" not in bench.run("import no_such_module", environments="off").message


def test_what_is_wanted_makes_the_environment(bench, uv):
    """Another content, interpreter or set of wheels is another environment; another script with the same is not."""
    folder = bench.settings.data_dir / "environments"

    def name(script="script", **settings):
        store = Environments(replace(bench.settings, uv=uv.program, **settings), folder)
        return store.wanted_by(find_script(bench.scripts, script)).name

    bench.write("")
    bench.write("", "other/main.py")
    bench.write("first\n", "requirements.txt")
    bench.write("first # a comment\n\n", "other/requirements.txt")
    first = name()
    assert name("other") == first
    bench.write("-r shared/base.txt\n", "requirements.txt")
    bench.write("one", "shared/base.txt")
    nested = name()
    bench.write("two", "shared/base.txt")
    assert len({first, nested, name()}) == 3
    here = name("other", python=Path(sys.executable))
    copy = bench.scripts.parent / "python"
    copy.symlink_to(sys.executable)
    assert name("other", python=copy) != here
    wheels = bench.scripts.parent / "wheels"
    wheels.mkdir()
    before = name("other", wheels=wheels)
    (wheels / "new-1.0-py3-none-any.whl").touch()
    assert len({first, before, name("other", wheels=wheels)}) == 3
    bench.write("./mine.whl\n", "requirements.txt")
    bench.write("./mine.whl\n", "other/requirements.txt")
    assert name() != name("other")


def test_a_version_of_python_that_does_not_fit_is_said(bench, uv):
    """A block's `requires-python` is compared with the interpreter's version."""
    bench.write("# /// script\n# requires-python = '>=4'\n# dependencies = ['x']\n# ///\nprint('never')")
    message = bench.run(uv=uv.program).message
    assert "needs Python >=4" in message
    assert environments(bench) == []


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("# /// script\n# dependencies = [\n# ///\n", "can't be understood"),
        ("# /// script\n# dependencies = 'x'\n# ///\n", "dependencies must be a list"),
        ("# /// script\n# dependencies = ['x']\n# ///\n\n" * 2, "there are 2 of them"),
    ],
)
def test_a_block_that_cannot_be_understood_fails_the_job(bench, block, words):
    """It was meant; running without it would fail less clearly."""
    ending = bench.run(block + "print('never')")
    assert ending.kind is EndingKind.NOT_STARTED
    assert words in ending.message


def test_a_lacking_module_gets_a_hint(bench):
    """A script with neither environment nor requirements that ends for want of a module."""
    message = bench.run("import openpixel").message
    assert "The module openpixel is missing" in message
    assert "requirements.txt" in message
    assert message in bench.text()
    assert "requirements.txt" not in bench.run("raise ValueError").message


def test_a_uv_that_is_not_there_is_said(bench):
    """The message names the setting to correct."""
    bench.write("package-of-nobody\n", "requirements.txt")
    assert "Correct “uv” in the settings" in bench.run("pass", uv=Path("/no/such/uv")).message


def test_uv_is_found_on_the_path(bench, uv, monkeypatch):
    """Without the setting."""
    monkeypatch.setenv("PATH", f"relative{os.pathsep}{uv.folder}{os.pathsep}{os.environ['PATH']}")
    bench.write("package-of-nobody\n", "requirements.txt")
    assert bench.run(IMPORTING).exit_code == 0, bench.text()
    assert uv.builds == 1


def test_the_robots_own_python_can_make_none(bench, monkeypatch):
    """In the Windows program: the message says what is needed."""
    monkeypatch.setattr("app.jobs.environments.store.FROZEN", True)
    bench.write("package-of-nobody\n", "requirements.txt")
    message = bench.run("pass").message
    assert "Install Python and set “python”" in message
