"""Plays every case and writes the table of docs/scripts.md and docs/ru/scripts.md: `python -m tests.scripts.table`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.contract.orchestrator import ABORTED, FAILED, STOPPED, SUCCESS
from tests.scripts import late_stop_cases, process_cases, python_cases, stop_cases, text_cases
from tests.scripts.play import play

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.scripts.play import Case, Result

DOCS: Final = Path(__file__).parents[2] / "docs"
GUIDES: Final = {"en": DOCS / "scripts.md", "ru": DOCS / "ru" / "scripts.md"}
BEGIN: Final = "<!-- made by tests/scripts/table.py -->"
END: Final = "<!-- end of what tests/scripts/table.py made -->"
STATUSES: Final = {SUCCESS: "4 Success", FAILED: "5 Failed", STOPPED: "7 Stopped", ABORTED: "3 Aborted"}
GROUPS: Final = (
    ("Stop", "«Остановить»", stop_cases.INTERRUPTED),
    ("Stop, when it can't be taken at once", "«Остановить», когда сразу нельзя", late_stop_cases.MASKED),
    ("Stop, and something goes wrong", "«Остановить», и что-то не ладится", late_stop_cases.FAILED_AFTER),
    ("Abort after a Stop", "«Прервать» после «Остановить»", late_stop_cases.ABORTED_CASES),
    ("descriptors and stdin, then Stop", "дескрипторы и stdin, затем «Остановить»", process_cases.CHANNEL),
    (
        "processes left behind: all ended with the job",
        "оставленные процессы: все завершены с работой",
        process_cases.DESCENT,
    ),
    ("Python itself", "сам Python", python_cases.PYTHON),
    ("how it ends", "как завершается", python_cases.ENDS),
    ("output", "вывод", text_cases.OUTPUT),
    ("names: the script is, or the job's is", "имена: у скрипта или у работы", text_cases.NAMES),
    ("settings and the machine", "настройки и машина", text_cases.SETTINGS),
)
CASES: Final = tuple(case for *_, cases in GROUPS for case in cases)
_HEADS: Final = {
    "en": "{count} scripts, run by the robot as a process; the status is the one that the Orchestrator carried out.\n\n"
    "| | what the script does | status |\n|---|---|---|\n",
    "ru": "Скриптов: {count}; каждый запускал робот, работавший отдельным процессом. Статус — тот, который принял "
    "Оркестратор.\n\n"
    "| | что делает скрипт | статус |\n|---|---|---|\n",
}


def render(language: str, results: Mapping[str, Result]) -> str:
    """The table in one language, from what came of the cases."""
    rows = []
    for english, russian, cases in GROUPS:
        by_status: dict[str, list[str]] = {}
        for case in cases:
            status = STATUSES.get(results[case.en].status or 0, "?")
            by_status.setdefault(status, []).append(_cell(case, language))
        name = english if language == "en" else russian
        rows += [f"| {name} | {'; '.join(words)} | {status} |\n" for status, words in by_status.items()]
    return f"{BEGIN}\n{_HEADS[language].format(count=len(CASES))}{''.join(rows)}{END}\n"


def written(language: str) -> str:
    """The table as it stands in the guide."""
    text = GUIDES[language].read_text("utf-8")
    return text[text.index(BEGIN) : text.index(END) + len(END) + 1]


def main() -> int:
    """Play, write, say what was wrong."""
    results = play(CASES)
    for language, guide in GUIDES.items():
        text = guide.read_text("utf-8").replace(written(language), render(language, results))
        guide.write_text(text, "utf-8")
    wrong = {name: result.problems for name, result in results.items() if result.problems}
    for name, problems in wrong.items():
        print(name, *problems, sep="\n    ")
    print(f"{len(results)} cases, {len(wrong)} with a problem")
    return 1 if wrong else 0


def _cell(case: Case, language: str) -> str:
    return (case.en if language == "en" else case.ru).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
