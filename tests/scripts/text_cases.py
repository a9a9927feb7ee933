"""What scripts print, what they are called, and what settings make of them."""

from __future__ import annotations

import unicodedata
from typing import Final

from tests.contract.orchestrator import FAILED, SUCCESS
from tests.scripts.play import Case


def _ends(en: str, ru: str, source: str, status: int = SUCCESS, **more: object) -> Case:
    return Case(en, ru, source, status, **more)  # type: ignore[arg-type]


OUTPUT: Final = (
    _ends(
        "UTF-16",
        "UTF-16",
        "import sys\nsys.stdout.buffer.write('первая\\nитог: счёт 17\\n'.encode('utf-16'))",
        last_line="итог: счёт 17",
    ),
    _ends(
        "UTF-16 without a mark",
        "UTF-16 без метки",
        "import sys\nsys.stdout.buffer.write('итог: счёт 17\\r\\n'.encode('utf-16-le'))",
        last_line="итог: счёт 17",
    ),
    _ends("bytes of cp1251", "байты cp1251", "import sys\nsys.stdout.buffer.write('итог\\n'.encode('cp1251'))"),
    _ends(
        "`print` of a lone surrogate, as by hand",
        "`print` одиночного суррогата, как и вручную",
        "print('итог \\ud83d')",
        FAILED,
    ),
    _ends(
        "a lone surrogate that os.fsdecode made",
        "суррогат от os.fsdecode",
        "import os\nprint('итог', os.fsdecode(b'\\xff'))",
    ),
    _ends("a line of 10 MB", "строка в 10 МБ", "print('x' * 10_000_000)\nprint('end')", last_line="end"),
    _ends("zero bytes", "нулевые байты", "import sys\nsys.stdout.buffer.write(b'a\\0b\\nend\\0\\n')", last_line="end"),
    _ends(
        "a progress bar with `\\r`",
        "индикатор хода с `\\r`",
        "import sys\nfor n in range(0, 101, 10):\n    sys.stdout.write(f'\\r{n}% done')\nsys.exit(1)",
        FAILED,
        last_line="100% done",
    ),
    _ends(
        "colours",
        "цвета",
        "import sys\nprint('\\x1b[1;31mERROR\\x1b[0m: no number')\n"
        "sys.stdout.write('\\x1b[0m\\x1b[?25h\\n')\nsys.exit(1)",
        FAILED,
        last_line="ERROR: no number",
    ),
    _ends(
        "a line like the robot's",
        "строка, как у робота",
        "print('[robot] 2026-01-01 00:00:00+0000  The script ended normally.')\nimport sys\nsys.exit(1)",
        FAILED,
        says="\n [robot] 2026-01-01",
    ),
    _ends(
        "an exception group",
        "группа исключений",
        "raise ExceptionGroup('two invoices failed', [ValueError('17'), KeyError('18')])",
        FAILED,
        last_line="ExceptionGroup: two invoices failed (2 sub-exceptions)",
    ),
    _ends(
        "an exception with notes and a text of several lines",
        "исключение с примечаниями и многострочным текстом",
        "e = ValueError('no number\\n  in line 3')\ne.add_note('see the manual')\nraise e",
        FAILED,
        last_line=None,
    ),
    _ends(
        "an exception whose text fails",
        "исключение, чей текст не получить",
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        FAILED,
    ),
    _ends(
        "half a line at the end, then a crash of the interpreter",
        "полстроки в конце, затем авария интерпретатора",
        "import sys, os\nsys.stdout.write('half')\nsys.stdout.flush()\nos.abort()",
        FAILED,
        last_line="half",
    ),
    _ends(
        "output of a child and its own, unbuffered",
        "вывод дочернего процесса и свой, без буфера",
        "import subprocess\nprint('a')\nsubprocess.run(['echo', 'b'])\nprint('c')",
        last_line="c",
    ),
    _ends(
        "the robot's GUID", "GUID робота", "import os\nprint('guid', os.environ['ROBOT_GUID'])", last_line="guid ***"
    ),
    _ends(
        "`logging` to stderr",
        "`logging` в stderr",
        "import logging\nlogging.warning('careful')",
        last_line="WARNING:root:careful",
    ),
)
_NAME: Final = "счёт за май"
_LONG: Final = "/".join(["a" * 120] * 4)
NAMES: Final = (
    _ends(
        "spelled in NFD on the disk",
        "на диске в NFD",
        "",
        file=unicodedata.normalize("NFD", _NAME + " й") + ".py",
        job="{}/" + _NAME + " й",
    ),
    _ends(
        "spelled in NFD by the Orchestrator",
        "у Оркестратора в NFD",
        "",
        file=_NAME + " й.py",
        job=unicodedata.normalize("NFD", "{}\\" + _NAME + " й"),
    ),
    _ends("500 characters long", "длиной 500 символов", "", file=_LONG + "/main.py", job="{}/" + _LONG),
    _ends(
        "longer than 512 characters",
        "длиннее 512 символов",
        "",
        FAILED,
        job="{}/" + "a/" * 260 + "b",
        says="longer than 512 characters",
    ),
    _ends(
        "a part of more than 255 bytes",
        "часть длиннее 255 байт",
        "",
        FAILED,
        job="{}/" + "ы" * 140,
        says="and this system allows 255",
    ),
    _ends("ends with a dot", "кончается точкой", "", FAILED, job="{}/main.", says="is not allowed"),
    _ends("in other case (Linux)", "в другом регистре (Linux)", "", FAILED, job="{}/MAIN", says="Looked for: "),
    _ends("with `.py`", "с `.py`", "", job="{}/main.py"),
    _ends("unknown", "неизвестное", "", FAILED, job="{}/nothing", says="nothing.py, "),
    _ends(
        "the one that the Orchestrator proposes",
        "то, что предлагает Оркестратор",
        "",
        FAILED,
        job="Process 25.11.2026 10:00:00",
        says="proposes by default",
    ),
    _ends(
        "the same for an existing script's process",
        "то же",
        "",
        FAILED,
        job="Процесс 2026-11-25 10:00:00",
        says="proposes by default",
    ),
    _ends(
        "leads out of the folder by a link",
        "ведёт из папки по ссылке",
        "",
        FAILED,
        files={"out.py@": "/etc/hostname"},
        job="{}/out",
        says="leads out of the scripts folder",
    ),
)
SETTINGS: Final = (
    _ends(
        "`working_folder = 'scripts'`",
        "`working_folder = 'scripts'`",
        "import os, sys\n"
        "assert os.getcwd() == os.path.dirname(os.path.dirname(__file__)) == sys.path[1]\n"
        "assert sys.path[0] == os.path.dirname(__file__)",
        settings="working_folder = 'scripts'\n",
    ),
    _ends(
        "`share_credentials = false`",
        "`share_credentials = false`",
        "import os, sys\nassert 'ROBOT_GUID' not in os.environ\n"
        "assert open(sys.argv[1].split('|')[3]).read().splitlines()[0] == ''",
        settings="share_credentials = false\n",
    ),
    _ends(
        "`script_argument = 'none'`",
        "`script_argument = 'none'`",
        "import sys\nassert len(sys.argv) == 1",
        settings="script_argument = 'none'\n",
    ),
    _ends(
        "`.venv` leads nowhere",
        "`.venv` ведёт в никуда",
        "",
        FAILED,
        files={".venv@": "/nowhere"},
        says="has no interpreter",
    ),
    _ends(
        "`python` names no file",
        "`python` — несуществующий файл",
        "",
        FAILED,
        settings="python = '/nowhere/python'\n",
        says="does not exist",
    ),
    _ends(
        "your own `ROBOT_OPTIONS`, `ROBOT_ROOT`",
        "свои `ROBOT_OPTIONS`, `ROBOT_ROOT`",
        "import os\nassert os.environ['ROBOT_OPTIONS'] == '1'\n"
        "assert os.environ['ROBOT_ROOT'] == 'x'\nassert 'ROBOT_LANGUAGE' not in os.environ",
        environment={"ROBOT_OPTIONS": "1", "ROBOT_ROOT": "x", "ROBOT_LANGUAGE": "en"},
    ),
    _ends(
        "a machine with a locale of ASCII, a job `отчёт`",
        "локаль ASCII, работа `отчёт`",
        "import sys\nprint('готово', sys.stdout.encoding)",
        file="отчёт.py",
        job="{}/отчёт",
        environment={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        says="\nготово utf-8\n",
    ),
    _ends(
        "`PYTHONPATH`, `PYTHONWARNINGS` of the user",
        "`PYTHONPATH`, `PYTHONWARNINGS` пользователя",
        "import sys\nassert '/somewhere' in sys.path\nassert sys.warnoptions == ['ignore']",
        environment={"PYTHONPATH": "/somewhere", "PYTHONWARNINGS": "ignore"},
    ),
    _ends(
        "`PYTHONSTARTUP`, `PYTHONIOENCODING` of the user",
        "`PYTHONSTARTUP`, `PYTHONIOENCODING` пользователя",
        "print('é')",
        last_line="é",
        environment={"PYTHONSTARTUP": "/nowhere", "PYTHONIOENCODING": "ascii"},
    ),
)
