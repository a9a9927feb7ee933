"""Where each value stands, and what would come of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.settings import policy, vault
from app.settings.layers import read_layers
from app.settings.model import Settings
from app.settings.proposal import Proposal, propose, standing
from tests.settings.conftest import GUID, NEEDED

if TYPE_CHECKING:
    from pathlib import Path

HIVE = r"HKEY_LOCAL_MACHINE\Software\Policies\Robot"


def proposed(machine: Path, user: Path, environ: dict[str, str] | None = None, **typed: str | None) -> Proposal:
    """What comes of `typed` in the form."""
    return propose(typed, read_layers((machine, user), environ or {}), user)


def test_every_layer_that_speaks_is_named(user_file: Path, machine_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strongest first, and what lies beneath it; paths as they count from their own file."""
    machine_file.write_text("poll_seconds = 20\nscripts = 'shared'\nverify_tls = false")
    user_file.write_text(NEEDED + "poll_seconds = 30.5\npython = 'py'")
    prescribed = policy.policy_layer(HIVE, {"poll_seconds": 40})
    monkeypatch.setattr(policy, "policy_layers", lambda: (prescribed,))
    layers = read_layers((machine_file, user_file), {"ROBOT_POLL_SECONDS": "35"})
    said = {key: standing(key, layers, user_file) for key in Settings.keys()}
    assert [(each.text, each.own, each.locks) for each in said["poll_seconds"]] == [
        ("40", False, True),
        ("35", False, True),
        ("30.5", True, False),
        ("20", False, False),
        ("10", False, False),
    ]
    where = [each.where for each in said["poll_seconds"]]
    assert where == [
        f"group policy {HIVE}",
        "environment variable ROBOT_POLL_SECONDS",
        "this file",
        f"the machine's file {machine_file}",
        "default",
    ]
    assert said["scripts"][0].text == str(machine_file.parent / "shared")
    assert [each.text for each in said["python"]] == ["py", ""]
    assert said["verify_tls"][0].text == "false"
    assert [each.text for each in said["proxy"]] == [""]


def test_no_secret_is_shown(user_file: Path, machine_file: Path) -> None:
    """Of the GUID only that it is set, and where; a proxy without its password, and it isn't taken for one."""
    user_file.write_text(NEEDED + "proxy = 'http://anna:hush@proxy:3128'")
    layers = read_layers((machine_file, user_file), {})
    assert [(each.where, each.text) for each in standing("robot_guid", layers, user_file)] == [("this file", "")]
    assert standing("proxy", layers, user_file)[0].text == "http://anna:***@proxy:3128"
    assert GUID not in repr(layers)
    assert proposed(machine_file, user_file, proxy="http://anna:***@other").problems["proxy"].kind == "hidden_password"
    assert GUID not in repr(proposed(machine_file, user_file, robot_guid=GUID))


def test_a_guid_in_the_vault_stays_its_business(
    user_file: Path, machine_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said that it is there."""
    user_file.write_text("host = 'http://o'\nrobot_guid = ''")
    monkeypatch.setattr(vault, "stored_guid", lambda host: GUID if host == "http://o" else None)
    first = standing("robot_guid", read_layers((machine_file, user_file), {}), user_file)[0]
    assert (first.where, first.text, first.locks) == ("Credential Manager", "", True)
    assert proposed(machine_file, user_file, poll_seconds="5").settings is not None
    assert set(proposed(machine_file, user_file, host="http://other").problems) == {"robot_guid"}


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ({"poll_seconds": " 7.0 "}, 7.0),
        ({"keep_logs_days": "7"}, 7),
        ({"verify_tls": "false"}, False),
        ({"host": "https://new/ "}, "https://new"),
        ({"host": "'https://new'"}, "https://new"),
        ({"robot_guid": "{" + GUID.upper() + "}"}, GUID.upper()),
        ({"scripts": r'"C:\Robot Scripts"'}, r"C:\Robot Scripts"),
        ({"scripts": "'"}, "'"),
        ({"when_idle": "wait"}, "wait"),
        ({"poll_seconds": None}, None),
        ({"proxy": ""}, None),
        ({"python": " "}, ""),  # or the machine's would count
    ],
)
def test_a_fields_text_becomes_a_value(
    user_file: Path, machine_file: Path, typed: dict[str, str | None], written: Any
) -> None:
    """As the file would have it."""
    machine_file.write_text("python = 'theirs'")
    user_file.write_text(NEEDED)
    found = proposed(machine_file, user_file, **typed)
    assert (dict(found.changes), found.problems) == (dict.fromkeys(typed, written), {})
    assert found.settings is not None


def test_every_mistake_at_once(user_file: Path, machine_file: Path) -> None:
    """With its kind, by key; what is missing as well, and what stands wrong in the file already."""
    user_file.write_text("log_format = 'xml'\nwhen_idle = 'sleep'")
    found = proposed(
        machine_file,
        user_file,
        host="orchestrator",
        poll_seconds="two",
        heartbeat_seconds="0",
        keep_logs_days="1.5",
        stop_timeout="",
        proxy="a b",
        when_idle="exit",
    )
    assert {key: error.kind for key, error in found.problems.items()} == {
        "host": "host",
        "robot_guid": "missing",
        "poll_seconds": "number",
        "heartbeat_seconds": "least",
        "keep_logs_days": "whole_number",
        "stop_timeout": "number",
        "proxy": "proxy",
        "log_format": "choice",
    }
    assert found.settings is None


def test_what_is_wrong_elsewhere_is_told_apart(user_file: Path, machine_file: Path) -> None:
    """A variable or the machine's file is not mended in this form; neither is a key that nobody knows."""
    machine_file.write_text("proxy = 'a b'")
    user_file.write_text(NEEDED + "hartbeat = 5")
    found = proposed(machine_file, user_file, {"ROBOT_POLL_SECONDS": "often"}, keep_logs_days="5")
    assert found.problems == {}
    assert found.changes == {"keep_logs_days": 5}
    assert {key: (place, error.kind) for key, (place, error) in found.elsewhere.items()} == {
        "proxy": (str(machine_file), "proxy"),
        "poll_seconds": ("ROBOT_POLL_SECONDS", "number"),
        "hartbeat": (str(user_file), "unknown"),
    }
    assert found.settings is None
    mended = proposed(machine_file, user_file, proxy="http://proxy:1")
    assert set(mended.elsewhere) == {"hartbeat"}
    assert mended.settings is not None
