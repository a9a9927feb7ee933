"""The Python inside the installed program, as a script sees it: what there is, that it works, and its licences."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from tests.program_on_windows.machine import ON_WINDOWS, SECONDS, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program_on_windows.robot import InstalledRobot

VERSION = platform.python_version() if ON_WINDOWS else "3.13.11"  # what builds it there, and what is put together here
MEGABYTE = 1_000_000


def test_python_says_its_version(robot: InstalledRobot):
    """`sys.version`, and `-V` of what stands for python.exe, name the interpreter that the bill of materials names."""
    job = robot.run_job(
        "версия",
        """
        import subprocess, sys
        print(sys.version.split()[0])
        print(subprocess.run([sys.executable, "-V"], capture_output=True, text=True, check=True).stdout.strip())
        """,
    )
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert robot.printed() == [VERSION, f"Python {VERSION}"]


def test_ctypes_finds_libraries_of_the_program(robot: InstalledRobot):
    """By their bare names, with `ctypes.util` and without it: the program's folder is on no search path."""
    job = robot.run_job(
        "библиотеки",
        """
        import ctypes, os, sys
        print("ctypes.util" in sys.modules, ctypes.CDLL("sqlite3.dll").sqlite3_libversion_number() > 3_000_000)
        import ctypes.util
        found = [ctypes.util.find_library(name) or "" for name in ("sqlite3", "sqlite3.dll", "nowhere")]
        print([os.path.basename(each) for each in found])
        """,
    )
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert robot.printed() == ["False True", "['sqlite3.dll', 'sqlite3.dll', '']"]


def test_everything_that_ships_can_be_imported_and_asked_for_its_version(robot: InstalledRobot):
    """Pillow as a whole but AVIF; the metadata of each wheel; calls that a library of another Python fails in."""
    job = robot.run_job(
        "состав",
        """
        import email.parser, importlib, importlib.metadata, json, pkgutil, sqlite3, ssl, sys, zlib
        import PIL, PIL.features, PIL.Image
        importlib.invalidate_caches()
        no_window = {"ImageTk", "ImageQt", "_tkinter_finder", "__main__"}
        lacking = []
        for module in pkgutil.iter_modules(PIL.__path__):
            if module.name not in no_window:
                try:
                    importlib.import_module("PIL." + module.name)
                except ImportError:
                    lacking.append(module.name)
        PIL.Image.init()
        print(json.dumps({
            "lacking": lacking,
            "formats": sorted({"PNG", "JPEG", "WEBP", "TIFF", "PDF", "GIF"} - set(PIL.Image.SAVE)),
            "features": [name for name in ("webp", "freetype2", "littlecms2", "jpg_2000", "libtiff")
                         if not PIL.features.check(name)],
            "requests": importlib.metadata.version("requests") == importlib.import_module("requests").__version__,
            "wheels": sorted(each.name.lower() for each in importlib.metadata.distributions()),
            "openssl": ssl.OPENSSL_VERSION_INFO[0], "sqlite": sqlite3.sqlite_version_info[:2],
        }))
        """,
    )
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    said = json.loads(robot.printed()[-1])
    assert said["lacking"] in ([], ["_avif"])
    assert said["formats"] == said["features"] == []
    assert said["requests"]
    assert {"requests", "pillow", "psutil", "pywin32", "tzdata"} <= set(said["wheels"])
    assert (said["openssl"], said["sqlite"] >= [3, 45]) == (3, True)


def test_com_with_early_binding_keeps_its_classes_in_the_data_folder(robot: InstalledRobot):
    """`EnsureDispatch` makes classes of a type library once; the next job, and a child, find them there."""
    text = """
        import subprocess, sys
        from win32com.client import gencache
        code = "from win32com.client import gencache; print(gencache.GetGeneratePath())"
        files = gencache.EnsureDispatch("Scripting.FileSystemObject")
        print(files.FolderExists("C:\\\\windows"), type(files).__module__.startswith("win32com.gen_py."))
        print(gencache.GetGeneratePath())
        print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip())
    """
    job = robot.run_job("ком", text)
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    works, own, childs = robot.printed()
    assert works == "True True"
    assert own == childs == robot.machine.windows(robot.data / "com")
    made = {file: file.stat().st_mtime_ns for file in (robot.data / "com").glob("*.py")}
    assert made
    again = robot.run_job("ком", text)
    assert again.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert {file: file.stat().st_mtime_ns for file in (robot.data / "com").glob("*.py")} == made


def test_a_script_that_closes_every_descriptor_is_stopped_all_the_same(robot: InstalledRobot):
    """`os.closerange` to the end reaches no handle of ours: neither is the robot thought dead nor the stop missed."""
    job, process = robot.begin_job(
        "закрывает",
        """
        import os, time
        os.closerange(3, 8192)
        files = [open(os.devnull) for _ in range(1000)]
        print("ready", flush=True)
        time.sleep(600)
        """,
    )
    robot.sandbox.stop_job(job.guid)
    assert robot.wait_final(job) is JobStatus.STOPPED, robot.job_output()
    assert process.wait(SECONDS) == 0


def test_the_folder_holds_all_licences_and_is_small(program: Path):
    """LICENSE, and the notices of every wheel whose metadata is there; one archive for both programs; 50 MB at most."""
    assert "MIT License" in (program / "LICENSE").read_text("utf-8")
    notices = (program / "THIRD-PARTY-NOTICES.txt").read_text("utf-8-sig")
    wheels = [file.parent.name for file in (program / "_internal").glob("*.dist-info/METADATA")]
    assert len(wheels) > 20
    for part in ("CPython 3.13", "OpenSSL 3.", "SQLite 3.", "Visual C++ runtime 14.", "PyInstaller", "pystray"):
        assert part.lower() in notices.lower()
    for wheel in wheels:
        name, version = wheel.removesuffix(".dist-info").split("-")
        assert f"{version}\n" in notices, name
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in notices
    assert (program / "_internal" / "pystray").is_dir()
    assert max(file.stat().st_size for file in program.glob("robot*.exe")) < MEGABYTE
    size = sum(file.stat().st_size for file in program.rglob("*") if file.is_file())
    assert size <= 50 * MEGABYTE
    assert not list((program / "_internal" / "PIL").glob("_avif*"))


def test_a_stopped_child_of_the_bundled_python_ends_without_a_word_of_the_bootloader(robot: InstalledRobot):
    """An unhandled exception in a child, code of `-c` or a module, is shown as Python shows it."""
    job = robot.run_job(
        "ребёнок",
        """
        import subprocess, sys
        for code in ("raise KeyboardInterrupt", "1/0", "import sys; sys.exit('bad')", "raise SystemExit"):
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            print(done.stderr)
        """,
    )
    output = robot.job_output()
    assert job.final_reports == [JobStatus.SUCCESS], output
    assert "[PYI" not in output
    assert "1/0" in output  # the line of code, as from 3.13 on
    assert "bundled_python" not in output
    assert eventually(lambda: not robot.machine.processes("ребёнок"))
