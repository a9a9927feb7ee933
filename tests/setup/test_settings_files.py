"""What the installer was told goes into a settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.errors import SettingsError
from app.settings.loading import load_settings
from app.setup.settings_files import write

if TYPE_CHECKING:
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
TOLD = {"host": "http://orchestrator:4500", "robot_guid": GUID}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file that isn't there yet, nor its folder."""
    return tmp_path / "Robot" / "robot.toml"


def test_a_new_file_is_complete(file: Path) -> None:
    """The template with the values in place is all that a robot needs, and its user's alone."""
    write(file, TOLD)
    settings = load_settings(file, {}).settings
    assert (settings.host, settings.guid) == ("http://orchestrator:4500", GUID)
    assert settings.scripts == file.parent / "scripts"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "line", ["host='http://old'", "  host = 'http://old' # ours", '\ufeffhost = "http://old"', '"host" = "http://old"']
)
def test_an_existing_file_keeps_the_rest(file: Path, line: str) -> None:
    """Only the keys that were told change; comments, other keys and their order stay."""
    file.parent.mkdir()
    file.write_text(f"{line}\n# keep\u2028me\nwhen_idle = 'wait'\n", "utf-8")
    write(file, TOLD)
    assert file.read_text("utf-8-sig").split("\n") == [
        "host = 'http://orchestrator:4500'",
        "# keep\u2028me",
        "when_idle = 'wait'",
        f"robot_guid = '{GUID}'",
        "",
    ]
    assert load_settings(file, {}).settings.when_idle == "wait"


@pytest.mark.parametrize("folder", [r"C:\Мои скрипты\it's", "\\\\server\\a%TEMP%b;c&d$HOME", "C:\\" + "а" * 2000])
def test_a_value_arrives_as_it_was_written(file: Path, folder: str) -> None:
    """Apostrophes, percent and dollar signs, Cyrillic, two thousand letters: none of it breaks the file."""
    write(file, {**TOLD, "scripts": folder})
    assert load_settings(file, {}).settings.scripts.name.endswith(folder[-3:])
    assert folder in str(load_settings(file, {}).settings.scripts)


def test_nothing_told_nothing_written(file: Path) -> None:
    """An installation without answers leaves the first start its template."""
    write(file, {})
    assert not file.exists()


def test_a_file_beside_that_of_the_machine_hides_nothing_of_it(file: Path, tmp_path: Path) -> None:
    """The user's file with the GUID alone has no empty keys, which would take away what the machine's file says."""
    write(file, {"robot_guid": GUID}, alone=False)
    assert file.read_text("utf-8-sig") == f"robot_guid = '{GUID}'\n"
    shared = tmp_path / "machine.toml"
    write(shared, {"host": TOLD["host"]}, shared=True)
    assert GUID not in shared.read_text("utf-8-sig")


def test_a_file_in_another_encoding_is_not_touched(file: Path) -> None:
    """What can't be read as text is left as it is, and said."""
    file.parent.mkdir()
    file.write_bytes("scripts = 'Скрипты'".encode("cp1251"))
    with pytest.raises(SettingsError, match="UTF-8"):
        write(file, TOLD)
    assert file.read_bytes() == "scripts = 'Скрипты'".encode("cp1251")
