"""The one place that knows what must not be seen, and takes it out of texts and out of streams of bytes.

A secret travels in many forms: the GUID in any case of letters, with dashes, with `%2D` for them, or without; in
UTF-16 (what PowerShell and many Windows programs print); in base64, which is what the Authorization header holds.
"""

from __future__ import annotations

import base64
import copy
import itertools
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "***"
_MASKED: Final = MASK.encode()
_SHORTEST: Final = 8  # masking every "1" would help nobody
_FIRST_BYTES: Final = 3  # enough to tell most text from a secret's beginning
_CUT: Final = 4  # bytes of a secret's end that are masked where its beginning was cut off

Form = tuple[frozenset[bytes], ...]
"""One form of a secret: unit by unit the ways to spell it. Of each unit's spellings none is another's beginning."""


def secret_forms(secret: str, shortest: int = _SHORTEST) -> frozenset[Form]:
    """Every form in which `secret` travels; none for one that is too short to be masked."""
    if len(secret) < shortest:
        return frozenset()
    forms: set[Form] = set()
    for text in {secret, secret.replace("-", "")}:
        plain = text.encode("utf-8", "surrogatepass")
        forms.add(tuple(_cases(byte) | ({b"%2D", b"%2d"} if byte == b"-" else set()) for byte in _bytes(plain)))
        if (quoted := quote(plain, safe="-").encode()) != plain:
            forms.add(tuple(_cases(byte) for byte in _bytes(quoted)))
        forms.add(tuple(_cases(unit) for unit in _units(text.encode("utf-16-le", "surrogatepass"), 2)))
        forms.add(tuple(_cases(unit) for unit in _units(text.encode("utf-16-be", "surrogatepass"), 2)))
        forms.add(tuple(_base64(group) for group in _units(plain, 3)))
    return frozenset(forms - {()})


def _units(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _bytes(data: bytes) -> list[bytes]:
    return _units(data, 1)


def _cases(unit: bytes) -> frozenset[bytes]:
    """`unit` with every letter in it small and capital."""
    choices = [sorted({byte.lower(), byte.upper()}) for byte in _bytes(unit)]
    return frozenset(map(b"".join, itertools.product(*choices)))


def _base64(group: bytes) -> frozenset[bytes]:
    """The spellings of up to three bytes. The last letter of fewer than three also holds what follows, or nothing."""
    if len(group) == 3:  # noqa: PLR2004 - base64's own
        return frozenset(map(base64.b64encode, _cases(group)))
    shown = len(group) + 1
    return frozenset(
        base64.b64encode(case + bytes([following, 0][: 3 - len(group)]))[:shown]
        for case in _cases(group)
        for following in range(256)
    )


def _expression(form: Form) -> bytes:
    return b"".join(b"(?:" + b"|".join(map(re.escape, sorted(unit))) + b")" for unit in form)


def _needles(form: Form) -> set[bytes]:
    """What a text must hold, in small letters, to hold `form` at all: a long piece that has one such spelling.

    Pieces end at dashes and at UTF-16's zeros, so that most forms share theirs.
    """
    small = [{spelling.lower() for spelling in unit} for unit in form]
    stretches = [
        b"".join(next(iter(unit)) for unit in group)
        for only_one, group in itertools.groupby(small, key=lambda unit: len(unit) == 1)
        if only_one
    ]
    pieces = [piece.strip(b"\0") for stretch in stretches for piece in stretch.split(b"-")]
    return {max(pieces, key=len)} if pieces else min(small, key=len)


def _beginnings(forms: Iterable[Form]) -> re.Pattern[bytes]:
    """Finds where a form may begin: its first bytes, or fewer of them at the end."""
    whole: set[bytes] = set()
    for form in forms:
        spelled = {b""}
        for unit in form:
            if min(map(len, spelled)) < _FIRST_BYTES:
                spelled = {before + spelling for before in spelled for spelling in unit}
        whole |= {spelling[:_FIRST_BYTES] for spelling in spelled}
    cut = {spelling[:length] for spelling in whole for length in range(1, len(spelling))}
    parts = (b"|".join(map(re.escape, sorted(some, key=lambda part: (-len(part), part)))) for some in (whole, cut))
    return re.compile(b"(?=%b|(?:%b)\\Z)" % tuple(parts))  # looked ahead: beginnings may overlap


def _begins(form: Form, data: bytes) -> bool:
    """Whether more bytes could make `data` the form."""
    at = 0
    for unit in form:
        whole = next((spelling for spelling in unit if data.startswith(spelling, at)), None)
        if whole is None:
            return any(spelling.startswith(data[at:]) for spelling in unit)
        at += len(whole)
    return False


def _length_of(form: Iterable[frozenset[bytes]], data: bytes) -> int:
    """The length of `form` at the beginning of `data`; 0 if it isn't there."""
    at = 0
    for unit in form:
        whole = next((spelling for spelling in unit if data.startswith(spelling, at)), None)
        if whole is None:
            return 0
        at += len(whole)
    return at


class _Learnt:
    """What one secret has added. An expression of its own: one of all is slow to make after each of many passwords."""

    def __init__(self, forms: frozenset[Form]) -> None:
        self._forms = forms
        self.longest = max(sum(max(map(len, unit)) for unit in form) for form in forms)

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """To compile it takes milliseconds, and the start doesn't need it: the first lines of a log hold no secret."""
        longest_first = sorted(map(_expression, self._forms), key=lambda text: (-len(text), text))
        return re.compile(b"|".join(longest_first))


class Mask:
    """Replaces secrets in bytes by `***`, in every form of `secret_forms`. Threads may share one.

    Args:
        secret: empty: nothing is known yet.
    """

    def __init__(self, secret: str = "") -> None:
        self._forms: frozenset[Form] = frozenset()
        self._learnt: list[_Learnt] = []  # the longest first
        self._needles: list[bytes] = []
        self._beginnings: re.Pattern[bytes] | None = None
        self._longest = 0
        self.learn(secret)

    def learn(self, secret: str, *, shortest: int = _SHORTEST) -> None:
        """Keep `secret` from now on as well, if it has `shortest` characters or more."""
        new = secret_forms(secret, shortest)
        if new <= self._forms:
            return
        needles = set().union(*map(_needles, new)) - set(self._needles)
        # What holds a longer needle holds the shorter one in it.
        self._needles = [*self._needles, *(n for n in needles if not any(other in n for other in needles - {n}))]
        self._learnt = sorted([*self._learnt, _Learnt(new - self._forms)], key=lambda one: -one.longest)
        self._longest = self._learnt[0].longest
        self._forms, self._beginnings = self._forms | new, None

    def for_a_run(self) -> Mask:
        """One that knows the same and learns by itself; to make one anew takes a millisecond of each job."""
        self._where_one_may_begin()  # once for all runs
        return copy.copy(self)  # `learn` replaces what is shared, and changes none of it

    def __call__(self, data: bytes) -> bytes:
        """`data` with every whole secret masked."""
        small = data.lower()
        if not any(needle in small for needle in self._needles):  # many times as fast as the expression
            return data
        for one in self._learnt:
            data = one.pattern.sub(_MASKED, data)
        return data

    def _where_one_may_begin(self) -> re.Pattern[bytes]:
        # As above: compiled when it is looked for.
        if (pattern := self._beginnings) is None:
            pattern = self._beginnings = _beginnings(self._forms)
        return pattern

    def split(self, data: bytes) -> tuple[bytes, bytes]:
        """The masked part of `data` that can be shown, and its rest, which may be the beginning of a secret."""
        data = self(data)
        if self._forms:
            start = max(0, len(data) - self._longest + 1)
            for found in self._where_one_may_begin().finditer(data, start):
                rest = data[found.start() :]
                if any(_begins(form, rest) for form in self._forms):
                    return data[: found.start()], rest
        return data, b""

    def ends(self, data: bytes) -> bytes:
        """`data`, masked, whose beginning may be the end of a secret that was cut through."""
        longest = 0
        for form in self._forms:
            for at, unit in enumerate(form):
                for cut in range(min(map(len, unit))):
                    begun = frozenset(spelling[cut:] for spelling in unit)
                    longest = max(longest, _length_of((begun, *form[at + 1 :]), data))
        return _MASKED + self(data[longest:]) if longest >= _CUT else self(data)


class Redactor:
    """Replaces the robot's GUID in texts, in every form that it travels in.

    Args:
        guid: the robot's GUID; empty before the settings are known.
    """

    def __init__(self, guid: str = "") -> None:
        self._mask = Mask(guid)

    def learn(self, guid: str) -> None:
        """Keep `guid` secret from now on (a changed settings file brings a new one)."""
        self._mask.learn(guid)

    def __call__(self, text: str) -> str:
        """`text` with every secret masked."""
        return self._mask(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def shortened(self, text: str) -> str:
        """The same of a text that was cut, where an ellipsis stands: with no part of a secret before it either."""
        *cut, last = text.split("…")
        shown = (self._mask.split(each.encode("utf-8", "surrogatepass"))[0] for each in cut)
        return "".join(each.decode("utf-8", "surrogatepass") + "…" for each in shown) + self(last)


@lru_cache(maxsize=4)
def shared_redactor(guid: str) -> Redactor:
    """That of a GUID, for all who let it learn nothing more: to make one takes milliseconds."""
    return Redactor(guid)
