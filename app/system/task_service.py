"""Task Scheduler's own interface: register, read and delete one task of the root folder.

`schtasks` would do the same, but it answers in the console's OEM code page, which loses names, and its exit code does
not tell a missing task from a refusal. The interfaces are called by their places in the method tables, because late
binding (`win32com`) needs a type library, which Wine doesn't have for them. The places are fixed for ever by COM:
IUnknown's three, IDispatch's four, then those of the interface in the order of its reference page.

https://learn.microsoft.com/windows/win32/api/taskschd/nn-taskschd-itaskservice
https://learn.microsoft.com/windows/win32/api/taskschd/nn-taskschd-itaskfolder
https://learn.microsoft.com/windows/win32/api/taskschd/nn-taskschd-iregisteredtask
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import contextlib
    import ctypes
    import uuid
    from typing import TYPE_CHECKING, Any, Final

    import pythoncom

    if TYPE_CHECKING:
        from collections.abc import Iterator

    _TASK_SCHEDULER: Final = uuid.UUID("0f87369f-a4e5-4cfc-bd3e-73e6154572dd").bytes_le
    _ITASK_SERVICE: Final = uuid.UUID("2faba4c7-4da9-4013-9697-20cc3fd40f85").bytes_le
    _IN_PROCESS: Final = 1
    _CREATE_OR_UPDATE: Final = 6
    _INTERACTIVE_TOKEN: Final = 3
    _FILE_NOT_FOUND: Final = 0x80070002

    class _Variant(ctypes.Structure):
        """VT_EMPTY, which is all that is needed: "take what the definition says"."""

        _fields_ = (("kind", ctypes.c_uint64), ("value", ctypes.c_uint64 * 2))

    _create_instance = ctypes.OleDLL("ole32").CoCreateInstance
    _create_instance.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_void_p]
    _oleaut32 = ctypes.WinDLL("oleaut32")
    _oleaut32.SysAllocString.argtypes = [ctypes.c_wchar_p]
    _oleaut32.SysAllocString.restype = ctypes.c_void_p
    _oleaut32.SysFreeString.argtypes = [ctypes.c_void_p]
    _oleaut32.SysFreeString.restype = None

    # The method's place, and the types of its arguments.
    _out = ctypes.POINTER(ctypes.c_void_p)
    _RELEASE: Final = ctypes.WINFUNCTYPE(ctypes.c_uint32)(2, "Release")
    _SERVICE_GET_FOLDER: Final = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_void_p, _out)(7, "GetFolder")
    _SERVICE_CONNECT: Final = ctypes.WINFUNCTYPE(ctypes.HRESULT, *[_Variant] * 4)(10, "Connect")
    _FOLDER_GET_TASK: Final = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_void_p, _out)(13, "GetTask")
    _FOLDER_DELETE_TASK: Final = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_void_p, ctypes.c_long)(15, "DeleteTask")
    _FOLDER_REGISTER_TASK: Final = ctypes.WINFUNCTYPE(
        ctypes.HRESULT,
        ctypes.c_void_p,  # path
        ctypes.c_void_p,  # definition
        ctypes.c_long,  # flags
        _Variant,  # user
        _Variant,  # password
        ctypes.c_int,  # kind of log-on
        _Variant,  # security descriptor
        _out,
    )(16, "RegisterTask")
    _TASK_GET_XML: Final = ctypes.WINFUNCTYPE(ctypes.HRESULT, _out)(20, "get_Xml")

    def register_task(name: str, xml: str) -> None:
        """Make or replace the task.

        Raises:
            OSError: Task Scheduler refuses; `strerror` is Windows' own text.
        """
        nothing = _Variant()
        with _root_folder() as folder, _text(name) as path, _text(xml) as definition, _result() as task:
            _FOLDER_REGISTER_TASK(
                folder,
                path,
                definition,
                _CREATE_OR_UPDATE,
                nothing,
                nothing,
                _INTERACTIVE_TOKEN,
                nothing,
                ctypes.byref(task),
            )

    def read_task(name: str) -> str | None:
        """The task's definition as XML, or None if there is no such task.

        Raises:
            OSError: Task Scheduler doesn't tell.
        """
        with _root_folder() as folder, _text(name) as path, _result() as task:
            try:
                _FOLDER_GET_TASK(folder, path, ctypes.byref(task))
            except OSError as error:
                if _is_missing(error):
                    return None
                raise
            xml = ctypes.c_void_p()
            _TASK_GET_XML(task, ctypes.byref(xml))
            try:
                return ctypes.wstring_at(xml.value) if xml.value else ""
            finally:
                _oleaut32.SysFreeString(xml)

    def delete_task(name: str) -> None:
        """Delete the task; it's fine if there is none.

        Raises:
            OSError: Task Scheduler refuses.
        """
        with _root_folder() as folder, _text(name) as path:
            try:
                _FOLDER_DELETE_TASK(folder, path, 0)
            except OSError as error:
                if not _is_missing(error):
                    raise

    def _is_missing(error: OSError) -> bool:
        return (error.winerror or 0) & 0xFFFFFFFF == _FILE_NOT_FOUND

    @contextlib.contextmanager
    def _root_folder() -> Iterator[Any]:
        pythoncom.CoInitialize()  # COM is set up per thread
        try:
            with _result() as service, _text("\\") as root, _result() as folder:
                _create_instance(_TASK_SCHEDULER, None, _IN_PROCESS, _ITASK_SERVICE, ctypes.byref(service))
                _SERVICE_CONNECT(service, _Variant(), _Variant(), _Variant(), _Variant())
                _SERVICE_GET_FOLDER(service, root, ctypes.byref(folder))
                yield folder
        finally:
            pythoncom.CoUninitialize()

    @contextlib.contextmanager
    def _result() -> Iterator[Any]:
        """A place for an interface pointer that is released afterwards."""
        pointer = ctypes.c_void_p()
        try:
            yield pointer
        finally:
            if pointer.value:
                _RELEASE(pointer)

    @contextlib.contextmanager
    def _text(text: str) -> Iterator[Any]:
        """A BSTR."""
        string = _oleaut32.SysAllocString(text)
        try:
            yield string
        finally:
            _oleaut32.SysFreeString(string)
