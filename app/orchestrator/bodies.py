r"""What the body of an answer is: JSON, nothing, a page, or something else. PHP's notices around it don't count.

PHP writes its notices into the answer where `display_errors` is on (https://www.php.net/manual/errorfunc.configuration.php):
`<br />\n<b>Warning</b>:  Undefined array key in <b>/var/www/x.php</b> on line <b>7</b><br />\n`, or as plain lines.
"""

from __future__ import annotations

import codecs
import json
import re
from enum import Enum, auto
from typing import Any, Final

from app.base.dataclass import dataclass

_KINDS: Final = "(?:Warning|Notice|Deprecated|Strict Standards|Recoverable fatal error|Catchable fatal error)"
# As HTML (up to the line's number, else to the first line break), as plain lines (behind them xdebug's calls), and as
# xdebug's tables. No part of it may look through a whole megabyte again and again: the robot would stand still.
# Texts, which `re` compiles when one is first looked for: after the first heartbeat.
_NOTICE: Final = rf"""(?sx)
      (?:<br\s*/?>\s*)? <b>{_KINDS}</b>:
        (?: (?:(?!<b>{_KINDS}</b>:).)*? on\ line\ <b>\d+</b>\s* (?:<br\s*/?>)? | .*? (?:<br\s*/?> | \Z) )
    | (?:<br\s*/?>\s*)? <font[^<>]*>\s*<table\ class='xdebug-error
        (?:(?!<table\ class='xdebug-error).)*? </table>\s*</font>
    | (?<![^\s}}\]])(?:PHP\ )?{_KINDS}:\ [^\n]{{0,2000}}\ on\ line\ \d+\s*
        (?: (?:PHP\ )?(?:Stack\ trace|Call\ Stack):\s* (?: [^\n{{\[]{{0,200}}\d\.\ [^\n]{{0,1000}}:\d+\s*(?:\n|\Z) )* )?
    """
_BLANKS: Final = " \t\r\n\f\v\0\ufeff"  # every PHP file that was saved with a BOM sends it, wherever it is included
_PAGE: Final = r"(?si)\s*<|.{0,2000}?<(?:!doctype|html|head|body)\b"
_WORD: Final = r"[\w\s.,!:-]{1,80}"
_JSON: Final = json.JSONDecoder(strict=False)
_FAILURE: Final = "(?i)error|exception|fail|fatal|denied|sqlstate|ошибк"


class BodyKind(Enum):
    """What a body is."""

    JSON = auto()
    NOTHING = auto()
    PAGE = auto()
    TEXT = auto()


@dataclass(frozen=True)
class Body:
    """A body that was read; `value` is the parsed JSON, or the text; `notices` what PHP wrote around it."""

    kind: BodyKind
    value: Any = None
    notices: tuple[str, ...] = ()


def read_body(data: bytes) -> Body:
    """Read `data`: in UTF-8, with single bytes of another encoding in texts taken for Windows' Cyrillic."""
    text = data.decode("utf-8", _CYRILLIC).strip(_BLANKS)
    if not text:
        return Body(BodyKind.NOTHING)
    whole = _parsed(text)
    if whole is not None:
        return whole
    notices = tuple(" ".join(re.sub("<[^<>]*>", "", found).split()) for found in re.findall(_NOTICE, text))
    rest = re.sub(_NOTICE, "", text).strip(_BLANKS) if notices else text
    if not rest:
        return Body(BodyKind.NOTHING, notices=notices)
    found = _parsed(rest) if notices else None
    if found is not None:
        return Body(found.kind, found.value, notices)
    return Body(BodyKind.PAGE if re.match(_PAGE, rest) else BodyKind.TEXT, rest, notices)


def is_word(text: str) -> bool:
    """Whether an answer's text may say that all is well, as `OK` does: short, no remains of JSON, no failure in it."""
    return bool(re.fullmatch(_WORD, text)) and not re.search(_FAILURE, text)


def parse_json(text: str) -> Any:
    """What JSON says; control characters may stand in its texts as they are, where somebody put it together by hand.

    Raises:
        ValueError: it is none.
        RecursionError: it is nested deeper than anything that a person has made.
    """
    return _JSON.decode(text)


def _parsed(text: str) -> Body | None:
    try:
        return Body(BodyKind.JSON, parse_json(text))
    except (ValueError, RecursionError):
        return None


def _as_cyrillic(error: UnicodeError) -> tuple[str, int]:
    """Texts from an old database, in the middle of UTF-8: the rest of the reply must not be lost for them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1251", "replace"), error.end


_CYRILLIC: Final = "robot-cp1251"
codecs.register_error(_CYRILLIC, _as_cyrillic)
