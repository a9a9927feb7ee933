"""The settings' form, asked as its script asks it; judged by the file on the disk."""

from __future__ import annotations

import logging
import re
import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.base import i18n, paths
from app.base.errors import SettingsError
from app.base.redaction import Mask
from app.page.settings_form import GROUPS
from app.robot.state import ShownJob
from app.settings import policy, vault
from app.settings.loading import load_settings
from app.settings.model import Settings
from tests.page.served import GUID, NOW, served, settings_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.page.served import Served

OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e"


def version_of(page: Served) -> str:
    """What the form says of the file that it was made from."""
    found = re.search(r'data-version="([^"]*)"', page.get("settings").text)
    assert found
    return found[1]


def save(page: Served, version: str | None = None, **values: str | None) -> tuple[int, Any]:
    """What is answered to the form."""
    body = {"values": values, "version": version_of(page) if version is None else version}
    reply = page.post("settings/save", body)
    return reply.status_code, reply.json()


@pytest.fixture(params=["en", "ru"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both."""
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("en")


def test_every_setting_has_its_field(served: Served, language: str) -> None:
    """Once, in one of the groups, with the words of the settings' own model."""
    assert sorted(key for _, keys in GROUPS for key in keys) == sorted(Settings.keys())
    text = served.get("settings").text
    for key in Settings.keys():
        assert text.count(f'data-key="{key}"') == 1
    assert ("Address of the Orchestrator" in text) == (language == "en")


def test_only_what_was_changed_is_written(served: Served) -> None:
    """Comments, order and what nobody knows stay; a field that is reset is taken out."""
    text = f"# ours\n{settings_text(served.data)}poll_seconds = 5 # often\nstop_timeout = 9\n[other]\nx = 1\n"
    served.file.write_bytes(text.replace("\n", "\r\n").encode())
    status, said = save(served, poll_seconds="7.5", stop_timeout=None, verify_tls="false")
    assert (status, said["problems"]) == (200, {})
    wanted = text.replace("= 5 #", "= 7.5 #").replace("stop_timeout = 9\n", "verify_tls = false\n")
    assert served.file.read_bytes() == wanted.replace("\n", "\r\n").encode()
    assert "read the robot's GUID" in said["advice"]["verify_tls"]


def test_all_mistakes_are_said_at_once_and_nothing_is_written(served: Served, language: str) -> None:
    """Each beside its field, in the words that the file's reader has."""
    before = served.file.read_bytes()
    status, said = save(
        served, host="orchestrator", robot_guid="mine", poll_seconds="2,5", keep_logs_days="'7'", when_idle="sleep"
    )
    assert status == 422
    assert served.file.read_bytes() == before
    words = {key: problem["text"] for key, problem in said["problems"].items()}
    if language == "en":
        assert words == {
            "host": "is not the address of an Orchestrator",
            "robot_guid": "is not a GUID",
            "poll_seconds": "must be a number",
            "keep_logs_days": "must be a number",
            "when_idle": "must be one of: 'logoff', 'exit', 'wait'",
        }
        assert said["problems"]["poll_seconds"]["hint"] == "Numbers take a point: poll_seconds = 2.5"
        assert said["problems"]["keep_logs_days"]["hint"] == "without quotes"
    else:
        assert all(re.search("[а-я]", word) for word in words.values())
    assert "mine" not in str(said)


def test_what_somebody_else_wrote_is_shown_and_kept(served: Served) -> None:
    """With a version of before nothing is written; with the new one, only what was changed."""
    version = version_of(served)
    served.file.write_text(settings_text(served.data, poll_seconds=3, stop_timeout=4), "utf-8")
    status, said = save(served, version, poll_seconds="7", robot_guid=OTHER, proxy="http://p:1")
    assert status == 409
    assert said["now"] == {
        "poll_seconds": {"set": True, "text": "3"},
        "robot_guid": {"set": True, "text": ""},
        "proxy": {"set": False, "text": ""},
    }
    assert load_settings(served.file, {}).settings.poll_seconds == 3
    assert save(served, said["version"], poll_seconds="7")[0] == 200
    settings = load_settings(served.file, {}).settings
    assert (settings.poll_seconds, settings.stop_timeout) == (7, 4)


def test_policy_is_shown_and_locks(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the key of the registry that says it; so does a variable."""
    place = r"HKEY_LOCAL_MACHINE\Software\Policies\Robot"
    layers = (policy.policy_layer(place, {"poll_seconds": 30, "later": 1}),)
    monkeypatch.setattr(policy, "policy_layers", lambda: layers)
    monkeypatch.setenv("ROBOT_WHEN_IDLE", "exit")
    text = served.get("settings").text
    assert f"Set by group policy {place}; it can&#39;t be changed here." in text
    assert "Set by environment variable ROBOT_WHEN_IDLE" in text
    assert "no settings of this version: later" in text
    before = served.file.read_bytes()
    status, said = save(served, poll_seconds="5", when_idle="wait")
    assert status == 422
    assert said["problems"]["poll_seconds"]["text"] == f"is set by something stronger: group policy {place}"
    assert set(said["problems"]) == {"poll_seconds", "when_idle"}
    assert served.file.read_bytes() == before


def test_the_guid_is_never_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In no form, in no answer: neither the one in force nor one that stands in the file or is typed."""
    caplog.set_level(logging.DEBUG)
    with served(tmp_path) as page:
        page.file.write_text(settings_text(page.data, robot_guid=OTHER, python=OTHER, proxy=f"http://{OTHER}@p:1"))
        third = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
        answers = [
            page.get("settings"),
            page.get("settings/state"),
            page.post("settings/try", {"values": {"robot_guid": third, "poll_seconds": "x"}}),
            page.post("settings/save", {"values": {"robot_guid": third}, "version": "another"}),
            page.post("settings/save", {"values": {"robot_guid": third + "0"}, "version": version_of(page)}),
            page.post("settings/save", {"values": {"robot_guid": third}, "version": version_of(page)}),
            page.get("settings"),
            page.post("settings/save", {"values": {"robot_guid": [third]}, "version": ""}),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 409, 422, 200, 200, 400]
        assert load_settings(page.file, {}).settings.guid == third
        said = "\n".join(answer.text + str(answer.headers) for answer in answers) + caplog.text
    for guid in (GUID, OTHER, third):
        assert Mask(guid)(said.encode()) == said.encode()


def test_a_proxys_password_is_not_shown(served: Served) -> None:
    """It stays in the file, unless somebody writes the address anew."""
    served.file.write_text(settings_text(served.data, proxy="http://anna:hush@proxy:3128"))
    text = served.get("settings").text
    assert "http://anna:***@proxy:3128" in text
    assert "hush" not in text
    assert save(served, proxy="http://anna:***@other:3128")[0] == 422


def test_a_file_that_is_no_toml_is_shown_with_its_mistake(served: Served) -> None:
    """With its name and the line; it isn't overwritten, and the form comes when it is mended."""
    broken = settings_text(served.data) + "poll_seconds = 2,5\n"
    served.file.write_text(broken)
    text = served.get("settings").text
    assert "line 4, poll_seconds: a comma in a number" in text
    assert str(served.file) in text
    assert 'id="form"' not in text
    assert served.get("settings/state").json()["readable"] is False
    status, said = save_without_form(served)
    assert (status, served.file.read_text()) == (500, broken)
    assert "line 4" in said["error"]
    served.file.write_text(broken.replace(",", "."))
    assert served.get("settings/state").json()["readable"] is True


def save_without_form(page: Served) -> tuple[int, Any]:
    """As a form that was made before."""
    reply = page.post("settings/save", {"values": {"poll_seconds": "5"}, "version": ""})
    return reply.status_code, reply.json()


@pytest.mark.parametrize(("value", "words"), [(GUID, "set; type another one to replace it"), ("", "not set yet")])
def test_whether_a_guid_is_set_is_said(served: Served, value: str, words: str) -> None:
    """The template's empty one isn't."""
    served.file.write_text(settings_text(served.data, robot_guid=value))
    assert f'placeholder="{words}"' in served.get("settings").text


def test_a_guid_in_the_vault_is_changed_there(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said that it is there, and how it is changed; one that does not answer breaks no page."""
    served.file.write_text(settings_text(served.data, robot_guid=""))
    monkeypatch.setattr(vault, "stored_guid", lambda _host: GUID)
    text = served.get("settings").text
    assert "Set by Credential Manager; it can&#39;t be changed here." in text
    assert "robot login changes it." in text
    assert GUID not in text
    assert save(served, robot_guid=OTHER)[0] == 422

    def locked(_host: str) -> str:
        raise SettingsError("Windows Credential Manager can't be used: no logon session.")

    monkeypatch.setattr(vault, "stored_guid", locked)
    assert "no logon session" in served.get("settings").text
    assert served.get("settings/state").json()["readable"] is False
    assert save(served, "", poll_seconds="5")[0] == 500


def test_nothing_changed_writes_nothing(served: Served) -> None:
    """Not even the same again."""
    before = served.file.stat().st_mtime_ns
    assert save(served)[0] == 200
    assert served.file.stat().st_mtime_ns == before


def test_what_can_not_be_written_is_said(served: Served) -> None:
    """A read-only file stays as it is."""
    served.file.chmod(0o444)
    before = served.file.read_bytes()
    status, said = save(served, poll_seconds="5")
    assert (status, served.file.read_bytes()) == (500, before)
    assert said["error"] == f"The settings file {served.file} can't be written: access denied."


def test_a_first_start_leads_through_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file yet: the same form; what is missing is said when somebody saves. The file is made whole."""
    file = tmp_path / "user" / "robot.toml"
    monkeypatch.setattr(paths, "user_settings_file", lambda: file)
    monkeypatch.setattr(paths, "machine_settings_file", lambda: tmp_path / "machine" / "robot.toml")
    with served(tmp_path, config=None, loaded=lambda: None) as page:
        assert "Three things make a robot" in page.get("settings").text
        status, said = save(page, host="http://o:4500")
        assert (status, said["problems"]["robot_guid"]["kind"]) == (422, "missing")
        assert not file.exists()
        assert save(page, host="http://o:4500", robot_guid=OTHER)[0] == 200
        assert "Three things make a robot" not in page.get("settings").text
    settings = load_settings(file, {}).settings
    assert (settings.host, settings.guid) == ("http://o:4500", OTHER)
    assert file.stat().st_mode & 0o077 == 0


def test_whether_it_is_in_force_is_told(served: Served) -> None:
    """Since when; after the running job; when the reports in the old folder are delivered; not, because it is wrong."""

    def state() -> tuple[str, str]:
        answer = served.get("settings/state").json()
        return answer["kind"], answer["text"]

    served.board.publish(settings_since=NOW + timedelta(minutes=1))
    since = (NOW + timedelta(minutes=1)).astimezone()
    assert state() == ("in_force", f"In force since {since:%H:%M:%S}.")
    served.file.write_text(settings_text(served.data, poll_seconds=3))
    assert state()[0] == "soon"
    job = ShownJob("5f3c9a17-0000-4000-8000-000000000000", "invoices", NOW, served.data / "log")
    served.board.publish(job=job)
    assert state() == ("after_job", "The changes take effect after the running job, invoices.")
    served.board.publish(job=None, undelivered=2)
    served.file.write_text(settings_text(served.file.parent / "elsewhere"))
    assert state()[0] == "postponed"
    assert str(served.data) in state()[1]
    served.file.write_text(settings_text(served.data, poll_seconds="often"))
    assert state()[0] == "wrong"
    assert "poll_seconds: must be a number" in state()[1]


def test_a_path_that_can_not_be_looked_at_leads_to_nothing(served: Served) -> None:
    """Too long to be one, as it may be pasted; where this user may not go, or the network doesn't lead, likewise."""
    long = "/" + "x" * 5000
    status, said = save(served, metrics_file=f"{long}/a", scripts=long, python=long)
    assert status == 200
    assert [said["paths"][key]["there"] for key in ("metrics_file", "scripts", "python")] == [False] * 3


def test_paths_are_looked_at(served: Served) -> None:
    """Whether there is what they lead to, from the folder of the file."""
    (served.file.parent / "ours").mkdir()
    body = {"values": {"scripts": "ours", "python": '"/no/python"', "ca_file": str(served.file)}}
    said = served.post("settings/try", body).json()["paths"]
    assert said["scripts"] == {"there": True, "text": f"Found: {served.file.parent / 'ours'}"}
    assert said["python"] == {"there": False, "text": "There is no file /no/python."}
    assert said["ca_file"]["there"] is True
    assert "ours" not in tomllib.loads(served.file.read_text())


@pytest.mark.parametrize(
    "body", [{}, {"values": []}, {"values": {"poll_seconds": 5}}, {"values": {"no_such": "x"}}, {"values": {"a": None}}]
)
def test_what_no_form_sends_is_refused(served: Served, body: object) -> None:
    """Nothing is written."""
    before = served.file.read_bytes()
    assert served.post("settings/save", body).status_code == 400
    assert served.post("settings/try", body).status_code == 400
    assert served.file.read_bytes() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
def test_a_strangers_page_changes_nothing(served: Served, headers: dict[str, str]) -> None:
    """Even one that knows the address."""
    before = served.file.read_bytes()
    body = {"values": {"poll_seconds": "5"}, "version": version_of(served)}
    for path in ("settings/save", "settings/try", "settings/open"):
        reply = served.post(path, body, headers=headers)
        assert reply.status_code in (403, 415), path
    assert served.get("settings/save").status_code == 405
    assert (served.file.read_bytes(), served.facts.opened) == (before, [])


def test_the_file_is_opened_as_the_tray_does(served: Served) -> None:
    """For whoever likes an editor better."""
    assert served.post("settings/open", {}).status_code == 200
    assert served.facts.opened == [str(served.file)]
