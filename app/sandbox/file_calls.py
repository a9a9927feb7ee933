"""The storage: `/api/files/…` and `/api/folders/…`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.sandbox.contract import Call, Refused
from app.sandbox.moments import written
from app.sandbox.uploads import decoded

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.stored import Folder, StoredFile


def files_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/files/create`: `name`, `folder_guid`, `file` (bytes, or Base16 or Base32 text)."""
    call.expect("name", "folder_guid", "file")
    name = call.name()
    content = _content(call)
    if content is None:
        call.text("file")  # says that it is missing
    file = sandbox.files.add_file(name, content or b"", _folder_guid(sandbox, call) or "")
    return {"guid": file.guid, "url": _url(call, file)}


def files_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/files/read/{guid or name}`; the file itself is at `url`."""
    file = _find_file(sandbox, call.rest)
    folder = sandbox.files.folder(file.folder_guid)
    return {
        "id": str(file.id),
        "guid": file.guid,
        "name": file.name,
        "folder_id": str(folder.id) if folder else None,
        "folder_guid": file.folder_guid,
        "size": str(len(file.content)),
        "url": _url(call, file),
        "created": written(file.created),
        "updated": written(file.updated),
    }


def files_update(sandbox: Sandbox, call: Call) -> list[Any]:
    """`PUT /api/files/update`: `guid`, and what is to change."""
    call.expect("guid", "name", "folder_guid", "file")
    file = _find_file(sandbox, call.text("guid"))
    file.name = call.name(default=file.name)
    folder = _folder_guid(sandbox, call)
    file.folder_guid = file.folder_guid if folder is None else folder
    content = _content(call)
    file.content = file.content if content is None else content
    file.updated = sandbox.clock()
    return []


def files_delete(sandbox: Sandbox, call: Call) -> list[Any]:
    """`DELETE /api/files/delete/{guid or name}`."""
    sandbox.files.remove_file(_find_file(sandbox, call.rest).guid)
    return []


def folders_create(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`POST /api/folders/create`: `name`, `description`."""
    call.expect("name", "description")
    return {"guid": sandbox.files.add_folder(call.name(), call.text("description", "")).guid}


def folders_list(sandbox: Sandbox, _call: Call) -> list[dict[str, Any]]:
    """`GET /api/folders/list`."""
    return [_folder(folder) for folder in sandbox.files.folders()]


def folders_read(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """`GET /api/folders/read/{guid or name}`."""
    return _folder(_find_folder(sandbox, call.rest))


def folders_update(sandbox: Sandbox, call: Call) -> list[Any]:
    """`PUT /api/folders/update`: `guid`, and what is to change."""
    call.expect("guid", "name", "description")
    folder = _find_folder(sandbox, call.text("guid"))
    folder.name = call.name(default=folder.name)
    folder.description = call.text("description", folder.description)
    folder.updated = sandbox.clock()
    return []


def folders_delete(sandbox: Sandbox, call: Call) -> list[Any]:
    """`DELETE /api/folders/delete/{guid or name}`, with everything in it."""
    sandbox.files.remove_folder(_find_folder(sandbox, call.rest).guid)
    return []


FILE_CALLS: Final = {
    "/api/files/create": ("POST", files_create),
    "/api/files/read/": ("GET", files_read),
    "/api/files/update": ("PUT", files_update),
    "/api/files/delete/": ("DELETE", files_delete),
    "/api/folders/create": ("POST", folders_create),
    "/api/folders/list": ("GET", folders_list),
    "/api/folders/read/": ("GET", folders_read),
    "/api/folders/update": ("PUT", folders_update),
    "/api/folders/delete/": ("DELETE", folders_delete),
}


def _content(call: Call) -> bytes | None:
    if "file" in call.files:
        return call.files["file"]
    text = call.optional("file")
    return None if text is None else decoded(text)


def _url(call: Call, file: StoredFile) -> str:
    return f"http://{call.host}/sandbox/api/files/{file.guid}"


def _folder_guid(sandbox: Sandbox, call: Call) -> str | None:
    key = call.optional("folder_guid")
    return _find_folder(sandbox, key).guid if key else key


def _folder(folder: Folder) -> dict[str, Any]:
    return {
        "id": str(folder.id),
        "guid": folder.guid,
        "name": folder.name,
        "description": folder.description,
        "created": written(folder.created),
        "updated": written(folder.updated),
        "is_deleted": "0",
    }


def _find_file(sandbox: Sandbox, key: str) -> StoredFile:
    file = sandbox.files.file(key)
    if file is None:
        raise Refused(404, _("There is no file {key}.").format(key=key[:50]))
    return file


def _find_folder(sandbox: Sandbox, key: str) -> Folder:
    folder = sandbox.files.folder(key)
    if folder is None:
        raise Refused(404, _("There is no folder {key}.").format(key=key[:50]))
    return folder
