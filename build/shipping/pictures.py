"""The installer's pictures, drawn here: a robot at its desk of jobs, in the colours of the program's icon.

Windows' installers take bitmaps without transparency. One for each usual scale of the screen, so none is stretched.
Sizes at 100 %: https://nsis.sourceforge.io/Docs/Modern%20UI%202/Readme.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

SCALES: Final = (100, 125, 150, 200)  # per cent
WIZARD: Final = (164, 314)
HEADER: Final = (150, 57)
_FINER: Final = 4  # drawn so many times as large, then made smaller: smooth edges
_SKY, _DEEP = (58, 142, 236), (17, 66, 148)
_WHITE, _NIGHT, _MINT, _PALE = (255, 255, 255), (20, 38, 74), (110, 231, 183), (206, 222, 244)
_DONE: Final = (22, 131, 63)


class _Canvas:
    """Draws in units of the picture at 100 %."""

    def __init__(self, size: tuple[int, int], percent: int) -> None:
        self.size = tuple(round(side * percent / 100) for side in size)
        self._unit = percent / 100 * _FINER
        self._image = Image.new("RGB", (self.size[0] * _FINER, self.size[1] * _FINER), _WHITE)
        self._draw = ImageDraw.Draw(self._image)

    def fade(self, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> None:
        """The background, from one colour to the other."""
        width, height = self._image.size
        for y in range(height):
            part = y / height
            colour = tuple(round(a + (b - a) * part) for a, b in zip(top, bottom, strict=True))
            self._draw.line([(0, y), (width, y)], fill=colour)

    def box(
        self, left: float, top: float, right: float, bottom: float, radius: float, fill: tuple[int, int, int]
    ) -> None:
        """A box with round corners."""
        corners = [side * self._unit for side in (left, top, right, bottom)]
        self._draw.rounded_rectangle(corners, radius * self._unit, fill=fill)

    def line(self, points: list[tuple[float, float]], width: float, fill: tuple[int, int, int]) -> None:
        """A line with round ends and joints."""
        placed = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(placed, fill=fill, width=round(width * self._unit), joint="curve")
        for x, y in (placed[0], placed[-1]):
            half = width * self._unit / 2
            self._draw.ellipse([x - half, y - half, x + half, y + half], fill=fill)

    def smile(
        self, left: float, top: float, right: float, bottom: float, width: float, fill: tuple[int, int, int]
    ) -> None:
        """The lower half of an oval."""
        oval = [side * self._unit for side in (left, top, right, bottom)]
        self._draw.arc(oval, 20, 160, fill=fill, width=round(width * self._unit))

    def save(self, file: Path) -> None:
        """As a bitmap of 24 bits."""
        self._image.resize(self.size, Image.Resampling.LANCZOS).save(file, "BMP")


def draw(folder: Path) -> Path:
    """Draw all of them into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for percent in SCALES:
        wizard = _Canvas(WIZARD, percent)
        wizard.fade(_SKY, _DEEP)
        for place, done in enumerate((True, True, False)):
            _job(wizard, 26, 30 + 40 * place, done=done)
        _robot(wizard, 82, 238, 1.0)
        wizard.save(folder / f"wizard-{percent}.bmp")
        header = _Canvas(HEADER, percent)
        _robot(header, 122, 32, 0.36, body=_SKY)
        header.save(folder / f"header-{percent}.bmp")
    return folder


def _job(canvas: _Canvas, left: float, top: float, *, done: bool) -> None:
    """A card of the list of jobs: ticked, or with its progress."""
    canvas.box(left, top, left + 112, top + 30, 7, _WHITE if done else _PALE)
    if done:
        canvas.box(left + 8, top + 7, left + 24, top + 23, 8, _DONE)
        canvas.line([(left + 12.5, top + 15.5), (left + 15, top + 18), (left + 19.5, top + 12.5)], 2, _WHITE)
    else:
        canvas.box(left + 8, top + 7, left + 24, top + 23, 8, _SKY)
        canvas.box(left + 13.5, top + 11, left + 15.5, top + 19, 1, _WHITE)
        canvas.box(left + 17, top + 11, left + 19, top + 19, 1, _WHITE)
    canvas.box(left + 32, top + 8, left + 98, top + 12, 2, _NIGHT)
    canvas.box(left + 32, top + 18, left + (78 if done else 60), top + 22, 2, _SKY)


def _robot(canvas: _Canvas, x: float, y: float, size: float, body: tuple[int, int, int] = _WHITE) -> None:
    """The face of the program's icon, its middle at (x, y)."""

    def box(left: float, top: float, right: float, bottom: float, radius: float, fill: tuple[int, int, int]) -> None:
        canvas.box(x + left * size, y + top * size, x + right * size, y + bottom * size, radius * size, fill)

    box(-3, -62, 3, -36, 3, body)
    box(-8, -72, 8, -56, 8, _MINT)
    box(-64, -14, -52, 16, 6, body)
    box(52, -14, 64, 16, 6, body)
    box(-54, -40, 54, 44, 24, body)
    box(-42, -26, 42, 30, 16, _NIGHT)
    box(-26, -10, -12, 4, 7, _MINT)
    box(12, -10, 26, 4, 7, _MINT)
    canvas.smile(x - 18 * size, y - 10 * size, x + 18 * size, y + 20 * size, 5 * size, _MINT)
