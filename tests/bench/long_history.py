"""The page of a robot that has run 400,000 jobs: how long making it takes, and how much memory."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from app.base.paths import DataPaths
from app.journal.journal import Journal
from app.journal.statements import to_text
from app.program.summing import AT_ONCE
from tests.bench.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RUNS = 400_000
DAYS = 500
SECONDS_TARGET = 2.0
MEGABYTES_TARGET = 100.0
NAMES = ("финансы/счета", "финансы/банковские выписки", "почта/разбор входящих", "payroll", "crm export")


def measure(*, quick: bool) -> list[Row]:
    """`robot history --output` on such a journal; beside it, Python reading the same rows and doing nothing."""
    runs = RUNS // 20 if quick else RUNS
    with tempfile.TemporaryDirectory() as place:
        config = Path(place, "robot.toml")
        config.write_text(f"data_dir = '{Path(place, 'data').as_posix()}'\n", "utf-8")
        journal = DataPaths(Path(place, "data")).journal
        fill(journal, runs)
        sum_up(journal)
        floor = _read(journal)
        command = [sys.executable, "-m", "app", "history", "--config", str(config), "--output", f"{place}/page.html"]
        best, peak = min(_run(command) for _ in range(1 if quick else 3))
    return [
        Row(
            f"page of {runs:,} runs",
            f"reading its rows {floor:.2f} s",
            f"{best:.2f} s",
            best,
            SECONDS_TARGET,
            "s",
        ),
        Row("memory for it", "", f"{peak:.0f} MB", peak, MEGABYTES_TARGET, "MB"),
    ]


def fill(journal: Path, runs: int, days: float = DAYS) -> None:
    """Write a journal of `runs` finished runs of the last `days`, one in ten of them not a success."""
    Journal.open(journal).close()
    chance = random.Random(20261124)
    first = datetime.now(UTC) - timedelta(days=days)

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(runs):
            started = first + timedelta(days=days * number / runs)
            [status] = chance.choices((4, 5, 7, 3), (88, 8, 3, 1))
            guid = f"{number:08x}-{chance.getrandbits(64):016x}"
            ended = started + timedelta(seconds=chance.lognormvariate(4, 1))
            log_file = str(journal.parent / "logs" / "jobs" / f"{started:%Y-%m-%d}" / f"{guid}.log")
            times = (to_text(started), to_text(ended))
            yield (guid, chance.choice(NAMES), *times, log_file, status, f"Код выхода {int(status != 4)}.")

    with contextlib.closing(sqlite3.connect(journal)) as db:
        db.executemany(
            "INSERT INTO jobs(guid, name, process_version_guid, mark, started_at, ended_at, log_file, status, reason,"
            " last_line) VALUES (?, ?, '', '', ?, ?, ?, ?, ?, 'Обработано строк: 128')",
            rows(),
        )
        db.commit()


def sum_up(journal: Path) -> None:
    """Sum the history up, as a robot does beside its work."""
    opened = Journal.open(journal)
    while opened.sum_up(AT_ONCE, AT_ONCE):
        pass
    opened.close()


def _read(journal: Path) -> float:
    started = time.perf_counter()
    with contextlib.closing(sqlite3.connect(journal)) as db:
        for _row in db.execute("SELECT name, started_at, ended_at, status FROM jobs"):
            pass
    return time.perf_counter() - started


def _run(command: list[str]) -> tuple[float, float]:
    """Seconds, and the most memory (MB) that was in use at any look."""
    started = time.perf_counter()
    peak = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                peak = max(peak, watched.memory_info().rss)
            time.sleep(0.005)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - started, peak / 1e6
