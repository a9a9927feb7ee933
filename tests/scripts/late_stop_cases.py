"""Scripts that can't take a stop at once, that fail after it, or that only Abort ends."""

from __future__ import annotations

from typing import Final

from tests.contract.orchestrator import ABORTED, FAILED, STOPPED
from tests.scripts.play import Case

_SLEEP: Final = "import os, signal, sys, time\nREADY\n"


def _stop(en: str, ru: str, source: str, status: int = STOPPED, **more: object) -> Case:
    return Case(en, ru, source, status, "stop", **more)  # type: ignore[arg-type]


MASKED: Final = (
    _stop(
        "inside a slow `__del__`, out of which no exception gets",
        "внутри медленного `__del__`, откуда исключение не выходит",
        "import time\nclass Slow:\n    def __del__(self):\n        READY\n        time.sleep(2)\n"
        "slow = Slow()\ndel slow\ntime.sleep(30)",
    ),
    _stop(
        "`os.system` one after the other",
        "`os.system` раз за разом",
        "import os\nREADY\nfor _ in range(60):\n    os.system('sleep 0.5')\nraise SystemExit('all posted')",
    ),
    _stop(
        "SIGINT ignored for three seconds",
        "SIGINT три секунды игнорируется",
        "import signal, time\nbefore = signal.signal(signal.SIGINT, signal.SIG_IGN)\nREADY\ntime.sleep(3)\n"
        "open('saved', 'w').close()\nsignal.signal(signal.SIGINT, before)\ntime.sleep(30)",
        leaves=("saved",),
    ),
    _stop(
        "SIGINT blocked by `pthread_sigmask`",
        "SIGINT заблокирован `pthread_sigmask`",
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\nREADY\ntime.sleep(3)\n"
        "open('saved', 'w').close()\nsignal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})\ntime.sleep(30)",
        leaves=("saved",),
    ),
    _stop(
        "every signal blocked",
        "заблокированы все сигналы",
        "import signal, time\nbefore = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())\nREADY\n"
        "time.sleep(3)\nopen('saved', 'w').close()\nsignal.pthread_sigmask(signal.SIG_SETMASK, before)\n"
        "time.sleep(30)",
        leaves=("saved",),
    ),
    _stop(
        "`signal.sigwait`",
        "`signal.sigwait`",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})\nREADY\n"
        "got = signal.sigwait({signal.SIGINT, signal.SIGTERM})\nassert got == signal.SIGINT\n"
        "open('wound-up', 'w').close()",
        leaves=("wound-up",),
    ),
    _stop(
        "`signal.sigtimedwait` in a loop",
        "`signal.sigtimedwait` в цикле",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\nREADY\n"
        "while not signal.sigtimedwait({signal.SIGINT}, 0.3):\n    pass\nopen('wound-up', 'w').close()",
        leaves=("wound-up",),
    ),
    _stop(
        "`setitimer` and a handler for SIGALRM",
        "`setitimer` и обработчик SIGALRM",
        "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: None)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)\nREADY\ntime.sleep(30)",
    ),
    _stop(
        "its own handler sets a flag",
        "свой обработчик ставит флаг",
        "import signal, time\nstop = []\nsignal.signal(signal.SIGINT, lambda *_: stop.append(1))\nREADY\n"
        "while not stop:\n    time.sleep(0.1)\nopen('wound-up', 'w').close()",
        leaves=("wound-up",),
    ),
    _stop(
        "its own handler calls `sys.exit(5)`",
        "свой обработчик вызывает `sys.exit(5)`",
        "import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit(5))\nREADY\ntime.sleep(30)",
    ),
    _stop(
        "its own handler raises its own exception, caught; a clean end",
        "свой обработчик вызывает своё исключение, его ловят; обычный конец",
        "import signal, time\nclass Shutdown(BaseException): pass\ndef handler(*_): raise Shutdown\n"
        "signal.signal(signal.SIGINT, handler)\ntry:\n    READY\n    time.sleep(30)\nexcept Shutdown:\n    pass",
    ),
    _stop(
        "all signals reset to their default action",
        "всем сигналам возвращено действие по умолчанию",
        "import signal, time\nfor each in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "    signal.signal(each, signal.SIG_DFL)\nREADY\ntime.sleep(30)",
    ),
    _stop(
        "all signals but SIGINT reset; it winds up",
        "то же со всеми, кроме SIGINT; завершает дела",
        "import signal, time\nfor each in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGINT}:\n"
        "    signal.signal(each, signal.SIG_DFL)\ntry:\n    READY\n    time.sleep(30)\nfinally:\n"
        "    time.sleep(0.5)\n    open('wound-up', 'w').close()",
        leaves=("wound-up",),
    ),
    _stop(
        "all signals ignored, then let through again",
        "все сигналы игнорируются, потом снова нет",
        "import signal, time\nall = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}\n"
        "before = {each: signal.signal(each, signal.SIG_IGN) for each in all if signal.getsignal(each) is not None}\n"
        "READY\ntime.sleep(2)\nfor each, action in before.items():\n    signal.signal(each, action)\ntime.sleep(30)",
    ),
    _stop(
        "starts itself again in its own place (`os.execv`)",
        "запускает себя заново на своём месте (`os.execv`)",
        "import os, sys, time\nif not os.environ.get('AGAIN'):\n    os.environ['AGAIN'] = '1'\n"
        "    os.execv(sys.executable, [sys.executable, *sys.argv])\nREADY\ntime.sleep(30)",
    ),
    _stop(
        "the same with `sys.orig_argv`, winds up",
        "то же с `sys.orig_argv`, завершает дела",
        "import os, sys, time\nif not os.environ.get('AGAIN'):\n    os.environ['AGAIN'] = '1'\n"
        "    os.execv(sys.executable, sys.orig_argv)\ntry:\n    READY\n    time.sleep(30)\nfinally:\n"
        "    time.sleep(2)\n    open('wound-up', 'w').close()",
        leaves=("wound-up",),
    ),
    _stop(
        "a wind-up of ten seconds, Stop pressed again and again",
        "завершает дела десять секунд, «Остановить» нажимают снова и снова",
        "import time\ntry:\n    READY\n    time.sleep(30)\nfinally:\n    for _ in range(100):\n"
        "        time.sleep(0.1)\n    open('wound-up', 'w').close()",
        leaves=("wound-up",),
        within=28,
    ),
)
FAILED_AFTER: Final = (
    _stop(
        '`sys.exit("text")` in `except KeyboardInterrupt`',
        '`sys.exit("текст")` в `except KeyboardInterrupt`',
        _SLEEP + "try:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    sys.exit('the ledger is not saved')",
        FAILED,
        last_line="the ledger is not saved",
    ),
    _stop(
        "another error while it winds up",
        "другая ошибка при завершении дел",
        _SLEEP + "try:\n    time.sleep(30)\nfinally:\n    1 / 0",
        FAILED,
        last_line="ZeroDivisionError: division by zero",
    ),
    _stop(
        "an error while it winds up, turned into `sys.exit(1)`",
        "ошибка при завершении дел, ставшая `sys.exit(1)`",
        _SLEEP + "try:\n    try:\n        time.sleep(30)\n    finally:\n        open('/nowhere/x')\n"
        "except OSError:\n    sys.exit(1)",
        FAILED,
    ),
    _stop(
        "swallows the interrupt, later `sys.exit(3)`",
        "проглатывает прерывание, позже `sys.exit(3)`",
        _SLEEP + "try:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    pass\nsys.exit(3)",
        FAILED,
    ),
    _stop(
        "asked `stop_requested()`, then `sys.exit(7)`",
        "спрашивал `stop_requested()`, затем `sys.exit(7)`",
        "import sys, time, robot_job\nrobot_job.stop_requested()\nREADY\nwhile not robot_job.stop_requested():\n"
        "    time.sleep(0.1)\nsys.exit(7)",
        FAILED,
    ),
    _stop(
        "its own handler raises its own exception, unhandled",
        "свой обработчик вызывает своё исключение, его никто не ловит",
        "import signal, time\nclass Shutdown(Exception): pass\ndef handler(*_): raise Shutdown('now')\n"
        "signal.signal(signal.SIGINT, handler)\nREADY\ntime.sleep(30)",
        FAILED,
    ),
    _stop(
        "ended by another signal",
        "завершён другим сигналом",
        _SLEEP + "try:\n    time.sleep(30)\nfinally:\n    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(5)",
        FAILED,
    ),
)
ABORTED_CASES: Final = (
    Case(
        "Stop, then Abort: it takes no notice of the stop",
        "«Остановить», затем «Прервать»: на остановку не отвечает",
        "import time\nREADY\nwhile True:\n    try:\n        time.sleep(30)\n"
        "    except KeyboardInterrupt:\n        pass",
        ABORTED,
        "abort",
    ),
    Case(
        "Stop, then Abort: signals blocked, children in sessions of their own",
        "«Остановить», затем «Прервать»: сигналы заблокированы, процессы в своих сеансах",
        "import signal, subprocess, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "for _ in range(5):\n    subprocess.run('env -i setsid -f sleep 297', shell=True)\nREADY\ntime.sleep(60)",
        ABORTED,
        "abort",
    ),
)
