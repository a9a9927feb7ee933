"""Group Policy: the strongest layer, shown as such; `tests/program_on_windows` reads a real registry."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import pytest

from app.base.redaction import Redactor
from app.check import report
from app.check.configuration import check_settings, known_settings
from app.settings import policy
from app.settings.loading import load_settings
from app.settings.watch import SettingsWatch
from tests.settings.conftest import GUID, NEEDED, loaded, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USER, MACHINE = (f"{hive}\\{policy.KEY}" for hive in ("HKEY_CURRENT_USER", "HKEY_LOCAL_MACHINE"))


@pytest.fixture
def prescribe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put values into the registry's two keys."""

    def put(*, user: dict[str, Any] | None = None, machine: dict[str, Any] | None = None) -> None:
        found = [(USER, user), (MACHINE, machine)]
        layers = tuple(policy.policy_layer(place, values) for place, values in found if values)
        monkeypatch.setattr(policy, "policy_layers", lambda: layers)

    return put


def test_policy_is_the_strongest_layer(user_file: Path, prescribe: Callable[..., None]) -> None:
    """The computer's policy over the user's, both over environment and files, `--config` included."""
    prescribe(
        user={"poll_seconds": "20", "stop_timeout": 60},
        machine={"poll_seconds": 30, "Notifications": 0, "verify_tls": 1},
    )
    settings = loaded(
        user_file,
        NEEDED + "poll_seconds = 1\nstop_timeout = 5\nverify_tls = false",
        {"ROBOT_POLL_SECONDS": "2", "ROBOT_NOTIFICATIONS": "true"},
    )
    assert (settings.poll_seconds, settings.stop_timeout) == (30, 60)
    assert (settings.notifications, settings.verify_tls) == (False, True)
    assert load_settings(user_file, {}).settings.poll_seconds == 30


def test_where_each_value_comes_from_is_known(user_file: Path, prescribe: Callable[..., None]) -> None:
    """Files, variables and policies are named as the source of what they say; defaults have none."""
    prescribe(machine={"when_idle": "wait"})
    user_file.write_text(NEEDED + "when_idle = 'exit'", "utf-8")
    found = load_settings(None, {"ROBOT_LANGUAGE": "ru"})
    assert found.sources["host"] == str(user_file)
    assert found.sources["language"] == "ROBOT_LANGUAGE"
    assert found.sources["when_idle"].endswith(MACHINE)
    assert "poll_seconds" not in found.sources
    assert found.policies == ("when_idle",)


def test_a_mistake_in_a_policy_names_it(user_file: Path, prescribe: Callable[..., None]) -> None:
    """The administrator is told the registry's key, not a file that says something right."""
    prescribe(machine={"when_idle": "sleep", "scripts": 3})
    said = refused(user_file, NEEDED + "when_idle = 'exit'").message
    assert f"when_idle: must be one of: 'logoff', 'exit', 'wait' (group policy {MACHINE})" in said
    assert f"scripts: must be a path (group policy {MACHINE})" in said


def test_an_empty_policy_means_not_set(user_file: Path, prescribe: Callable[..., None]) -> None:
    """An emptied text leaves the default, not what a file says: it was prescribed."""
    prescribe(machine={"proxy": ""})
    assert loaded(user_file, NEEDED + "proxy = 'http://proxy:3128'").proxy is None


def test_a_guid_is_never_read_from_there(user_file: Path, prescribe: Callable[..., None]) -> None:
    """Every user can read policies, so the secret isn't taken from them; a later version's settings do no harm."""
    other = "11111111-2222-3333-4444-555555555555"
    prescribe(user={"robot_guid": other}, machine={"screenshots_of_tomorrow": 1})
    user_file.write_text(NEEDED, "utf-8")
    found = load_settings(None, {})
    assert found.settings.guid == GUID
    assert found.policies == ()
    assert found.passed_over == ("robot_guid", "screenshots_of_tomorrow")


def test_relative_paths_count_from_the_machines_folder(
    user_file: Path, tmp_path: Path, prescribe: Callable[..., None]
) -> None:
    """A policy has no file of its own."""
    prescribe(machine={"ca_file": "company-ca.pem"})
    assert loaded(user_file, NEEDED).ca_file == tmp_path / "machine" / "company-ca.pem"


def test_check_shows_it(user_file: Path, prescribe: Callable[..., None]) -> None:
    """The line of the settings names the keys; what is passed over is a warning; a wrong host hides nothing else."""
    prescribe(machine={"when_idle": "wait", "nonsense": 1})
    user_file.write_text(NEEDED, "utf-8")
    _known, findings = check_settings(None, {})
    said = report.as_text(findings, Redactor())
    assert "Set by group policy: when_idle" in said
    assert "nonsense" in said
    assert findings[0].facts["policies"] == ["when_idle"]
    prescribe(machine={"host": "nonsense"})
    known = known_settings(None, {})
    assert known.settings is not None
    assert not known.host


def test_a_changed_policy_is_noticed(user_file: Path, prescribe: Callable[..., None]) -> None:
    """`gpupdate` is as good as a saved file."""
    calls: queue.Queue[None] = queue.Queue()
    with SettingsWatch([user_file], lambda: calls.put(None), 0.01):
        prescribe(machine={"when_idle": "wait"})
        calls.get(timeout=10)
