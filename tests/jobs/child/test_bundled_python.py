"""The bundled interpreter takes Python's own arguments within a run, so that `sys.executable` works in scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.jobs.child import bundled_python


def python(*arguments: str, folder: Path) -> str:
    """What a program started through the bundled interpreter prints."""
    code = "import sys; from app.jobs.child import bundled_python; bundled_python.main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "ROBOT_RUN_MARK": "mark"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["-c", "import sys; print(__name__, sys.argv)", "a"], "__main__ ['-c', 'a']"),
        (["-u", "-X", "utf8", "-Werror", "-c", "print(1)"], "1"),
        (["-m", "shown", "a"], "__main__ ['a']"),
        (["shown.py", "a b"], "__main__ ['a b']"),
        (["-B", "shown.py"], "__main__ []"),
    ],
)
def test_pythons_own_arguments(tmp_path: Path, arguments: list[str], printed: str) -> None:
    """Code, a module and a script run as with python, whatever flags stand before them."""
    (tmp_path / "shown.py").write_text("import sys, neighbour; print(__name__, sys.argv[1:])")
    (tmp_path / "neighbour.py").write_text("")
    assert python(*arguments, folder=tmp_path) == printed


@pytest.mark.parametrize("arguments", [[], ["run"], ["check", "--json"], ["-c"], ["--version"], ["nowhere.py"]])
def test_commands_of_the_robot_stay_what_they_are(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a run too, the robot's own commands and options are not taken for Python's."""
    monkeypatch.setenv("ROBOT_RUN_MARK", "mark")
    assert not bundled_python.is_meant(arguments)


def test_outside_a_run_it_is_the_robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who passes a script to the robot himself is told that there is no such command."""
    monkeypatch.delenv("ROBOT_RUN_MARK", raising=False)
    script = tmp_path / "script.py"
    script.write_text("")
    assert not bundled_python.is_meant([str(script)])
