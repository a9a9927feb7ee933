"""The control pipe, and how a stop reaches the script.

Control pipe (fd 0 at the start), one line:

    stop <file>    wind up; what became of it stands in <file>, see `Host.note`
    end of file    the robot has died: nothing of the job may live on

A stop reaches a script in the way that it asked for:

    it called robot_job's stop_requested, wait, on_stop   the flag and its callbacks, nothing else
    Windows: it registered a handler for SIGBREAK         that handler (the habit of the vendor's framework)
    otherwise                                             SIGINT: its own handler, or KeyboardInterrupt

One stop is one interrupt, and it waits for a moment in which the script can take it.
"""

import _signal  # type: ignore[import-not-found]
import _thread
import os
import sys
import time

from . import procfs
from .own_threads import OwnThreads
from .pipe import ControlPipe

TYPE_CHECKING = False  # importing the real one takes milliseconds
if TYPE_CHECKING:
    from typing import Any

WINDOWS_CONTROL_C_EXIT = 0xC000013A - (1 << 32)
_AS_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0)  # whatever a script has put there
_LONGEST_PAUSE = 0.05  # seconds between two tries
_LOOK_AGAIN = 0.25  # seconds between two looks for a lost pipe

if sys.platform == "win32":
    _KNOCK = 0
else:
    # Two signals whose default action is to do nothing, so that no knock ends a script that resets all signals. Python
    # calls handlers in the order of their numbers: whoever sees the knock has seen the interrupt. os.system ignores
    # SIGINT while it waits, but neither of these.
    _INTERRUPT = _signal.SIGURG
    _KNOCK = _signal.SIGWINCH


class Host:
    """The state of the run: shared by the main thread, the control thread and `robot_job`."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.main_thread = _thread.get_ident()
        self.pid = os.getpid()
        self.mark = os.environ.get("ROBOT_RUN_MARK", "")
        self.running = False  # the script's first line may run
        self.over = False  # its last one has
        self.posing = False  # the main thread waits for the robot's picture: no interrupt now
        self.cooperative = False  # the script asked to be told rather than interrupted
        self.stop_requested = False
        self._not_stopped = _thread.allocate_lock()  # held until the stop comes
        self._not_stopped.acquire()
        self.callbacks = []  # type: list[object]
        self.ending_file = ""
        self.start_callback = None  # type: object
        self.folders = ()  # type: tuple[str, ...] # whose modules are the script's
        self.interrupted = False  # the stop's interrupt is on its way; there is never a second one
        self.handler = None  # type: object # of the script's (asyncio has one) that it goes to, if not Python's own
        self._watching = False  # for the loss of it
        self._awake = False  # the main thread has seen it
        self._pipe = None  # type: ControlPipe | None
        self._threads = OwnThreads(self._wake_listener, self._again, _KNOCK, self._knock_is_ours)

    def ask(self) -> bool:
        """For `robot_job.stop_requested`."""
        self.cooperative = True
        return self.stop_requested

    def wait(self, seconds: float) -> bool:
        """For `robot_job.wait`."""
        self.cooperative = True
        if self._not_stopped.acquire(True, min(max(seconds, 0), _thread.TIMEOUT_MAX)):
            self._not_stopped.release()  # for whoever else waits
        return self.stop_requested

    def add_callback(self, callback: object) -> bool:
        """For `robot_job.on_stop`; True if the stop has come already and the callback is to be run now."""
        with self.lock:
            self.cooperative = True
            self.callbacks.append(callback)
            return self.stop_requested

    def connect(self, control: int) -> None:
        """Listen to the control pipe from now on; main thread only."""
        self._pipe = ControlPipe(control)
        if sys.platform != "win32":
            # Whoever started the robot may have blocked or ignored SIGINT (a shell does, in the background).
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGINT, _INTERRUPT, _KNOCK))
            _signal.signal(_INTERRUPT, _signal.default_int_handler)
            _signal.signal(_KNOCK, self._on_knock)
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        self._again()

    def _again(self) -> None:
        if self._pipe is None:
            return
        self._threads.start(self.listen)
        if self.running and self.stop_requested and not self.cooperative and not self._awake:
            self._threads.start(self._interrupt)

    def _wake_listener(self) -> None:
        if self._pipe is not None:
            self._pipe.wake_reader()

    def listen(self) -> None:
        """Read control lines until the end; runs on the control thread."""
        assert self._pipe is not None  # noqa: S101
        pending = b""
        while not self._threads.may_rest(self.listen):
            received = self._pipe.read()
            if received is None:
                time.sleep(_LOOK_AGAIN)
                continue
            if not received:
                _leave_nothing(self.mark)
            lines = (pending + received).split(b"\n")
            pending = lines.pop()
            for line in lines:
                if line.startswith(b"stop "):
                    self.stop(line[5:].decode("utf-8", "surrogateescape"))

    def stop(self, ending_file: str) -> None:
        """Deliver the stop; runs on the control thread."""
        with self.lock:
            if self.stop_requested:
                return
            self.ending_file = ending_file
            self.note("asked")
            self.stop_requested = True
            self._not_stopped.release()
            callbacks = list(self.callbacks)
            interrupt = self.running and not self.cooperative
        if interrupt:
            self._threads.start(self._interrupt)
        for callback in callbacks:
            self.start_callback(callback)  # type: ignore[operator]

    def begin(self) -> None:
        """Let stops through; one that came before the script's first line takes effect now."""
        with self.lock:
            self.running = True
            early = self.stop_requested
        if early:
            self._hand_over()
            raise KeyboardInterrupt

    def is_interrupt(self, error: BaseException) -> bool:
        """Is `error` the stop's own interrupt? asyncio makes another one of it, which is a cancellation on its way."""
        if not self.interrupted:
            return False
        kind = type(error)
        cancelled = kind.__name__ == "CancelledError" and kind.__module__.startswith("asyncio")
        return isinstance(error, KeyboardInterrupt) or (self.handler is not None and cancelled)

    def note(self, word: str) -> None:
        """Tell the robot of the stop: `asked`, `interrupted`; of a script that ends by itself, `stopped` or `error`."""
        if os.getpid() != self.pid:
            return  # a fork of the script's, which ends in its own way
        try:
            file = os.open(self.ending_file, _AS_NEW, 0o600)
            os.write(file, word.encode("ascii"))
            os.close(file)
        except (OSError, ValueError):
            pass  # the robot then judges by the exit code

    def _hand_over(self) -> None:
        if not self._watching:
            self._watch_for_loss()
        self.interrupted = True
        self.note("interrupted")

    # --- the interrupt

    def _watch_for_loss(self) -> None:
        """Python shows and drops what is raised in a `__del__` or a callback; the interrupt is then sent once more."""
        self._watching = True
        show = sys.unraisablehook

        def hook(dropped: "Any") -> None:
            show(dropped)
            mine = isinstance(dropped.exc_value, KeyboardInterrupt) and _thread.get_ident() == self.main_thread
            if mine and self.interrupted and not self.over:
                self.interrupted = self._awake = False
                self._again()

        sys.unraisablehook = hook

    def _interrupt(self) -> None:
        """Interrupt the main thread as soon as it can take it, and knock until it has seen it; on a thread of its own.

        A signal that arrives when the main thread has let go of the interpreter's lock but does not sleep yet doesn't
        wake it, and that is just when this thread gets to run.
        """
        pause = 0.001
        while not self._threads.may_rest(self._interrupt):
            if self.over:
                time.sleep(_LONGEST_PAUSE)  # the main thread is to be out of our own code, waiting for others
            if not self.interrupted:
                if not self.posing:
                    self._try()
            elif self._awake or not self._knock():
                break
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            return
        self._threads.done(self._interrupt)
        if not self.interrupted:  # lost just now
            self._again()

    if sys.platform == "win32":

        def _try(self) -> None:
            # raise_signal wakes a sleeping main thread for SIGINT, from any thread. A handler for SIGBREAK runs when
            # the main thread is next in Python code, as it does after a real Ctrl-Break.
            signal = _signal.SIGBREAK if callable(_signal.getsignal(_signal.SIGBREAK)) else _signal.SIGINT
            action = _signal.getsignal(signal)
            if action == _signal.SIG_IGN:
                return
            self.handler = None if action is _signal.default_int_handler else action
            self._hand_over()
            if action == _signal.SIG_DFL:
                os._exit(WINDOWS_CONTROL_C_EXIT)  # what a real Ctrl-C does; raise_signal would end it with 3
            _signal.raise_signal(signal)

        def _knock(self) -> bool:
            return False

        def _knock_is_ours(self) -> bool:
            return False

    else:

        def _try(self) -> None:
            """Send the interrupt, unless it would be lost or break into what must not be interrupted now.

            While os.system waits, the kernel throws every SIGINT away. So it is a real one only where it must be.
            """
            action = _signal.getsignal(_signal.SIGINT)
            if action == _signal.SIG_IGN:
                return
            blocked, ignored = _sigint_of(self.pid)
            if blocked and ignored:  # os.system starts its program just now
                return
            pythons = action is _signal.default_int_handler
            self.handler = None if pythons else action
            if not blocked and pythons and _signal.getsignal(_INTERRUPT) is _signal.default_int_handler:
                self._hand_over()
                _signal.pthread_kill(self.main_thread, _INTERRUPT)  # raise_signal would not wake it here
            elif not blocked and callable(action) and self._knock_is_ours():
                self._hand_over()
                if _signal.getsignal(_signal.SIGINT) is action:
                    _thread.interrupt_main()  # Python's side of a signal alone; the knocks wake the main thread
                else:
                    self.interrupted = False
            elif not ignored:
                self._hand_over()  # if blocked, it will wait until it is let through, or waited for
                if _sigint_of(self.pid)[1]:  # os.system has begun since
                    self.interrupted = False
                else:
                    _signal.pthread_kill(self.main_thread, _signal.SIGINT)

        def _knock(self) -> bool:
            """Wake the main thread; False if the script has taken the signal for itself."""
            if not self._knock_is_ours():
                return False
            _signal.pthread_kill(self.main_thread, _KNOCK)
            return True

        def _knock_is_ours(self) -> bool:
            return bool(_signal.getsignal(_KNOCK) == self._on_knock)

        def _on_knock(self, *_: object) -> None:
            self._threads.begin_again()
            if self.interrupted:
                self._awake = True


def _sigint_of(main_thread: int) -> "tuple[bool, bool]":
    """Is SIGINT blocked in the main thread; is it ignored, also by what isn't Python's?"""
    bit = 1 << (_signal.SIGINT - 1)
    blocked = ignored = False
    task = "/proc/self/task/%d/" % main_thread  # noqa: UP031
    try:
        with open(task + "wchan", "rb") as file:  # noqa: PTH123
            waiting = b"sigtimedwait" in file.read()  # signal.sigwait: blocked for Python, not for the kernel
        with open(task + "status", "rb") as file:  # noqa: PTH123
            for line in file:
                if line.startswith(b"SigBlk:"):
                    blocked = waiting or bool(int(line[7:], 16) & bit)
                elif line.startswith(b"SigIgn:"):
                    ignored = bool(int(line[7:], 16) & bit)
    except (OSError, ValueError):
        pass
    return blocked, ignored


def _leave_nothing(mark: str) -> None:
    """End the whole job at once: nobody is left who could stop it or would wait for it.

    On Windows the job object has done it already.
    """
    if sys.platform == "linux":
        procfs.kill_all_but_me(mark)
    os.kill(os.getpid(), 9)
