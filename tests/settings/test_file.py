"""The template of a first start, and what `import-settings` makes of it."""

from __future__ import annotations

import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import i18n, paths
from app.base.errors import RobotError
from app.settings.file import template_text, toml_text, write_settings
from app.settings.loading import load_settings
from app.settings.model import Settings
from tests.settings.conftest import no_file_longer_than

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
FILLED = {"host": "'http://o'", "robot_guid": f"'{GUID}'"}


@pytest.fixture(params=["en", "ru"], autouse=True)
def language(request):
    """Every test runs with both templates."""
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("en")


def test_the_template_is_complete_once_filled_in(tmp_path):
    """With host and GUID filled in, it loads, and every other key has its default."""
    file = tmp_path / "robot.toml"
    file.write_text(template_text(FILLED), "utf-8")
    settings = load_settings(file, {}).settings
    file.write_text("\n".join(f"{key} = {value}" for key, value in FILLED.items()))
    assert settings == load_settings(file, {}).settings


def test_the_template_shows_every_key_with_its_default(tmp_path):
    """Every key is there, and taking the comment sign away changes nothing, except for the examples of paths."""
    lines = template_text().splitlines()
    keys = {line.removeprefix("# ").split(" = ")[0]: line.removeprefix("# ") for line in lines if " = " in line}
    assert set(keys) & set(Settings.keys()) == set(Settings.keys())
    examples = {"python", "wheels", "uv", "ca_file", "client_certificate", "proxy", "script_manifest", "metrics_file"}
    shown = [keys[key] for key in Settings.keys() if key not in examples | set(FILLED)]
    file = tmp_path / "robot.toml"
    file.write_text("\n".join([*shown, *(f"{key} = {value}" for key, value in FILLED.items())]), "utf-8")
    settings = load_settings(file, {}).settings
    for key in Settings.keys():
        if key in {*FILLED, "scripts", "data_dir"}:
            continue
        assert getattr(settings, key) == Settings.declaration(key).default, key
    assert settings.scripts == tmp_path / "scripts"
    assert settings.data_dir == paths.default_data_dir()


def test_the_template_is_in_the_users_language_and_fits_a_window(language):
    """Every text of it is translated, and no line is longer than people see."""
    text = template_text()
    said = [Settings.declaration(key).about for key in Settings.keys()]
    assert all(said)
    assert [about for about in said if about in text] == (said if language == "en" else [])
    assert max(map(len, text.splitlines())) <= 120


def test_other_keys_come_to_life_in_their_place():
    """A key that was commented out is filled in where it stands; one that the template lacks comes last."""
    lines = template_text(FILLED | {"when_idle": "'exit'", "extra": "1"}).splitlines()
    assert "when_idle = 'exit'" in lines
    assert not any(line.startswith("# when_idle") for line in lines)
    assert lines[-1] == "extra = 1"


def test_a_settings_file_is_for_its_user_only(tmp_path):
    """The file holds the credential: nobody else may read it. Its folder is made."""
    file = tmp_path / "new folder" / "robot.toml"
    write_settings(file, template_text(FILLED))
    assert load_settings(file, {}).settings.guid == GUID
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_settings_file_begins_with_a_bom(tmp_path):
    """Old editors of Windows know by it that its Cyrillic is UTF-8; there is one, and the robot reads past it."""
    file = tmp_path / "robot.toml"
    write_settings(file, template_text(FILLED))
    assert file.read_bytes().startswith("\ufeff# ".encode())
    assert file.read_bytes().count("\ufeff".encode()) == 1
    assert load_settings(file, {}).settings.guid == GUID


def test_a_settings_file_that_cannot_be_written_is_an_error_for_people(tmp_path):
    """A file where the folder should be: the error names the file."""
    (tmp_path / "in the way").touch()
    with pytest.raises(RobotError) as caught:
        write_settings(tmp_path / "in the way" / "robot.toml", "")
    assert str(tmp_path / "in the way" / "robot.toml") in caught.value.message


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_full_disk_loses_no_settings(tmp_path):
    """What the installer can't write whole leaves the old file; without one there is none, which the next try makes."""
    file = tmp_path / "robot.toml"
    with no_file_longer_than(100), pytest.raises(RobotError):
        write_settings(file, template_text(FILLED))
    assert list(tmp_path.iterdir()) == []
    file.write_text("# ours\n")
    with no_file_longer_than(100), pytest.raises(RobotError):
        write_settings(file, template_text(FILLED))
    assert file.read_text() == "# ours\n"
    assert list(tmp_path.iterdir()) == [file]


@given(st.text())
def test_any_text_survives_toml(text):
    """`toml_text` writes what a TOML reader reads back."""
    text = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"key = {toml_text(text)}") == {"key": text}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"C:\Robot\scripts", r"'C:\Robot\scripts'"),
        (r"C:\Users\O'Brien\scripts", r"'''C:\Users\O'Brien\scripts'''"),
        ("it's 'it'", "\"it's 'it'\""),
        (r"C:\O'''x", '"C:\\\\O' + "'''" + 'x"'),
    ],
)
def test_a_path_stays_readable(text, written):
    """Also with an apostrophe in it, as in a person's name: no escape where TOML needs none, the usual one else."""
    assert toml_text(text) == written
    assert tomllib.loads(f"key = {written}") == {"key": text}
