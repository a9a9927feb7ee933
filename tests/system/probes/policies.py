"""Write policies into the registry, of user and computer, and say what the settings are then."""

import json
import sys
import winreg
from pathlib import Path

from app.settings import policy
from app.settings.loading import load_settings

config = Path(sys.argv[1])
config.write_text(
    "host = 'http://file:4500'\nrobot_guid = 'da8bc2f0-8065-4385-b867-405e66b8e151'\npoll_seconds = 1\n", "utf-8"
)
written = {
    winreg.HKEY_CURRENT_USER: {
        "poll_seconds": (winreg.REG_DWORD, 20),
        "when_idle": (winreg.REG_SZ, "exit"),
        "scripts": (winreg.REG_EXPAND_SZ, r"%SystemRoot%\scripts"),
    },
    winreg.HKEY_LOCAL_MACHINE: {
        "host": (winreg.REG_SZ, "http://policy:4500"),
        "When_Idle": (winreg.REG_SZ, "wait"),
        "notifications": (winreg.REG_DWORD, 0),
        "of_tomorrow": (winreg.REG_DWORD, 1),
        "robot_guid": (winreg.REG_SZ, "11111111-2222-3333-4444-555555555555"),
    },
}
before = load_settings(config, {}).policies
for hive, values in written.items():
    with winreg.CreateKeyEx(hive, policy.KEY, access=winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY) as key:
        for name, (kind, value) in values.items():
            winreg.SetValueEx(key, name, 0, kind, value)
found = load_settings(config, {"ROBOT_POLL_SECONDS": "2"})
for hive in written:
    winreg.DeleteKeyEx(hive, policy.KEY, winreg.KEY_WOW64_64KEY)
settings = found.settings
print(
    json.dumps(
        {
            "before": before,
            "host": settings.host,
            "poll_seconds": settings.poll_seconds,
            "when_idle": settings.when_idle,
            "notifications": settings.notifications,
            "scripts": str(settings.scripts).lower(),
            "guid": settings.guid[:8],
            "policies": found.policies,
            "passed_over": found.passed_over,
            "source": found.sources["host"],
            "after": load_settings(config, {}).policies,
        }
    )
)
sys.stdout.flush()
