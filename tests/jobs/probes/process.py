"""A script that prints what it can see of its process, as JSON; see test_spares.py one folder up."""

import gc
import json
import os
import sys
import threading
import time

seen = {}


def environ(pid):
    """What other programs see; zero bytes may stand behind it."""
    with open(f"/proc/{pid}/environ", "rb") as file:
        return file.read().decode("utf-8", "surrogateescape").rstrip("\0").split("\0")


RUN = {"ROBOT_RUN_MARK", "ROBOT_RUN_NUMBER", "ROBOT_GATEWAY"}
modules = sorted(sys.modules)
seen["environ"] = list(os.environ.items())
seen["argv"], seen["orig_argv"] = sys.argv, sys.orig_argv
seen["flags"], seen["xoptions"], seen["warnoptions"] = str(sys.flags), sys._xoptions, sys.warnoptions
seen["path"], seen["path_importer_cache"] = sys.path, sorted(sys.path_importer_cache)
seen["finders"] = [repr(each) for each in sys.path_importer_cache.values() if each is None]
seen["hooks"] = [str(type(each)) for each in (*sys.path_hooks, *sys.meta_path)]
seen["prefixes"] = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.executable, sys._base_executable]
seen["modules"] = modules
seen["main"] = sorted(sys.modules["__main__"].__dict__)
seen["builtins"] = sorted(vars(sys.modules["builtins"]))
seen["sys"] = sorted(vars(sys))
seen["cwd"] = os.getcwd()
seen["encodings"] = [sys.getfilesystemencoding(), sys.getdefaultencoding(), sys.getfilesystemencodeerrors()]
seen["streams"] = [
    (
        str(each),
        each.encoding,
        each.errors,
        each.line_buffering,
        each.write_through,
        str(type(each.buffer)),
        each.isatty(),
    )
    for each in (sys.stdin, sys.stdout, sys.stderr)
]
seen["original streams"] = [sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__]
seen["stdin"] = sys.stdin.read()
seen["frames"] = [sys._getframe().f_back.f_code.co_name, sys._getframe().f_back.f_back.f_code.co_name]
seen["gc"] = [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count() > 0]
seen["threads"] = [threading.active_count(), len(threading.enumerate())]
seen["recursion"], seen["switch"] = sys.getrecursionlimit(), sys.getswitchinterval()
seen["trace"] = [str(sys.gettrace()), str(sys.getprofile())]
seen["timezone"] = [time.tzname, time.timezone, time.daylight]

import locale  # noqa: E402 - what was there before is to be seen first
import signal  # noqa: E402
import tempfile  # noqa: E402

seen["locale"] = [locale.setlocale(locale.LC_ALL), locale.getpreferredencoding()]
seen["signals"] = {
    int(each): str(getattr(signal.getsignal(each), "__qualname__", signal.getsignal(each)))
    for each in signal.valid_signals()
}
seen["tempdir"] = tempfile.gettempdir()

if sys.platform != "win32":
    import resource
    import subprocess

    seen["umask"] = [os.umask(0o22), os.umask(0o22)]
    seen["nice"] = os.getpriority(os.PRIO_PROCESS, 0)
    seen["blocked"] = sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, [])))
    seen["group"] = [os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid()]
    seen["parent"] = os.getppid()
    limits = [each for each in dir(resource) if each.startswith("RLIMIT_")]
    seen["limits"] = {each: resource.getrlimit(getattr(resource, each)) for each in limits}
    seen["descriptors"] = {}
    for each in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            target = os.readlink("/proc/self/fd/" + each).partition(":[")[0]
            seen["descriptors"][each] = [target, os.get_inheritable(int(each))]
        except OSError:  # the listing's own
            pass
    seen["groups"] = [os.getuid(), os.geteuid(), os.getgid(), os.getgroups()]
    seen["affinity"] = sorted(os.sched_getaffinity(0))
    seen["scheduler"] = os.sched_getscheduler(0)
    with open("/proc/self/status") as file:
        status = dict(line.split(":\t", 1) for line in file)
    shown = (
        "Name",
        "Umask",
        "Threads",
        "SigPnd",
        "ShdPnd",
        "SigBlk",
        "SigIgn",
        "SigCgt",
        "CapEff",
        "NoNewPrivs",
        "Seccomp",
    )
    seen["status"] = {each: status.get(each) for each in shown}
    for each in ("comm", "oom_score_adj", "cgroup", "loginuid", "coredump_filter"):
        with open("/proc/self/" + each) as file:
            seen[each] = file.read()
    seen["own environ"] = environ("self")
    with open("/proc/self/cmdline", "rb") as file:
        seen["own command line"] = file.read().rstrip(b"\0").decode()
    code = "import os, json; print(json.dumps(list(os.environ.items())))"
    seen["child"] = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    sleeper = subprocess.Popen(["sleep", "30"])
    time.sleep(0.05)
    seen["child's environ"] = environ(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    with open("/proc/self/maps") as file:
        seen["files in memory"] = sorted({line.split(None, 5)[5] for line in file if "/" in line} - {"/dev/zero\n"})

sys.stdout.write(json.dumps(seen) + "\n")
