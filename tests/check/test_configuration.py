"""What `robot check` says of the settings."""

from __future__ import annotations

import re

from app.base import i18n
from app.base.redaction import Redactor
from app.check.checklist import check_as_text
from app.check.findings import Level
from app.program.own_page import _SystemFacts
from tests.check.conftest import checked, levels


def test_wrong_settings_do_not_hide_the_rest(machine, sandbox):
    """Without a GUID the network, the scripts and the data folder are still looked at; exit code 2."""
    machine.set(host=sandbox.url, robot_guid="nonsense")
    findings = machine.findings()
    assert "robot_guid: is not a GUID" in findings["settings"].message
    assert findings["http"].level is Level.OK
    assert findings["scripts"].level is Level.OK
    assert findings["guid"].level is Level.SKIPPED
    assert checked(machine.config) == 2
    assert not sandbox.sandbox.requests


def test_without_a_host_nothing_is_asked_of_the_network(machine):
    """The address is missing: everything on the way is skipped."""
    machine.set(host=None)
    findings = machine.findings()
    assert set(levels(findings).values()) == {"skipped"}
    assert findings["interpreter"].level is Level.OK


def test_settings_that_cannot_be_read_at_all(machine):
    """Broken TOML: said with its place; nothing is invented about folders."""
    machine.config.write_text("host = [")
    findings = machine.findings()
    assert "not valid TOML" in findings["settings"].message
    assert {findings[name].level for name in ("scripts", "interpreter", "data_dir", "journal")} == {Level.SKIPPED}
    assert checked(machine.config) == 2


def test_no_settings_file(tmp_path):
    """`--config` naming no file is a finding of exit code 2."""
    assert checked(tmp_path / "none.toml") == 2


def test_unwise_settings_are_warnings(machine):
    """verify_tls, plain http and a hurried heartbeat are said, each with its remedy, and cost no exit code."""
    machine.set(host="http://robot-test.invalid", verify_tls=False, heartbeat_seconds=2)
    text = check_as_text(machine.config)
    assert "! Settings: heartbeat_seconds = 2" in text
    assert "! Settings: verify_tls = false" in text
    assert "! Settings: Plain http" in text


def test_a_check_inside_of_a_running_robot_leaves_its_language_alone(machine, tmp_path):
    """The tray's and the page's: what is said while and after it looks is in the language of the program."""
    machine.set(host="http://127.0.0.1:9", language="ru")
    text = check_as_text(machine.config)
    facts = _SystemFacts(machine.config, Redactor())
    said = [i18n._("Settings") for _finding in facts.check()]
    assert set(said) == {i18n._("Settings")} == {"Settings"}
    assert not re.search("[а-яё]", text.replace(str(tmp_path), ""))


def test_the_command_speaks_the_language_of_the_settings(machine, capsys):
    """Its process is its own; but what programs read is English."""
    machine.set(host="http://127.0.0.1:9", language="ru")
    checked(machine.config)
    assert "Настройки:" in capsys.readouterr().out
    checked(machine.config, as_json=True)
    assert "Настройки" not in capsys.readouterr().out
