"""Other values in a settings file that a person has written, with everything else in it left as it is.

Comments, order, blanks, line ends, a BOM, quotes of keys, tables and keys of somebody else: all stay. A changed key
keeps its place and the comment behind it. A new one stands below the line of the template that shows it commented out,
else behind the last of the keys. One that is taken out leaves no line, unless a comment speaks of it: then the line of
the template stands there, commented out, so that the comment still has what it speaks of.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from app.settings.file import commented_line, toml_text
from app.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tomlkit.items import Item, Key

    Piece = tuple[Key | None, Item]

Written = str | bool | int | float
_BOM: Final = "\ufeff"


class NotEditableError(Exception):
    """The text can't be changed without harm to something else in it."""


def edited(text: str, changes: Mapping[str, Written | None]) -> str:
    """TOML `text` with other values of some settings.

    Args:
        text: as it is in the file: with its line ends, and a BOM if there is one.
        changes: the value of each changed key; None takes the key out.

    Raises:
        NotEditableError: it can't be done; a key may be the name of a table, for one.
    """
    import tomlkit  # late: a robot whose settings nobody changes needs none of it
    from tomlkit.exceptions import TOMLKitError

    line_end = "\r\n" if "\r\n" in text else "\n"
    bare = text.removeprefix(_BOM)
    unended = bool(bare) and not bare.endswith("\n")
    bare += line_end if unended else ""
    try:
        document = tomlkit.parse(bare)
        _cut_before_tables(document.body)
        head = document.as_string()
        if not bare.startswith(head):
            raise NotEditableError
        rest = bare[len(head) :]
        keys = _Keys(document.body, line_end, at_end=not rest)
        for key, value in changes.items():
            keys.change(key, value)
        made = document.as_string() + rest
        if not _differs_in(changes, tomllib.loads(bare), tomllib.loads(made)):
            raise NotEditableError
    except (TOMLKitError, ValueError, RecursionError) as error:  # what one of the two parsers doesn't take
        raise NotEditableError from error
    if unended and not keys.appended:
        made = made.removesuffix(line_end)
    return (_BOM if text.startswith(_BOM) else "") + made


def toml_of(value: Written) -> str:
    """`value` as TOML, numbers as short as they are."""
    if isinstance(value, str):
        return toml_text(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if float(value).is_integer() else repr(value)


def _differs_in(changes: Mapping[str, Written | None], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether nothing but the changes lies between two texts, whoever's mistake it would be."""
    meant = {key: repr(value) for key, value in before.items() if key not in changes}  # repr: not a number is itself
    written = {key: toml_of(value) for key, value in changes.items() if value is not None}
    meant |= {key: repr(tomllib.loads(f"it = {text}")["it"]) for key, text in written.items()}
    return meant == {key: repr(value) for key, value in after.items()}


def _cut_before_tables(body: list[Piece]) -> None:
    """Keep what stands before the head of the first table, as settings do; tomlkit puts some tables in order."""
    from tomlkit.items import AoT, Table

    tables = (
        at for at, (key, item) in enumerate(body) if key and isinstance(item, (AoT, Table)) and not key.is_dotted()
    )
    del body[next(tables, len(body)) :]


class _Keys:
    """The lines before the first table.

    Args:
        body: them, as tomlkit's document holds them; changed in place.
        line_end: for new lines.
        at_end: no table follows.

    Attributes:
        appended: a line was put behind all others.
    """

    def __init__(self, body: list[Piece], line_end: str, *, at_end: bool) -> None:
        self._body = body
        self._line_end = line_end
        self._at_end = at_end
        self.appended = False

    def change(self, key: str, value: Written | None) -> None:
        """Write, replace or (None) take out one key."""
        at = next((at for at, (found, _) in enumerate(self._body) if found is not None and found.key == key), None)
        if at is None:
            if value is not None:
                self._insert(key, value)
        elif not _is_one_value(self._body[at][1]):
            raise NotEditableError
        elif value is None:
            self._take_out(at, key)
        else:
            found, old = self._body[at]
            new = self._line(key, value)[1]
            new.trivia.indent, new.trivia.comment_ws = old.trivia.indent, old.trivia.comment_ws
            new.trivia.comment, new.trivia.trail = old.trivia.comment, old.trivia.trail
            self._body[at] = (found, new)

    def _line(self, key: str, value: Written) -> Piece:
        import tomlkit

        return tomlkit.parse(f"{key} = {toml_of(value)}{self._line_end}").body[0]

    def _insert(self, key: str, value: Written) -> None:
        from tomlkit.items import Comment, Whitespace

        at = self._place_of(key)
        self.appended |= self._at_end and at == len(self._body)
        if at and isinstance(self._body[at - 1][1], Comment) and not _commented_key(self._body[at - 1]):
            self._body.insert(at, (None, Whitespace(self._line_end)))  # that comment speaks of something else
            at += 1
        self._body.insert(at, self._line(key, value))

    def _place_of(self, key: str) -> int:
        if shown := self._shown_commented_out(key):
            return shown[-1] + 1
        if self._at_end:
            return len(self._body)
        return max((at + 1 for at, (found, _) in enumerate(self._body) if found is not None), default=0)

    def _take_out(self, at: int, key: str) -> None:
        from tomlkit.items import Comment

        above = self._body[at - 1] if at else None
        spoken_of = above is not None and isinstance(above[1], Comment) and not _commented_key(above)
        trivia = self._body[at][1].trivia
        if not trivia.comment and (not spoken_of or self._shown_commented_out(key)):
            del self._body[at]
            return
        trivia.comment = commented_line(key) + trivia.comment_ws + trivia.comment
        self._body[at] = (None, Comment(trivia))

    def _shown_commented_out(self, key: str) -> list[int]:
        """The lines of a template that show `key` commented out."""
        return [at for at, piece in enumerate(self._body) if _commented_key(piece) == key]


def _is_one_value(item: Item) -> bool:
    """Whether no comment and no other key can be in it."""
    from tomlkit import items

    return not isinstance(item, (items.Table, items.AoT, items.Array, items.InlineTable))


def _commented_key(piece: Piece) -> str:
    """The setting that a comment shows in the manner of the template; empty if it is none."""
    from tomlkit.items import Comment

    if not isinstance(piece[1], Comment):
        return ""
    found = re.match(r"#\s*([a-z_]+)\s*=", piece[1].trivia.comment)
    return found[1] if found and found[1] in Settings.keys() else ""
