"""The bundled interpreter takes Python's own arguments within a run, so that `sys.executable` works in scripts.

Each form is tried with Python itself as well: it says what is right.
"""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.jobs.child import host, within_a_run

ROOT = Path(__file__).parents[3]
STAND_IN = (
    "import sys; sys.path[:1] = []; sys.path.append({root!r})\n"
    "from app.jobs.child import bundled_python; bundled_python.main(sys.argv[1:])"
)
SHOWN = "import sys, neighbour; print(__name__, sys.argv, sys.path[0], __spec__ is None, flush=True)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Modules, a package, a zip and what is broken."""
    (tmp_path / "neighbour.py").write_text("")
    (tmp_path / "shown.py").write_text(SHOWN)
    (tmp_path / "broken.py").write_text("def f():\n    1/0\nf()\n")
    (tmp_path / "wrong.py").write_text("def f(:\n")
    (tmp_path / "ends.py").write_text("import sys\nsys.exit('text')\n")
    (tmp_path / "stopped.py").write_text("raise KeyboardInterrupt\n")
    for package in ("package", "folder"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__main__.py").write_text(SHOWN.replace(", neighbour", ""))
    (tmp_path / "package" / "broken.py").write_text("1/0")
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("__main__.py", SHOWN.replace(", neighbour", ""))
    py_compile.compile(str(tmp_path / "shown.py"), str(tmp_path / "compiled.pyc"))
    return tmp_path


def ran(command: list[str], folder: Path, **options: object) -> tuple[int, str, str]:
    """Exit code, output and errors of Python or its stand-in, in the same words."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "ROBOT_RUN_MARK": "mark"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=30, **options
    )
    return done.returncode, done.stdout, done.stderr.replace(sys.executable, "python")


def both(arguments: list[str], folder: Path, **options: object) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
    """What the stand-in does, and what Python does."""
    stand_in = [sys.executable, "-c", STAND_IN.format(root=str(ROOT)), *arguments]
    return ran(stand_in, folder, **options), ran([sys.executable, *arguments], folder, **options)


FORMS = [
    ["-c", "import sys, neighbour; print(__name__, sys.argv, sys.path[0], __spec__)", "a"],
    ["-cimport sys; print(sys.argv)", "-m"],
    ["-uc", "import sys; print(sys.argv)", "a"],
    ["-u", "-X", "utf8", "-Xdev", "-Wignore", "-W", "ignore::UserWarning", "-c", "print(1)"],
    ["-BIuc", "import sys; print(sys.argv)"],
    ["-Werror", "-c", "import warnings; warnings.warn('x')"],
    ["-c", "def f():\n  1/0\nf()"],
    ["-c", "import sys; sys.exit(3)"],
    ["-c", "raise KeyboardInterrupt"],
    ["-c", "x = ("],
    ["-m", "shown", "a", "-c"],
    ["-mshown"],
    ["-um", "package", "a"],
    ["-m", "package.broken"],
    ["-m", "no_such_module"],
    ["-m", "empty"],
    ["shown.py", "a b", "-V"],
    ["-B", "shown.py"],
    ["--", "shown.py"],
    ["--check-hash-based-pycs", "never", "shown.py"],
    ["broken.py"],
    ["wrong.py"],
    ["ends.py"],
    ["stopped.py"],
    ["compiled.pyc", "x"],
    ["folder", "a"],
    ["packed.zip", "a"],
    ["empty"],
    ["nowhere.py"],
    ["run"],
    ["-V"],
    ["--version"],
    ["-z"],
    ["-c"],
    ["-m"],
]


@pytest.mark.parametrize("arguments", FORMS, ids=" ".join)
def test_every_form_is_pythons(folder: Path, arguments: list[str]) -> None:
    """Output, errors, exit code: byte by byte what Python itself does; no frame of ours shows."""
    ours, pythons = both(arguments, folder)
    assert ours == pythons


@pytest.mark.parametrize("arguments", [[], ["-"], ["-u"], ["-u", "-", "a", "b"]])
@pytest.mark.parametrize("code", ["import sys; print(sys.argv, sys.path[0])", "def f():\n    1/0\n\nf()", "x = (", ""])
def test_code_from_stdin(folder: Path, arguments: list[str], code: str) -> None:
    """`input=code` runs it, and starts no robot."""
    ours, pythons = both(arguments, folder, input=code)
    assert ours == pythons


def test_a_module_beside_a_child_script_is_the_childs(folder: Path) -> None:
    """What a script and its children import is theirs: `robot_job` is there, nothing else of the robot."""
    (folder / "child.py").write_text(
        "import robot_job, sys; print(robot_job.stop_requested(), 'app.cli' in sys.modules)"
    )
    ours, _pythons = both(["child.py"], folder)
    assert ours[:2] == (0, "False False\n")


WITHIN = [[], ["run"], ["demo"], ["--headless"], ["-c"], ["--version"], ["nowhere.py"], ["folder"], ["--config", "x"]]


@pytest.mark.parametrize("arguments", WITHIN, ids=" ".join)
def test_within_a_run_nothing_starts_a_robot(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """Whatever the arguments: there is one robot."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ROBOT_RUN_MARK", "mark")
    assert within_a_run.is_meant(arguments)


def test_commands_of_the_robot_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script may ask the robot's own commands for something."""
    monkeypatch.setenv("ROBOT_RUN_MARK", "mark")
    assert not within_a_run.is_meant(["check", "--json"])


def test_outside_a_run_it_is_the_robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who passes a script to the robot himself is told that there is no such command."""
    monkeypatch.delenv("ROBOT_RUN_MARK", raising=False)
    script = tmp_path / "script.py"
    script.write_text("")
    assert not within_a_run.is_meant([str(script)])


@pytest.mark.parametrize(("arguments", "meant"), [([host.HOST_ARGUMENT], "True"), ([], "False")])
def test_descent_says_so_where_the_environment_does_not(arguments: list[str], meant: str) -> None:
    """A child with an environment of its own is a child of the script all the same."""
    asked = f"import sys; sys.path.append({str(ROOT)!r}); from app.jobs.child.within_a_run import is_meant\n"
    asked += "print(is_meant([]), flush=True)"
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {asked!r}], env={{}}, check=True)"
    environment = {key: value for key, value in os.environ.items() if key != "ROBOT_RUN_MARK"}
    command = [sys.executable, "-c", starts, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == meant, done.stderr
