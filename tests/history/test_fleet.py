"""Many robots on one page: what each is up to, by what its files say and how old they are."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from app.base.errors import RobotError
from app.base.i18n import set_language
from app.history.fleet import Kind, kind_of, read_fleet
from app.history.fleet_page import render_fleet, write_fleet
from app.history.runs import Outcome
from app.status.record import as_text
from tests.history.fleets import put, put_many, robot
from tests.history.samples import NOW, busy
from tests.history.test_page import HOSTILE, Elements

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, Kind.READY),
        ({"state": "leaving"}, Kind.READY),
        ({"state": "working"}, Kind.WORKING),
        ({"state": "stopping"}, Kind.WORKING),
        ({"state": "paused"}, Kind.PAUSED),
        ({"state": "offline"}, Kind.OFFLINE),
        ({"state": "error"}, Kind.PERSON),
        ({"state": "ended", "exit_code": 0}, Kind.ENDED),
        ({"state": "ended", "exit_code": 3}, Kind.PERSON),
        ({"state": "working", "written": NOW - timedelta(minutes=11)}, Kind.SILENT),
        ({"state": "ended", "exit_code": 0, "written": NOW - timedelta(days=9)}, Kind.ENDED),
        ({"state": "of a later version"}, Kind.READY),
    ],
)
def test_what_a_record_amounts_to(changes: dict[str, object], kind: Kind) -> None:
    """By its state; one that is old and hasn't ended has died, whatever it said."""
    assert kind_of(robot("PC", **changes), NOW) is kind


def test_robots_and_their_runs_belong_together(tmp_path: Path) -> None:
    """By machine and user, whatever the folders are called; of several copies the newest counts."""
    put(tmp_path, "a", robot("PC-1", state="working"), runs=50)
    put(tmp_path, "old", robot("pc-1", state="ready", written=NOW - timedelta(hours=1)))
    put(tmp_path, "b/c", robot("PC-2", state="error"))
    put(tmp_path, "only runs", runs=10)
    fleet = read_fleet(tmp_path, NOW, UTC)
    assert [(each.machine, each.kind) for each in fleet.robots] == [
        ("PC-2", Kind.PERSON),
        ("PC-1", Kind.WORKING),
        ("only runs", Kind.UNKNOWN),
    ]
    working = fleet.robots[1]
    assert working.totals.total() == 50
    assert working.totals[Outcome.FAILED] == sum(each.status == 5 for each in busy(50, 14))
    assert fleet.unread == ()


def test_files_that_say_nothing_are_named(tmp_path: Path) -> None:
    """Half of a copy, a later version's, something else: named on the page, and nothing else is lost."""
    place = put(tmp_path, "a", robot("PC-1"))
    (place / "half.json").write_text('{"format": 1, "vers', "utf-8")
    (place / "later.json").write_text('{"format": 99}', "utf-8")
    (place / "other.json").write_text("[1, 2]", "utf-8")
    (place / "odd.json").write_text(json.dumps({"kind": "robot-history", "format": 1, "runs": [1]}), "utf-8")
    (place / "bytes.json").write_bytes(b"\xff\xfe")
    fleet = read_fleet(tmp_path, NOW, UTC)
    assert len(fleet.robots) == 1
    assert {file.name for file in fleet.unread} == {"half.json", "later.json", "other.json", "odd.json", "bytes.json"}
    assert "5 files could not be understood" in Elements(render_fleet(fleet, tmp_path / "x.html", NOW, UTC)).text


def test_the_page_says_what_to_look_at(tmp_path: Path) -> None:
    """Reason, waiting reports, last job; a link to the robot's own page beside its record; times from now back."""
    place = put(tmp_path, "PC 1", robot("PC-1", state="error", problem="GUID refused", waiting=2))
    (place / "history.html").touch()
    write_fleet(tmp_path, tmp_path / "pages" / "fleet.html", NOW, UTC)
    markup = (tmp_path / "pages" / "fleet.html").read_text("utf-8")
    found = Elements(markup)
    assert "Needs a person PC-1 robot · 0.1.0 GUID refused 7 min 00 s 25 s 2" in found.text
    assert {"href": "../PC%201/history.html"} in found.all("a")
    assert not re.search(r"\bhttps?://", markup)
    [policy] = [m["content"] for m in found.all("meta") if m.get("http-equiv")]
    assert policy is not None
    assert "unsafe" not in policy
    if sys.platform != "win32":
        assert (tmp_path / "pages" / "fleet.html").stat().st_mode & 0o444 == 0o444, "a share's page is for others, too"


def test_hostile_records_stay_text(tmp_path: Path) -> None:
    """Whoever can write into the share can't write into the page."""
    bad = robot(HOSTILE, user=HOSTILE, state="error", problem=HOSTILE, settings_problem=HOSTILE)
    (tmp_path / "a").mkdir()
    put(tmp_path, "b", replace(bad, version=HOSTILE))
    found = Elements(render_fleet(read_fleet(tmp_path, NOW, UTC), tmp_path / "x.html", NOW, UTC))
    assert len(found.all("script")) == 1
    assert not found.all("img")


def test_half_a_letter_hides_no_robot(tmp_path: Path) -> None:
    """JSON may hold a lone surrogate, UTF-8 may not: the page says that one as well as it can."""
    put(tmp_path, "a", robot("PC-1"))
    values = json.loads(as_text(robot("PC-2"))) | {"user": "half \ud800", "state": "error"}
    (tmp_path / "odd.json").write_text(json.dumps(values), "utf-8")
    write_fleet(tmp_path, tmp_path / "fleet.html", NOW, UTC)
    found = Elements((tmp_path / "fleet.html").read_text("utf-8")).text
    assert "PC-1" in found
    assert "Needs a person PC-2 half ?" in found


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
@pytest.mark.parametrize("name", ["since", "written", "heard", "leaving_at"])
def test_one_record_with_a_moment_of_no_calendar_hides_no_other(tmp_path: Path, name: str, moment: str) -> None:
    """Clocks have shown everything, and anybody may write into a share: the page has the others, and names that one."""
    put(tmp_path, "a", robot("PC-1"))
    values = json.loads(as_text(robot("PC-2"))) | {name: moment}
    (tmp_path / "odd.json").write_text(json.dumps(values), "utf-8")
    fleet = write_fleet(tmp_path, tmp_path / "fleet.html", NOW, timezone(timedelta(hours=-14)))
    assert [each.machine for each in fleet.robots] == ["PC-1"]
    assert "1 file could not be understood" in Elements((tmp_path / "fleet.html").read_text("utf-8")).text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_two_hundred_robots_are_quick(tmp_path: Path, language: str) -> None:
    """Their page takes seconds at the most to make, and weighs little."""
    put_many(tmp_path, 200, runs=300)
    set_language(language)
    begun = time.thread_time()  # what others do on this machine doesn't count
    fleet = write_fleet(tmp_path, tmp_path / "fleet.html", NOW, UTC)
    assert time.thread_time() - begun < 10, "two seconds on a machine with nothing else to do"
    assert len(fleet.robots) == 200
    assert sum(fleet.by_kind.values()) == 200
    assert (tmp_path / "fleet.html").stat().st_size < 800_000


def test_an_empty_folder_is_a_page_too(tmp_path: Path) -> None:
    """And a folder that isn't there is an error for people."""
    write_fleet(tmp_path, tmp_path / "fleet.html", NOW, UTC)
    assert "No robot" in (tmp_path / "fleet.html").read_text("utf-8")
    with pytest.raises(RobotError, match="can't be read"):
        write_fleet(tmp_path / "none", tmp_path / "fleet.html", NOW, UTC)
