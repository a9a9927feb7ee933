"""The catalogs of texts for people: `python build/catalogs.py extract|update|compile|check`.

    extract   app/**/*.py and the page templates → app/locale/robot.pot
    update    robot.pot → each language's robot.po: new texts come in untranslated, those that are gone go
    compile   robot.po → robot.mo, which the program reads; they are made, not kept in the repository
    check     fails if a text isn't translated, or a translation could break where it is shown

English is the language of the source and has no catalog. Nothing is guessed: `update` makes no fuzzy matches.
"""

from __future__ import annotations

import argparse
import ast
import re
import string
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from babel.messages.catalog import Message

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "app"
LOCALE = SOURCE / "locale"
TEMPLATE = LOCALE / "robot.pot"
DOMAIN = "robot"
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.j2", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true"}, "**.j2": {"trimmed": "true"}}
COMMENT_TAGS = ("Translators:",)
# A date would make every extraction a change; what was translated when is in the repository's history.
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
WIDTH = 110
_MARKS = ("_", "ngettext", "N_")


def po_files() -> list[Path]:
    """The catalog of each language."""
    return sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def extracted(source: Path) -> Catalog:
    """All texts that the sources mark, in the order of the files."""
    catalog = Catalog(creation_date=NO_DATE, fuzzy=False)
    found = extract_from_dir(source, METHODS, OPTIONS, DEFAULT_KEYWORDS, COMMENT_TAGS, strip_comment_tags=True)
    for name, _line, message, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalog.add(message, None, [(f"{source.name}/{Path(name).as_posix()}", 0)], [], comments, context=context)
    return catalog


def read(path: Path, language: str | None = None) -> Catalog:
    """A catalog from a .po file."""
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def write(catalog: Catalog, path: Path) -> None:
    """A catalog as a .po file, the same bytes for the same texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file, catalog, width=WIDTH, omit_header=catalog.locale is None, ignore_obsolete=True, include_lineno=False
        )


def language_of(po_file: Path) -> str:
    """`ru` of `ru/LC_MESSAGES/robot.po`."""
    return po_file.parent.parent.name


def extract() -> int:
    """Write the template."""
    write(extracted(SOURCE), TEMPLATE)
    return 0


def update() -> int:
    """Bring every language up to what the sources hold."""
    template = extracted(SOURCE)
    write(template, TEMPLATE)
    for path in po_files():
        catalog = read(path, language_of(path))
        merge(catalog, template)
        write(catalog, path)
        print(f"{path.relative_to(ROOT)}: {sum(not translated(m) for m in texts_of(catalog))} texts to translate")
    return 0


def merge(catalog: Catalog, template: Catalog) -> None:
    """Make a language's catalog hold the template's texts, with the translations that it has."""
    catalog.update(template, no_fuzzy_matching=True)
    catalog.creation_date = catalog.revision_date = NO_DATE
    catalog.header_comment = f"# Texts of Robot in the language {catalog.locale}."
    catalog.project, catalog.version = "Robot", ""
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""


def compile_catalogs() -> int:
    """Write the .mo files."""
    for path in po_files():
        compile_catalog(path, path.with_suffix(".mo"))
    return 0


def compile_catalog(po_file: Path, mo_file: Path) -> None:
    """Write one .mo file."""
    with mo_file.open("wb") as file:
        write_mo(file, read(po_file, language_of(po_file)))


def check() -> int:
    """Say everything that is wrong; 1 if there is something."""
    template = extracted(SOURCE)
    wrong = [f"{path.relative_to(ROOT)}: {line}" for path in po_files() for line in problems(template, read(path))]
    wrong += hidden(SOURCE)
    if not po_files():
        wrong.append(f"{LOCALE.relative_to(ROOT)}: there is no catalog")
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        print("python build/catalogs.py update, then translate what is empty", file=sys.stderr)
    return bool(wrong)


def hidden(source: Path) -> Iterator[str]:
    """Texts inside of f-strings, where Babel finds none on Python 3.11, and does from 3.12 on."""
    for path in sorted(source.rglob("*.py")):
        name = f"{source.name}/{path.relative_to(source).as_posix()}"
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            calls = filter(_marks_a_text, ast.walk(node)) if isinstance(node, ast.JoinedStr) else ()
            yield from (f"{name}: inside of an f-string: {ast.unparse(call)}" for call in calls)


def _marks_a_text(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKS):
        return False
    return bool(node.args) and isinstance(node.args[0], ast.Constant)


def texts_of(catalog: Catalog) -> Iterator[Message]:
    """The messages without the header."""
    return (message for message in catalog if message.id)


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Singular and plurals alike as a tuple."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def translated(message: Message) -> bool:
    """Whether every form has a text."""
    return bool(message.string) and all(forms(message.string))


def problems(template: Catalog, catalog: Catalog) -> Iterator[str]:
    """What is wrong with a language's catalog, a sentence each."""
    wanted = {(m.context, forms(m.id)) for m in texts_of(template)}
    present = {(m.context, forms(m.id)): m for m in texts_of(catalog)}
    for _context, text in sorted(wanted - present.keys(), key=str):
        yield f"missing: {text[0]!r}"
    for _context, text in sorted(present.keys() - wanted, key=str):
        yield f"not in the sources any more: {text[0]!r}"
    for message in present.values():
        name = repr(forms(message.id)[0])
        if message.fuzzy:
            yield f"fuzzy: {name}"
        if not translated(message):
            yield f"not translated: {name}"
            continue
        if len(forms(message.id)) > 1 and len(forms(message.string)) != catalog.num_plurals:
            yield f"needs {catalog.num_plurals} plural forms: {name}"
        yield from (f"{fault}: {name}" for form in forms(message.string) for fault in faults(forms(message.id), form))


def faults(source: tuple[str, ...], translation: str) -> Iterator[str]:
    """How a translation could break where it is shown."""
    wanted, present = placeholders(source[-1]), placeholders(translation)
    if wanted is not None and present is None:
        yield f"a broken placeholder in {translation!r}"
    elif wanted is not None and wanted != present:
        yield f"other placeholders in {translation!r}"
    for edge in (str.lstrip, str.rstrip):
        if (edge(source[-1]) == source[-1]) != (edge(translation) == translation):
            yield f"other blanks at an end of {translation!r}"


def placeholders(text: str) -> set[str] | None:
    """What is filled in: `{fields}` of `str.format`, `%s` and `%(fields)s` of argparse; None if braces don't pair."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return None
    fields = {f"{{{name}!{conversion}}}" for _, name, _, conversion in parts if name is not None}
    return fields | set(re.findall(r"%(?:\(\w+\))?[rsd]\b", text))


COMMANDS: dict[str, Callable[[], int]] = {
    "extract": extract,
    "update": update,
    "compile": compile_catalogs,
    "check": check,
}


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    return COMMANDS[parser.parse_args().command]()


if __name__ == "__main__":
    sys.exit(main())
