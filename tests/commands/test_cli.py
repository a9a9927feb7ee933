"""The command line: what is offered, what is refused, and what is said then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.base.errors import ExitCode
from app.commands import TABLE

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = [name for name, command in TABLE.items() if command.hidden]


def refused(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a command line that is wrong."""
    with pytest.raises(SystemExit) as ended:
        cli.parse(arguments)
    assert ended.value.code == ExitCode.USAGE
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("finnish", "finish"), ("Check", "check"), ("histroy", "history"), ("import_settings", "import-settings")],
)
def test_a_mistyped_command_is_guessed(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Who mistypes a command is told which one may be meant."""
    assert f"Did you mean {meant}?" in refused(typed, capsys=capsys)


@pytest.mark.skipif(sys.platform == "win32", reason="a broken pipe is another error there")
@pytest.mark.parametrize("command", [("--help",), ("status", "--json"), ("history", "--json")])
def test_a_reader_that_has_seen_enough(command: tuple[str, ...], tmp_path: Path) -> None:
    """`robot … | head`: when the other end of the pipe is closed, nothing is complained of."""
    out, into = os.pipe()
    os.close(out)
    environment = os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "ROBOT_DATA_DIR": str(tmp_path)}
    process = subprocess.run(
        [sys.executable, "-m", "app", *command],
        stdout=into,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=tmp_path,
        timeout=30,
        check=False,
    )
    os.close(into)
    assert process.stderr == b""


def test_nothing_is_guessed_of_something_else(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that is like no command is just unknown, and the place of help is named."""
    said = refused("zzzz", capsys=capsys)
    assert "'zzzz'" in said
    assert "Did you mean" not in said
    assert "robot --help" in said


def test_hidden_commands_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The installer's own command is neither listed, nor suggested, nor among the choices of a mistake."""
    with pytest.raises(SystemExit):
        cli.parse(["--help"])
    shown = capsys.readouterr().out
    for name in HIDDEN:
        shown += refused(name[:-1], capsys=capsys) + refused(name.replace("-", "_"), capsys=capsys).partition("Did")[2]
    assert HIDDEN
    assert not [name for name in HIDDEN if f"{name}?" in shown or f" {name} " in shown]


def test_a_hidden_command_can_be_called() -> None:
    """Who knows it may call it."""
    _command, options = cli.parse(["setup", "settings", "--all-users"])
    assert options.all_users


@pytest.mark.parametrize(
    "arguments",
    [
        ("sandbox", "--port", "abc"),
        ("sandbox", "--port", "-1"),
        ("sandbox", "--port", "65536"),
        ("sandbox", "--port", "4_500"),
        ("sandbox", "--port", "9" * 5000),
        ("finish", "--wait", "abc"),
        ("finish", "--wait", "-1"),
        ("finish", "--wait", "nan"),
        ("finish", "--wait", "inf"),
        ("finish", "--wait", "1e999"),
        ("finish", "--wait", ""),
    ],
    ids=lambda arguments: f"{arguments[1]}={arguments[2][:6]}",
)
def test_a_wrong_value_is_named(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The argument and its value stand in what is said, and the exit code is 2."""
    said = refused(*arguments, capsys=capsys)
    assert arguments[1] in said
    assert repr(arguments[2])[:100] in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("text", "minutes"), [("0", 0), ("0.5", 0.5), ("90", 90)])
def test_a_wait_in_minutes(text: str, minutes: float) -> None:
    """Fractions are allowed."""
    _command, options = cli.parse(["finish", "--wait", text])
    assert options.wait == minutes


@pytest.mark.parametrize("arguments", [[], ["--headless"], ["run"]], ids=" ".join)
def test_without_a_command_it_runs(arguments: list[str]) -> None:
    """`robot` and `robot --headless` are `robot run`."""
    assert cli.parse(arguments)[1].command == "run"


def test_only_the_chosen_command_is_imported() -> None:
    """Starting one command doesn't wait for the libraries of another."""
    code = "import sys; from app import cli; cli.parse(['finish']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert "app.commands.finish" in loaded
    assert not loaded & {"app.commands.run", "app.commands.sandbox", "starlette", "rich", "app.robot.loop", "urllib3"}


@pytest.mark.parametrize(
    ("before", "said"),
    [("", "isn't installed"), ("sys.version_info = (3, 10, 13)", "Python 3.11 or later")],
    ids=["no packages", "an old Python"],
)
def test_from_a_clone_without_packages(tmp_path: Path, before: str, said: str) -> None:
    """Where it can't run the program says which command of the clone makes that right, instead of a traceback."""
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    code = f"""if True:
        import runpy, sys
        sys.path.insert(0, {str(tmp_path)!r})
        sys.argv[1:] = ["check"]
        {before}
        runpy.run_module("app", run_name="__main__", alter_sys=True)"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],  # -S: this Python has nothing but the standard library
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == ExitCode.USAGE
    assert said in done.stderr
    assert "python build/dev.py run -- check" in done.stderr
    assert "Traceback" not in done.stderr
