"""The page of a robot, served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.page import served as helper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[helper.Served]:
    """The page, open."""
    with helper.served(tmp_path) as page:
        yield page
