"""The installer's command line: what is taken, what is refused, and that no value is ever told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from app.commands import setup
from app.setup.parameters import Parameters, WrongParameterError, cut_folder, read
from app.setup.report import append_to_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


def wrong(*arguments: str, folder: str | None = None, kind: str = "install", for_the_system: bool = False) -> str:
    """What is said of these arguments."""
    with pytest.raises(WrongParameterError) as raised:
        read(arguments, folder, kind, for_the_system=for_the_system)
    return str(raised.value)


def test_everything_that_the_guide_names_is_taken():
    """Names in either case, values as they were written, blanks and all."""
    told = ["/S", "/allusers", "/host=https://orch.example/robots", f"/GUID={{{GUID.upper()}}}"]
    told += [r"/SCRIPTS=\\server\Общая папка\it's 100%", "/AUTOSTART=task", "/WAIT=0.5"]
    assert read(told, r"C:\Мой робот") == Parameters(
        {
            "host": "https://orch.example/robots",
            "robot_guid": f"{{{GUID.upper()}}}",
            "scripts": r"\\server\Общая папка\it's 100%",
        },
        "task",
        0.5,
    )
    assert read([], None) == Parameters()
    assert read(["/S", "/PURGE", "/WAIT=3"], r"C:\Robot", "remove").wait == 3


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("/HOST=orch:4501", "/HOST: is not the address of an Orchestrator"),
        ("/HOST=http://user:password@orch", "/HOST: contains a user name or password"),
        ("/HOST=", "/HOST: has no value"),
        ('/HOST=http://orch"', "/HOST: has a quotation mark"),
        ("/GUID=da8bc2f0", "/GUID: is not a GUID"),
        (f"/GUID={GUID} ", None),
        ("/SCRIPTS=C:\\scripts\\", "/SCRIPTS: ends in a backslash"),
        ('/SCRIPTS=C:\\scripts" /GUID=' + GUID, "/SCRIPTS: has a quotation mark"),
        ("/SCRIPTS=C:\\scr*pts", "/SCRIPTS: has a character that no path may have"),
        ("/WAIT=abc", "/WAIT: must be a number of minutes"),
        ("/WAIT=-1", "/WAIT: must be a number of minutes"),
        ("/WAIT=inf", "/WAIT: must be a number of minutes"),
        ("/AUTOSTART=TASK", "/AUTOSTART: must be one of: task, startup, none"),
        ("/AUTOSTART=sometimes", "/AUTOSTART: must be one of"),
        ("/s", "/s: is not understood"),
        ("/D=C:\\Elsewhere", "/D: is not understood"),
        ("/AUTOSTRAT=task", "/AUTOSTRAT: is no parameter of this program"),
        ("/QUIET", "/QUIET: is no parameter of this program"),
        ("/PURGE", "/PURGE: is no parameter of this program"),
        ("/ALLUSERS=1", "/ALLUSERS: is no parameter of this program"),
        ("/HOST", "/HOST: is no parameter of this program"),
        (GUID, "word 1: is no parameter of this program"),
        ("--help", "word 1: is no parameter of this program"),
    ],
)
def test_what_cannot_be_meant_is_refused(argument: str, why: str | None):
    """By the rules of the settings, with a hint; the value itself, which may be the GUID, is never told."""
    if why is None:
        read([argument], None)
        return
    said = wrong(argument)
    assert said.startswith(why)
    value = argument.partition("=")[2] if argument.startswith("/") else argument
    assert not value.strip() or value not in said
    assert GUID not in said


def test_all_that_is_wrong_is_said_at_once():
    """A fleet's administrator mends a line once, not five times."""
    said = wrong("/HOST=orch", "/GUID=x", "/WAIT=abc", "/GUID=y", "stray", folder="Robot")
    for what in (
        "/HOST:",
        "/GUID: stands there twice",
        "/GUID: is not a GUID",
        "/WAIT:",
        "word 5:",
        "/D: is not a full",
    ):
        assert what in said


def test_a_guid_for_the_account_system_is_refused():
    """Its settings are read by no robot; in a file for everybody it would be no secret."""
    assert wrong(f"/GUID={GUID}", "/ALLUSERS", for_the_system=True).startswith("/GUID: would be the account SYSTEM's")


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        (r"setup.exe /S /D=C:\My robot", ("setup.exe /S", r"C:\My robot")),
        (r'"C:\a /D=b\setup.exe" /S', (r'"C:\a /D=b\setup.exe" /S', None)),
        ("setup.exe", ("setup.exe", None)),
        ('setup.exe /D="C:\\x"', ("setup.exe", '"C:\\x"')),
    ],
)
def test_the_folder_at_the_end_needs_no_quotes(line: str, cut: tuple[str, str | None]):
    """NSIS takes all that follows `/D=`, blanks included; but not what looks alike in the program's own path."""
    assert cut_folder(line, "install") == cut


def test_a_folder_in_quotes_is_refused():
    """NSIS would install into the usual place instead, without a word."""
    assert wrong(folder='"C:\\x"').startswith("/D: has a quotation mark")


@pytest.fixture
def in_russian() -> Iterator[None]:
    """The installer speaks Russian."""
    set_language("ru")
    yield
    set_language("en")


@pytest.mark.usefixtures("in_russian")
def test_the_window_speaks_the_users_language_and_the_log_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong line ends the check with 2; NSIS reads the message as UTF-16, the log is appended to."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("ROBOT_SETUP_COMMAND_LINE", f"setup.exe /HOST=orch /GUID={GUID}x")
    monkeypatch.setenv("ROBOT_SETUP_MESSAGE", str(tmp_path / "message.txt"))
    append_to_log(["earlier"])
    from app import cli

    monkeypatch.setenv("ROBOT_LANGUAGE", "ru")
    assert cli.main(["setup", "check"]) == 2
    message = (tmp_path / "message.txt").read_bytes().decode("utf-16-le")
    assert "Неверные параметры" in message
    assert "/HOST: это не адрес Оркестратора" in message
    log = (tmp_path / "Robot-setup.log").read_text("utf-8").splitlines()
    assert log[0].endswith(" earlier")
    assert log[2].endswith(
        "/HOST: is not the address of an Orchestrator → write it with its scheme: host = 'http://orchestrator:4500'"
    )
    assert GUID not in message + "".join(log)
    assert setup.STEPS.keys() >= {"check", "wait", "settings"}
