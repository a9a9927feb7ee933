r"""Settings that an administrator prescribes by Group Policy: registry values below `Software\Policies\Robot`.

Policy is stronger than every preference, and the computer's is stronger than the user's, as Microsoft's guidance for
registry-based policy has it. Only administrators can write there. Values have the names of the settings; numbers and
switches are REG_DWORD or a text, texts REG_SZ, or REG_EXPAND_SZ with variables. Values of a later version's settings
are passed over: a fleet isn't upgraded in one moment. The GUID is none of them: every user can read the registry's
policies, and it is different everywhere.
https://learn.microsoft.com/previous-versions/windows/desktop/policy/implementing-registry-based-policy
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from app.base.dataclass import dataclass, field
from app.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = r"Software\Policies\Robot"
NEVER: Final = frozenset({"robot_guid"})  # a secret


@dataclass(frozen=True)
class PolicyLayer:
    """What one key of the registry prescribes.

    Attributes:
        place: the key, as `regedit` shows it.
        values: by setting.
        passed_over: names of values that are no settings of this version, or may not come from there.
    """

    place: str
    values: Mapping[str, Any]
    passed_over: tuple[str, ...] = field(default=())


def policy_layer(place: str, found: Mapping[str, Any]) -> PolicyLayer:
    """The registry's values, by name, as a layer; its names don't tell small letters from capitals."""
    allowed = {key for key in Settings.keys() if key not in NEVER}
    values = {name.lower(): value for name, value in found.items() if name.lower() in allowed}
    return PolicyLayer(place, values, tuple(sorted(name for name in found if name.lower() not in allowed)))


if sys.platform == "win32":
    import winreg

    _HIVES: Final = (
        (winreg.HKEY_CURRENT_USER, "HKEY_CURRENT_USER"),
        (winreg.HKEY_LOCAL_MACHINE, "HKEY_LOCAL_MACHINE"),
    )

    def policy_layers() -> tuple[PolicyLayer, ...]:
        """What is prescribed now, the weakest first; nothing as a rule."""
        found = ((f"{name}\\{KEY}", _values(hive)) for hive, name in _HIVES)
        return tuple(policy_layer(place, values) for place, values in found if values)

    def _values(hive: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        try:
            # Not the view of 32-bit programs, whatever this one is.
            with winreg.OpenKey(hive, KEY, access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
                for index in range(winreg.QueryInfoKey(key)[1]):
                    name, value, kind = winreg.EnumValue(key, index)
                    is_text = kind == winreg.REG_EXPAND_SZ and isinstance(value, str)
                    values[name] = winreg.ExpandEnvironmentStrings(value) if is_text else value
        except OSError:  # there is none, as a rule
            pass
        return values

else:

    def policy_layers() -> tuple[PolicyLayer, ...]:
        """There is no registry here."""
        return ()
