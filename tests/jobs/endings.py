"""Scripts that end in every way after a stop, and what each end is to count as."""

from __future__ import annotations

import sys

from app.jobs.outcome import EndingKind
from tests.jobs.jobbench import SLEEPING

STOPPED, EXITED = EndingKind.STOPPED_ITSELF, EndingKind.EXITED
ABORT = "class Abort(RuntimeError): pass\n"  # click's
ENDINGS = {
    "exit in a handler": (SLEEPING + "except KeyboardInterrupt: sys.exit(130)", STOPPED),
    "a text is an error": (SLEEPING + "except KeyboardInterrupt: sys.exit('the ledger could not be saved')", EXITED),
    "click": (
        ABORT
        + SLEEPING.replace("try:", "try:\n  try:").replace("    print", "      print").replace("    time", "      time")
        + "  except KeyboardInterrupt: raise Abort\nexcept Abort: sys.exit(1)",
        STOPPED,
    ),
    "click, naming the cause": (
        ABORT
        + SLEEPING.replace("try:", "try:\n  try:").replace("    print", "      print").replace("    time", "      time")
        + "  except KeyboardInterrupt as e: raise Abort from e\nexcept Abort: sys.exit(1)",
        STOPPED,
    ),
    "an unhandled error of one's own": (ABORT + SLEEPING + "except KeyboardInterrupt: raise Abort", EXITED),
    "inside another handler": (
        (
            "import sys, time\ntry:\n    try:\n        raise ConnectionError('the bank does not answer')\n"
            "    except ConnectionError:\n        print('ready')\n        time.sleep(30)\n"
            "except KeyboardInterrupt:\n    sys.exit(1)"
        ),
        STOPPED,
    ),
    "alone in a group": (SLEEPING + "except KeyboardInterrupt as e: raise BaseExceptionGroup('g', [e])", STOPPED),
    "alone in an inner group": (
        SLEEPING + "except KeyboardInterrupt as e:\n    raise BaseExceptionGroup('g', [BaseExceptionGroup('h', [e])])",
        STOPPED,
    ),
    "with an error in a group": (
        SLEEPING + "except KeyboardInterrupt as e: raise BaseExceptionGroup('g', [e, ValueError()])",
        EXITED,
    ),
    "exit out of except*": (SLEEPING + "except* KeyboardInterrupt: sys.exit(130)", STOPPED),
    "swallowed, then a number": (SLEEPING + "except KeyboardInterrupt: pass\nsys.exit(3)", EXITED),
    "an older exit behind": (SLEEPING + "except BaseException: pass\ntry: sys.exit(4)\nfinally: sys.exit(5)", EXITED),
    "its own handler exits": (
        "import sys, time\nfrom signal import *\nsignal(SIGINT, lambda *_: exit(0))\nprint('ready')\ntime.sleep(30)",
        STOPPED,
    ),
    "its own handler raises": (
        (
            "import signal, time\nclass End(Exception): pass\ndef handler(*_): raise End\n"
            "signal.signal(signal.SIGINT, handler)\nprint('ready')\ntime.sleep(30)"
        ),
        EXITED,
    ),
    "its own handler exits with a number": (
        "import time\nfrom signal import *\nsignal(SIGINT, lambda *_: exit(5))\nprint('ready')\ntime.sleep(30)",
        STOPPED,
    ),
    "an exit in what its own handler calls": (
        (
            "import functools, sys, time\nfrom signal import *\ndef end(): sys.exit(5)\nclass Robot:\n"
            "    def on_stop(self, *_): end()\nsignal(SIGINT, functools.partial(Robot().on_stop, 1))\n"
            "print('ready')\ntime.sleep(30)"
        ),
        STOPPED,
    ),
    "an error in its own handler": (
        (
            "import sys, time\nfrom signal import *\ndef handler(*_):\n    try: open('/nowhere/x')\n"
            "    except OSError: sys.exit(5)\nsignal(SIGINT, handler)\nprint('ready')\ntime.sleep(30)"
        ),
        EXITED,
    ),
    "an exit after what its own handler raises": (
        (
            "import sys, time\nfrom signal import *\nclass End(Exception): pass\ndef handler(*_): raise End\n"
            "signal(SIGINT, handler)\ntry:\n    print('ready')\n    time.sleep(30)\nexcept End:\n    sys.exit(5)"
        ),
        STOPPED,
    ),
    "an exit that Python hears nothing of": (SLEEPING + "except KeyboardInterrupt: os._exit(130)", STOPPED),
    "such an exit with another number": (SLEEPING + "except KeyboardInterrupt: os._exit(3)", EXITED),
    "asyncio": (
        (
            "import asyncio, sys\nasync def main():\n    print('ready')\n    await asyncio.sleep(30)\n"
            "try:\n    asyncio.run(main())\nexcept KeyboardInterrupt:\n    sys.exit(130)"
        ),
        STOPPED,
    ),
    "asyncio, unhandled": (
        "import asyncio\nasync def main():\n    print('ready')\n    await asyncio.sleep(30)\nasyncio.run(main())",
        STOPPED,
    ),
    "asyncio, out of a task": (
        (
            "import asyncio, sys\nasync def main():\n    print('ready')\n    try:\n        await asyncio.sleep(30)\n"
            "    except asyncio.CancelledError:\n        sys.exit(3)\nasyncio.run(main())"
        ),
        STOPPED,
    ),
    "asyncio, a task group": (
        (
            "import asyncio\nasync def work():\n    await asyncio.sleep(30)\nasync def main():\n"
            "    async with asyncio.TaskGroup() as g:\n        g.create_task(work())\n"
            "        print('ready')\nasyncio.run(main())"
        ),
        STOPPED,
    ),
    "asyncio, an error on the way": (
        (
            "import asyncio\nasync def main():\n    print('ready')\n    try:\n        await asyncio.sleep(30)\n"
            "    except asyncio.CancelledError:\n        raise ValueError('not saved')\nasyncio.run(main())"
        ),
        EXITED,
    ),
}
if sys.platform != "win32":
    ENDINGS |= {
        "by the default action": (
            "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\nprint('ready')\ntime.sleep(30)",
            STOPPED,
        ),
        "by the default action, wound up": (
            SLEEPING + "except KeyboardInterrupt:\n    signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
            "    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)",
            STOPPED,
        ),
        "by another signal": (
            SLEEPING + "except KeyboardInterrupt:\n    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(9)",
            EXITED,
        ),
        "waited for": (
            (
                "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\nprint('ready')\n"
                "signal.sigwait({signal.SIGINT})\nprint('wound up')"
            ),
            STOPPED,
        ),
        "asyncio's own handlers": (
            (
                "import asyncio, signal, sys\nasync def main():\n    end = asyncio.Event()\n"
                "    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, end.set)\n    print('ready')\n"
                "    await end.wait()\n    print('wound up')\nasyncio.run(main())"
            ),
            STOPPED,
        ),
    }
