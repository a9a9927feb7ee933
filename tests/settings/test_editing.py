"""Settings changed in a text that a person has written: the rest of it stays as it is."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.base import i18n
from app.settings.editing import NotEditableError, edited, toml_of
from app.settings.file import template_text
from app.settings.model import Settings

WRITTEN = """\
# Ours; ask Anna.   \r
"host" = 'http://o'  # the old one\r
robot_guid='da8bc2f0-8065-4385-b867-405e66b8e151'\r
\t\r
# slow line at night\r
  heartbeat_seconds   =   20 # was 10\r
\r
other.tool = 1\r
[somebody.else]\r
when_idle = 'not ours' # nor this\r
# the end"""


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"host": "https://new"}, "'http://o'", "'https://new'"),
        ({"heartbeat_seconds": 12.5}, "20 #", "12.5 #"),
        ({"heartbeat_seconds": None}, "  heartbeat_seconds   =   20 # was", "  # heartbeat_seconds = 10 # was"),
        ({"verify_tls": False}, "tool = 1\r\n", "tool = 1\r\nverify_tls = false\r\n"),
        ({"when_idle": "wait"}, "tool = 1\r\n", "tool = 1\r\nwhen_idle = 'wait'\r\n"),
        ({"robot_guid": None}, "robot_guid='da8bc2f0-8065-4385-b867-405e66b8e151'\r\n", ""),
        ({"send_logs": None}, "", ""),
    ],
)
def test_nothing_but_the_change_is_another(changes: dict[str, Any], old: str, new: str) -> None:
    """Blanks, quotes, comments, line ends and a BOM stay; a key of somebody else's table is not meant."""
    assert edited(WRITTEN, changes) == WRITTEN.replace(old, new)
    assert edited("\ufeff" + WRITTEN, changes) == "\ufeff" + WRITTEN.replace(old, new)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_template_is_filled_in_where_it_shows_a_key(language: str) -> None:
    """A key that is commented out comes to life below that line; taken out again, the template is as before."""
    i18n.set_language(language)
    try:
        text = template_text()
    finally:
        i18n.set_language("en")
    values = {"poll_seconds": 5, "verify_tls": False, "proxy": "http://p:1", "data_dir": r"D:\robot's"}
    made = edited(text, values)
    lines = made.splitlines()
    for key, value in values.items():
        at = lines.index(f"{key} = {toml_of(value)}")
        assert lines[at - 1].startswith(f"# {key} = ")
    assert edited(made, dict.fromkeys(values)) == text


def test_a_comment_keeps_what_it_speaks_of() -> None:
    """Where a comment stands above or behind a key that is taken out, the default takes its place, commented out."""
    text = "# Never at night!\nverify_tls = false\npoll_seconds = 3\n# proxy = 'x'\nwhen_idle = 'exit'\n"
    taken_out = edited(text, dict.fromkeys(("verify_tls", "poll_seconds", "when_idle")))
    assert taken_out == "# Never at night!\n# verify_tls = true\n# proxy = 'x'\n"


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "   ", "\n  ", " # last", "\n# last", "\r\n"])
def test_a_new_key_has_a_line_of_its_own(end: str) -> None:
    """Also where the text ends without a line end."""
    made = edited(f"poll_seconds = 3{end}", {"send_logs": True})
    assert tomllib.loads(made) == {"poll_seconds": 3, "send_logs": True}
    assert edited(made, {"send_logs": None}).strip() == f"poll_seconds = 3{end}".strip()


@pytest.mark.parametrize(
    "text", ["host.name = 1", "[host]\nname = 1", "[[host]]", "host = [\n  1, # first\n]", "host = {a = 1}"]
)
def test_what_is_no_single_value_is_nothing_to_replace(text: str) -> None:
    """A table in the place of a setting has keys and comments of its own: a person looks at that."""
    with pytest.raises(NotEditableError):
        edited(text, {"host": "http://new"})


def test_a_secret_is_not_in_the_way_of_its_removal() -> None:
    """A GUID that is taken out isn't left in a comment."""
    text = "# The robot's:\nrobot_guid = 'da8bc2f0-8065-4385-b867-405e66b8e151' # keep it\n"
    assert "da8bc2f0" not in edited(text, {"robot_guid": None})


plain = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
toml_values = st.one_of(
    plain.map(toml_of),
    st.booleans().map(toml_of),
    st.integers(-(10**9), 10**9).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        [
            "[1,\n 2] ",
            "{a = 1, 'b.c' = 2}",
            "nan",
            "1979-05-27T07:32:00Z",
            '"""\na\\\n  b"""',
            "'''x\ny'''",
            "0x1F",
            "1_000",
        ]
    ),
)
settings_keys = st.sampled_from(Settings.keys()[:4])  # few, so that a text has those that change
bare_keys = st.one_of(settings_keys, st.text("abz_-09", min_size=1, max_size=6))
names = st.one_of(bare_keys, bare_keys.map(lambda key: f'"{key}"'), bare_keys.map(lambda key: f"x.{key}"))
blanks = st.text(" \t", max_size=3)
comments = st.one_of(st.just(""), plain.map(lambda text: f"# {text}"), bare_keys.map(lambda key: f"# {key} = 1"))
pairs = st.builds(
    lambda a, key, b, value, c, said: f"{a}{key}{b}={b}{value}{c}{said}",
    blanks,
    names,
    blanks,
    toml_values,
    blanks,
    comments,
)
heads = st.builds("[{}]{}".format, st.one_of(names, names.map(lambda name: f"[{name}]")), comments)
texts = st.builds(
    lambda lines, end, last, bom: bom + end.join(lines).replace("\r\n", "\n").replace("\n", end) + last,
    st.lists(st.one_of(pairs, pairs, st.builds(str.__add__, blanks, comments), heads), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\r\n", "  "]),
    st.sampled_from(["", "\ufeff"]),
)
changed_values = st.one_of(
    st.none(), plain, st.booleans(), st.integers(0, 10**6), st.floats(0, 1e6, allow_nan=False), st.just("a'''b\"\\\n")
)


@given(texts, st.dictionaries(settings_keys, changed_values, max_size=3))
def test_any_text_any_change(text: str, changes: dict[str, Any]) -> None:
    """What is written can be read, differs in exactly those keys, and has every comment of before."""
    try:
        before = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        assume(False)
    try:
        made = edited(text, changes)
    except NotEditableError:
        assert any(isinstance(before.get(key), (dict, list)) for key in changes), text
        return
    after = tomllib.loads(made.removeprefix("\ufeff"))
    expected = {key: value for key, value in before.items() if key not in changes}
    expected |= {key: value for key, value in changes.items() if value is not None}
    assert {key: repr(value) for key, value in after.items() if key not in changes} == {
        key: repr(value) for key, value in expected.items() if key not in changes
    }
    assert {key: after.get(key) for key in changes} == changes
    assert made.startswith("\ufeff") == text.startswith("\ufeff")
    for comment in _comments(text):
        assert comment in made
    if "\r\n" in text and not re.search(r"(?<!\r)\n", text):
        assert not re.search(r"(?<!\r)\n", made)


def _comments(text: str) -> list[str]:
    """The lines that are nothing but a comment, as they stand there."""
    return [line.strip() for line in re.split(r"\r?\n", text.removeprefix("\ufeff")) if line.strip().startswith("#")]
