"""A log that is being written, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.page.output import MOST, piece_of

if TYPE_CHECKING:
    from pathlib import Path


def test_pieces_are_the_whole(tmp_path: Path) -> None:
    """What was written byte by byte arrives letter by letter, each of them once."""
    file, text = tmp_path / "log", "Счёт № 7: 12 €, 𝄞\nконец\n"
    shown, at = "", 0
    for byte in text.encode():
        with file.open("ab") as stream:
            stream.write(bytes([byte]))
        piece = piece_of(file, at)
        shown, at = (piece.text if piece.anew else shown + piece.text), piece.at
    assert shown == text
    assert at == len(text.encode())


def test_of_a_long_log_the_end_is_shown(tmp_path: Path) -> None:
    """From a whole line on, and it is said that there is more before it; so also after a while of not looking."""
    file = tmp_path / "log"
    lines = [f"строка {number}" for number in range(20_000)]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    for at in (0, 10):
        piece = piece_of(file, at)
        assert (piece.anew, piece.cut, piece.at) == (True, True, file.stat().st_size)
        assert len(piece.text.encode()) <= MOST
        assert piece.text.splitlines()[0] in lines
        assert piece.text.splitlines()[-1] == lines[-1]


def test_one_endless_line_is_cut_between_letters(tmp_path: Path) -> None:
    """No half of a letter is shown."""
    file = tmp_path / "log"
    file.write_text("x" + "я" * MOST, "utf-8")
    piece = piece_of(file, 0)
    assert set(piece.text) == {"я"}


@pytest.mark.parametrize("content", [None, b"", b"short"])
def test_a_log_that_went_or_shrank_begins_anew(tmp_path: Path, content: bytes | None) -> None:
    """What was shown before is replaced."""
    file = tmp_path / "log"
    if content is not None:
        file.write_bytes(content)
    piece = piece_of(file, 5000)
    assert (piece.text, piece.anew, piece.at) == ((content or b"").decode(), True, len(content or b""))


def test_what_is_no_text_is_spelled_out(tmp_path: Path) -> None:
    """Colours, bells and half letters do nothing on the page."""
    file = tmp_path / "log"
    file.write_bytes(b"\x1b[31mred\x07\xff\xc3\n")
    assert piece_of(file, 0).text == "\\x1b[31mred\\x07\ufffd\ufffd\n"
