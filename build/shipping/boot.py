r"""What runs in robot.exe and robot-cli.exe before PyInstaller's own bootstrap; `robot.spec` puts it there.

Each program would carry an archive of all modules. So theirs are empty, and this names the one that they share.

PyInstaller hooks `ctypes` at every start, so that libraries are found in the bundle, and `ctypes.util` with it, which
brings `shutil`, `subprocess`, `bz2` and `lzma`: 25 ms under Wine. So `ctypes.util` is hooked when it is imported.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN202, ANN205, PTH113, PTH118, SLF001 - it imports nothing that isn't there already

import sys


def _boot():
    import pyimod03_ctypes

    sys._pyinstaller_pyz = sys._MEIPASS + "\\modules.pyz"
    hook_ctypes = pyimod03_ctypes.install

    def hook():
        sys.modules["ctypes.util"] = None  # its import fails, which the hook allows for
        hook_ctypes()
        del sys.modules["ctypes.util"]
        sys.meta_path.insert(0, LateHook)

    class LateHook:
        """Finds `ctypes.util`, once."""

        @staticmethod
        def find_spec(name, path=None, _target=None):
            if name != "ctypes.util":
                return None
            from importlib.machinery import PathFinder

            sys.meta_path.remove(LateHook)
            spec = PathFinder.find_spec(name, path)
            loader, execute = spec.loader, spec.loader.exec_module

            def execute_and_hook(module):
                del loader.exec_module  # a loader may serve many modules
                execute(module)
                module.find_library = in_bundle_first(module.find_library)

            loader.exec_module = execute_and_hook
            return spec

    def in_bundle_first(find_library):
        def find(name):
            import os

            if name not in {"c", "m"}:
                for file in (name, name + ".dll"):
                    if os.path.isfile(found := os.path.join(sys._MEIPASS, file)):
                        return found
            return find_library(name)

        return find

    pyimod03_ctypes.install = hook


_boot()
del _boot
