"""A short, repeatable run of the fuzzers; `python -m tests.fuzz` runs them for as long as one likes."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.fuzz.mutate import mutations
from tests.fuzz.targets import CORPUS, TARGETS

COUNTS = {
    "replies": 3000,
    "settings": 500,
    "names": 1000,
    "control": 1000,
    "calls": 3000,
    "requests": 2000,
    "answers": 1000,
}


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_it(name: str) -> None:
    """The corpus and some thousand descendants: every input is understood or refused as it should be."""
    corpus = [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]
    assert corpus
    for data in itertools.islice(mutations(corpus, random.Random(5)), COUNTS[name]):
        TARGETS[name](data)
