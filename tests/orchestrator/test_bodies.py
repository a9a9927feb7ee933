"""Bodies: what is JSON, what is nothing, what is a page, and what PHP wrote around it."""

from __future__ import annotations

import json

import pytest

from app.orchestrator.bodies import Body, BodyKind, read_body

HTML = "<br />\n<b>{}</b>:  {} in <b>/var/www/x.php</b> on line <b>7</b><br />\n"
NOTICES = [
    HTML.format("Warning", "Undefined array key 0"),
    HTML.format("Notice", "a message<br />with [breaks] {and} more"),
    HTML.format("Deprecated", "one") + HTML.format("Warning", "two"),
    "<br />\n<b>Warning</b>: cut short<br />\n",
    "\nWarning: Undefined array key in /var/www/x.php on line 7\n",
    "PHP Notice:  Undefined index: a in /var/www/x.php on line 7\n",
    "PHP Warning:  a in /var/www/x.php on line 7\nPHP Stack trace:\nPHP   1. {main}() /var/www/index.php:0\n",
    "\nWarning: a in /var/www/x.php on line 7\n\nCall Stack:\n    0.0001     395000   1. f([]) /var/www/x.php:3\n\n",
    "<br />\n<font size='1'><table class='xdebug-error xe-warning' dir='ltr'><tr><th>x</th></tr></table></font>\n",
]


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("where", ["{0}{1}", "{1}{0}", "{0}{1}{0}", "\ufeff{0} {1}"])
def test_the_json_counts_whatever_php_wrote_around_it(notice: str, where: str) -> None:
    """Before, after, on both sides; and what was written is there to be logged."""
    body = read_body(where.format(notice, '{"HasNewJob": 1}').encode())
    assert (body.kind, body.value) == (BodyKind.JSON, {"HasNewJob": 1})
    assert body.notices
    assert not any("<" in text for text in body.notices)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("", BodyKind.NOTHING),
        ("\ufeff \r\n", BodyKind.NOTHING),
        (NOTICES[0], BodyKind.NOTHING),
        ("<!DOCTYPE html><html>…", BodyKind.PAGE),
        ("  <html>{}</html>", BodyKind.PAGE),
        ("Please wait\n<HTML><body>", BodyKind.PAGE),
        (NOTICES[0] + "<html>{}", BodyKind.PAGE),
        (HTML.format("Fatal error", "Uncaught E"), BodyKind.PAGE),
        ('<html><script>var state = {"HeartbeatErrorCode": 0, "HasNewJob": 0}</script>', BodyKind.PAGE),
        ("Not found", BodyKind.TEXT),
        ('{"HeartbeatErrorCode": 0, "Has', BodyKind.TEXT),
        ('{"HeartbeatErrorCode": 0}{"HasNewJob": 0}', BodyKind.TEXT),
        ("[" * 100_000, BodyKind.TEXT),
        ("null", BodyKind.JSON),
        ("[]", BodyKind.JSON),
        ('"<b>Warning</b>: in a text<br />"', BodyKind.JSON),
    ],
)
def test_what_a_body_is(data: str, kind: BodyKind) -> None:
    """A page stays a page, with or without JSON somewhere in it."""
    assert read_body(data.encode()).kind is kind


@pytest.mark.parametrize("blanks", ["\ufeff", "\ufeff\ufeff", "\r\n\ufeff\n", " \ufeff \ufeff"])
def test_boms_and_blanks_around_the_json_are_fine(blanks: str) -> None:
    """Every PHP file that was saved with a BOM sends it, wherever it is included."""
    assert read_body((blanks + "[]" + blanks).encode()) == Body(BodyKind.JSON, [])


@pytest.mark.parametrize("kind", [BodyKind.JSON])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_texts_of_another_encoding_lose_no_reply(kind: BodyKind, encoding: str) -> None:
    """An old database's Windows Cyrillic is read as such, also beside UTF-8."""
    data = b'{"Name": "' + "отчёт".encode(encoding) + '", "Other": "счёт"}'.encode()
    assert read_body(data) == Body(kind, {"Name": "отчёт", "Other": "счёт"})


@pytest.mark.parametrize("raw", ["\t", "\n", "\r\n", "\x01", "\0"])
def test_raw_control_characters_lose_no_reply(raw: str) -> None:
    """JSON that was put together by hand: a line break or a tab in a text stands there as it is."""
    body = read_body(f'{{"ErrorText": "line{raw}break", "HasNewJob": 1}}'.encode())
    assert body == Body(BodyKind.JSON, {"ErrorText": f"line{raw}break", "HasNewJob": 1})


def test_half_a_letter_loses_no_reply() -> None:
    """A database that cuts texts by bytes."""
    body = read_body(b'{"Name": "' + "счёт".encode()[:-1] + b'", "HasNewJob": 1}')
    assert body.value["HasNewJob"] == 1
    json.dumps(body.value, ensure_ascii=False).encode()


def test_a_flood_of_notices_is_read_in_no_time() -> None:
    """However many there are, and however they are broken."""
    read_body((NOTICES[0] * 3000 + "{").encode())
    read_body(("<b>Warning</b>:" * 20_000).encode())
    read_body(("<br />\n<b>Warning</b>: x" * 20_000).encode())


STACK = "Warning: a on line 1\nCall Stack:\n"


@pytest.mark.parametrize(
    ("begin", "unit"),
    [
        ("", "Warning: "),
        ("", "<font"),
        ("", "<font><table class='xdebug-error"),
        (STACK, "1. :1"),
        (STACK, " 1. a:11111111111"),
        ("<b>Warning</b>:", "<br "),
    ],
)
def test_nothing_keeps_the_robot_reading_for_minutes(begin: str, unit: str) -> None:
    """A megabyte of what looks like the beginning of notices: heartbeats and Stop had to wait for it as well."""
    read_body((begin + unit * (1_000_000 // len(unit)) + "{").encode())
