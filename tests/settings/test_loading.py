"""Settings in files and layers, with every mistake said at once."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.base import i18n, paths
from app.base.errors import SettingsError
from app.settings.advice import advice_on
from app.settings.loading import load_settings
from app.settings.model import Settings
from tests.settings.conftest import GUID, NEEDED, loaded, refused

# ---------------------------------------------------------------------- files


def test_a_bom_is_fine(user_file):
    """Notepad begins a file with a byte order mark."""
    user_file.write_bytes(b"\xef\xbb\xbf" + NEEDED.replace("\n", "\r\n").encode())
    assert load_settings(user_file, {}).settings.guid == GUID


@pytest.mark.parametrize("path", [r"C:\Users\robot", r"C:\Robot\scripts", r"C:\xyz"])
def test_backslashes_in_double_quotes_have_a_hint(user_file, path):
    """The parser's complaint about an escape becomes the advice to use single quotes, with the place."""
    error = refused(user_file, f'{NEEDED}scripts = "{path}"\n')
    assert "line 3" in error.message
    assert "single quotes" in error.hint


def test_a_key_twice_has_a_hint(user_file):
    """The same key twice is said as such."""
    assert "twice" in refused(user_file, f"{NEEDED}host = 'http://other'\n").hint


def test_missing_quotes_have_a_hint(user_file):
    """A text without quotes is no TOML; the hint shows how to write it."""
    assert "host = 'http://" in refused(user_file, "host = http://o\n").hint


def test_a_file_in_another_encoding_is_said(user_file):
    """A file in the ANSI code page is not UTF-8: the hint says what to do."""
    user_file.write_bytes(NEEDED.encode() + "scripts = 'Скрипты'".encode("cp1251"))
    with pytest.raises(SettingsError) as caught:
        load_settings(user_file, {})
    assert "UTF-8" in caught.value.message
    assert "UTF-8" in caught.value.hint


def test_config_that_names_no_file(tmp_path):
    """`--config` naming no file, or a folder, is an error that shows the full path."""
    for name in ("nowhere.toml", "nowhere/robot.toml", "."):
        with pytest.raises(SettingsError) as caught:
            load_settings(tmp_path / name, {})
        assert str(tmp_path / name) in caught.value.message
        assert "--config" in caught.value.hint


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    """A path that the system refuses to look at (here: a name that is too long) is said, not a traceback."""
    with pytest.raises(SettingsError, match="can't be read: the path is too long"):
        load_settings(tmp_path / ("x" * 300 + ".toml"), {})


def test_no_settings_at_all(user_file):
    """Without any file, both needed keys are missing, with what they are."""
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {})
    assert "host: is missing\n" in caught.value.message
    assert "robot_guid: is missing\n" in caught.value.message
    assert "page Robots" in caught.value.message
    assert str(user_file) in caught.value.hint


# ---------------------------------------------------------------------- layers


def test_layers_override_key_by_key(user_file, machine_file):
    """Environment over the user's file over the machine's file over defaults, each key by itself."""
    machine_file.write_text("host = 'http://machine'\nwhen_idle = 'wait'\nkeep_logs_days = 1\n")
    user_file.write_text(f"robot_guid = '{GUID}'\nwhen_idle = 'exit'\nkeep_logs_days = 2\n")
    found = load_settings(None, {"ROBOT_KEEP_LOGS_DAYS": "3"})
    assert found.settings.host == "http://machine"
    assert found.settings.when_idle == "exit"
    assert found.settings.keep_logs_days == 3
    assert found.files == (machine_file, user_file)
    assert found.home == user_file.parent


def test_config_stands_alone(user_file, machine_file, tmp_path):
    """With `--config` neither the machine's nor the user's file is read."""
    machine_file.write_text("when_idle = 'wait'")
    user_file.write_text("language = 'ru'")
    settings = loaded(tmp_path / "own.toml", NEEDED)
    assert (settings.when_idle, settings.language) == ("logoff", "auto")


def test_each_layers_paths_count_from_its_own_file(user_file, machine_file):
    """The machine's relative path stays beside the machine's file."""
    machine_file.write_text("ca_file = 'ca.pem'\nscripts = 'common'")
    user_file.write_text(NEEDED)
    settings = load_settings(None, {}).settings
    assert settings.ca_file == machine_file.parent / "ca.pem"
    assert settings.scripts == machine_file.parent / "common"


def test_the_environment_alone_is_enough(user_file, tmp_path, monkeypatch):
    """A machine may have no file at all; relative paths then count from the current folder."""
    monkeypatch.chdir(tmp_path)
    environ = {
        "ROBOT_HOST": "http://o",
        "ROBOT_ROBOT_GUID": GUID,
        "ROBOT_CA_FILE": "ca.pem",
        "ROBOT_VERIFY_TLS": "false",
        "ROBOT_HEARTBEAT_SECONDS": "20",
    }
    found = load_settings(None, environ)
    assert found.settings.ca_file == tmp_path / "ca.pem"
    assert found.settings.scripts == tmp_path / "scripts"
    assert found.settings.verify_tls is False
    assert found.settings.heartbeat_seconds == 20
    assert found.files == ()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder in which somebody is")
def test_the_current_folder_may_be_gone(user_file, tmp_path, monkeypatch):
    """Settings are re-read while the robot lives: the folder that it was started in is of no interest to a file."""
    user_file.write_text(NEEDED)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert load_settings(user_file, {}).settings.guid == GUID


def test_blanks_around_a_variables_value_are_nobodys_mistake(user_file):
    """`set ROBOT_WHEN_IDLE=exit & robot` on Windows leaves one behind the value."""
    user_file.write_text(NEEDED, "utf-8")
    environ = {
        "ROBOT_WHEN_IDLE": "exit ",
        "ROBOT_LANGUAGE": " ru ",
        "ROBOT_SEND_LOGS": "1 ",
        "ROBOT_POLL_SECONDS": "5 ",
    }
    settings = load_settings(None, environ).settings
    assert (settings.when_idle, settings.language, settings.send_logs, settings.poll_seconds) == ("exit", "ru", True, 5)


def test_a_mistake_in_the_environment_is_named_as_such(user_file):
    """The place of a mistake is the variable, not the file."""
    assert "(ROBOT_LANGUAGE)" in refused(user_file, NEEDED, {"ROBOT_LANGUAGE": "xx"}).message


def test_a_blank_key_means_not_set(user_file):
    """An emptied key takes its default; a needed one is missing."""
    settings = loaded(user_file, f"{NEEDED}python = ''\nproxy = ' '\nscripts = ''\nwhen_idle = ''\ndata_dir = ''\n")
    assert settings.python is None
    assert settings.proxy is None
    assert settings.scripts == user_file.parent / "scripts"
    assert settings.when_idle == "logoff"
    assert settings.data_dir == paths.default_data_dir()
    assert "host: is missing" in refused(user_file, f"host = ''\nrobot_guid = '{GUID}'").message


# ---------------------------------------------------------------------- what is said


@pytest.mark.parametrize(("key", "near"), [("hosts", "host"), ("Robot_Guid", "robot_guid"), ("whenidle", "when_idle")])
@pytest.mark.parametrize("value", ["'x'", "''", "{ a = 1 }"])
def test_an_unknown_key_is_an_error_with_a_suggestion(user_file, key, near, value):
    """A mistyped key is an error also when it is blank, and the likely key is named."""
    error = refused(user_file, f"{NEEDED}{key} = {value}")
    assert f"{key}: is no setting of this program" in error.message
    assert f"did you mean {near}?" in error.message


def test_a_key_like_no_other_has_no_suggestion(user_file):
    """Nothing is guessed where nothing is near."""
    assert "did you mean" not in refused(user_file, f"{NEEDED}zzzzqqqq = 1").message


def test_all_mistakes_are_said_at_once(user_file):
    """Five mistakes, one message; each has a line with its key."""
    error = refused(user_file, f"robot_guid = '{GUID}x'\npoll_seconds = true\nheartbeats = 1\nwhen_idle = 'x'")
    assert error.message.startswith("5 settings are wrong:")
    keys = [line.split(":")[0].strip() for line in error.message.splitlines() if line.startswith("  ") and ":" in line]
    assert {"host", "robot_guid", "poll_seconds", "heartbeats", "when_idle"} <= set(keys)


def test_the_guid_is_never_shown(user_file):
    """Neither a mistaken GUID nor any other value of a mistaken file is repeated; nor does repr show it."""
    for text in (
        f"host = '{GUID}'\nrobot_guid = '{GUID}0'",
        f"host = 'http://{GUID}:x'\nrobot_guid = [ '{GUID}' ]",
        f"robot_guid = {GUID}",
        f'robot_guid = "{GUID}',
        f"when_idle = '{GUID}'\nlanguage = '{GUID}'\nscripts = ['{GUID}']\nkeep_logs_days = '{GUID}'",
    ):
        error = refused(user_file, text)
        assert GUID not in str(error)
        assert GUID not in repr(error)
        assert error.__cause__ is None
    settings = loaded(user_file, NEEDED)
    assert GUID not in repr(settings)
    assert GUID not in str(settings)


def test_messages_can_be_translated(user_file, monkeypatch):
    """Every part of a message goes through the catalog at the moment it is shown."""
    monkeypatch.setattr("app.settings.mistakes._", lambda text: f"«{text}»")
    monkeypatch.setattr("app.settings.mistakes.ngettext", lambda one, many, number: f"«{many}»")
    error = refused(user_file, "host = 'x'")
    assert "«2 settings are wrong:»" in error.message
    assert "host: «is not the address of an Orchestrator»" in error.message
    assert "robot_guid: «is missing»" in error.message
    assert "«The settings file:" in error.hint


def test_messages_in_russian(user_file, russian):
    """In Russian the keys stay as they are written in the file."""
    if i18n._("is missing") == "is missing":
        pytest.skip("the catalog is not compiled")
    error = refused(user_file, "host = 'x'")
    assert "robot_guid: " in error.message
    for english in ("settings are wrong", "is missing", "is not the address", "page Robots", "The settings file"):
        assert english not in str(error)


@given(st.binary(max_size=200), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
def test_no_file_ends_in_a_traceback(tmp_path, content, complete):
    """Whatever bytes a settings file holds: settings, or a SettingsError."""
    file = tmp_path / "robot.toml"
    file.write_bytes((NEEDED.encode() if complete else b"") + content)
    with suppress(SettingsError):
        load_settings(file, {})


@given(st.sampled_from(sorted(Settings.keys())), st.text(max_size=30))
@example("scripts", "\0")
@example("host", "http://[")
@example("proxy", "http://[x]:y")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
def test_no_variable_ends_in_a_traceback(tmp_path, key, value):
    """Whatever an environment variable holds: settings, or a SettingsError."""
    file = tmp_path / "robot.toml"
    file.write_text(NEEDED)
    with suppress(SettingsError):
        load_settings(file, {f"ROBOT_{key.upper()}": value})


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("heartbeat_seconds = 5", "heartbeat_seconds = 5"),
        ("verify_tls = false", "verify_tls = false"),
        ("host = 'http://orchestrator'", "Plain http"),
        ("heartbeat_seconds = 15.5", "heartbeat_seconds = 15.5: the vendor's coordinator"),
        ("poll_seconds = 60", "poll_seconds = 60: the vendor's coordinator"),
    ],
)
def test_unwise_settings_warn(user_file, line, word):
    """Allowed but unwise: said as one warning."""
    kept = NEEDED if not line.startswith("host") else f"robot_guid = '{GUID}'\n"
    (advice,) = advice_on(loaded(user_file, f"{kept}{line}"))
    assert word in str(advice.text)
    assert str(advice.remedy)


def test_loopback_and_https_do_not_warn(user_file):
    """The usual settings are silent."""
    assert advice_on(loaded(user_file, NEEDED)) == []
    assert advice_on(loaded(user_file, NEEDED.replace("http://127.0.0.1:4500", "https://orchestrator"))) == []
    assert advice_on(loaded(user_file, f"{NEEDED}heartbeat_seconds = 15\npoll_seconds = 15\n")) == []
