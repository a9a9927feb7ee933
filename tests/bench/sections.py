"""What a run writes into a page of the documentation, between two comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def replace_section(page: Path, name: str, text: str) -> None:
    """Put `text` between `<!-- NAME: written by the run -->` and `<!-- NAME: end -->`.

    Raises:
        ValueError: the page has no such place.
    """
    before = page.read_text("utf-8")
    pattern = rf"(<!-- {name}: written by the run -->\n).*?(<!-- {name}: end -->)"
    after, count = re.subn(pattern, lambda found: f"{found[1]}{text}\n{found[2]}", before, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{page} has no place for {name}")
    page.write_text(after, "utf-8")
