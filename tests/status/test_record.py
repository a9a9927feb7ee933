"""The record: what is written can be read, what is none is refused, whatever it holds."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.status.record import FORMAT, Status, WrongRecordError, as_text, as_values, read_text
from tests.status.samples import status


def test_what_is_written_can_be_read() -> None:
    """Every field comes back as it was, times with their zone."""
    assert read_text(as_text(status())) == status()
    bare = status(job=None, last=None, heard=None, leaving_at=None, connected=None)
    assert read_text(as_text(bare)) == bare


def test_names_of_a_later_release_do_no_harm() -> None:
    """What this version doesn't know is left out; only another format is refused, as newer."""
    values = as_values(status())
    assert read_text(json.dumps(values | {"progress": 0.5})) == status()
    with pytest.raises(WrongRecordError) as refused:
        read_text(json.dumps(values | {"format": FORMAT + 1}))
    assert refused.value.newer


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(as_values(status()))), _JSON)
def test_anything_else_in_a_place_is_refused(key: str, value: object) -> None:
    """Whatever stands in a place, a record comes out or it is refused: nothing else is raised."""
    values = as_values(status()) | {key: value}
    with contextlib.suppress(WrongRecordError):
        assert isinstance(read_text(json.dumps(values)), Status)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"format": true}', "[" * 100_000])
def test_what_is_no_record_is_refused(text: str) -> None:
    """Half of a file, another file: refused, not as newer."""
    with pytest.raises(WrongRecordError) as refused:
        read_text(text)
    assert not refused.value.newer
