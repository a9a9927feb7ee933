"""History and one run's own page over HTTP: real journals, logs and files."""

from __future__ import annotations

import io
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from PIL import Image

from app.base.paths import safe_file_name
from app.gateway.evidence import Evidence
from app.gateway.last_picture import Recording
from app.history import live
from app.orchestrator.vocabulary import JobStatus
from tests.history.test_page import Elements
from tests.page.past import HOSTILE, Past, past, screen
from tests.page.served import GUID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.page.served import Served

FAILED = "5f3c9a17-0000-4000-8000-000000000000"


@pytest.fixture
def runs(served: Served) -> Iterator[Past]:
    """The robot's past, still empty."""
    with past(served.data) as made:
        yield made


def rows(text: str) -> list[str]:
    """The runs that are listed, by the links to them."""
    links = [a["href"] or "" for a in Elements(text).all("a")]
    return [link.rpartition("/")[2] for link in links if link.startswith("history/") and link != "history/export"]


def test_before_the_first_run(served: Served) -> None:
    """It says so; there is nothing to export."""
    text = served.get("history").text
    assert "has not run anything yet" in text
    assert "export" not in text
    assert served.get("history/mark").json() == {"mark": ""}
    assert served.get(f"history/{FAILED}").status_code == 404


def test_a_new_run_is_news(served: Served, runs: Past) -> None:
    """Another mark after its beginning, its end, and the report's delivery; each leads to its own page."""
    marks = [served.get("history/mark").json()["mark"]]
    runs.begin("j1")
    marks.append(served.get("history/mark").json()["mark"])
    runs.end("j1")
    marks.append(served.get("history/mark").json()["mark"])
    runs.tell()
    marks.append(served.get("history/mark").json()["mark"])
    assert len(set(marks)) == 4
    assert marks[-1] == served.get("history/mark").json()["mark"]
    page = served.get("history").text
    assert rows(page) == ["j1"]
    assert f'data-mark="{marks[-1]}"' in page


def test_long_histories_come_in_pieces(served: Served, runs: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole days each; every run is in exactly one piece; the sums are of all."""
    monkeypatch.setattr(live, "FIRST_ROWS", 5)
    monkeypatch.setattr(live, "FURTHER_ROWS", 7)
    for number in range(40):
        runs.run(f"j{number}", ago=timedelta(hours=5 * number))
    page = served.get("history").text
    assert "Runs 40" in Elements(page).text
    found, pieces = rows(page), 1
    [button] = [each for each in Elements(page).all("button") if each.get("id") == "older"]
    before = button["data-before"] or ""
    while before:
        text = served.get(f"history/rows?before={quote(before)}").text
        found += rows(text)
        [part] = [each for each in Elements(text).all("div") if each.get("id") == "rows"]
        before, pieces = part["data-before"] or "", pieces + 1
    assert found == [f"j{number}" for number in range(40)]
    assert pieces >= 4
    assert served.get("history/rows?before=yesterday").status_code == 400


def test_the_export_is_the_one_file(served: Served, runs: Past) -> None:
    """As `robot history --output` writes it, to be saved; nothing of it stays behind."""
    runs.failed_with_pictures(FAILED)
    answer = served.get("history/export")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''history-20")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    text = answer.content.decode("utf-8")
    assert text.startswith("<!doctype html>")
    assert "no such account: 40702" in text
    assert not [a for a in Elements(text).all("a") if "evidence" in (a["href"] or "")]


def test_a_failed_run_explains_itself(served: Served, runs: Past) -> None:
    """Status, reason, exception, task, progress, result, what waits, log, pictures, files: on one page."""
    runs.failed_with_pictures(FAILED)
    answer = served.get(f"history/{FAILED}")
    found = Elements(answer.text)
    for words in (
        "finance/invoices Failed",
        "2 min 00 s",
        "exit code 1",
        "The script ended with exit code 1.",
        "What went wrong ValueError: no such account: 40702 Traceback (most recent call last): File",
        "Task: INV-17",
        "Progress: 16 of 40, invoice 17",
        'Result: {"booked": 16, "left": 1}',
        "task-0001",
        "Failed : waits, this robot;",
        "attempts: 1",
        "HTTP 503: out for lunch",
        "invoice 16 invoice 17 Traceback",
        "отчёт.csv",
        FAILED,
    ):
        assert words in found.text, words
    assert GUID not in answer.text
    pictures = [a["src"] or "" for a in found.all("img")]
    assert pictures[1] == f"../history/{FAILED}/files/screen-at-end-140300.png"
    assert len(pictures) == 2 + 11
    seconds = [each["data-seconds"] for each in found.all("button") if "data-seconds" in each]
    assert seconds == [str(number) for number in range(10, -1, -1)]
    assert [a["href"] for a in found.all("a") if "logs/view" in (a["href"] or "")]
    assert served.get(f"history/{FAILED.upper()}").status_code == 200  # a GUID is the same in any case


def test_the_pictures_of_its_last_seconds(served: Served, runs: Past) -> None:
    """Small ones are small; whole ones are the recorder's; there is an end to them."""
    runs.failed_with_pictures(FAILED)
    place = f"history/{FAILED}/film/recording-140300.webp"
    first, last = (Image.open(io.BytesIO(served.get(f"{place}/{number}").content)) for number in (0, 10))
    assert first.size == last.size
    red, green, _blue = last.convert("RGB").getpixel((int(1100 * last.width / 1280), int(140 * last.height / 800)))
    assert red > 2 * green  # in the end the window is red
    small = served.get(f"{place}/0/small")
    assert small.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(small.content)).width <= 192
    assert served.get(f"{place}/11").status_code == 404
    assert served.get(f"history/{FAILED}/film/screen-at-end-140300.png/0").status_code == 404


def test_what_only_looks_like_a_film_is_a_file(served: Served, runs: Past) -> None:
    """Broken, huge, of another kind, or too long: the page is as it would be without."""
    runs.run(FAILED, JobStatus.FAILED)
    folder = runs.paths.evidence / FAILED
    folder.mkdir(parents=True)
    film = folder / "recording-140300.webp"
    huge = io.BytesIO()
    Image.new("RGB", (2200, 2200)).save(huge, "WEBP", method=0, quality=0)
    png = io.BytesIO()
    Image.new("RGB", (20, 20)).save(png, "PNG")
    many = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (number, 0, 0)) for number in range(0, 200, 2)]
    frames[0].save(many, "WEBP", save_all=True, append_images=frames[1:], duration=1000, lossless=True)
    for content in (b"", b"RIFF\0\0\0\0WEBPVP8 ", huge.getvalue(), png.getvalue(), many.getvalue()):
        film.write_bytes(content)
        text = served.get(f"history/{FAILED}").text
        assert "recording-140300.webp</a>" in text
        assert "The screen when it ended" not in text


def test_a_locked_screen_is_said_in_words(served: Served, runs: Past) -> None:
    """In place of a picture."""
    runs.begin(FAILED, output="working\n")
    no_picture = "No picture of the screen: there is none, or its session is locked or disconnected."
    runs.end(FAILED, JobStatus.FAILED, reason="The script ended with exit code 1.", said=(no_picture,))
    found = Elements(served.get(f"history/{FAILED}").text)
    assert f"What the robot noted {no_picture}" in found.text
    assert "The screen when it ended" not in found.text


def test_a_screen_that_was_locked_before_the_end(served: Served, runs: Past) -> None:
    """What was seen until then stands with its true seconds, and the words why there is nothing of the end."""
    runs.begin(FAILED, output="working\n")
    moments = iter(range(9))
    recording = Recording(10, lambda: next(moments))
    for picture in (screen(1), screen(2), None, None, None):
        recording.add(picture)
    recording.keep(Evidence(runs.paths.evidence, FAILED), "recording-140300")
    no_picture = "No picture of the screen: there is none, or its session is locked or disconnected."
    runs.end(FAILED, JobStatus.FAILED, reason="The script ended with exit code 1.", said=(no_picture,))
    text = served.get(f"history/{FAILED}").text
    assert f'<p class="note">{no_picture}</p>' in text
    assert '<output id="when" for="moment">3 s before the end</output>' in text
    assert "the end</span>" not in text


def test_files_are_downloads_and_never_pages(served: Served, runs: Past) -> None:
    """Whatever they are called: a type that nothing carries out, and to be saved."""
    runs.run(FAILED)
    folder = runs.paths.evidence / FAILED
    folder.mkdir(parents=True)
    types = {
        "page.html": "application/octet-stream",
        "drawing.svg": "application/octet-stream",
        "script.js": "application/octet-stream",
        "page.xhtml": "application/octet-stream",
        "отчёт.CSV": "text/csv; charset=utf-8",
        "picture.png": "image/png",
    }
    for name, media_type in types.items():
        (folder / name).write_text("<script>alert(1)</script>", "utf-8")
        answer = served.get(f"history/{FAILED}/files/{quote(name)}")
        assert answer.headers["Content-Type"] == media_type
        assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(name)}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.content == b"<script>alert(1)</script>"


def test_no_name_leads_out_of_the_folder(served: Served, runs: Past) -> None:
    """Neither dots nor slashes of either kind, nor links, nor another run's folder, nor a folder."""
    runs.run(FAILED)
    folder = runs.paths.evidence / FAILED
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper" / "file.txt").write_text("secret")
    other = runs.paths.evidence / "other"
    other.mkdir()
    (other / "secret.txt").write_text("secret")
    names = ["../other/secret.txt", "..%2Fother%2Fsecret.txt", "..%5Cother%5Csecret.txt", "..", ".", "deeper", "%00"]
    names += ["deeper/file.txt", "deeper%2Ffile.txt", quote(str(other / "secret.txt"), safe=""), "secret.txt"]
    if sys.platform != "win32":
        (folder / "link.txt").symlink_to(other / "secret.txt")
        (runs.paths.evidence / "linked").symlink_to(other)
        os.mkfifo(folder / "pipe")
        names += ["link.txt", "pipe"]
        assert served.get("history/linked/files/secret.txt").status_code == 404
    for name in names:
        session = served.get(f"history/{FAILED}/files/{name}")
        assert session.status_code in {404, 400}, name
        assert "secret" not in session.text
    for guid in ("..", "%2E%2E", "..%2Fevidence%2Fother", "../evidence/other"):
        assert served.get(f"history/{guid}/files/secret.txt").status_code == 404, guid


def test_markup_in_names_and_outputs_does_nothing(served: Served, runs: Past) -> None:
    """A script's name, its output, task, result and files: text, with what reorders it spelled out or gone."""
    runs.begin("evil", HOSTILE, output=f"{HOSTILE}\x1b[31m\x07\n")
    runs.end("evil", JobStatus.FAILED, reason=HOSTILE, last_line=HOSTILE)
    runs.journal.scripts.note("evil", result=HOSTILE, progress=HOSTILE, task_name=HOSTILE, done=1, total=2)
    folder = runs.paths.evidence / "evil"
    folder.mkdir(parents=True)
    if sys.platform != "win32":
        (folder / "<img src=x onerror=alert(1)>\u202e.txt").touch()
    for path in ("history", "history/evil"):
        text = served.get(path).text
        found = Elements(text)
        assert {a["src"] for a in found.all("img")} <= {"static/robot.svg", "../static/robot.svg"}
        assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
        assert all("src" in script for script in found.all("script"))
        assert "\x1b" not in text
        assert "\x07" not in text
    assert "\u202e" not in Elements(served.get("history/evil").text).text.partition("Files")[2].partition("Log")[0]


def test_a_journal_that_cannot_be_read_is_said(served: Served) -> None:
    """In words, on each page, and not as an error of the server."""
    served.data.mkdir(exist_ok=True)
    (served.data / "journal.sqlite3").write_bytes(b"nothing of the kind" * 1000)
    for path in ("history", f"history/{FAILED}"):
        answer = served.get(path)
        assert answer.status_code == 503
        assert "The journal" in answer.text
    assert served.get("history/mark").status_code == 503


def test_a_running_job_has_a_page(served: Served, runs: Past) -> None:
    """With what is in its log by now; what it is called on the disk doesn't matter."""
    runs.begin("j/../1", output="row 1\n")
    assert safe_file_name("j/../1") != "j/../1"
    runs.begin("going on", output="row 1\n")
    found = Elements(served.get("history/going%20on").text)
    assert "Not finished" in found.text
    assert "row 1" in found.text
