"""Redaction: the GUID is not seen in any form that it travels in."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from app.base.redaction import MASK, Mask, Redactor, secret_forms

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
        encoded(guid.title()),
        encoded(guid.replace("-", "").title()),
        encoded(guid.replace("-", "").title()).rstrip("="),
        guid.replace("-", "%2D"),
        guid.title().encode("utf-16-le").decode(),
        guid.encode("utf-16-be").decode(),
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
    assert all(encoded(spelling)[:32] not in redacted for spelling in (guid, guid.upper(), guid.title()))
    assert lowered.replace("\0", "").replace("%2d", "-").count(guid) == 0
    assert MASK in redacted
    assert redacted.startswith(before) or not before.isprintable() or before[-1:] in form
    assert redacted.endswith(after)


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
    assert redactor("nothing of it") == "nothing of it"
    before = redactor._mask._forms
    for _unused in range(50):
        redactor.learn("da8bc2f0-8065-4385-b867-405e66b8e151")
    assert redactor._mask._forms is before


@given(guids, st.data())
def test_bytes_that_come_in_pieces(guid, data):
    """However a stream is torn up, no form is in what was let through, and nothing else is missing."""
    form = data.draw(st.sampled_from(forms(guid)))
    stream = f"before {form} after".encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    mask, let_through, held = Mask(guid), b"", b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        ready, held = mask.split(held + stream[start:end])
        let_through += ready
    assert let_through + mask(held) == mask(stream)
    assert MASK.encode() in mask(stream)


def test_any_secret_can_be_learned_and_none_that_is_too_short():
    """A password in another alphabet is masked as text, urlencoded and in UTF-16; a "1" is not."""
    mask = Mask("da8bc2f0-8065-4385-b867-405e66b8e151")
    mask.learn("Пароль+1 ")
    mask.learn("1")
    for form in ("Пароль+1 ".encode(), b"%D0%9F%D0%B0%D1%80%D0%BE%D0%BB%D1%8C%2B1%20", "Пароль+1 ".encode("utf-16-le")):
        assert mask(b"<" + form + b">1") == b"<***>1"
    assert secret_forms("1") == frozenset()


@given(st.text("a1", min_size=8, max_size=12), st.text("a1", max_size=12), st.integers(0, 40))
def test_a_secret_that_begins_within_its_own_beginning(secret, before, cut):
    """A false start directly before the secret doesn't hide the true one."""
    mask = Mask(secret)
    stream = (before + secret).encode()
    ready, held = mask.split(stream[:cut])
    rest, held = mask.split(held + stream[cut:])
    assert secret.encode() not in ready + rest + mask(held)


def test_what_one_run_learns_is_not_known_to_the_next():
    """Each run's mask knows the robot's GUID from the start, and a secret of its own beside it."""
    robots = Mask("da8bc2f0-8065-4385-b867-405e66b8e151")
    one, other = robots.for_a_run(), robots.for_a_run()
    one.learn("a password of one run")
    text = b"da8bc2f0-8065-4385-b867-405e66b8e151: a password of one run"
    assert one(text) == b"***: ***"
    assert other(text) == robots(text) == b"***: a password of one run"


def test_what_one_secret_adds_does_not_depend_on_how_many_there_are():
    """A script that asks for fifty passwords in Cyrillic: each is masked, also one that holds another."""
    mask = Mask()
    secrets = [f"пароль номер {number}" for number in range(50)]
    for secret in secrets:
        mask.learn(secret)
        assert mask(secret.encode()) == b"***"
    said = " ".join([*secrets, "пароль номер 4"]).encode()
    assert mask(said) == b" ".join([b"***"] * 51)
