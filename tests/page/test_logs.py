"""Logs over HTTP: real files, broken ones and large ones."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from app.base import log_search
from tests.history.test_page import Elements
from tests.page.past import HOSTILE, past
from tests.page.served import GUID, NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.page.served import Served

LINE = "2026-11-24 14:00:00.001 {level:<7} {text}\n"


@pytest.fixture
def logs(served: Served) -> Path:
    """The log folder of a robot that has worked."""
    folder = served.data / "logs"
    folder.mkdir(parents=True)
    (folder / "robot.log").write_text(
        LINE.format(level="INFO", text="Счёт 17 is taken")
        + LINE.format(level="ERROR", text="Job j1 failed")
        + "    ValueError: нет такого счёта\n"
        + LINE.format(level="WARNING", text="The clock is late"),
        "utf-8",
    )
    (folder / "robot.log.2026-11-23").write_text(LINE.format(level="ERROR", text="Yesterday's СЧЕТ"), "utf-8")
    os.utime(folder / "robot.log.2026-11-23", (1, 1))
    with past(served.data) as runs:
        for number in range(3):
            runs.begin(f"j{number}", f"счета {number}", started_at=NOW - timedelta(days=number), output="Row Ё 17\n")
    return folder


def texts(markup: str) -> list[str]:
    """The entries that are shown."""
    return [part.partition("</span></li>")[0] for part in markup.split('<span class="text">')[1:]]


def names(markup: str) -> list[str]:
    """The logs that are listed, in order."""
    links = [a["href"] or "" for a in Elements(markup).all("a")]
    return [link.partition("view?file=")[2] for link in links if "view?file=" in link]


def test_what_there_is_newest_first(served: Served, logs: Path) -> None:
    """The robot's own, then those of jobs, and nothing else that lies there."""
    for other in ("secret.txt", "robot.log.txt", "jobs/2026-11-24/notes.txt", "jobs/other/1.log"):
        (logs / other).parent.mkdir(exist_ok=True)
        (logs / other).write_text("secret")
    found = names(served.get("logs").text)
    assert found[:2] == ["robot.log", "robot.log.2026-11-23"]
    assert [name.split("%2F")[1] for name in found[2:]] == ["2026-11-24", "2026-11-23", "2026-11-22"]


def test_no_other_file_can_be_had(served: Served, logs: Path) -> None:
    """Neither by dots, slashes, links, folders, nor by being in the log folder."""
    secret = served.data / "secret.log"
    secret.write_text("secret")
    (logs / "secret.txt").write_text("secret")
    day = logs / "jobs" / "2026-11-24"
    tries = ["../secret.log", "jobs/../../secret.log", "jobs/2026-11-24/../../../secret.log", str(secret), "secret.txt"]
    tries += [
        "jobs/2026-11-24/..",
        "jobs/2026-11-24",
        "jobs",
        "",
        ".",
        "robot.log/",
        "/robot.log",
        "robot.log\0",
        "\\robot.log",
    ]
    tries += ["jobs\\2026-11-24\\x.log", "robot.log.2026-11-23/../../secret.log", "C:\\secret.log", "robot.log:stream"]
    if sys.platform != "win32":
        (day / "link.log").symlink_to(secret)
        (logs / "jobs" / "2026-11-20").symlink_to(served.data)
        os.mkfifo(day / "pipe.log")
        (logs / "robot.log.2026-11-01").symlink_to(secret)
        tries += ["jobs/2026-11-24/link.log", "jobs/2026-11-20/secret.log", "jobs/2026-11-24/pipe.log"]
        tries += ["robot.log.2026-11-01"]
        assert "link.log" not in served.get("logs").text
    for name in tries:
        for way in ("view", "download", "lines"):
            answer = served.get(f"logs/{way}?file={quote(name)}&after=0")
            assert answer.status_code == 404, (way, name)
            assert "secret\n" not in answer.text
            assert answer.text.strip() != "secret"


def test_a_log_is_shown_from_its_end(served: Served, logs: Path) -> None:
    """Entries with their levels; a link leads to a line; what is before it can be had."""
    markup = served.get("logs/view?file=robot.log").text
    assert len(texts(markup)) == 3
    assert '<li id="b0" class="info">' in markup
    assert "Job j1 failed\n    ValueError" in markup
    data = (logs / "robot.log").read_bytes()
    place = data.index(b"2026", 5)
    around = served.get(f"logs/view?file=robot.log&at={place}").text
    assert f'<li id="b{place}" class="error" aria-current="true">' in around
    assert served.get("logs/view?file=robot.log&at=-1").status_code == 400
    assert served.get("logs/view?file=robot.log&at=x").status_code == 400
    assert len(texts(served.get("logs/view?file=robot.log&at=999999999").text)) == 3


def test_a_log_is_filtered(served: Served, logs: Path) -> None:
    """By words in any case and letter, and by level."""
    assert len(texts(served.get(f"logs/view?file=robot.log&text={quote('СЧЕТ')}").text)) == 2
    assert len(texts(served.get("logs/view?file=robot.log&level=warning").text)) == 2
    assert len(texts(served.get(f"logs/view?file=robot.log&level=error&text={quote('счёта')}").text)) == 1
    assert "Nothing was found." in served.get("logs/view?file=robot.log&text=xyzzy").text


def test_what_comes_is_told(served: Served, logs: Path) -> None:
    """Whole lines, once each; a log that begins anew is noticed."""
    after = (logs / "robot.log").stat().st_size
    address = f"logs/lines?file=robot.log&after={after}"
    assert served.get(address).json() == {"entries": [], "after": after, "skipped": 0, "shrunk": False}
    with (logs / "robot.log").open("ab") as log:
        log.write(LINE.format(level="ERROR", text=f"<b>\x1b[0m {GUID}").encode() + b"half")
    answer = served.get(address).json()
    assert [entry["level"] for entry in answer["entries"]] == ["error"]
    assert "<b>\\x1b[0m ***" in answer["entries"][0]["text"]
    assert GUID not in answer["entries"][0]["text"]
    assert answer["after"] == (logs / "robot.log").stat().st_size - 4
    (logs / "robot.log").write_text("")
    assert served.get(address).json()["shrunk"]


def test_a_search_through_all_logs(served: Served, logs: Path) -> None:
    """The robot's or those of scripts, newest first; each hit leads to its line."""
    markup = served.get(f"logs/search?text={quote('счет')}&in=robot").text
    assert [text.count("Yesterday") for text in texts(markup)] == [0, 0, 1]
    assert "robot.log.2026-11-23&amp;at=0" in markup
    found = texts(served.get(f"logs/search?text={quote('row е')}&in=jobs").text)
    assert found == ["Row Ё 17"] * 3
    assert texts(served.get("logs/search?text=j1&level=error").text) == [
        "2026-11-24 14:00:00.001 ERROR   Job j1 failed\n    ValueError: нет такого счёта"
    ]
    assert "Nothing was found." in served.get("logs/search?text=xyzzy").text


def test_a_search_goes_on_where_it_was(served: Served, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In portions of bounded work; together they are the whole."""
    folder = logs / "jobs" / "2026-11-24"
    for number in range(7):
        (folder / f"1{number}0000 many 0.log").write_text(f"needle {number}\n" + "hay\n" * 100_000, "utf-8")
    monkeypatch.setattr(log_search, "MOST_FILES", 2)
    defaults = dict(log_search.search.__kwdefaults__, budget=600_000, most=2)
    monkeypatch.setattr(log_search.search, "__kwdefaults__", defaults)
    address, found, portions = "logs/search?text=needle&in=jobs", [], 0
    while address:
        markup = served.get(address).text
        found += texts(markup)
        links = [a["href"] or "" for a in Elements(markup).all("a") if a.get("class") == "button more"]
        address, portions = (links[0].replace("../", "") if links else ""), portions + 1
        assert portions < 30
    assert found == [f"needle {number}" for number in range(6, -1, -1)]
    assert portions >= 5


def test_a_huge_log_costs_no_more_than_a_small_one(served: Served, logs: Path) -> None:
    """Ten gigabytes, of which the disk holds next to nothing: its end is shown at once."""
    huge = logs / "jobs" / "2026-11-24" / "990000 huge 0.log"
    with huge.open("wb") as file:
        file.truncate(10_000_000_000)
        file.seek(0, 2)
        file.write(b"\nthe end \xff of it\n")
    name = quote("jobs/2026-11-24/990000 huge 0.log")
    markup = served.get(f"logs/view?file={name}").text
    assert texts(markup)[-1] == "the end \ufffd of it"
    assert len(markup) < 200_000
    assert "logs/search" in served.get("logs/search?text=xyzzy&in=jobs").text
    with served.get(f"logs/download?file={name}", stream=True) as answer:
        assert answer.headers["Content-Length"] == str(10_000_000_017)
        assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote('990000 huge 0.log')}"
        assert next(answer.iter_content(1000)) == b"\0" * 1000


def test_a_download_is_the_whole_log(served: Served, logs: Path) -> None:
    """Byte by byte, as text."""
    answer = served.get("logs/download?file=robot.log")
    assert answer.content == (logs / "robot.log").read_bytes()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_markup_in_logs_does_nothing(served: Served, logs: Path) -> None:
    """In lines, in names, in what is searched for."""
    with past(served.data) as runs:
        runs.begin("evil", HOSTILE, output=HOSTILE + "\n")
    [name] = [name for name in names(served.get("logs").text) if "evil" in name]
    for path in (
        "logs",
        f"logs/view?file={name}",
        f"logs/search?in=jobs&text={quote('</title><img src=x>')}",
        f"logs/view?file=robot.log&text={quote(HOSTILE)}",
        "logs/search?in=jobs&text=document",
    ):
        text = served.get(path).text
        found = Elements(text)
        assert {a["src"] for a in found.all("img")} <= {"static/robot.svg", "../static/robot.svg"}, path
        assert not [key for _, attributes in found.tags for key in attributes if key.startswith("on")]
        assert all("src" in script for script in found.all("script"))
        assert "\u202e" not in "".join(texts(text)), path
