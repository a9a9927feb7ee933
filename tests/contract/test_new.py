"""`robot new`: from nothing to a script whose test is green."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.robot_process import Home

WHAT_NEXT = {"en": "What to do next", "ru": "Что дальше"}


def _pytest_in(home: Home, folder: Path) -> str:
    """What pytest says of the folder, run in it as its author does."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=folder,
        env=home.environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_new_script_has_a_test_that_passes(home: Home, language: str) -> None:
    """In the scripts folder, in folders that are made for it; what to do next is said in the user's language."""
    home.config.write_text(f"language = '{language}'\ndata_dir = 'data'\n")
    name = "бухгалтерия/счета за год"
    said = home.run("new", name, "--config", str(home.config))
    assert said.code == 0, said
    folder = home.scripts / name
    assert WHAT_NEXT[language] in said.output
    assert str(folder) in said.output
    assert "2 passed" in _pytest_in(home, folder)
    assert sorted(file.name for file in folder.iterdir() if file.is_file()) == [
        "README.md",
        "conftest.py",
        "main.py",
        "requirements.txt",
        "tasks.toml",
        "test_main.py",
    ]


def test_the_next_step_works_as_it_is_said(home: Home) -> None:
    """What `new` says last is typed as it stands there: the script is tried on the tasks that came with it."""
    home.config.write_text("language = 'en'\ndata_dir = 'data'\n")
    said = home.run("new", "letters", "--config", str(home.config))
    (attempt,) = (line.split("#")[0].split() for line in said.output.splitlines() if " try " in line)
    assert attempt[0] == "robot"
    tried = subprocess.run(
        [sys.executable, "-m", "app", *attempt[1:]],
        cwd=home.scripts / "letters",
        env=home.environment | {"PYTHONPATH": str(Path(__file__).parents[2]), "ROBOT_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert tried.returncode == 0, tried
    assert "task INV-17: In progress → Success" in tried.stdout
    assert "The job would be: 4 Success" in tried.stdout


def test_nothing_is_written_over(home: Home) -> None:
    """A folder or a script of that name is left as it is, and so is everything else."""
    home.config.write_text("data_dir = 'data'\nlanguage = 'en'\n")
    script = home.script("mine", "print('mine')")
    (home.scripts / "folder").mkdir()
    for name in ("mine", "mine.py", "folder"):
        said = home.run("new", name, "--config", str(home.config))
        assert (said.code, "is there already" in said.errors) == (2, True)
    assert script.read_text() == "print('mine')"
    assert list((home.scripts / "folder").iterdir()) == []
    assert "is not allowed" in home.run("new", "../outside", "--config", str(home.config)).errors


def test_without_settings_it_is_made_in_the_current_folder(home: Home) -> None:
    """On an author's desk there may be none."""
    desk = home.folder / "desk"
    desk.mkdir()
    said = subprocess.run(
        [sys.executable, "-m", "app", "new", "letters"],
        cwd=desk,
        env=home.environment | {"PYTHONPATH": str(Path(__file__).parents[2]), "ROBOT_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert (desk / "letters" / "main.py").is_file()
