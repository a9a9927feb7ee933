"""Numbers in the language of their reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.i18n import Amount, Phrase, decimal, plain_number, set_language

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["en", "ru"])
def sign(request: pytest.FixtureRequest) -> Iterator[str]:
    """The decimal sign of the language that is spoken."""
    set_language(request.param)
    yield {"en": ".", "ru": ","}[request.param]
    set_language("en")


def test_the_decimal_sign_is_the_languages(sign: str) -> None:
    """Rounded, and as short as a number is; a large one keeps its digits."""
    assert decimal(77.66) == f"77{sign}7"
    assert plain_number(2.5) == f"2{sign}5"
    assert plain_number(10.0) == "10"
    assert plain_number(1_234_567) == "1234567"


def test_a_log_is_english_whatever_people_speak(sign: str) -> None:
    """A phrase is said to both."""
    phrase = Phrase("nothing within {seconds} s", seconds=Amount(2.5))
    assert str(phrase) == "nothing within 2.5 s"
    assert phrase.for_people() == f"nothing within 2{sign}5 s"
