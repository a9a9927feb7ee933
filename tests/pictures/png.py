"""Small PNG files whose colours are exact where it shows: backgrounds and text of one colour each."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PIL import Image

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
_COLOURS = 256


def save(picture: Image.Image, name: str) -> None:
    """Write `docs/images/NAME.png` in its most frequent colours; the rare ones are edges of letters."""
    picture = picture.convert("RGB")
    counted = cast("list[tuple[int, tuple[int, ...]]]", picture.getcolors(1 << 24))  # RGB, and never too many
    colours = [colour for _count, colour in sorted(counted, reverse=True)[:_COLOURS]]
    colours += colours[:1] * (_COLOURS - len(colours))
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    file = IMAGES / f"{name}.png"
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.name}: {file.stat().st_size} bytes")
