"""The faces of the icon: which one a snapshot wears, and its image at a given size.

The images are made from `assets/tray/*.svg` by `python build/icons.py`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile

from app.base.paths import ASSETS_DIR
from app.robot.state import RobotState

if TYPE_CHECKING:
    from pathlib import Path

    from app.robot.state import Snapshot


class Face(StrEnum):
    """Every face differs from the others in shape, not in colour alone."""

    READY = "ready"
    PAUSED = "paused"
    WORKING = "working"
    STOPPING = "stopping"
    LEAVING = "leaving"
    OFFLINE = "offline"
    ERROR = "error"


_FACES: Final = {
    RobotState.READY: Face.READY,
    RobotState.WORKING: Face.WORKING,
    RobotState.STOPPING: Face.STOPPING,
    RobotState.OFFLINE: Face.OFFLINE,
    RobotState.ERROR: Face.ERROR,
    RobotState.LEAVING: Face.LEAVING,
}


def face_of(snapshot: Snapshot) -> Face:
    """The face for a snapshot; a pause shows only while nothing else is going on."""
    if snapshot.starting:
        return Face.OFFLINE
    face = _FACES[snapshot.state]
    return Face.PAUSED if snapshot.paused and face is Face.READY else face


def icon_file(face: Face) -> Path:
    """The .ico file of a face."""
    return ASSETS_DIR / f"tray-{face}.ico"


@cache
def icon_image(face: Face, size: int) -> Image.Image:
    """The face as an RGBA square of `size` pixels: the drawing for this size, else the next larger one made smaller."""
    with IcoImageFile(icon_file(face)) as ico:
        sizes = sorted(width for width, _height in ico.ico.sizes())
        drawn = next((width for width in sizes if width >= size), sizes[-1])
        image = ico.ico.getimage((drawn, drawn)).convert("RGBA")
    return image if drawn == size else image.resize((size, size), Image.Resampling.LANCZOS)
