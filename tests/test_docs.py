"""The documentation against the program and against itself: links, settings, commands, log lines, translations."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.base.errors import ExitCode
from app.base.i18n import _ as translate
from app.base.i18n import set_language
from app.commands import TABLE
from app.monitoring.events import EVENTS
from app.settings.model import Settings
from app.tray.icon import Face

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MAP = ROOT / "tests" / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), MAP])
READMES = [ROOT / "README.md", ROOT / "README.ru.md"]
ADMIN_GUIDES = [DOCS / "admin.md", DOCS / "ru" / "admin.md"]
REPORT = "Written by `python "  # a page that a program makes, for who wants to see the tests' outcome
FOR_DEVELOPERS = {
    "building.md",
    "design.md",
    "contract.md",
    "simulation.md",
    "fleet.md",
    "performance.md",
}  # as CONTRIBUTING.md: the language of the source
GUIDES = sorted(
    page for page in DOCS.glob("*.md") if REPORT not in page.read_text("utf-8") and page.name not in FOR_DEVELOPERS
)
TEMPLATE = ROOT / "app" / "locale" / "robot.pot"
LARGEST_IMAGE = 150_000  # bytes

_LINK = re.compile(r"""\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)\"""")
_CODE_BLOCK = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_PLACEHOLDER = re.compile(r"%[-+0-9.]*[sdrgfx]|\{[^{}]*\}|\d+(?:\.\d+)?|…")


def ids(pages: list[Path]) -> dict[str, object]:
    """Parametrize over pages under their names."""
    return {"argvalues": pages, "ids": [page.relative_to(ROOT).as_posix() for page in pages]}


def prose(page: Path) -> str:
    """The page without its code blocks, in which brackets mean something else."""
    return _CODE_BLOCK.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link may name after `#`, as GitHub makes it from the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]*>", "", heading).lower()).replace(" ", "-") for heading in headings}


@cache
def texts_of_the_program() -> list[str]:
    """Every text in the program's source, each placeholder and number as `…`."""
    found = set()
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                found.add("".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values))
    return [_PLACEHOLDER.sub("…", text) for text in found]


def is_said(line: str) -> bool:
    """Whether the program has a text that reads like `line`, whose `…` and numbers stand for anything."""
    return any(reads_like(line, text) for text in texts_of_the_program())


def reads_like(line: str, text: str) -> bool:
    """Whether `line`, whose `…` and numbers stand for anything, is (a part of) this text."""
    parts = [part.strip() for part in _PLACEHOLDER.sub("…", line).split("…")]
    return re.search(".*".join(re.escape(part) for part in parts), text, re.DOTALL) is not None


@pytest.mark.parametrize("page", **ids(PAGES))
def test_links_lead_somewhere(page):
    """Every relative link and image of a page exists, and so does the heading that a link names."""
    broken = []
    for found in _LINK.finditer(prose(page)):
        target = found[1] or found[2]
        if re.match(r"[a-z]+:", target):
            continue
        path, _hash, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def test_pictures_are_light_and_shown():
    """Every picture is shown by a page or made for developers, and none is heavier than a page can bear."""
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    for picture in (DOCS / "images").iterdir():
        assert picture.stat().st_size <= LARGEST_IMAGE, picture.name
        assert picture.name in shown or picture.name == "icons.png", f"{picture.name} is shown nowhere"


def test_every_suite_stands_in_the_map():
    """The map of the tests has each of their folders, and none that is gone."""
    folders = {file.parent.name for file in MAP.parent.glob("*/__init__.py")}
    table = MAP.read_text("utf-8").split("## ")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == folders


def test_every_developers_command_is_explained():
    """`build/dev.py` has the commands that README and CONTRIBUTING name, and no other."""
    source = ast.parse((ROOT / "build" / "dev.py").read_text("utf-8"))
    (table,) = (
        node.value
        for node in source.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMANDS"
    )
    pages = (ROOT / "README.md").read_text("utf-8") + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert set(re.findall(r"build/dev\.py (\w+)", pages)) == {ast.literal_eval(key) for key in table.keys}


@pytest.mark.parametrize("page", **ids(READMES))
def test_every_setting_stands_in_the_readme(page):
    """The README's table has every key, and the default that the program has."""
    rows = {}
    for keys, default in re.findall(r"^\| (`[a-z_`, ]+`) \| ([^|]*) \|", page.read_text("utf-8"), re.MULTILINE):
        rows |= dict.fromkeys(re.findall(r"[a-z_]+", keys), default)
    assert set(Settings.keys()) <= set(rows)
    for key in Settings.keys():
        default = Settings.declaration(key).default
        if isinstance(default, str):
            assert rows[key] == f'`"{default}"`', key
        elif default is not ... and default is not None:
            assert rows[key] == str(default).lower(), key


@pytest.mark.parametrize("page", **ids(READMES))
def test_every_command_stands_in_the_readme(page):
    """The README's table has every command that is meant for people."""
    table = "".join(re.findall(r"^\| `robot .*$", page.read_text("utf-8"), re.MULTILINE))
    missing = {name for name in TABLE if not re.search(rf"`robot \[?{re.escape(name)}\b", table)}
    assert missing == {name for name, command in TABLE.items() if command.hidden}


@pytest.mark.parametrize("page", **ids(ADMIN_GUIDES))
def test_every_exit_code_is_explained(page):
    """The administrator's guide has a row for each exit code."""
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page.read_text("utf-8"), re.MULTILINE)}
    assert set(map(int, ExitCode)) <= codes


@pytest.mark.parametrize("page", **ids(ADMIN_GUIDES))
def test_every_state_is_shown(page):
    """The administrator's guide shows each face of the tray icon."""
    text = page.read_text("utf-8")
    assert not [face for face in Face if f"state-{face}.png" not in text]


@pytest.mark.parametrize("page", **ids(ADMIN_GUIDES))
def test_log_lines_are_the_programs_own(page):
    """Every line that the guide explains is one that the program can write."""
    section = re.split(r"^## (?:Log|Лог)$", page.read_text("utf-8"), flags=re.MULTILINE)[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    lines = [line for cell in cells for line in re.findall(r"`([^`]+)`", re.sub(r"\([^()]*`[^()]*\)", "", cell))]
    assert len(lines) > 30
    assert not [line for line in lines if not is_said(line)]


@pytest.mark.parametrize(("page", "language"), [(ADMIN_GUIDES[0], "en"), (ADMIN_GUIDES[1], "ru")], ids=["en", "ru"])
def test_the_events_are_those_of_the_program(page, language):
    """The guide's table has each event of Windows' log, by its number, with the text of that language."""
    kinds = "information|warning|error|сведения|предупреждение|ошибка"
    rows = re.findall(rf"^\| (\d+) \| (?:{kinds}) \| (.*) \|$", page.read_text("utf-8"), re.MULTILINE)
    table = {int(number): re.sub(r"\*(\w+)\*", r"{\1}", text) for number, text in rows}
    assert table == {event.number: said_in(language, event.text) for event in EVENTS}


@pytest.mark.parametrize(("page", "language"), [(ADMIN_GUIDES[0], "en"), (ADMIN_GUIDES[1], "ru")], ids=["en", "ru"])
def test_what_troubled_people_see_is_what_the_program_says(page, language):
    """Every message that is quoted under Troubleshooting is one of the program's, in that language."""
    section = re.split(r"^## (?:Troubleshooting|Если что-то не так)$", page.read_text("utf-8"), flags=re.MULTILINE)[1]
    symptoms = "\n".join(re.findall(r"^\| (.*?) \|", section, re.MULTILINE))
    quoted = re.findall(r'"([^"]+)"' if language == "en" else r"«([^»]+)»", symptoms)
    assert len(quoted) > 8
    texts = [_PLACEHOLDER.sub("…", said_in(language, text)) for text in messages()]
    assert not [quote for quote in quoted if not any(reads_like(quote, text) for text in texts)]


def messages() -> list[str]:
    """Every text of the catalogs, in English; of those with numbers the first form."""
    with TEMPLATE.open("rb") as file:
        ids = [message.id for message in read_po(file) if message.id]
    return [text[0] if isinstance(text, tuple) else text for text in ids]


def said_in(language: str, text: str) -> str:
    """A text of the program in a language."""
    set_language(language)
    try:
        return translate(text)
    finally:
        set_language("en")


@pytest.mark.parametrize("page", **ids(GUIDES))
def test_every_guide_has_its_russian_twin(page):
    """A guide is there in both languages, with the same chapters, tables and code."""
    twin = DOCS / "ru" / page.name
    assert twin.exists()
    assert shape(page) == shape(twin)


def test_readme_has_its_russian_twin():
    """Both READMEs have the same chapters, tables and code."""
    assert shape(READMES[0]) == shape(READMES[1])


def test_no_russian_guide_without_english():
    """What is told in Russian is told in English as well."""
    assert {page.name for page in (DOCS / "ru").glob("*.md")} == {page.name for page in GUIDES}


def shape(page: Path) -> dict[str, list[int]]:
    """What a translation keeps: the levels of its headings, the columns of its tables, the lines of its code."""
    text = page.read_text("utf-8")
    return {
        "headings": [len(mark) for mark in re.findall(r"^(#+) ", prose(page), re.MULTILINE)],
        "table rows": [row.replace(r"\|", "").count("|") for row in re.findall(r"^\|.*\|$", prose(page), re.MULTILINE)],
        "code": [block.count("\n") for block in _CODE_BLOCK.findall(text)],
    }


def test_a_document_that_is_named_is_there() -> None:
    """Whoever follows a reference in the sources, in a docstring or on a page, finds something."""
    sources = [
        *(file for folder in ("app", "build", "tests") for file in (ROOT / folder).rglob("*.py")),
        *PAGES,
        ROOT / "robot.spec",
        ROOT / "pyproject.toml",
    ]
    missing = set()
    for file in sources:
        if "node_modules" in file.parts:
            continue
        for named in re.findall(r"(?<![\w/.-])(?:docs/)?(?:ru/|decisions/)?[\w.-]+\.md\b", file.read_text("utf-8")):
            places = (ROOT / named, DOCS / named, file.parent / named, DOCS / "ru" / named)
            if not any(place.is_file() for place in places):
                missing.add(f"{file.relative_to(ROOT)}: {named}")
    assert not missing, sorted(missing)
