"""Run by the Windows Python that was put together: do its parts fit?

    python.exe proof.py CERTIFICATE KEY

Binaries, library and wheels come from different places, and nothing here takes their word for it: every module is
imported, what has failed before is called, and a certificate (made for `localhost`) is verified over TLS. Imports alone
prove nothing: a library whose ssl.py was another program's has passed them.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import socket
import ssl
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION: Final = (3, 13, 11)
# Modules that say by themselves that they are not for Windows.
FOR_POSIX: Final = {
    *("pty", "tty", "_pyrepl.unix_console", "_pyrepl.unix_eventqueue", "_pyrepl.fancy_termios", "_pyrepl.curses"),
    *("asyncio.unix_events", "multiprocessing.popen_fork", "multiprocessing.popen_forkserver"),
    *("multiprocessing.popen_spawn_posix", "curses", "curses.ascii", "curses.has_key", "curses.panel"),
    *("curses.textpad", "dbm.gnu", "dbm.ndbm", "_ios_support", "_pyrepl._minimal_curses"),
}
WITH_EFFECTS: Final = {"antigravity", "turtle"}  # opens a browser; needs Tk
OF_WHEELS: Final = ("psutil", "win32job", "win32com.client", "win32com.shell.shell", "PIL.ImageGrab")
HANDSHAKE_SECONDS: Final = 20


def main() -> None:
    """Prove it, or raise."""
    warnings.simplefilter("ignore")  # modules that will go say so
    check(sys.version_info[:3] == VERSION, sys.version)
    failures = {name: reason for name in all_modules() if (reason := import_failure(name))}
    check(failures.keys() == FOR_POSIX, {name: failures.get(name) for name in failures.keys() ^ FOR_POSIX})
    importlib.invalidate_caches()
    shake_hands(*sys.argv[1:3])
    drive_com()
    print("fits")


def check(holds: bool, message: object) -> None:
    """Raise `message` unless it holds."""
    if not holds:
        raise AssertionError(message)


def all_modules() -> Iterator[str]:
    """The library's modules and the extension modules of CPython, and some of the wheels'."""
    library = Path(contextlib.__file__).parent
    for file in sorted(library.rglob("*.py")):
        parts = file.relative_to(library).with_suffix("").parts
        if parts[0] == "site-packages" or parts[-1] == "__main__" or "__phello__" in parts:
            continue
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    yield from (module.name for module in pkgutil.iter_modules([str(Path(sys.base_prefix) / "DLLs")]))
    yield from OF_WHEELS


def import_failure(name: str) -> str | None:
    """Why a module can't be imported, if it can't."""
    if name in WITH_EFFECTS:
        return None
    try:
        with contextlib.redirect_stdout(None):
            importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - some end the process
        return f"{type(error).__name__}: {error}"
    return None


def shake_hands(certificate: str, key: str) -> None:
    """A client that trusts the certificate and nothing else, and one that doesn't trust it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)
    check(_answer(context, trusting) == b"hello", "TLS: no answer")
    try:
        _answer(context, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        return
    raise AssertionError("TLS: a certificate of nobody's was taken")


def _answer(server: ssl.SSLContext, client: ssl.SSLContext) -> bytes:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(HANDSHAKE_SECONDS)

        def serve() -> None:
            with contextlib.suppress(OSError):  # of one that doesn't trust us
                connection, _address = listener.accept()
                with connection, server.wrap_socket(connection, server_side=True) as secure:
                    secure.sendall(b"hello")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), HANDSHAKE_SECONDS) as connection,
                client.wrap_socket(connection, server_hostname="localhost") as secure,
            ):
                return secure.recv(5)
        finally:
            thread.join()


def drive_com() -> None:
    """The entry of everybody's script to Office, with a server that Wine has too."""
    if sys.platform == "win32":
        import win32com

        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:  # from the server's type library
            win32com.__gen_path__, win32com.gen_py.__path__ = made, [made]
            from win32com.client import gencache

            files = gencache.EnsureDispatch("Scripting.FileSystemObject")
            check(files.FolderExists("C:\\windows"), "COM: no C:\\windows")
            check(any(Path(made).rglob("*.py")), "COM: nothing was made of the type library")


if __name__ == "__main__":
    main()
