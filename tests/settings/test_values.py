"""Every key of the settings: its default, what it takes, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.base import paths
from app.settings.model import Settings
from tests.settings.conftest import GUID, NEEDED, loaded, refused

DEFAULTS = {
    "python": None,
    "environments": "auto",
    "wheels": None,
    "uv": None,
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
    "log_format": "text",
    "metrics_file": None,
    "screenshots": False,
    "recorder_seconds": 0,
    "event_log": False,
}

OTHERS = {
    "environments": ("'off'", "off"),
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
    "log_format": ("'json'", "json"),
    "screenshots": ("true", True),
    "recorder_seconds": ("10", 10),
    "event_log": ("true", True),
}

BAD = {
    "host": ("'orchestrator:4500'", "is not the address of an Orchestrator"),
    "robot_guid": ("'da8bc2f0'", "is not a GUID"),
    "scripts": ("[1]", "must be a path"),
    "python": ("3", "must be a path"),
    "environments": ("'on'", "must be one of: 'auto', 'off'"),
    "wheels": ("1", "must be a path"),
    "uv": ("false", "must be a path"),
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
    "log_format": ("'xml'", "must be one of: 'text', 'json'"),
    "metrics_file": ("1", "must be a path"),
    "screenshots": ("'so-so'", "must be true or false"),
    "recorder_seconds": ("61", "must be at most 60"),
    "event_log": ("'so-so'", "must be true or false"),
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
