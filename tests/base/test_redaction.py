"""Redaction: the GUID is not seen in any form that it travels in."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from app.base.redaction import MASK, Redactor

guids = st.uuids().map(str)
texts = st.text(max_size=40)


def encoded(text: str) -> str:
    """`text` in base64."""
    return base64.b64encode(text.encode()).decode()


def forms(guid: str) -> list[str]:
    """Every form in which the GUID travels."""
    spellings = [guid, guid.lower(), guid.upper()]
    return [
        *spellings,
        f"{{{guid}}}",
        guid.replace("-", ""),
        guid.replace("-", "").upper(),
        guid.title(),
        *(encoded(spelling) for spelling in spellings),
        *(f"Basic {encoded(spelling)}" for spelling in spellings),
        encoded(f"{guid}:"),
        f"RobotGUID={guid}&Machine=x",
    ]


@given(guids, texts, texts, st.data())
def test_no_form_survives(guid, before, after, data):
    """Whatever stands around it, no form of the GUID is left, and what stands around it is."""
    form = data.draw(st.sampled_from(forms(guid)))
    redacted = Redactor(guid)(before + form + after)
    lowered = redacted.lower()
    assert guid not in lowered
    assert guid.replace("-", "") not in lowered
    assert all(encoded(spelling)[:32] not in redacted for spelling in (guid, guid.upper()))
    assert MASK in redacted
    assert redacted.startswith(before) or not before.isprintable() or before[-1:] in form
    assert redacted.endswith(after) or after[:1] in "=*"


@given(guids, texts)
def test_other_text_is_left_alone(guid, text):
    """A text without the GUID stays as it is."""
    assert Redactor(guid)(text) == text


@given(guids, guids)
def test_every_guid_that_was_ever_learned_stays_secret(old, new):
    """A changed settings file brings a second GUID; the first one is still in flight."""
    redactor = Redactor(old)
    redactor.learn(new)
    redactor.learn("")
    redacted = redactor(f"{old} {new} {encoded(old)} {encoded(new)}")
    assert redacted == " ".join([MASK] * 4)


def test_without_a_guid_nothing_is_hidden():
    """Before the settings are known there is nothing to hide."""
    assert Redactor()("da8bc2f0-8065-4385-b867-405e66b8e151") == "da8bc2f0-8065-4385-b867-405e66b8e151"


def test_learning_again_costs_nothing():
    """A robot whose settings are reloaded for months doesn't get slower."""
    redactor = Redactor("da8bc2f0-8065-4385-b867-405e66b8e151")
    before = redactor._pattern
    for _unused in range(50):
        redactor.learn("da8bc2f0-8065-4385-b867-405e66b8e151")
    assert redactor._pattern == before
