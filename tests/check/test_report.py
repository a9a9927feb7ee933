"""The forms in which `robot check` answers: text, table, JSON; no secret in any."""

from __future__ import annotations

import base64
import json

import pytest

from app.check.checklist import check_as_text
from tests.check.conftest import GUID, NETWORK, checked
from tests.orchestrator.wire import WireServer, always, answer


def test_json_for_fleets(machine, sandbox, capsys):
    """One object with stable keys, in English whatever the settings' language is."""
    machine.set(host=sandbox.url, language="ru")
    assert checked(machine.config, as_json=True) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["ok"], content["exit_code"]) == (True, 0)
    found = {finding["name"]: finding for finding in content["findings"]}
    assert {
        *NETWORK,
        "settings",
        "scripts",
        "interpreter",
        "data_dir",
        "journal",
        "session",
        "log_off",
        "autostart",
    } == set(found)
    assert all(set(finding) == {"name", "level", "message", "remedy", "facts"} for finding in found.values())
    assert found["guid"]["message"] == "accepted"
    assert found["journal"]["facts"] == {"waiting": 0, "refused": 0}


@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_is_shown(machine, capsys, as_json):
    """A server that quotes the GUID and its base64 in its refusal doesn't bring them onto the screen."""
    encoded = base64.b64encode(GUID.encode()).decode()
    reply = json.dumps({"HeartbeatErrorCode": 101, "ErrorText": f"{GUID} {GUID.upper()} {encoded}", "HasNewJob": 0})
    with WireServer(always(answer(reply.encode()))) as server:
        machine.set(host=server.url, scripts=f"folder of {GUID}")
        checked(machine.config, as_json=as_json)
    output = capsys.readouterr().out
    assert "***" in output
    assert GUID not in output.lower()
    assert encoded not in output


def test_a_servers_text_cannot_rewrite_the_screen(machine):
    """Of terminal codes in a refusal only what is harmless is shown."""
    reply = json.dumps({"HeartbeatErrorCode": 101, "ErrorText": "no\x1b[2J\x07", "HasNewJob": 0})
    with WireServer(always(answer(reply.encode()))) as server:
        machine.set(host=server.url)
        text = check_as_text(machine.config)
    assert "refuses this robot: no [2J." in text
    assert not {"\x1b", "\x07"} & set(text)
    assert "\x1b" not in text


def test_a_table_on_a_terminal(machine, sandbox, monkeypatch, capsys):
    """On a terminal the same is a table with colours."""
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    machine.set(host=sandbox.url, scripts="none")
    assert checked(machine.config) == 2
    text = terminal.getvalue()
    assert "\x1b[" in text
    assert "✗" in text
    assert "→ Make it and put the scripts there" in text
    assert "The robot can't work here yet." in text


def test_a_console_without_the_signs(machine, monkeypatch, tmp_path):
    """A pipe in a code page that has no ✓ gets plain signs instead of an error."""
    with (tmp_path / "out.txt").open("w", encoding="cp866") as out:
        monkeypatch.setattr("sys.stdout", out)
        machine.set(host=None, scripts="日本")
        assert checked(machine.config) == 2
    text = (tmp_path / "out.txt").read_text("cp866")
    assert "\nx Scripts: There is no folder" in text
    assert "    -> " in text


def test_everything_goes_through_the_catalog(machine, sandbox, monkeypatch):
    """No word of the table is fixed to one language."""
    for module in (
        "configuration",
        "network",
        "tls",
        "orchestrator",
        "scripts",
        "data",
        "windows",
        "report",
        "checklist",
    ):
        monkeypatch.setattr(f"app.check.{module}._", lambda text: f"«{text}»")
    machine.set(host=sandbox.url)
    for line in check_as_text(machine.config).splitlines():
        assert "«" in line, line
