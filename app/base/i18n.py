"""Texts for people in their language: gettext catalogs, chosen once at start.

`_` and `ngettext` translate at the moment of the call, so modules may import them at any time. The source language is
English; a missing catalog falls back to it.
"""

from __future__ import annotations

import gettext
import locale
import os
import sys

from app.base.paths import LOCALE_DIR

_current: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def system_language() -> str:
    """The user interface language of the system: `ru` or `en` (everything that isn't Russian)."""
    if sys.platform == "win32":
        # The locale module reports the *format* locale; the language of the screen is asked from Windows.
        # https://learn.microsoft.com/windows/win32/api/winnls/nf-winnls-getuserdefaultuilanguage
        import ctypes

        name = locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    else:
        name = next((v for k in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(k))), "")
    return "ru" if name.lower().startswith("ru") else "en"


def set_language(language: str) -> str:
    """Choose the language (`auto`, `ru`, `en`) for every later text; returns the one chosen."""
    global _current, _language  # noqa: PLW0603 - one process speaks one language
    _language = system_language() if language == "auto" else language
    _current = gettext.translation("robot", LOCALE_DIR, [_language], fallback=True)
    return _language


def current_language() -> str:
    """The language in use: `ru` or `en`."""
    return _language


def _(message: str) -> str:
    """`message` in the user's language."""
    return _current.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The plural form of the text that fits `number`, in the user's language."""
    return _current.ngettext(singular, plural, number)


def N_(message: str) -> str:  # noqa: N802 - gettext's own convention
    """Mark a constant for the catalog; translate it with `_` where it is shown."""
    return message


def decimal(value: float, digits: int = 1) -> str:
    """A number with `digits` decimals, rounded: `77.7`, in Russian `77,7`."""
    return localized(f"{value:.{digits}f}")


def plain_number(value: float) -> str:
    """A number as short as it is, as in `2.5` and `1234567`; in Russian `2,5`."""
    return localized(f"{value:.10g}")


def localized(number: str) -> str:
    """The decimal sign of the user's language in a number that Python has written."""
    return number.replace(".", ",") if _language == "ru" else number


class Amount(float):
    """A number among the facts of a `Phrase`, with the decimal sign of the language that it is put in."""


class Phrase:
    """A text that both a log and a person get: English as `str`, the user's language by `for_people`.

    Args:
        template: English, marked with `N_`; `{name}` stands for each fact.
        facts: texts and numbers; one that is a phrase itself is put in in the same language, and so is an `Amount`.
    """

    def __init__(self, template: str, **facts: object) -> None:
        self._template = template
        self._facts = facts

    def __str__(self) -> str:
        facts = {name: f"{fact:g}" if isinstance(fact, Amount) else fact for name, fact in self._facts.items()}
        return self._template.format(**facts)

    def for_people(self) -> str:
        """The text in the user's language."""
        facts = {name: _for_people(fact) for name, fact in self._facts.items()}
        return _(self._template).format(**facts)


def _for_people(fact: object) -> object:
    if isinstance(fact, Phrase):
        return fact.for_people()
    return plain_number(fact) if isinstance(fact, Amount) else fact
