"""Noticing changed settings files: `app/settings/watch.py`, with real files."""

from __future__ import annotations

import logging
import queue
import threading

import pytest

from app.settings.watch import SettingsWatch

PATIENCE = 10.0  # seconds; what happens at all happens in hundredths
LOOK_SECONDS = 0.01


@pytest.fixture
def file(tmp_path):
    """A settings file that is there."""
    file = tmp_path / "robot.toml"
    file.write_text("first")
    return file


def save(file, text):
    """Save another text in one step; of another length, so that a coarse file time doesn't matter."""
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.replace(file)


@pytest.mark.parametrize(
    "change", [lambda file: save(file, "something else"), lambda file: file.unlink()], ids=["saved", "removed"]
)
def test_a_change_is_noticed_once(file, change):
    """A saved or removed file is told; then there is silence."""
    calls: queue.Queue[None] = queue.Queue()
    with SettingsWatch([file], lambda: calls.put(None), LOOK_SECONDS):
        change(file)
        calls.get(timeout=PATIENCE)
        with pytest.raises(queue.Empty):
            calls.get(timeout=LOOK_SECONDS * 10)


def test_a_file_that_is_made_is_noticed(tmp_path):
    """The user's file may come into being while the robot waits for it."""
    calls: queue.Queue[None] = queue.Queue()
    with SettingsWatch([tmp_path / "none.toml", tmp_path / "new.toml"], lambda: calls.put(None), LOOK_SECONDS):
        (tmp_path / "new.toml").write_text("")
        calls.get(timeout=PATIENCE)


def test_a_change_before_the_start_is_not_missed(file):
    """What is saved between the making of the watch and its start is told as well."""
    calls: queue.Queue[None] = queue.Queue()
    watch = SettingsWatch([file], lambda: calls.put(None), LOOK_SECONDS)
    save(file, "while the program was starting")
    with watch:
        calls.get(timeout=PATIENCE)


def test_a_change_while_the_last_one_is_read_is_not_missed(file):
    """What is saved while the reader reads is told after it."""
    calls: queue.Queue[str] = queue.Queue()

    def read() -> None:
        found = file.read_text()
        if found == "second one":
            save(file, "the third one")
        calls.put(found)

    with SettingsWatch([file], read, LOOK_SECONDS):
        save(file, "second one")
        assert calls.get(timeout=PATIENCE) == "second one"
        assert calls.get(timeout=PATIENCE) == "the third one"


@pytest.mark.parametrize("error", [OSError("gone"), MemoryError(), RuntimeError("a defect"), RecursionError()])
def test_the_watch_survives_its_reader(file, error, caplog):
    """Whatever the reader raises, the change is told again until it is taken, and the log has it once."""
    caplog.set_level(logging.ERROR)
    taken = threading.Event()
    tries = []

    def read() -> None:
        tries.append(file.read_text())
        if len(tries) < 3:
            raise error
        taken.set()

    with SettingsWatch([file], read, LOOK_SECONDS):
        save(file, "something else")
        assert taken.wait(PATIENCE)
    assert tries == ["something else"] * 3
    assert len(caplog.records) == 1
