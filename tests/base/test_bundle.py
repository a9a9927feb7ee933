"""The folder of our own libraries, which programs that are started must not inherit."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from app.base import bundle

if TYPE_CHECKING:
    import pytest


def test_a_program_that_takes_long_to_start_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows, played: the folder is away as long as anything is being started, and back afterwards."""
    set_to: list[str | None] = ["ours"]
    begun, answers = threading.Event(), threading.Event()

    def start_slowly() -> None:
        with bundle.system_dll_directory():
            begun.set()
            assert answers.wait(20)

    def start() -> str | None:
        with bundle.system_dll_directory():
            return set_to[-1]

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "_MEIPASS", "ours", raising=False)
    monkeypatch.setattr(bundle, "_set_dll_directory", set_to.append, raising=False)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(start_slowly)
        try:
            assert begun.wait(20)
            assert pool.submit(start).result(20) is None
            assert set_to[-1] is None
        finally:
            answers.set()
        slow.result(20)
    assert set_to[-1] == "ours"
    assert start() is None
    assert set_to[-1] == "ours"
