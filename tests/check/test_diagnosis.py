"""What `robot diagnose` packs, and what it leaves out; the whole run's secrets: `tests/contract/test_secrets.py`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.base.redaction import Redactor
from app.check.diagnosis import diagnosis, without_quotations
from tests.check.conftest import GUID

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = f"host = 'http://127.0.0.1:9'\nrobot_guid = '{GUID}'\ndata_dir = 'data'\n"


def test_settings_say_where_they_come_from_and_no_secret(tmp_path: Path) -> None:
    """The GUID and a proxy's password are hidden; each value has its source."""
    config = tmp_path / "robot.toml"
    config.write_text(NEEDED + "proxy = 'http://boss:hunter2@proxy:3128'\n", "utf-8")
    found = diagnosis(config, Redactor())
    lines = found["settings.txt"].splitlines()
    assert f"host = http://127.0.0.1:9    # {config}" in lines
    assert f"proxy = http://***@proxy:3128    # {config}" in lines
    assert "poll_seconds = 10    # default" in lines
    for text in found.values():
        assert GUID not in text
        assert "hunter2" not in text


def test_wrong_settings_are_no_hindrance(tmp_path: Path) -> None:
    """Everything else is packed; the logs are found where the settings say."""
    config = tmp_path / "robot.toml"
    config.write_text(NEEDED + "when_idle = 'sleep'\n", "utf-8")
    logs = tmp_path / "data" / "logs"
    logs.mkdir(parents=True)
    (logs / "robot.log").write_text("begun\n", "utf-8")
    (tmp_path / "data" / "journal.sqlite3").write_text("nonsense")
    found = diagnosis(config, Redactor())
    assert "when_idle" in found["check.txt"]
    assert found["logs/robot.log"] == "begun\n"
    assert json.loads(found["system.json"])["machine"]
    assert "journal.sqlite3" in found["files.txt"]


def test_what_a_line_quotes_of_a_script_is_left_out() -> None:
    """Notifications hold a script's last line: cut in both formats, what follows stays."""
    text = "10:00 INFO    Notification: Failed: secret\n    secret, too\n10:01 INFO    next"
    assert without_quotations(text) == "10:00 INFO    Notification: ***\n10:01 INFO    next\n"
    line = json.dumps({"message": 'Notification: a "secret"', "level": "info"})
    assert json.loads(without_quotations(line)) == {"message": "Notification: ***", "level": "info"}
