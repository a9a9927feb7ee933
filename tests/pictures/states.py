"""Each state's icon by itself, and the program's."""

from __future__ import annotations

from PIL.IcoImagePlugin import IcoImageFile

from app.base.paths import ASSETS_DIR
from app.tray.icon import Face, icon_image
from tests.pictures.png import IMAGES


def take_states() -> None:
    """`state-FACE.png` with a transparent ground, and the program's icon."""
    for face in Face:
        icon_image(face, 32).save(IMAGES / f"state-{face}.png", optimize=True)
    with IcoImageFile(ASSETS_DIR / "robot.ico") as ico:
        ico.ico.getimage((128, 128)).save(IMAGES / "robot.png", optimize=True)
