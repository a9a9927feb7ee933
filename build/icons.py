"""Make the .ico files in `assets/` from their SVG sources: `python build/icons.py`.

For who changes a drawing; the outcome is committed, so nobody else needs the renderer (`pip install resvg-py pillow`).
A drawing on a small grid keeps its edges on whole pixels only at multiples of that grid. So each icon is drawn three
times, on 16, 20 and 24 units, and a size takes the largest grid that divides it. The program's icon has one drawing
more, with detail, for its large sizes.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

try:
    import resvg_py
except ImportError:
    sys.exit("The icons are drawn with resvg: pip install resvg-py pillow")

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
TRAY = ASSETS / "tray"
PROGRAM = ASSETS / "robot"
TRAY_SIZES = (16, 20, 24, 32, 40, 48, 64)
PROGRAM_SIZES = (*TRAY_SIZES, 128, 256)
LARGE = 32  # pixels from which the program icon shows detail, drawn on twice as many units
CONTACT_SHEET = ROOT / "docs" / "images" / "icons.png"
TASKBARS = ("#f3f3f3", "#202020")  # of Windows 11, light and dark


def render(svg: Path, size: int) -> Image.Image:
    """The drawing as a square of `size` pixels."""
    png = resvg_py.svg_to_bytes(svg_path=str(svg), width=size, height=size)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def source(drawings: Path, name: str, size: int) -> Path:
    """The drawing that fits `size` best: `name-GRID.svg` with the largest grid that divides it."""
    grids = {int(svg.stem.rsplit("-", 1)[1]): svg for svg in drawings.glob(f"{name}-*.svg")}
    fitting = [grid for grid in grids if size % grid == 0 or (size >= LARGE and grid > LARGE)]
    return grids[max(fitting)]


def write_ico(images: list[Image.Image], target: Path) -> None:
    """All `images` in one .ico, the smallest first."""
    images[-1].save(target, sizes=[image.size for image in images], append_images=images[:-1], bitmap_format="png")
    print(f"{target.relative_to(ROOT)}: {', '.join(str(image.width) for image in images)} px")


def contact_sheet(rows: list[list[Image.Image]], target: Path) -> None:
    """Every size of every icon on a light and on a dark taskbar, to be looked at."""
    width = sum(image.width + 12 for image in rows[0]) + 12
    height = sum(max(image.height for image in row) + 12 for row in rows) + 12
    sheet = Image.new("RGB", (width * len(TASKBARS), height))
    for index, colour in enumerate(TASKBARS):
        half = Image.new("RGBA", (width, height), colour)
        y = 12
        for row in rows:
            x = 12
            for image in row:
                half.alpha_composite(image, (x, y))
                x += image.width + 12
            y += max(image.height for image in row) + 12
        sheet.paste(half.convert("RGB"), (index * width, 0))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target, optimize=True)
    print(target.relative_to(ROOT))


def main() -> None:
    """Draw everything."""
    rows = []
    for face in sorted({svg.stem.rsplit("-", 1)[0] for svg in TRAY.glob("*.svg")}):
        images = [render(source(TRAY, face, size), size) for size in TRAY_SIZES]
        write_ico(images, ASSETS / f"tray-{face}.ico")
        rows.append(images)
    images = [render(source(PROGRAM, "robot", size), size) for size in PROGRAM_SIZES]
    write_ico(images, ASSETS / "robot.ico")
    rows.append([image for image in images if image.width in TRAY_SIZES])
    contact_sheet(rows, CONTACT_SHEET)


if __name__ == "__main__":
    main()
