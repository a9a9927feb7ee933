"""Scripts that are stopped, as authors write them, and can take it at once."""

from __future__ import annotations

from typing import Final

from tests.contract.orchestrator import STOPPED
from tests.scripts.play import Case

_SLEEP: Final = "import os, signal, sys, time\nREADY\n"


def _stop(en: str, ru: str, source: str, status: int = STOPPED, **more: object) -> Case:
    return Case(en, ru, source, status, "stop", **more)  # type: ignore[arg-type]


INTERRUPTED: Final = (
    _stop("sleeps", "спит", _SLEEP + "time.sleep(30)"),
    _stop(
        "nested try/finally, context managers",
        "вложенные try/finally, менеджеры контекста",
        "import contextlib, time\n@contextlib.contextmanager\ndef held(name):\n    try:\n        yield\n"
        "    finally:\n        open(name, 'w').close()\n"
        "with held('outer'), contextlib.ExitStack() as stack:\n    stack.enter_context(held('inner'))\n"
        "    stack.callback(open, 'called', 'w')\n    READY\n    time.sleep(30)",
        leaves=("outer", "inner", "called"),
    ),
    _stop(
        "`sys.exit(3)` in `finally`",
        "`sys.exit(3)` в `finally`",
        _SLEEP + "try:\n    time.sleep(30)\nfinally:\n    sys.exit(3)",
    ),
    _stop(
        "`os._exit(130)` in `except KeyboardInterrupt`",
        "`os._exit(130)` в `except KeyboardInterrupt`",
        _SLEEP + "try:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    try:\n        sys.exit(130)\n"
        "    except SystemExit:\n        os._exit(130)",
    ),
    _stop(
        "`raise SystemExit(1) from` another exception",
        "`raise SystemExit(1) from` другого исключения",
        _SLEEP + "try:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    raise SystemExit(1) from OSError('x')",
    ),
    _stop(
        "an `Abort` like click's, then `sys.exit(1)`",
        "`Abort`, как у click, затем `sys.exit(1)`",
        "import sys, time\nclass Abort(RuntimeError): pass\ndef invoke():\n    try:\n        READY\n"
        "        time.sleep(30)\n    except (EOFError, KeyboardInterrupt) as e:\n        raise Abort from e\n"
        "try:\n    invoke()\nexcept Abort:\n    print('Aborted!', file=sys.stderr)\n    sys.exit(1)",
    ),
    _stop(
        "`contextlib.suppress(KeyboardInterrupt)`, a clean end",
        "`contextlib.suppress(KeyboardInterrupt)`, обычный конец",
        "import contextlib, time\nwith contextlib.suppress(KeyboardInterrupt):\n    READY\n    time.sleep(30)",
    ),
    _stop(
        "asyncio: a TaskGroup whose tasks tidy up",
        "asyncio: TaskGroup, задачи которой прибирают за собой",
        "import asyncio\nasync def work(n):\n    try:\n        await asyncio.sleep(30)\n    finally:\n"
        "        await asyncio.sleep(0.2)\n        open(f'done{n}', 'w').close()\n"
        "async def main():\n    async with asyncio.TaskGroup() as group:\n        for n in range(3):\n"
        "            group.create_task(work(n))\n        await asyncio.sleep(0.1)\n        READY\nasyncio.run(main())",
        leaves=("done0", "done1", "done2"),
    ),
    _stop(
        "asyncio: `loop.add_signal_handler`",
        "asyncio: `loop.add_signal_handler`",
        "import asyncio, signal\nasync def main():\n    end = asyncio.Event()\n"
        "    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, end.set)\n    READY\n"
        "    await end.wait()\n    open('wound-up', 'w').close()\nasyncio.run(main())",
        leaves=("wound-up",),
    ),
    _stop(
        "asyncio: `run_in_executor` at work",
        "asyncio: работает `run_in_executor`",
        "import asyncio, time\nasync def main():\n    READY\n"
        "    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 2)\nasyncio.run(main())",
    ),
    _stop(
        "asyncio: the loop by hand, `run_forever`, `except KeyboardInterrupt`",
        "asyncio: цикл вручную, `run_forever`, `except KeyboardInterrupt`",
        "import asyncio, sys\nloop = asyncio.new_event_loop()\nloop.call_later(0.1, lambda: READY)\ntry:\n"
        "    loop.run_forever()\nexcept KeyboardInterrupt:\n    loop.run_until_complete(asyncio.sleep(0.1))\n"
        "    sys.exit(2)\nfinally:\n    loop.close()",
    ),
    _stop(
        "a loop like trio's: its own handler raises `KeyboardInterrupt` later",
        "цикл, как у trio: свой обработчик, `KeyboardInterrupt` позже",
        "import signal, select, os\nr, w = os.pipe()\nos.set_blocking(w, False)\nsignal.set_wakeup_fd(w)\nhit = []\n"
        "signal.signal(signal.SIGINT, lambda *_: hit.append(1))\nREADY\nwhile not hit:\n"
        "    select.select([r], [], [], 30)\nraise KeyboardInterrupt",
    ),
    _stop(
        "`thread.join()` in the main thread",
        "`thread.join()` в главном потоке",
        "import threading, time\nt = threading.Thread(target=time.sleep, args=(30,), daemon=True)\nt.start()\n"
        "READY\nt.join()",
    ),
    _stop("`queue.get()`", "`queue.get()`", "import queue\nREADY\nqueue.Queue().get()"),
    _stop(
        "`Condition.wait()`, `Event.wait()`",
        "`Condition.wait()`, `Event.wait()`",
        "import threading\nREADY\nthreading.Event().wait()",
    ),
    _stop(
        "`subprocess.run` of a long child",
        "`subprocess.run` долгого процесса",
        "import subprocess\nREADY\nsubprocess.run(['sleep', '60'], check=True)",
    ),
    _stop(
        "`subprocess.Popen(…).communicate()`",
        "`subprocess.Popen(…).communicate()`",
        "import subprocess\nREADY\nwith subprocess.Popen(['sh', '-c', 'sleep 3; echo x'], stdout=-1) as p:\n"
        "    p.communicate()",
    ),
    _stop(
        "`select`, `poll`, a socket",
        "`select`, `poll`, сокет",
        "import socket\na, b = socket.socketpair()\nREADY\na.recv(1)",
    ),
    _stop("`signal.pause()`", "`signal.pause()`", "import signal\nREADY\nsignal.pause()"),
    _stop(
        "its last line is done, its threads go on",
        "последняя строка выполнена, потоки работают",
        "import threading, time\ndef work():\n    time.sleep(0.3)\n    READY\n"
        "    while True:\n        time.sleep(0.1)\n"
        "threading.Thread(target=work).start()",
    ),
    _stop(
        "`multiprocessing.Process`: not interrupted, and waited for",
        "`multiprocessing.Process`: не прерывается, его ждут",
        "import multiprocessing, time\nif __name__ == '__main__':\n"
        "    process = multiprocessing.Process(target=time.sleep, args=(4,))\n    process.start()\n    READY\n"
        "    process.join()",
    ),
    _stop(
        "`http.server`: `serve_forever()`",
        "`http.server`: `serve_forever()`",
        "from http.server import *\nwith HTTPServer(('127.0.0.1', 0), BaseHTTPRequestHandler) as server:\n"
        "    READY\n    server.serve_forever()",
    ),
    _stop(
        "`sqlite3` at a long query",
        "`sqlite3` с долгим запросом",
        "import sqlite3, time\ndb = sqlite3.connect(':memory:')\nREADY\n"
        "db.execute('WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 20000000) '\n"
        "           'SELECT max(n) FROM c').fetchall()\ntime.sleep(30)",
    ),
    _stop("a busy loop", "цикл без ожиданий", "READY\nwhile True:\n    pass"),
    _stop("`sleep` of the C library", "`sleep` библиотеки C", "import ctypes\nREADY\nctypes.CDLL(None).sleep(4)"),
    _stop(
        "a C call that keeps the interpreter's lock",
        "вызов C, который держит блокировку интерпретатора",
        "READY\nsum(range(150_000_000))\nimport time\ntime.sleep(30)",
    ),
    _stop(
        "the same, under another process title",
        "то же, под другим названием процесса",
        "import ctypes\nstart = int(open('/proc/self/stat').read().rsplit(')')[1].split()[45])\n"
        "ctypes.memset(start, ord('x'), 6)\nimport time\ntry:\n    READY\n"
        "    ctypes.PyDLL(None).sleep(3)\n    time.sleep(30)\nfinally:\n    time.sleep(2)\n"
        "    open('wound-up', 'w').close()",
        leaves=("wound-up",),
    ),
    _stop(
        "a multiprocessing pool at work",
        "работает пул multiprocessing",
        "import multiprocessing, time\nif __name__ == '__main__':\n    with multiprocessing.Pool(2) as pool:\n"
        "        pool.apply_async(time.sleep, (0.1,)).get()\n        READY\n        pool.map(time.sleep, [30, 30])",
    ),
    _stop(
        "the same by spawn",
        "то же через spawn",
        "import multiprocessing, time\nif __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "        pool.apply_async(time.sleep, (0.1,)).get()\n        READY\n        pool.map(time.sleep, [30, 30])",
    ),
    _stop(
        "`concurrent.futures`: threads",
        "`concurrent.futures`: потоки",
        "import concurrent.futures, time\nwith concurrent.futures.ThreadPoolExecutor(2) as pool:\n"
        "    futures = [pool.submit(time.sleep, 2) for _ in range(2)]\n    READY\n"
        "    concurrent.futures.wait(futures)",
    ),
    _stop(
        "`concurrent.futures`: processes",
        "`concurrent.futures`: процессы",
        "import concurrent.futures, time\nif __name__ == '__main__':\n"
        "    with concurrent.futures.ProcessPoolExecutor(2) as pool:\n"
        "        future = pool.submit(time.sleep, 3)\n        READY\n        future.result()",
    ),
    _stop(
        "`atexit` handlers",
        "обработчики `atexit`",
        "import atexit, time\natexit.register(lambda: open('at-exit', 'w').close())\nREADY\ntime.sleep(30)",
        leaves=("at-exit",),
    ),
    _stop(
        "stop while it imports its modules",
        "остановка во время импорта модулей",
        "import slow\nopen('went-on', 'w').close()",
        files={"slow.py": "import time\nREADY\ntime.sleep(30)"},
        leaves=("!went-on",),
    ),
    _stop(
        "code that calls `eval`, `exec`, `runpy.run_path`",
        "код через `eval`, `exec`, `runpy.run_path`",
        "import runpy\nrunpy.run_path('inner.py', run_name='__main__')",
        files={"inner.py": "exec('import time\\nREADY\\ntime.sleep(30)')"},
    ),
    _stop(
        "its own `sys.excepthook`",
        "свой `sys.excepthook`",
        "import sys, time\nsys.excepthook = lambda kind, *_: print('ended by', kind.__name__)\nREADY\ntime.sleep(30)",
        last_line="ended by KeyboardInterrupt",
    ),
    _stop(
        "an ExceptionGroup of nothing but the interrupt",
        "группа из одного прерывания",
        _SLEEP + "try:\n    time.sleep(30)\nexcept KeyboardInterrupt as e:\n    raise BaseExceptionGroup('all', [e])",
    ),
)
