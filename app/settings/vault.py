"""The robot's GUID in Windows Credential Manager, for who doesn't want it in a file (`robot login`).

The vault belongs to the Windows account: other users can't read it, programs of the same user can.
The backend is named outright: keyring's own choice may be a plug-in or a file that any program can read.
https://learn.microsoft.com/windows/win32/secauthn/credentials-management
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Final

from app.base.errors import RobotError, SettingsError, UsageError
from app.base.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Vault(Protocol):
        """What is used of a keyring backend."""

        def get_password(self, service: str, username: str) -> str | None:
            """The secret, or None."""

        def set_password(self, service: str, username: str, password: str) -> None:
            """Store or replace it."""

        def delete_password(self, service: str, username: str) -> None:
            """Remove it."""


SERVICE: Final = "Robot"  # as Credential Manager shows it; the user name is the Orchestrator's address


def _vault() -> Vault | None:
    """Credential Manager; None where there is none."""
    if sys.platform != "win32":
        return None
    from keyring.backends.Windows import WinVaultKeyring  # late: a GUID in the settings needs none of it

    vault: Vault = WinVaultKeyring()
    return vault


def stored_guid(host: str) -> str | None:
    """The GUID stored for the Orchestrator at `host`; None if there is none, or no such store.

    Raises:
        SettingsError: Credential Manager can't be used.
    """
    with _saying_what_failed():
        vault = _vault()
        return vault.get_password(SERVICE, host) if vault else None


def store_guid(host: str, guid: str) -> None:
    """Keep `guid` for the Orchestrator at `host`, in place of an earlier one.

    Raises:
        UsageError: this system has no Credential Manager.
        SettingsError: it can't be used.
    """
    with _saying_what_failed():
        require_vault().set_password(SERVICE, host, guid)


def forget_guid(host: str) -> bool:
    """Remove what is stored for `host`; False if nothing is.

    Raises:
        UsageError: this system has no Credential Manager.
        SettingsError: it can't be used.
    """
    with _saying_what_failed():
        vault = require_vault()
        if vault.get_password(SERVICE, host) is None:
            return False
        vault.delete_password(SERVICE, host)
    return True


def forget_everything() -> None:
    """Remove the GUIDs of every Orchestrator; does nothing on a system without such a store.

    Raises:
        SettingsError: it can't be used.
    """
    with _saying_what_failed():
        _forget_everything()


if sys.platform == "win32":

    def _forget_everything() -> None:
        import pywintypes
        import win32cred
        import winerror

        try:
            stored = win32cred.CredEnumerate(None, 0)
        except pywintypes.error as error:
            if error.winerror == winerror.ERROR_NOT_FOUND:
                return
            raise
        for credential in stored:
            # keyring's names: the service, and for a second user name of it `user@service`.
            if credential["TargetName"].rpartition("@")[2] == SERVICE:
                win32cred.CredDelete(credential["TargetName"], credential["Type"])

else:

    def _forget_everything() -> None:
        pass


@contextlib.contextmanager
def _saying_what_failed() -> Iterator[None]:
    """Windows' reason for people: a task that runs without a stored password has no Credential Manager, for one."""
    try:
        yield
    except RobotError:
        raise
    except Exception as error:  # noqa: BLE001 - pywin32's and keyring's own kinds, which nothing else here loads
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError(
            _("Windows Credential Manager can't be used: {reason}.").format(reason=reason),
            _("Write robot_guid into robot.toml; the file should be readable by the robot's user only."),
        ) from None


def require_vault() -> Vault:
    """Credential Manager.

    Raises:
        UsageError: this system has none.
    """
    vault = _vault()
    if vault is None:
        raise UsageError(
            _("robot login keeps the GUID in Windows Credential Manager, which this system doesn't have."),
            _("Write robot_guid into robot.toml; the file should be readable by the robot's user only."),
        )
    return vault
