"""Settings in files of the test's own."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from app.base import i18n, paths
from app.base.errors import ExitCode, SettingsError
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from app.settings.model import Settings

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
NEEDED = f"host = 'http://127.0.0.1:4500'\nrobot_guid = '{GUID}'\n"


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's settings are in this test; not there yet."""
    file = tmp_path / "user" / "robot.toml"
    monkeypatch.setattr(paths, "user_settings_file", lambda: file)
    monkeypatch.setattr(paths, "machine_settings_file", lambda: tmp_path / "machine" / "robot.toml")
    file.parent.mkdir()
    return file


@pytest.fixture
def machine_file(tmp_path: Path, user_file: Path) -> Path:
    """Where the machine's settings are in this test; not there yet."""
    file = tmp_path / "machine" / "robot.toml"
    file.parent.mkdir()
    return file


@pytest.fixture
def russian() -> Iterator[None]:
    """Texts in Russian for one test."""
    i18n.set_language("ru")
    yield
    i18n.set_language("en")


def no_file_longer_than(size: int) -> AbstractContextManager[object]:
    """A disk that is full after `size` bytes of each file."""
    as_it_was = ExitStack()
    if sys.platform != "win32":
        import resource

        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        as_it_was.callback(resource.setrlimit, resource.RLIMIT_FSIZE, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    return as_it_was


def loaded(file: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    """The settings that `text` in `file` makes."""
    file.write_text(text, "utf-8")
    return load_settings(file, environ or {}).settings


def refused(file: Path, text: str, environ: dict[str, str] | None = None) -> SettingsError:
    """The error that `text` in `file` makes."""
    with pytest.raises(SettingsError) as caught:
        loaded(file, text, environ)
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value
