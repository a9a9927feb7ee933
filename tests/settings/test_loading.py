"""Settings: every key, in layers, with every mistake said at once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.base import i18n, paths
from app.base.errors import ExitCode, SettingsError
from app.settings.advice import advice_on
from app.settings.loading import load_settings
from app.settings.model import Settings

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
NEEDED = f"host = 'http://127.0.0.1:4500'\nrobot_guid = '{GUID}'\n"


@pytest.fixture
def user_file(tmp_path, monkeypatch) -> Path:
    """Where the user's settings are in this test; not there yet."""
    file = tmp_path / "user" / "robot.toml"
    monkeypatch.setattr(paths, "user_settings_file", lambda: file)
    monkeypatch.setattr(paths, "machine_settings_file", lambda: tmp_path / "machine" / "robot.toml")
    file.parent.mkdir()
    return file


@pytest.fixture
def machine_file(tmp_path, user_file) -> Path:
    """Where the machine's settings are in this test; not there yet."""
    file = tmp_path / "machine" / "robot.toml"
    file.parent.mkdir()
    return file


@pytest.fixture
def russian():
    """Texts in Russian for one test."""
    i18n.set_language("ru")
    yield
    i18n.set_language("en")


def loaded(file: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    """The settings that `text` in `file` makes."""
    file.write_text(text, "utf-8")
    return load_settings(file, environ or {}).settings


def refused(file: Path, text: str, environ: dict[str, str] | None = None) -> SettingsError:
    """The error that `text` in `file` makes."""
    with pytest.raises(SettingsError) as caught:
        loaded(file, text, environ)
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value


# ---------------------------------------------------------------------- every key

DEFAULTS = {
    "python": None,
    "when_idle": "logoff",
    "logoff_countdown": 15,
    "heartbeat_seconds": 10,
    "poll_seconds": 10,
    "request_timeout": 10,
    "stop_timeout": 0,
    "offline_limit": 0,
    "verify_tls": True,
    "ca_file": None,
    "client_certificate": None,
    "proxy": None,
    "script_argument": "vendor",
    "working_folder": "script",
    "share_credentials": True,
    "script_manifest": None,
    "language": "auto",
    "notifications": True,
    "send_logs": False,
    "keep_logs_days": 30,
}

OTHERS = {
    "when_idle": ("'wait'", "wait"),
    "logoff_countdown": ("0", 0),
    "heartbeat_seconds": ("1.5", 1.5),
    "poll_seconds": ("60", 60),
    "request_timeout": ("3", 3),
    "stop_timeout": ("120", 120),
    "offline_limit": ("3600", 3600),
    "verify_tls": ("false", False),
    "proxy": ("'http://proxy:3128'", "http://proxy:3128"),
    "script_argument": ("'none'", "none"),
    "working_folder": ("'scripts'", "scripts"),
    "share_credentials": ("false", False),
    "language": ("'ru'", "ru"),
    "notifications": ("false", False),
    "send_logs": ("true", True),
    "keep_logs_days": ("7", 7),
}

BAD = {
    "host": ("'orchestrator:4500'", "is not the address of an Orchestrator"),
    "robot_guid": ("'da8bc2f0'", "is not a GUID"),
    "scripts": ("[1]", "must be a path"),
    "python": ("3", "must be a path"),
    "when_idle": ("'sleep'", "must be one of: 'logoff', 'exit', 'wait'"),
    "logoff_countdown": ("-1", "must be at least 0"),
    "heartbeat_seconds": ("0.5", "must be at least 1"),
    "poll_seconds": ("0", "must be at least 0.1"),
    "request_timeout": ("301", "must be at most 300"),
    "stop_timeout": ("'soon'", "must be a number"),
    "offline_limit": ("inf", "must be a number"),
    "verify_tls": ("'maybe'", "must be true or false"),
    "ca_file": ("true", "must be a path"),
    "client_certificate": ("[]", "must be a path"),
    "proxy": ("'socks5://proxy:1080'", "is not the address of a proxy"),
    "script_argument": ("'vendors'", "must be one of: 'vendor', 'none'"),
    "working_folder": ("'home'", "must be one of: 'script', 'scripts'"),
    "share_credentials": ("2", "must be true or false"),
    "script_manifest": ("1", "must be a path"),
    "language": ("'de'", "must be one of: 'auto', 'ru', 'en'"),
    "notifications": ("'perhaps'", "must be true or false"),
    "send_logs": ("1979-05-27", "must be true or false"),
    "keep_logs_days": ("1.5", "must be a whole number"),
    "data_dir": ("1", "must be a path"),
}


def test_defaults_are_the_documented_ones(user_file):
    """With host and GUID alone, every other key has the default of the documentation."""
    settings = loaded(user_file, NEEDED)
    assert {key: getattr(settings, key) for key in DEFAULTS} == DEFAULTS
    assert settings.scripts == user_file.parent / "scripts"
    assert settings.data_dir == paths.default_data_dir()
    assert settings.guid == GUID


@pytest.mark.parametrize("key", OTHERS)
def test_each_key_can_be_set(user_file, key):
    """Each key takes another value than its default."""
    text, value = OTHERS[key]
    assert getattr(loaded(user_file, f"{NEEDED}{key} = {text}\n"), key) == value != DEFAULTS[key]


@pytest.mark.parametrize("key", ["scripts", "python", "ca_file", "client_certificate", "data_dir"])
def test_relative_paths_count_from_the_settings_file(user_file, key):
    """A relative path is one beside the file that names it; an absolute one and `~` stay what they are."""
    there = user_file.parent
    assert getattr(loaded(user_file, f"{NEEDED}{key} = 'a/ключ b'"), key) == there / "a" / "ключ b"
    assert getattr(loaded(user_file, f"{NEEDED}{key} = '{there.as_posix()}/x'"), key) == there / "x"
    assert getattr(loaded(user_file, f"{NEEDED}{key} = '~/x'"), key) == Path.home() / "x"


def test_tilde_of_nobody_is_a_name(user_file):
    """`~nobody-here` names no home folder: it is taken as a folder of that name instead of ending in a traceback."""
    assert loaded(user_file, f"{NEEDED}scripts = '~nobody-here/x'").scripts == user_file.parent / "~nobody-here" / "x"


@pytest.mark.parametrize("key", BAD)
def test_a_bad_value_names_its_key_and_problem(user_file, key):
    """A value that can't be meant is refused with its key, what is wrong and the file; nothing else is blamed."""
    text, problem = BAD[key]
    lines = [line for line in NEEDED.splitlines() if not line.startswith(key)]
    error = refused(user_file, "\n".join([*lines, f"{key} = {text}"]))
    assert f"  {key}: {problem} ({user_file})" in error.message
    assert error.message.startswith("1 setting is wrong:")
    assert str(user_file) in error.hint


@pytest.mark.parametrize("key", ["poll_seconds", "keep_logs_days"])
def test_true_is_no_number(user_file, key):
    """`true` isn't taken for 1."""
    assert f"{key}: must be a number" in refused(user_file, f"{NEEDED}{key} = true").message


def test_the_lists_above_are_complete():
    """Every setting is in the tables of this file."""
    assert set(BAD) == set(Settings.keys())
    assert set(DEFAULTS) == set(Settings.keys()) - {"host", "robot_guid", "scripts", "data_dir"}


@pytest.mark.parametrize(
    "host",
    ["http://o", "https://o.example:4500", "http://[::1]:4500", "http://10.0.0.1/sherpa", "HTTP://O", " http://o/ "],
)
def test_hosts_that_are_right(user_file, host):
    """Schemes in any case, ports, IPv6, a path in front; blanks and a last slash are taken off."""
    settings = loaded(user_file, NEEDED.replace("http://127.0.0.1:4500", host))
    assert settings.host == host.strip().rstrip("/")


@pytest.mark.parametrize(
    "host",
    [
        "o",
        "ftp://o",
        "http://",
        "http:///x",
        "http://o:0",
        "http://o:99999",
        "http://o:x",
        "http://[::1",
        "http://o?",
        "http://o#x",
        "http://o p",
        "http://<orchestrator>",
        "http:\\\\o",
    ],
)
def test_hosts_that_are_wrong(user_file, host):
    """What is no address of a server is refused with an example of one."""
    error = refused(user_file, NEEDED.replace("http://127.0.0.1:4500", host))
    assert "host: is not the address of an Orchestrator" in error.message
    assert "host = 'http://orchestrator:4500'" in error.message


def test_host_with_a_password_is_refused_without_showing_it(user_file):
    """Credentials in the address are a mistake, and not repeated."""
    error = refused(user_file, NEEDED.replace("127.0.0.1", "me:hunter2@127.0.0.1"))
    assert "user name or password" in error.message
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("proxy", ["proxy:3128", "http://user:pass@proxy:3128", "https://proxy"])
def test_proxies_that_are_right(user_file, proxy):
    """With or without scheme and credentials."""
    assert loaded(user_file, f"{NEEDED}proxy = '{proxy}'").proxy == proxy


@pytest.mark.parametrize("guid", [GUID.upper(), f"{{{GUID}}}", f" {GUID} "])
def test_guid_spellings(user_file, guid):
    """Braces and blanks around a GUID are taken off; its letters stay as they are."""
    settings = loaded(user_file, NEEDED.replace(GUID, guid))
    assert settings.guid == guid.strip("{} ")


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
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
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
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
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
