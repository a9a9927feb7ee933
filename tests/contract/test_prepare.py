"""`robot prepare`: what a person sees of the environments that are made ahead of their jobs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.contract.robot_process import finish, interrupt, wait_until
from tests.contract.test_environments import BUILDER, job_with

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.robot_process import Home


@pytest.fixture
def prepared(home: Home, tmp_path: Path) -> Home:
    """Two scripts with requirements, one without, and a builder in uv's place; neither host nor GUID is known."""
    builder = tmp_path / "uv"
    builder.write_text(BUILDER)
    builder.chmod(0o755)
    home.config.write_text(f"data_dir = 'data'\nlanguage = 'en'\nuv = '{builder}'\n")
    home.script("plain", "")
    job_with(home, "good", "whatever")
    job_with(home, "again", "whatever")
    job_with(home, "bad", "fails")
    return home


def environments(home: Home) -> list[str]:
    """Those that are whole or half made."""
    folder = home.data / "environments"
    return [entry.name for entry in folder.iterdir() if entry.is_dir()] if folder.exists() else []


def test_everything_is_made_that_can_be(prepared: Home) -> None:
    """A table says what came of each; one that fails makes the exit code 1; what is there isn't made again."""
    said = prepared.run("prepare", "--config", str(prepared.config))
    assert said.code == 1
    assert "again, good" in said.output
    assert "building" in said.output
    assert "no such package" in said.output
    assert "plain" not in said.output
    assert len(environments(prepared)) == 1
    again = prepared.run("prepare", "good", "--config", str(prepared.config))
    assert (again.code, "is there" in again.output, "building" in again.output) == (0, True, False)


def test_check_says_what_is_missing(prepared: Home) -> None:
    """Before; and what can't be made at all."""
    said = prepared.run("check", "--config", str(prepared.config))
    assert "Environments: Not made yet: again, good, bad" in said.output
    prepared.config.write_text(prepared.config.read_text() + "wheels = 'no-such-folder'\n")
    said = prepared.run("check", "--config", str(prepared.config))
    assert "Correct “wheels” in the settings" in said.output


def test_ctrl_c_leaves_nothing(prepared: Home) -> None:
    """The builder is gone, and so is what it had made."""
    folder = job_with(prepared, "slow", "hangs")
    process = prepared.start("prepare", "slow", "--config", str(prepared.config))
    wait_until((folder / "begun").exists)
    interrupt(process)
    assert finish(process).code == 130
    assert prepared.processes() == []
    assert environments(prepared) == []


def test_names_and_settings_that_cannot_be_meant(prepared: Home) -> None:
    """A script that isn't there, and environments that are turned off, are wrong usage."""
    assert "There is no script" in prepared.run("prepare", "nowhere", "--config", str(prepared.config)).errors
    prepared.config.write_text(prepared.config.read_text() + "environments = 'off'\n")
    said = prepared.run("prepare", "--config", str(prepared.config))
    assert (said.code, "turned off" in said.errors) == (2, True)


def test_an_interpreter_without_venv_is_found_by_check(prepared: Home, tmp_path: Path) -> None:
    """Debian's Python without python3-venv, for whom has no uv."""
    lacking = tmp_path / "python"
    lacking.write_text(f'#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"\n')
    lacking.chmod(0o755)
    prepared.config.write_text(f"data_dir = 'data'\nlanguage = 'en'\npython = '{lacking}'\n")
    said = prepared.run("check", "--config", str(prepared.config), environment={"PATH": "/usr/bin:/bin"})
    assert "its modules venv and ensurepip are not all there" in said.output


def test_an_environment_beside_the_script_needs_nothing(prepared: Home) -> None:
    """A script with a `.venv` is in no table."""
    for name in ("good", "again", "bad"):
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", str(prepared.scripts / name / ".venv")], check=True
        )
    assert "No script needs an environment" in prepared.run("prepare", "--config", str(prepared.config)).output
