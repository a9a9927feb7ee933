"""The licence texts that lie beside the program: ours, and those of its parts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from app.base.bundle import FROZEN
from app.base.paths import BUNDLE_DIR

_NAMES: Final = ("LICENSE", "THIRD-PARTY-NOTICES.txt")


def licences() -> list[Path]:
    """Those that are there."""
    places = [Path(sys.executable).parent, BUNDLE_DIR] if FROZEN else [BUNDLE_DIR]
    found = [next((place / name for place in places if (place / name).is_file()), None) for name in _NAMES]
    return [file for file in found if file is not None]
