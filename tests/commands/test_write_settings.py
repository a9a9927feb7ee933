"""`robot write-settings`: what the installer was told goes into a settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app import cli
from app.base.errors import ExitCode
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file that isn't there yet, nor its folder."""
    return tmp_path / "Robot" / "robot.toml"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the installer was told."""
    monkeypatch.setenv("ROBOT_SETUP_HOST", "http://orchestrator:4500")
    monkeypatch.setenv("ROBOT_SETUP_ROBOT_GUID", GUID)
    monkeypatch.setenv("ROBOT_SETUP_SCRIPTS", "")


@pytest.mark.usefixtures("told")
def test_a_new_file_is_complete(file: Path) -> None:
    """The template with the values in place is all that a robot needs; an empty value leaves its key alone."""
    assert cli.main(["write-settings", str(file)]) == ExitCode.OK
    settings = load_settings(file, {}).settings
    assert (settings.host, settings.guid) == ("http://orchestrator:4500", GUID)
    assert settings.scripts == file.parent / "scripts"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    "line", ["host='http://old'", "  host = 'http://old' # ours", '\ufeffhost = "http://old"', '"host" = "http://old"']
)
def test_an_existing_file_keeps_the_rest(file: Path, line: str) -> None:
    """Only the keys that were told change; comments, other keys and their order stay."""
    file.parent.mkdir()
    file.write_text(f"{line}\n# keep\u2028me\nwhen_idle = 'wait'\n", "utf-8")
    assert cli.main(["write-settings", str(file)]) == ExitCode.OK
    assert file.read_text("utf-8-sig").split("\n") == [
        "host = 'http://orchestrator:4500'",
        "# keep\u2028me",
        "when_idle = 'wait'",
        f"robot_guid = '{GUID}'",
        "",
    ]
    assert load_settings(file, {}).settings.when_idle == "wait"


def test_nothing_told_nothing_written(file: Path) -> None:
    """An installation without answers leaves the first start its template."""
    assert cli.main(["write-settings", str(file)]) == ExitCode.OK
    assert not file.exists()


@pytest.mark.usefixtures("told")
def test_a_file_in_another_encoding_is_not_touched(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be read as text is left as it is, and said."""
    file.parent.mkdir()
    file.write_bytes("scripts = 'Скрипты'".encode("cp1251"))
    assert cli.main(["write-settings", str(file)]) == ExitCode.USAGE
    assert "UTF-8" in capsys.readouterr().err
    assert file.read_bytes() == "scripts = 'Скрипты'".encode("cp1251")
