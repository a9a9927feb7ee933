"""The catalogs are complete, can't break what they are shown in, and speak Russian."""

from __future__ import annotations

import argparse
import gettext
import importlib.util
import inspect
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog

from app import cli
from app.base import argparse_texts, i18n
from app.commands import TABLE
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import LastOutcome, RobotState, ShownJob, Snapshot
from app.tray import texts
from app.tray.menu import MenuEntry, build_menu
from app.tray.notifications import notifications_for

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)


def _load_tool():
    spec = importlib.util.spec_from_file_location("catalogs_tool", ROOT / "build" / "catalogs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


catalogs = _load_tool()
RU = ROOT / "app" / "locale" / "ru" / "LC_MESSAGES" / "robot.po"


def test_every_text_is_translated():
    """Each text of the sources and templates has a sound translation, and nothing is left from before."""
    assert list(catalogs.problems(catalogs.extracted(ROOT / "app"), catalogs.read(RU, "ru"))) == []


def template_of(*texts_: str | tuple[str, str]) -> Catalog:
    """A template with these texts."""
    catalog = Catalog()
    for text in texts_:
        catalog.add(text)
    return catalog


def russian(**strings) -> Catalog:
    """A Russian catalog with `text` translated as `string`; more keywords go to Babel."""
    catalog = Catalog(locale="ru")
    catalog.add(strings.pop("text"), strings.pop("string"), **strings)
    return catalog


def test_no_text_hides_in_an_f_string(tmp_path):
    """Babel on Python 3.11 would pass over it, and the program would show it in English."""
    (tmp_path / "hidden.py").write_text(
        "f\"{_(text)} {x}: {ngettext('a', 'b', n):>5} {N_('c')} {f(_('d'))}\"\n_(\"e\")\n"
    )
    told = [line.rpartition(": ")[2] for line in catalogs.hidden(tmp_path)]
    assert sorted(told) == ["N_('c')", "_('d')", "ngettext('a', 'b', n)"]
    assert list(catalogs.hidden(ROOT / "app")) == []


@pytest.mark.parametrize(
    ("catalog", "problem"),
    [
        (russian(text="Other", string="Другое"), "missing: 'Ready {n}'"),
        (russian(text="Other", string="Другое"), "not in the sources any more: 'Other'"),
        (russian(text="Ready {n}", string=""), "not translated: 'Ready {n}'"),
        (russian(text="Ready {n}", string="Готов {n}", flags=["fuzzy"]), "fuzzy: 'Ready {n}'"),
        (russian(text="Ready {n}", string="Готов"), "other placeholders in 'Готов': 'Ready {n}'"),
        (russian(text="Ready {n}", string="Готов {m}"), "other placeholders in 'Готов {m}': 'Ready {n}'"),
        (russian(text="Ready {n}", string="Готов {n"), "a broken placeholder in 'Готов {n': 'Ready {n}'"),
        (russian(text="Ready {n}", string="Готов {n} "), "other blanks at an end of 'Готов {n} ': 'Ready {n}'"),
    ],
)
def test_a_faulty_translation_is_found(catalog, problem):
    """Missing, gone, empty, fuzzy, other placeholders, a lost blank: each is named."""
    assert problem in list(catalogs.problems(template_of("Ready {n}"), catalog))


@pytest.mark.parametrize(
    ("string", "problem"),
    [
        (("{n} день", "{n} дня"), "needs 3 plural forms: '{n} day'"),
        (("{n} день", "", "{n} дней"), "not translated: '{n} day'"),
        (("{n} день", "дня", "{n} дней"), "other placeholders in 'дня': '{n} day'"),
    ],
)
def test_a_faulty_plural_is_found(string, problem):
    """Russian has three plural forms, and each is looked at."""
    catalog = russian(text=("{n} day", "{n} days"), string=string)
    assert list(catalogs.problems(template_of(("{n} day", "{n} days")), catalog)) == [problem]


def test_placeholders_of_argparse_count():
    """`%(default)s` must survive as well as `{name}`."""
    catalog = russian(text="port (%(default)s)", string="порт")
    assert list(catalogs.problems(template_of("port (%(default)s)"), catalog)) != []


def test_a_brace_that_is_text():
    """A text that shows JSON isn't taken for a format."""
    text = 'such as {"invoice": 17} or {'
    assert list(catalogs.problems(template_of(text), russian(text=text, string=text))) == []


def test_merging_keeps_what_is_translated():
    """An update adds new texts untranslated, keeps translations, drops what is gone and guesses nothing."""
    catalog = russian(text="Ready", string="Готов")
    catalog.add("Paused", "Пауза")
    catalogs.merge(catalog, template_of("Ready", "Ready now"))
    assert [(m.id, m.string or "") for m in catalogs.texts_of(catalog)] == [("Ready", "Готов"), ("Ready now", "")]
    assert not any(message.fuzzy for message in catalogs.texts_of(catalog))


def test_extraction_reads_sources_and_templates(tmp_path):
    """Python and page templates are read; the outcome doesn't depend on line numbers."""
    (tmp_path / "one.py").write_text("\n\n_('One')\nN_('Two')\nngettext('{n} day', '{n} days', 3)\n", "utf-8")
    (tmp_path / "page.html").write_text("<p>{{ _('Three') }}</p>", "utf-8")
    found = catalogs.extracted(tmp_path)
    assert {message.id for message in catalogs.texts_of(found)} == {"One", "Two", "Three", ("{n} day", "{n} days")}
    catalogs.write(found, tmp_path / "a.pot")
    (tmp_path / "one.py").write_text("_('One')\nN_('Two')\nngettext('{n} day', '{n} days', 3)\n", "utf-8")
    catalogs.write(catalogs.extracted(tmp_path), tmp_path / "b.pot")
    assert (tmp_path / "a.pot").read_bytes() == (tmp_path / "b.pot").read_bytes()


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> Path:
    """A folder with the compiled Russian catalog."""
    folder = tmp_path_factory.mktemp("locale")
    (folder / "ru" / "LC_MESSAGES").mkdir(parents=True)
    catalogs.compile_catalog(RU, folder / "ru" / "LC_MESSAGES" / "robot.mo")
    return folder


@pytest.fixture
def in_russian(compiled, monkeypatch) -> Iterator[None]:
    """Texts in Russian, from a catalog compiled just now."""
    monkeypatch.setattr(i18n, "LOCALE_DIR", compiled)
    i18n.set_language("ru")
    yield
    i18n.set_language("en")


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1 секунду"), (2, "2 секунды"), (5, "5 секунд"), (11, "11 секунд"), (21, "21 секунду"), (104, "104 секунды")],
)
def test_plurals(compiled, number, text):
    """The compiled catalog chooses the Russian plural form."""
    translation = gettext.translation("robot", compiled, ["ru"])
    line = translation.ngettext("Log-off in {n} second", "Log-off in {n} seconds", number).format(n=number)
    assert line == f"Выход из Windows через {text}"


JOB = ShownJob("guid", "счета", NOW - timedelta(minutes=5), Path("x.log"))
LAST = LastOutcome("guid", "отчёт", JobStatus.FAILED, NOW, "Скрипт завершился с кодом 1.", "", Path("y.log"))
SNAPSHOTS = [
    Snapshot(),
    Snapshot(connected=True, paused=True, undelivered=2),
    Snapshot(state=RobotState.WORKING, job=JOB, last=LAST, connected=True),
    Snapshot(state=RobotState.WORKING, job=JOB, last=replace(LAST, status=JobStatus.SUCCESS), paused=True),
    Snapshot(state=RobotState.STOPPING, job=JOB, last=replace(LAST, status=JobStatus.STOPPED)),
    Snapshot(state=RobotState.OFFLINE, connected=False, last=replace(LAST, status=JobStatus.ABORTED)),
    Snapshot(state=RobotState.ERROR, problem="Ошибка в настройках"),
    Snapshot(state=RobotState.LEAVING, leaving_at=NOW + timedelta(seconds=12)),
    Snapshot(settings_problem="Ошибка в настройках"),
]


def labels(entries: tuple[MenuEntry, ...]) -> list[str]:
    """All texts of a menu."""
    return [label for entry in entries for label in (entry.label, *labels(entry.children))]


@pytest.mark.usefixtures("in_russian")
@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda snapshot: snapshot.state)
def test_the_tray_speaks_russian(snapshot):
    """Tooltip, menu and notifications hold no English word in any state, and nothing in the menu is cut off."""
    menu = labels(build_menu(snapshot, NOW))
    told = notifications_for(Snapshot(), snapshot, NOW)
    said = [texts.tooltip(snapshot, NOW), *menu, *(text for each in told for text in (each.title, each.text))]
    english = [text for text in said if re.search(r"[A-Za-z]{2,}", text.replace("Windows", ""))]
    assert english == []
    assert not any(len(text) >= texts.MENU_UNITS for text in menu)


ARGPARSE = re.compile(r"\b(usage|options|positional|arguments?|show|exit|invalid|required|expected)\b")


def test_argparse_still_asks_the_way_we_answer():
    """Argparse translates with `_` of its own module, and the version whose words we took writes these words."""
    source = inspect.getsource(argparse)
    assert "from gettext import gettext as _" in source
    if sys.version_info[:2] == (3, 11):
        assert [text for text in argparse_texts.TEXTS if text not in source] == []


@pytest.mark.usefixtures("in_russian")
@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in TABLE)], ids=" ".join)
def test_help_in_russian(arguments, capsys):
    """The help holds no word of argparse's English, and no placeholder for a value in English letters."""
    with pytest.raises(SystemExit):
        cli.parse(arguments)
    shown = capsys.readouterr().out
    assert shown.startswith("Использование: ")
    assert not ARGPARSE.search(shown)
    assert set(re.findall(r"\b[A-Z]{3,}\b", shown)) <= {"GUID", "JSON", "TOML", "ZIP"}


@pytest.mark.usefixtures("in_russian")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fly"], "'fly'"),
        (["finnish"], "finish?"),
        (["run", "--config"], "нужно значение"),
        (["run", "--fast"], "неизвестные аргументы: --fast"),
        (["sandbox", "--port", "x"], "'x' — не целое число от 0 до 65535"),
        (["finish", "--wait", "x"], "'x' — не число минут"),
        (["run", "--log-format", "xml"], "'xml'"),
        (["autostart"], "не хватает аргументов"),
        (["autostart", "enable", "--task", "--startup"], "--task"),
    ],
)
def test_mistakes_on_the_command_line_in_russian(arguments, said, capsys):
    """A wrong command line is explained in Russian."""
    with pytest.raises(SystemExit):
        cli.parse(arguments)
    shown = capsys.readouterr().err.replace("--help", "")
    assert said in shown
    assert not ARGPARSE.search(shown)
