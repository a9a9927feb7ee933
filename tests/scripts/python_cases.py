"""What scripts expect of Python itself, and how they end."""

from __future__ import annotations

from typing import Final

from tests.contract.orchestrator import FAILED, SUCCESS
from tests.scripts.play import Case


def _ends(en: str, ru: str, source: str, status: int = SUCCESS, **more: object) -> Case:
    return Case(en, ru, source, status, **more)  # type: ignore[arg-type]


_HIDING: Final = (
    "app",
    "calendar",
    "child",
    "contextlib",
    "control",
    "copy",
    "ctypes",
    "email",
    "enum",
    "functools",
    "hashlib",
    "host",
    "json",
    "linecache",
    "logging",
    "pipe",
    "procfs",
    "queue",
    "random",
    "re",
    "runpy",
    "select",
    "signal",
    "sitecustomize",
    "stopped",
    "subprocess",
    "threading",
    "tokenize",
    "traceback",
    "typing",
    "usercustomize",
    "warnings",
)
_HIDERS: Final = {f"{name}.py": "open('RAN-' + __name__, 'w')\nraise SystemExit(__name__)" for name in _HIDING}
_NEVER_RUN: Final = tuple(f"!RAN-{name}" for name in _HIDING)
PYTHON: Final = (
    _ends(
        "modules beside it named like Python's, like ours",
        "рядом модули с именами как у Python, как у робота",
        "import time\ntime.sleep(0.1)\nprint('end')",
        files=_HIDERS,
        last_line="end",
        leaves=_NEVER_RUN,
    ),
    _ends(
        "the same with `robot_job.task()` and `on_stop`",
        "то же с `robot_job.task()` и `on_stop`",
        "import robot_job\nrobot_job.task()\nrobot_job.on_stop(print)\nprint('end')",
        files=_HIDERS,
        last_line="end",
        leaves=_NEVER_RUN,
    ),
    _ends(
        "globals of `__main__`",
        "глобальные имена `__main__`",
        "found = set(globals())\n"
        "assert found == {'__name__', '__doc__', '__package__', '__loader__', '__spec__', "
        "'__annotations__', '__builtins__', '__file__', '__cached__'}, found\n"
        "assert (__name__, __doc__, __package__, __spec__, __annotations__, __cached__) == "
        "('__main__', None, None, None, {}, None)\n"
        "import sys, inspect, pickle\nassert sys.modules['__main__'].__dict__ is globals()\n"
        "assert __loader__.get_filename('__main__') == __file__\n"
        "class A: pass\nassert isinstance(pickle.loads(pickle.dumps(A())), A)\n"
        "assert inspect.getsource(A)",
    ),
    _ends(
        "`sys.argv[0]`, `__file__`, `sys.path[0]`, the working directory",
        "`sys.argv[0]`, `__file__`, `sys.path[0]`, рабочая папка",
        "import os, sys\nassert sys.argv[0] == __file__\n"
        "assert sys.path[0] == os.path.dirname(__file__) == os.getcwd()\n"
        "assert len(sys.argv) == 2\nassert len(sys.argv[1].split('|')) == 4",
    ),
    _ends(
        "a docstring, `from __future__ import annotations`, a coding line, CRLF, a BOM",
        "docstring, `from __future__`, строка coding, CRLF, BOM",
        '\ufeff# -*- coding: utf-8 -*-\r\n"""Doc."""\r\n'
        "from __future__ import annotations\r\nx: int = 1\r\nassert __doc__ == 'Doc.'\r\n"
        "assert __annotations__ == {'x': 'int'}\r\n",
    ),
    _ends(
        "a source in cp1251 that says so",
        "исходный текст в cp1251, о чём сказано",
        "# coding: cp1251\nassert '\udcef\udcf0' == '\\u043f\\u0440'\n",
    ),
    _ends(
        "a source in cp1251 that does not say so",
        "исходный текст в cp1251, о чём не сказано",
        "print('\udcef\udcf0')\n",
        FAILED,
    ),
    _ends("a syntax error", "ошибка синтаксиса", "def f(:\n    pass", FAILED, last_line="SyntaxError: invalid syntax"),
    _ends("an empty file", "пустой файл", ""),
    _ends(
        "a `__main__.py` that imports its own modules by name",
        "`__main__.py` импортирует свои модули",
        "import helper\nassert helper.x == 1",
        file="__main__.py",
        files={"helper.py": "x = 1"},
    ),
    _ends(
        "threads that go on after the last line",
        "потоки, работающие после последней строки",
        "import threading, time\nthreading.Thread(target=lambda: (time.sleep(1), open('done', 'w').close())).start()",
        leaves=("done",),
    ),
    _ends(
        "`gc`, `sys.settrace`, `sys.setprofile`, `faulthandler`",
        "`gc`, `sys.settrace`, `sys.setprofile`, `faulthandler`",
        "import faulthandler, gc, sys\nfaulthandler.enable()\nsys.settrace(lambda *a: None)\n"
        "sys.setprofile(lambda *a: None)\ngc.collect()",
    ),
    _ends(
        "recursion without end",
        "бесконечная рекурсия",
        "def f(): f()\nf()",
        FAILED,
        last_line="RecursionError: maximum recursion depth exceeded",
    ),
    _ends(
        "no memory",
        "не хватает памяти",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\nx = bytearray(1 << 31)",
        FAILED,
        last_line="MemoryError",
    ),
    _ends("`breakpoint()`", "`breakpoint()`", "breakpoint()\nprint(1)", FAILED, last_line="bdb.BdbQuit"),
    _ends(
        "`getpass.getpass()`", "`getpass.getpass()`", "import getpass\ngetpass.getpass()", FAILED, last_line="EOFError"
    ),
    _ends(
        "`unittest.main()`",
        "`unittest.main()`",
        "import sys, unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertTrue(True)\n"
        "unittest.main(argv=sys.argv[:1])",
        last_line="OK",
    ),
    _ends(
        "`doctest`, dataclasses, `typing.get_type_hints`",
        "`doctest`, dataclasses, `typing.get_type_hints`",
        "from __future__ import annotations\nimport dataclasses, doctest, typing\n@dataclasses.dataclass\nclass A:\n"
        "    x: list[A] | None = None\ndef f():\n    '>>> 1 + 1\\n2'\n"
        "assert typing.get_type_hints(A)['x'] == list[A] | None\nassert doctest.testmod() == (0, 1)",
    ),
    _ends(
        "`argparse` that knows nothing of the vendor's argument",
        "`argparse`, не знающий аргумента производителя",
        "import argparse\nargparse.ArgumentParser().parse_args()",
        FAILED,
    ),
    _ends(
        "`sys.exit(1)` in a thread, as by hand",
        "`sys.exit(1)` в потоке, как и вручную",
        "import sys, threading\nt = threading.Thread(target=sys.exit, args=(1,))\nt.start()\nt.join()",
    ),
    _ends(
        "`sys.stdout.detach()` (exit code 120, as by hand)",
        "`sys.stdout.detach()` (код 120, как и вручную)",
        "import sys\nsys.stdout.reconfigure(encoding='cp1251')\nprint('x')\nsys.stdout.detach()\nsys.stderr.close()",
        FAILED,
    ),
    _ends(
        "`threading.excepthook`, an exception in a thread",
        "исключение в потоке",
        "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()",
    ),
)
_CODES: Final = tuple(
    _ends(f"`sys.exit({text})`", f"`sys.exit({text})`", f"import sys\nsys.exit({text})", status)
    for text, status in (
        ("256", SUCCESS),
        ("-1", FAILED),
        ("2**40", SUCCESS),
        ("2**70", FAILED),
        ('""', FAILED),
        ("None", SUCCESS),
        ("True", FAILED),
        ("False", SUCCESS),
        ("object()", FAILED),
        ("(0, 1)", FAILED),
        ("0.0", FAILED),
    )
)
ENDS: Final = (
    *_CODES,
    _ends(
        '`raise SystemExit("text")`',
        '`raise SystemExit("текст")`',
        "raise SystemExit('the invoice has no number')",
        FAILED,
        last_line="the invoice has no number",
    ),
    _ends("`os._exit(0)`", "`os._exit(0)`", "import os\nos._exit(0)"),
    _ends("`atexit` that fails", "ошибка в `atexit`", "import atexit\natexit.register(lambda: 1 / 0)"),
    _ends(
        "`os.execv` of another program",
        "`os.execv` другой программы",
        "import os\nos.execvp('sh', ['sh', '-c', 'echo last; exit 3'])",
        FAILED,
        last_line="last",
    ),
    _ends(
        "an unhandled KeyboardInterrupt that nobody asked for",
        "необработанный KeyboardInterrupt, о котором никто не просил",
        "raise KeyboardInterrupt",
        FAILED,
        last_line="KeyboardInterrupt",
    ),
)
