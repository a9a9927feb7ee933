"""Runs inside the child: takes the control pipe away from stdin and runs the script as Python itself would.

Knows nothing of the package `app`; works in Python 3.8 and later; imports only what every interpreter has loaded
anyway, because each job pays for it. All of it is imported before the script's folder is on `sys.path`.
"""

import io
import os
import sys
from time import sleep

from . import control, procfs
from .stopped import ended_by_stop

HOST_ARGUMENT = "--robot-host"
# For the host, not for the script. That the second one is there says that the robot itself started this process: a
# child that a script makes of its own command line is none of the robot's.
APPROVED_VARIABLE = "ROBOT_SCRIPT_SHA256"  # the script's SHA-256 and what to say if it is another
NUMBER_VARIABLE = "ROBOT_RUN_NUMBER"  # what this process is given by the robot, see `app.jobs.processes.descent`
SCRIPTS_VARIABLE = "ROBOT_SCRIPTS_FOLDER"  # the folder that script names count from; on sys.path, as the vendor has it
# For the bundled interpreter, also one that a script starts: where `win32com` keeps what it makes of type libraries.
COM_CLASSES_VARIABLE = "ROBOT_RUN_COM"
PICTURE_VARIABLE = "ROBOT_RUN_PICTURE"  # the file by which the robot learns that the script fails, see `_pose`
DESK_VARIABLE = "ROBOT_TRY"  # of `robot try`, see desk.py
ROOM_VARIABLE = "ROBOT_RUN_SPARE"  # of a process that was started before its job, see spare.py
FROZEN = getattr(sys, "frozen", False)
if DESK_VARIABLE in os.environ:
    from . import desk
if ROOM_VARIABLE in os.environ:
    from . import spare
_POSES, _POSE_SECONDS = 100, 0.01
MODULE = "_robot_host"  # where robot_job finds the state, whatever the script imports
FOR_SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "for_scripts")  # noqa: PTH100, PTH118, PTH120


def main(argv: "list[str]") -> None:
    """Run the script `argv[0]` with the arguments that follow it, and end the process as Python would.

    Raises:
        SystemExit: with the script's exit code.
        KeyboardInterrupt: to end the process by SIGINT, as Python does when nobody caught one.
    """
    if ROOM_VARIABLE in os.environ:
        prepare_bundled()
        argv = spare.wait_for_job()
        say_where_com_classes_are()
    else:
        prepare_bundled()
    host = control.Host()
    sys.modules[MODULE] = host  # type: ignore[assignment]
    scripts = os.environ.pop(SCRIPTS_VARIABLE, None)
    number = os.environ.pop(NUMBER_VARIABLE, "")
    if scripts is not None:
        host.connect(_take_stdin())
        procfs.wait_for_brand(number.encode("ascii", "replace"))
    wish = os.environ.pop(DESK_VARIABLE, "")
    picture = os.environ.pop(PICTURE_VARIABLE, "")
    path = argv[0]
    sys.argv[:] = argv
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[1:] = argv  # whoever starts himself again by them starts plain Python
    code = None
    try:
        namespace = new_main(path)
        with io.open_code(path) as file:
            source = file.read()
        _check_approved(source)
        if wish:
            desk.prepare(host, wish)
        code = compile(source, path, "exec", dont_inherit=True)
        host.folders = _extend_path(os.path.dirname(path), scripts)  # noqa: PTH120
        host.begin()
        _freeze()
        exec(code, namespace)  # noqa: S102 - running the script is what this is for
        host.over = True
    except BaseException as error:
        host.over = True
        if picture and _fails(host, error):
            _pose(host, picture)
        if host.stop_requested:
            host.note("stopped" if ended_by_stop(error, host.is_interrupt, host.handler) else "error")
        if isinstance(error, SystemExit):
            raise
        end_by(error, code)


def _freeze() -> None:
    """What Python itself has loaded is no garbage: at the process's end it needn't be gone through, one ms in eight."""
    known = "gc" in sys.modules
    import gc

    if not known:
        del sys.modules["gc"]  # nothing is there that Python itself hasn't loaded
    if hasattr(gc, "freeze"):
        gc.freeze()


def _fails(host: control.Host, error: BaseException) -> bool:
    if isinstance(error, SystemExit) and (error.code is None or (isinstance(error.code, int) and error.code == 0)):
        return False
    return not (host.stop_requested and ended_by_stop(error, host.is_interrupt, host.handler))


def _pose(host: control.Host, picture: str) -> None:
    """Hold still until the robot has its picture of the screen and takes the file `picture` away; about a second."""
    if os.getpid() != host.pid:
        return  # a fork of the script's
    host.posing = True
    try:
        os.close(os.open(picture, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        for _ in range(_POSES):
            if not os.path.exists(picture):  # noqa: PTH110
                break
            sleep(_POSE_SECONDS)
    except OSError:
        pass
    host.posing = False


def new_main(path: "str | None") -> "dict[str, object]":
    """A module `__main__` with the globals that Python gives it; `path`: of its file, if it has one."""
    module = type(sys)("__main__")
    namespace = module.__dict__
    if sys.version_info < (3, 14):
        namespace["__annotations__"] = {}
    namespace["__builtins__"] = sys.modules["builtins"]
    if path is None:
        namespace["__loader__"] = sys.modules["_frozen_importlib"].BuiltinImporter
    else:
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        namespace.update(__loader__=loader("__main__", path), __file__=path, __cached__=None)
    sys.modules["__main__"] = module
    return namespace


def end_by(error: BaseException, code: object) -> None:
    """End as Python does after the unhandled `error`: show it with the frames from those of `code` on only.

    Raises:
        SystemExit, KeyboardInterrupt: to end the process.
    """
    _show(error, code)
    if type(error) is KeyboardInterrupt:
        _end_by_interrupt()
    raise SystemExit(1) from None


def _extend_path(folder: str, scripts: "str | None") -> "tuple[str, ...]":
    """The script's own folder first, then the scripts folder, as with the vendor's framework; `robot_job` last."""
    folders = (folder, scripts) if scripts and scripts != folder else (folder,)
    sys.path[:0] = folders
    sys.path.append(FOR_SCRIPTS)
    if scripts is not None:  # for the Pythons that the script starts
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), FOR_SCRIPTS)))
    return folders


def _check_approved(source: bytes) -> None:
    """End if the script was exchanged after the robot had compared it with the manifest."""
    approved, _separator, message = os.environ.pop(APPROVED_VARIABLE, "").partition(" ")
    if approved:
        import hashlib  # only where a manifest is in force; no folder of the script's is on the path yet

        if hashlib.sha256(source).hexdigest() != approved:
            raise SystemExit(message)


def _take_stdin() -> int:
    """Move the control pipe out of the script's reach, and give the script an empty stdin."""
    pipe = os.dup(0)  # not inheritable
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return pipe


def prepare_bundled() -> None:
    """Make the robot's own frozen interpreter look like Python to the script."""
    if not FROZEN:
        return
    del sys.frozen  # type: ignore[attr-defined] # multiprocessing then starts its children as with any Python
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]  # the script may have a package of that name
    say_where_com_classes_are()
    # The bootloader ignores PYTHONUNBUFFERED.
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        raw = io.FileIO(stream.fileno(), "w", closefd=False)
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        text = io.TextIOWrapper(raw, "utf-8", errors, write_through=True)
        setattr(sys, name, text)
        setattr(sys, "__" + name + "__", text)
    _keep_libraries_to_ourselves()


def say_where_com_classes_are() -> None:
    """`win32com` asks its module `gen_py`, which has no file and only stands for a folder."""
    folder = os.environ.get(COM_CLASSES_VARIABLE, "") if FROZEN else ""
    if folder:
        module = type(sys)("win32com.gen_py")
        module.__path__ = [folder]
        sys.modules[module.__name__] = module


def _keep_libraries_to_ourselves() -> None:
    """Take back the DLL folder that the bootloader has set, which all that the script starts would inherit.

    Our own libraries are found there all the same.
    https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setdlldirectoryw
    """
    if sys.platform == "win32":
        import ctypes

        os.add_dll_directory(sys._MEIPASS)  # type: ignore[attr-defined] # noqa: SLF001 - PyInstaller's
        ctypes.windll.kernel32.SetDllDirectoryW(None)


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
        raise SystemExit(control.WINDOWS_CONTROL_C_EXIT)  # the bootloader would show its own message
    sys.excepthook = lambda *_: None
    raise KeyboardInterrupt
