"""Files that can't be the journal: nothing crashes, nothing usable is lost, and it is said."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.base.errors import ExitCode
from app.journal import gate as gates
from app.journal import opening
from app.journal.errors import JournalError, JournalVersionError
from app.journal.journal import Journal
from tests.journal.conftest import begin

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def filled(path: Path, jobs: int = 200) -> bytes:
    """Close a journal with some jobs; returns its bytes."""
    journal = Journal.open(path)
    for number in range(jobs):
        begin(journal, f"j{number}")
    journal.close()
    return path.read_bytes()


def text(path: Path, _good: bytes) -> None:
    """No database at all."""
    path.write_text("this is not a database\n" * 50)


def broken_header(path: Path, good: bytes) -> None:
    """A database without its first bytes."""
    path.write_bytes(b"\xff" * 40 + good[40:])


def cut_off(path: Path, good: bytes) -> None:
    """Half a database."""
    path.write_bytes(good[: len(good) // 2])


def broken_schema(path: Path, good: bytes) -> None:
    """The header is right, the list of tables is garbage."""
    path.write_bytes(good[:100] + b"\x5a" * 400 + good[500:])


def broken_tables(path: Path, good: bytes) -> None:
    """Every page but the first is garbage, and the last run didn't end cleanly."""
    path.write_bytes(good[:4096] + b"\x5a" * (len(good) - 4096))
    opening.suspect_file(path).touch()


def a_folder(path: Path, _good: bytes) -> None:
    """Not even a file."""
    path.unlink()
    path.mkdir()


def foreign_tables(path: Path, _good: bytes) -> None:
    """Another program's database with our version number."""
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE jobs(something TEXT)")
    db.execute("PRAGMA user_version = 1")
    db.close()


@pytest.mark.parametrize(
    "spoil", [text, broken_header, cut_off, broken_schema, broken_tables, a_folder, foreign_tables]
)
def test_an_unusable_journal_is_set_aside(path: Path, spoil: Callable[[Path, bytes], None]) -> None:
    """The bad file keeps its content under another name, the fresh one works, and the next start is ordinary."""
    spoil(path, filled(path))
    before = path.read_bytes() if path.is_file() else None
    journal = Journal.open(path)
    aside = journal.set_aside
    assert aside is not None
    assert aside.name.startswith("journal.damaged-")
    assert aside.suffix == ".sqlite3"
    if before is not None:
        assert len(aside.read_bytes()) == len(before)
    begin(journal, "new")
    journal.close()
    again = Journal.open(path)
    assert next(again.jobs()).guid == "new"
    assert again.set_aside is None
    again.close()


def test_the_write_ahead_log_of_a_damaged_journal_goes_with_it(path: Path) -> None:
    """What a killed robot left in -wal is kept beside the file it belongs to, and not applied to the fresh one."""
    filled(path)
    path.write_bytes(b"garbage " * 2000)
    wal = path.with_name(path.name + "-wal")
    wal.write_bytes(b"old pages")
    journal = Journal.open(path)
    aside = journal.set_aside
    journal.close()
    assert aside is not None
    assert not wal.exists()
    with closing(Journal.open_to_read(path)) as fresh:
        assert list(fresh.jobs()) == []


def a_file(path: Path) -> None:
    """The version stands in the file."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()


def a_log(path: Path) -> None:
    """The version stands in the write-ahead log only: its robot was killed."""
    code = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA user_version = 999'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


@pytest.mark.parametrize("leave", [a_file, a_log])
def test_a_journal_of_a_later_version_is_left_as_it_is(path: Path, leave: Callable[[Path], None]) -> None:
    """It is said with what to do and exit code 2, for reading as well; not a byte of it changes, and none is beside."""
    filled(path)
    leave(path)
    tails = ("", "-wal")
    before = {tail: file.read_bytes() for tail in tails if (file := path.with_name(path.name + tail)).exists()}
    for opener in (Journal.open, Journal.open_to_read):
        with pytest.raises(JournalVersionError, match="later version") as caught:
            opener(path)
        assert caught.value.exit_code is ExitCode.USAGE
        assert "version" in caught.value.hint
    found = {tail: file.read_bytes() for tail in tails if (file := path.with_name(path.name + tail)).exists()}
    assert found == before
    assert {file.name for file in path.parent.iterdir()} <= {path.name + tail for tail in ("", "-wal", "-shm")}


def test_taking_over_twice_changes_nothing(path: Path) -> None:
    """A crash between the take-over and the removal of the file beside leaves no double."""
    filled(path, jobs=1)
    beside = path.with_name("journal-beside.sqlite3")
    content = filled(beside, jobs=2)
    for _ in range(2):
        journal = Journal.open(path)
        assert [row.job_guid for row in journal.outbox()] == ["j0", "j1"]
        journal.close()
        beside.write_bytes(content)


def test_a_full_disk_in_mid_run_is_an_error_that_leaves_nothing_half_done(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the job nor its report is there after a commit that found no space; with space it goes on."""
    monkeypatch.setattr(gates, "HURRIED_SECONDS", 0.1)
    journal = Journal.open(path)
    pages = journal._file.db.execute("PRAGMA page_count").fetchone()[0]
    journal._file.db.execute(f"PRAGMA max_page_count = {pages}")
    done = 0
    with pytest.raises(JournalError, match="full"):  # noqa: PT012 - which one of the calls is SQLite's business
        while True:
            begin(journal, f"j{done}", name="n" * 1000)
            done += 1
    assert len(journal.interrupted()) == len(journal.outbox()) == done
    journal._file.db.execute("PRAGMA max_page_count = 100000")
    begin(journal, f"j{done}", name="n" * 1000)
    journal.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a folder's read-only attribute means nothing on Windows")
def test_a_folder_that_may_not_be_written_is_said_with_a_hint() -> None:
    """No rights: one error for people, no file, no traceback."""
    code = (
        "import os, sys; from pathlib import Path; from app.journal.journal import Journal\n"
        "from app.journal import gate; gate.HURRIED_SECONDS = 0.1\n"
        "from app.base.errors import RobotError\n"
        "if os.geteuid() == 0: os.seteuid(65534)  # root may write everywhere\n"
        "try: Journal.open(Path(sys.argv[1]) / 'journal.sqlite3')\n"
        "except RobotError as error: print(error.message, '|', error.hint)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", code, folder], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
        )
        assert not list(Path(folder).iterdir())
    assert "journal.sqlite3" in done.stdout
    assert "may be written" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a POSIX matter")
def test_a_good_journal_is_not_set_aside_when_the_disk_is_full(path: Path) -> None:
    """Where no fresh file can be written, the old one keeps its place and its content."""
    filled(path)
    path.with_name(path.name + "-suspect").touch()
    broken = bytearray(path.read_bytes())
    broken[4096:] = b"\x5a" * (len(broken) - 4096)
    path.write_bytes(broken)
    code = (
        "import resource, signal, sys; from pathlib import Path; from app.journal.journal import Journal\n"
        "from app.journal import gate; gate.HURRIED_SECONDS = 0.1\n"
        "from app.base.errors import RobotError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))\n"
        "try: Journal.open(Path(sys.argv[1]))\n"
        "except RobotError as error: print(error.message, '|', error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert "free space" in done.stdout
    assert path.read_bytes() == broken


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode bits")
def test_the_journal_is_readable_by_its_user_only(path: Path) -> None:
    """The journal names jobs and reasons: nobody else's business on a terminal server."""
    journal = Journal.open(path)
    begin(journal)
    assert {oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {"0o600"}
    journal.close()


def test_a_look_from_the_robots_own_process_costs_it_no_lock(path: Path) -> None:
    """The tray's check reads the journal that the robot has open; another program's end doesn't take its log away.

    On POSIX any close of a file drops the locks of the whole process on it: https://www.sqlite.org/howtocorrupt.html
    """
    journal = Journal.open(path)
    begin(journal, "before")
    Journal.open_to_read(path).close()
    code = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT * FROM jobs'); db.close()"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=30)
    begin(journal, "after")
    look = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM jobs').fetchone()[0])"
    done = subprocess.run(
        [sys.executable, "-c", look, str(path)], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "2\n"
    journal.close()
