"""Assets, folders and files: what scripts find by GUID or name. Thread-safe."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from app.sandbox.stored import Asset, Folder, StoredFile

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime


class AssetStore:
    """The assets, found by GUID or name."""

    def __init__(self, lock: threading.Condition) -> None:
        self._lock = lock
        self._assets: list[Asset] = []

    def all(self) -> list[Asset]:
        """Every asset, in the order added."""
        with self._lock:
            return list(self._assets)

    def add(
        self, name: str, text: str = "", password: str = "", type_: int = 2, description: str = "", guid: str = ""
    ) -> Asset:
        """Add an asset, or replace the one of that name."""
        asset = Asset(guid or str(uuid.uuid4()), name, type_, text, password, description)
        with self._lock:
            self._assets = [old for old in self._assets if old.name.lower() != name.lower()]
            self._assets.append(asset)
        return asset

    def find(self, key: str) -> Asset | None:
        """The asset with that GUID or name."""
        with self._lock:
            return next((a for a in self._assets if key.lower() in (a.guid.lower(), a.name.lower())), None)

    def remove(self, key: str) -> bool:
        """Delete the asset with that GUID or name; False if there is none."""
        with self._lock:
            asset = self.find(key)
            if asset is not None:
                self._assets.remove(asset)
            return asset is not None


class FileStore:
    """The storage: folders, and files in them or in none."""

    def __init__(self, lock: threading.Condition, clock: Callable[[], datetime]) -> None:
        self._lock = lock
        self._clock = clock
        self._folders: list[Folder] = []
        self._files: list[StoredFile] = []
        self._last_id = 0

    def folders(self) -> list[Folder]:
        """Every folder, in the order made."""
        with self._lock:
            return list(self._folders)

    def files(self) -> list[StoredFile]:
        """Every file, in the order made."""
        with self._lock:
            return list(self._files)

    def folder(self, key: str) -> Folder | None:
        """The folder with that GUID or name."""
        with self._lock:
            return next((one for one in self._folders if key.lower() in (one.guid.lower(), one.name.lower())), None)

    def file(self, key: str) -> StoredFile | None:
        """The file with that GUID or name."""
        with self._lock:
            return next((one for one in self._files if key.lower() in (one.guid.lower(), one.name.lower())), None)

    def add_folder(self, name: str, description: str = "", guid: str = "") -> Folder:
        """Make a folder."""
        with self._lock:
            now = self._clock()
            folder = Folder(self._next_id(), guid or str(uuid.uuid4()), name, now, now, description)
            self._folders.append(folder)
            return folder

    def add_file(self, name: str, content: bytes, folder_guid: str = "", guid: str = "") -> StoredFile:
        """Keep a file."""
        with self._lock:
            now = self._clock()
            file = StoredFile(self._next_id(), guid or str(uuid.uuid4()), name, now, now, content, folder_guid)
            self._files.append(file)
            return file

    def remove_folder(self, guid: str) -> None:
        """Delete a folder with everything in it."""
        with self._lock:
            self._folders = [folder for folder in self._folders if folder.guid != guid]
            self._files = [file for file in self._files if file.folder_guid != guid]

    def remove_file(self, guid: str) -> None:
        """Delete a file."""
        with self._lock:
            self._files = [file for file in self._files if file.guid != guid]

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id
