"""What scripts do to their process and its descriptors, and which processes they leave behind."""

from __future__ import annotations

from typing import Final

from tests.contract.orchestrator import FAILED, STOPPED, SUCCESS
from tests.scripts.play import Case

_STOP_THEN: Final = (
    "\ntry:\n    READY\n    time.sleep(30)\nfinally:\n    time.sleep(1.5)\n    open('wound-up', 'w').close()"
)
_ALARM: Final = "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.1)\ntime.sleep(5)"
_QUIET: Final = " >/dev/null 2>&1 </dev/null"


def _ends(en: str, ru: str, source: str, status: int = SUCCESS, **more: object) -> Case:
    return Case(en, ru, source, status, **more)  # type: ignore[arg-type]


def _channel(en: str, ru: str, source: str) -> Case:
    return Case(
        en, ru, "import os, subprocess, sys, time\n" + source + _STOP_THEN, STOPPED, "stop", leaves=("wound-up",)
    )


CHANNEL: Final = (
    _channel(
        "`sys.stdin.close()`, `os.close(0)`",
        "`sys.stdin.close()`, `os.close(0)`",
        "sys.stdin.close()\nos.open(os.devnull, os.O_RDONLY)\nos.close(0)",
    ),
    _channel("`os.closerange(3, 65536)`", "`os.closerange(3, 65536)`", "os.closerange(3, 65536)"),
    _channel(
        "closes everything, descriptors 0–2 too",
        "закрывает всё, и дескрипторы 0–2",
        "os.closerange(0, 65536)\ntime.sleep(0.6)",
    ),
    _channel(
        "`os.dup2` over 0–2",
        "`os.dup2` поверх 0–2",
        "null = os.open(os.devnull, os.O_RDWR)\nfor n in range(3):\n    os.dup2(null, n)",
    ),
    _channel(
        "closes all, then opens 1000 files",
        "закрывает всё, потом открывает 1000 файлов",
        "import resource\nos.closerange(3, 65536)\n"
        "kept = [open(os.devnull) for _ in range(min(1000, "
        "resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 20))]\ntime.sleep(0.6)",
    ),
    _channel(
        "`os.setsid` in a fork, waits for it",
        "`os.setsid` в fork, ждёт его",
        "if not os.fork():\n    os.setsid()\n    os._exit(0)\nos.wait()",
    ),
    _channel(
        "lowers its limit of open files",
        "снижает себе лимит открытых файлов",
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
    ),
    _channel(
        "`os.chdir`, `os.umask`, clears `os.environ`",
        "`os.chdir`, `os.umask`, очищает `os.environ`",
        "os.environ.clear()\nos.umask(0o777)\nos.umask(0o22)",
    ),
    _channel(
        "a child from `sys.orig_argv` that ends first",
        "процесс из `sys.orig_argv`, который кончается раньше",
        "if os.environ.get('AGAIN'):\n    sys.exit(0)\n"
        "subprocess.run([sys.executable, *sys.orig_argv[1:]], env={**os.environ, 'AGAIN': '1'}, "
        "check=True)",
    ),
    _ends("`input()`", "`input()`", "input('Password: ')", FAILED, last_line="EOFError: EOF when reading a line"),
    _ends("reads `sys.stdin`", "читает `sys.stdin`", "import sys\nassert sys.stdin.read() == ''"),
    _ends(
        "`ProcessPoolExecutor`, `multiprocessing` by fork, spawn and fork server",
        "`ProcessPoolExecutor`, `multiprocessing` через fork, spawn и fork server",
        "import multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "if __name__ == '__main__':\n"
        "    for way in ('fork', 'spawn', 'forkserver'):\n"
        "        context = multiprocessing.get_context(way)\n"
        "        with ProcessPoolExecutor(2, context) as pool:\n"
        "            assert list(pool.map(abs, [-1, -2])) == [1, 2]",
    ),
)
DESCENT: Final = (
    _ends(
        "a child that is still running",
        "ещё работающий процесс",
        "import subprocess\nsubprocess.Popen(['sleep', '297'])",
    ),
    _ends(
        "a double fork with `setsid`",
        "двойной fork с `setsid`",
        "import os, time\nif not os.fork():\n    os.setsid()\n    if os.fork():\n"
        "        os._exit(0)\n    time.sleep(300)\nos.wait()",
    ),
    _ends(
        "becomes a daemon: the parent ends",
        "становится демоном: родитель завершается",
        "import os, time\nif os.fork():\n    os._exit(0)\nos.setsid()\nif os.fork():\n"
        "    os._exit(0)\n"
        "null = os.open(os.devnull, os.O_RDWR)\nfor n in range(3):\n    os.dup2(null, n)\n"
        "os.closerange(3, 4096)\ntime.sleep(300)",
    ),
    _ends("`env -i setsid -f`", "`env -i setsid -f`", f"import os\nos.system('env -i setsid -f sleep 297{_QUIET}')"),
    _ends("`nohup … &`", "`nohup … &`", f"import os\nos.system('nohup sleep 297{_QUIET} &')"),
    _ends("a false mark", "ложная метка", f"import os\nos.system('ROBOT_RUN_MARK=x setsid -f sleep 297{_QUIET}')"),
    _ends(
        "children that ignore SIGTERM, SIGHUP and SIGINT",
        "процессы, не замечающие SIGTERM, SIGHUP и SIGINT",
        f"import os\nos.system(\"setsid -f sh -c 'trap : TERM HUP INT; sleep 297; sleep 297'{_QUIET}\")",
    ),
    _ends(
        "a child that keeps the output open",
        "процесс, который держит вывод открытым",
        "import os\nos.system('setsid -f sleep 297')\nprint('end')",
        last_line="end",
    ),
    _ends(
        "a zombie that nobody waits for",
        "зомби, которого никто не ждёт",
        "import os, time\nfor _ in range(20):\n    if not os.fork():\n        os._exit(0)\ntime.sleep(0.2)",
    ),
    _ends(
        "a grandchild that outlives its parent, found by its number",
        "внук, переживший родителя; его ждут по номеру",
        "import os, signal, subprocess, time\n"
        "out = subprocess.run('sleep 100 >/dev/null 2>&1 & echo $!', shell=True, "
        "capture_output=True)\n"
        "pid = int(out.stdout)\nos.kill(pid, signal.SIGTERM)\nfor _ in range(50):\n    try:\n"
        "        os.kill(pid, 0)\n"
        "    except ProcessLookupError:\n        break\n    time.sleep(0.1)\nelse:\n"
        "    raise SystemExit('does not go away')",
    ),
    _ends(
        "shared memory, then a crash",
        "общая память, затем ошибка",
        "import os\nfrom multiprocessing.shared_memory import SharedMemory\n"
        "SharedMemory(name='robot-case-a', create=True, size=1000)\nraise RuntimeError('crashed')",
        FAILED,
        last_line="RuntimeError: crashed",
        leaves=("!/dev/shm/robot-case-a",),
    ),
    _ends(
        "a pool that is never closed",
        "пул, который не закрывают",
        "import multiprocessing\nif __name__ == '__main__':\n    pool = multiprocessing.Pool(3)\n"
        "    print(pool.apply(abs, (-1,)))",
    ),
    _ends(
        "asks to die with its parent (`PR_SET_PDEATHSIG`)",
        "просит умереть вместе с родителем (`PR_SET_PDEATHSIG`)",
        "import ctypes, time\nctypes.CDLL(None).prctl(1, 9)\ntime.sleep(1)",
    ),
    _ends("`signal.setitimer` without a handler", "`signal.setitimer` без обработчика", _ALARM, FAILED),
    _ends("`os.abort()`", "`os.abort()`", "import os\nos.abort()", FAILED),
    _ends(
        "`os.kill(os.getpid(), SIGKILL)`",
        "`os.kill(os.getpid(), SIGKILL)`",
        "import os\nos.kill(os.getpid(), 9)",
        FAILED,
    ),
    _ends("kills its process group", "убивает свою группу процессов", "import os\nos.killpg(0, 15)", FAILED),
    _ends("raises the priority, the nice value, its oom score", "меняет приоритет, nice", "import os\nos.nice(5)"),
    Case(
        "the robot is killed: a child without a mark",
        "робота убивают: процесс без метки",
        f"import os, time\nos.system('env -i setsid -f sleep 297{_QUIET}')\nREADY\ntime.sleep(60)",
        FAILED,
        "kill",
    ),
    Case(
        "the robot is killed: signals blocked, all closed, its own session",
        "робота убивают: сигналы заблокированы, всё закрыто",
        "import os, signal, time\nos.closerange(3, 65536)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "if not os.fork():\n    os.setsid()\n    time.sleep(300)\nREADY\ntime.sleep(60)",
        FAILED,
        "kill",
    ),
    Case(
        "the robot is killed: the script has replaced itself",
        "робота убивают: скрипт заменил себя",
        "import os\nREADY\nos.execv('/bin/sleep', ['sleep', '297'])",
        FAILED,
        "kill",
    ),
)
