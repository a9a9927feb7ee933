"""One life of the robot's program, so that Task Scheduler brings back who crashed and nobody else."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from app.base import paths
from app.base.errors import AlreadyRunningError, RobotError, SettingsError
from app.settings.loading import load_settings
from app.system import orderly_end
from app.system.finish_requests import asked_to_make_way
from app.system.single_instance import SingleInstance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def is_over(config: Path | None) -> bool:
    """Whether the robot of these settings has ended as it should since its user logged on or connected."""
    return orderly_end.is_noted(_data_dir(config))


def runs_already(config: Path | None) -> bool:
    """Whether a robot of these settings runs in this session, and so needs no start."""
    try:
        instance = SingleInstance(load_settings(config).settings.guid)
    except SettingsError:
        return False
    if instance.acquire():
        instance.release()
        return False
    return True


@contextlib.contextmanager
def one_life(config: Path | None) -> Iterator[None]:
    """From its start to its end, which is noted if it is one of its own will: a crash leaves nothing.

    An end for an upgrade isn't noted either, nor that of a second robot beside one that runs.
    """
    if sys.platform != "win32":  # nothing there brings a robot back
        yield
        return
    orderly_end.forget(_data_dir(config))
    try:
        yield
    except AlreadyRunningError:
        raise
    except RobotError:
        orderly_end.note(_data_dir(config))
        raise
    if not asked_to_make_way():
        orderly_end.note(_data_dir(config))


def _data_dir(config: Path | None) -> Path:
    try:
        return load_settings(config).settings.data_dir
    except SettingsError:
        return paths.default_data_dir()
