"""`robot login`: a GUID that stands in no file. Credential Manager is played; nothing of it runs here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from app import cli
from app.base.errors import ExitCode, SettingsError, UsageError
from app.settings import vault as vault_module
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


class Vault:
    """A Credential Manager."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    """This system has one."""
    vault = Vault()
    monkeypatch.setattr(vault_module, "_vault", lambda: vault)
    return vault


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings without a GUID."""
    file = tmp_path / "robot.toml"
    file.write_text("host = 'https://orchestrator/'\n")
    return file


def login(config: Path, monkeypatch: pytest.MonkeyPatch, typed: str, *options: str) -> int:
    """The command, with `typed` coming through a pipe."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return cli.main(["login", "--config", str(config), *options])


def test_a_stored_guid_completes_the_settings(
    vault: Vault, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After `robot login` the settings need no robot_guid; nothing that was said contains it."""
    assert login(config, monkeypatch, f"{{{GUID}}}\n") == ExitCode.OK
    assert load_settings(config, {}).settings.guid == GUID
    assert GUID not in "".join(capsys.readouterr())


def test_what_the_files_and_the_environment_say_comes_first(
    vault: Vault, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stored GUID fills a gap, and overrides nothing."""
    other = "11111111-2222-3333-4444-555555555555"
    login(config, monkeypatch, GUID)
    assert load_settings(config, {"ROBOT_ROBOT_GUID": other}).settings.guid == other


def test_a_guid_is_kept_for_one_orchestrator(vault: Vault, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credential of one Orchestrator is never sent to another."""
    login(config, monkeypatch, GUID)
    with pytest.raises(SettingsError, match="robot_guid"):
        load_settings(config, {"ROBOT_HOST": "https://elsewhere"})


def test_forget(
    vault: Vault, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--forget` removes it, and says so when there was nothing."""
    login(config, monkeypatch, GUID)
    assert login(config, monkeypatch, "", "--forget") == ExitCode.OK
    assert vault.kept == {}
    assert login(config, monkeypatch, "", "--forget") == ExitCode.OK
    assert "https://orchestrator" in capsys.readouterr().out


def test_what_is_no_guid_is_not_stored(
    vault: Vault, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the clipboard is refused without being repeated."""
    assert login(config, monkeypatch, "my password") == ExitCode.USAGE
    assert vault.kept == {}
    assert "my password" not in capsys.readouterr().err


def test_a_wrong_host_is_said_as_ever(vault: Vault, config: Path) -> None:
    """Looking into the store changes nothing about mistakes in the settings."""
    config.write_text("host = 'nonsense'\n")
    with pytest.raises(SettingsError, match="host"):
        load_settings(config, {})


class LockedVault(Vault):
    """A Credential Manager of a session that has none, such as a task's that runs without a password stored."""

    def get_password(self, service: str, username: str) -> str | None:
        raise LogonSessionError

    def set_password(self, service: str, username: str, password: str) -> None:
        raise LogonSessionError


class LogonSessionError(Exception):
    """As pywin32 says it: neither an OSError nor anything else that is known elsewhere."""

    strerror = "A specified logon session does not exist"


def test_a_credential_manager_that_fails_is_said(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows' reason is in the error, with the other way to keep the GUID; the GUID is not."""
    monkeypatch.setattr(vault_module, "_vault", LockedVault)
    with pytest.raises(SettingsError, match="A specified logon session does not exist") as caught:
        load_settings(config, {})
    assert "robot.toml" in caught.value.hint
    assert load_settings(config, {"ROBOT_ROBOT_GUID": GUID}).settings.guid == GUID
    for options in ((), ("--forget",)):
        assert login(config, monkeypatch, GUID, *options) == ExitCode.USAGE
        said = "".join(capsys.readouterr())
        assert "A specified logon session does not exist" in said
        assert GUID not in said


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has a Credential Manager")
def test_without_a_credential_manager_it_says_what_to_do(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Elsewhere the command names the other way, and asks for nothing."""
    assert login(config, monkeypatch, GUID) == ExitCode.USAGE
    assert "robot.toml" in capsys.readouterr().err
    with pytest.raises(UsageError):
        vault_module.forget_guid("https://orchestrator")
