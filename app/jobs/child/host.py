"""Runs inside the child: takes the control pipe away from stdin and runs the script as Python itself would.

Knows nothing of the package `app`; works in Python 3.8 and later; imports only what every interpreter has loaded
anyway, because each job pays for it.

Control pipe (fd 0 at the start), one line:

    stop <file>    wind up; a script that ends because of it says so in <file>: "stopped" or "error"
    end of file    the robot has died: nothing of the job may live on

A stop reaches a script in the way that it asked for:

    it called robot_job.stop_requested() or on_stop()   the flag and its callbacks, nothing else
    Windows: it registered a handler for SIGBREAK       that handler (the habit of the vendor's framework)
    otherwise                                           SIGINT: its own handler, or KeyboardInterrupt
"""

import _signal  # type: ignore[import-not-found]
import _thread
import io
import os
import sys
import time

HOST_ARGUMENT = "--robot-host"
APPROVED_VARIABLE = "ROBOT_SCRIPT_SHA256"  # the script's SHA-256 and what to say if it is another; not for the script
FROZEN = getattr(sys, "frozen", False)
MODULE = "_robot_host"  # where robot_job finds the state, whatever the script imports
_FOR_SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "for_scripts")  # noqa: PTH100, PTH118, PTH120
_WINDOWS_CONTROL_C_EXIT = 0xC000013A - (1 << 32)


class Host:
    """The state of the run: shared by the main thread, the control thread and `robot_job`."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.main_thread = _thread.get_ident()
        self.running = False  # the script's first line may run
        self.cooperative = False  # the script asked to be told rather than interrupted
        self.stop_requested = False
        self.callbacks = []  # type: list[object]
        self.ending_file = ""
        self.start_callback = None  # type: object
        self.awake = False  # the main thread has seen the stop

    def ask(self) -> bool:
        """For `robot_job.stop_requested`."""
        self.cooperative = True
        return self.stop_requested

    def add_callback(self, callback: object) -> bool:
        """For `robot_job.on_stop`; True if the stop has come already and the callback is to be run now."""
        with self.lock:
            self.cooperative = True
            self.callbacks.append(callback)
            return self.stop_requested

    def stop(self, ending_file: str) -> None:
        """Deliver the stop; runs on the control thread."""
        with self.lock:
            if self.stop_requested:
                return
            self.ending_file = ending_file
            self.stop_requested = True
            callbacks = list(self.callbacks)
            interrupt = self.running and not self.cooperative
        if interrupt:
            self._interrupt()
        for callback in callbacks:
            self.start_callback(callback)  # type: ignore[operator]

    def _interrupt(self) -> None:
        if sys.platform == "win32":
            # raise_signal wakes a sleeping main thread for SIGINT, from any thread. A handler for SIGBREAK runs when
            # the main thread is next in Python code, as it does after a real Ctrl-Break.
            own_handler = callable(_signal.getsignal(_signal.SIGBREAK))
            _signal.raise_signal(_signal.SIGBREAK if own_handler else _signal.SIGINT)
        else:
            _signal.pthread_kill(self.main_thread, _signal.SIGINT)  # raise_signal would not wake it here
            _thread.start_new_thread(self._wake, ())

    def prepare_wake(self) -> None:
        """Install the handler that `_wake` needs; main thread only."""
        if sys.platform != "win32":
            _signal.signal(_signal.SIGRTMAX, self._note_awake)

    def _note_awake(self, *_: object) -> None:
        self.awake = True

    def _wake(self) -> None:
        """Knock until the main thread has handled SIGINT.

        A signal that arrives when the main thread has let go of the interpreter's lock but does not sleep yet doesn't
        wake it, and that is just when this thread gets to run. Python calls handlers in the order of their numbers:
        when the knock's own has been called, SIGINT's has been as well.
        """
        pause = 0.001
        while not self.awake:
            _signal.pthread_kill(self.main_thread, _signal.SIGRTMAX)
            time.sleep(pause)
            pause = min(pause * 2, 0.25)

    def listen(self, control: int) -> None:
        """Read control lines until the end; runs on the control thread."""
        pending = b""
        while True:
            try:
                received = os.read(control, 4096)
            except OSError:
                received = b""
            if not received:
                _leave_nothing()
            lines = (pending + received).split(b"\n")
            pending = lines.pop()
            for line in lines:
                if line.startswith(b"stop "):
                    self.stop(line[5:].decode("utf-8", "surrogateescape"))

    def begin(self) -> None:
        """Let stops through; one that came before the script's first line takes effect now."""
        with self.lock:
            self.running = True
            early = self.stop_requested
        if early:
            raise KeyboardInterrupt

    def note_ending(self, error: BaseException) -> None:
        """Tell the robot whether `error`, which ends the script, is the stop's doing."""
        if not self.stop_requested:
            return
        word = "stopped" if _is_a_stop(error) else "error"
        try:
            with open(self.ending_file, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is slow to import
                file.write(word)
        except OSError:
            pass  # the robot then judges by the exit code


def main(argv: "list[str]") -> None:
    """Run the script `argv[0]` with the arguments that follow it, and end the process as Python would.

    Raises:
        SystemExit: with the script's exit code.
        KeyboardInterrupt: to end the process by SIGINT, as Python does when nobody caught one.
    """
    host = Host()
    sys.modules[MODULE] = host  # type: ignore[assignment]
    control = _take_stdin()
    # A robot started in the background of a shell passes an ignored SIGINT on.
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    host.prepare_wake()
    _thread.start_new_thread(host.listen, (control,))
    prepare_bundled()
    path = argv[0]
    sys.argv[:] = argv
    sys.path.insert(0, os.path.dirname(path))  # noqa: PTH120
    sys.path.append(_FOR_SCRIPTS)
    code = None
    try:
        module = type(sys)("__main__")
        module.__dict__.update(__file__=path, __builtins__=sys.modules["builtins"], __cached__=None)
        sys.modules["__main__"] = module
        with io.open_code(path) as file:
            source = file.read()
        _check_approved(source)
        code = compile(source, path, "exec", dont_inherit=True)
        host.begin()
        exec(code, module.__dict__)  # noqa: S102 - running the script is what this is for
    except SystemExit as error:
        host.note_ending(error)
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the script raises is shown as Python shows it
        host.note_ending(error)
        _show(error, code)
        if type(error) is KeyboardInterrupt:
            _end_by_interrupt()
        raise SystemExit(1) from None


def _check_approved(source: bytes) -> None:
    """End if the script was exchanged after the robot had compared it with the manifest."""
    approved, _separator, message = os.environ.pop(APPROVED_VARIABLE, "").partition(" ")
    if approved:
        import hashlib  # only where a manifest is in force

        if hashlib.sha256(source).hexdigest() != approved:
            raise SystemExit(message)


def _take_stdin() -> int:
    """Move the control pipe out of the script's reach, and give the script an empty stdin."""
    control = os.dup(0)  # not inheritable
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return control


def prepare_bundled() -> None:
    """Make the robot's own frozen interpreter look like Python to the script."""
    if not FROZEN:
        return
    del sys.frozen  # type: ignore[attr-defined] # multiprocessing then starts its children as with any Python
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]  # the script may have a package of that name
    # The bootloader ignores PYTHONUNBUFFERED.
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        raw = io.FileIO(stream.fileno(), "w", closefd=False)
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        text = io.TextIOWrapper(raw, "utf-8", errors, write_through=True)
        setattr(sys, name, text)
        setattr(sys, "__" + name + "__", text)


def _is_a_stop(error: BaseException) -> bool:
    """Did the script end because it was asked to, and not because something went wrong on the way?"""
    if isinstance(error, KeyboardInterrupt):
        return True
    if not isinstance(error, SystemExit):
        return False
    seen = set()
    context = error.__context__
    while context is not None and id(context) not in seen:
        if not isinstance(context, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            return False
        seen.add(id(context))
        context = context.__context__
    return True


def _show(error: BaseException, code: object) -> None:
    """Print what Python prints for an unhandled exception, with the frames of the script only."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code is not code:
        frames = frames.tb_next
    error.__traceback__ = frames
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, frames
    hook = getattr(sys, "excepthook", sys.__excepthook__)
    try:
        hook(type(error), error, frames)
    except SystemExit:
        raise
    except BaseException as failure:  # noqa: BLE001 - as Python: a broken hook hides nothing
        failure.__context__ = None
        print("Error in sys.excepthook:", file=sys.stderr)  # noqa: T201
        sys.__excepthook__(type(failure), failure, failure.__traceback__ and failure.__traceback__.tb_next)
        print("\nOriginal exception was:", file=sys.stderr)  # noqa: T201
        sys.__excepthook__(type(error), error, frames)


def _end_by_interrupt() -> None:
    """End as Python does after an unhandled KeyboardInterrupt, which has been shown already."""
    if FROZEN:
        raise SystemExit(_WINDOWS_CONTROL_C_EXIT)  # the bootloader would show its own message
    sys.excepthook = lambda *_: None
    raise KeyboardInterrupt


def _leave_nothing() -> None:
    """End the whole job at once: nobody is left who could stop it or would wait for it.

    On Windows the job object has done it already.
    """
    if sys.platform == "linux":
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
        import procfs  # type: ignore[import-not-found]  # our neighbour, not needed before

        procfs.kill_all_but_me(os.environ.get("ROBOT_RUN_MARK", ""))
    os.kill(os.getpid(), 9)
