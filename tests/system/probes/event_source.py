"""Register the source of events as an administrator does, read everything back, write an event, remove it."""

import json
import sys
from pathlib import Path

import win32api
import win32con

from app.commands.event_source import texts
from app.system import event_source


def message(module, number, language):
    """The text that Windows shows for an event."""
    flags = win32con.FORMAT_MESSAGE_FROM_HMODULE | win32con.FORMAT_MESSAGE_IGNORE_INSERTS
    return win32api.FormatMessageW(flags, module, number, language, None).strip()


file = event_source.register(texts())
again = event_source.register(texts())
module = win32api.LoadLibraryEx(str(file), 0, win32con.LOAD_LIBRARY_AS_DATAFILE)
answer = {
    "registered": event_source.registered_file() == str(file) == str(again),
    "english": {number: message(module, number, 0x409) for number in (1, 12, 50)},
    "russian": {number: message(module, number, 0x419) for number in (1, 12, 50)},
}
try:
    event_source.write_event(12, 1, ["счета", "5f3c9a17", "because"])
    answer["written"] = True
except OSError as error:  # Wine may have no such service
    answer["written"] = str(error)
win32api.FreeLibrary(module)
event_source.unregister()
answer["left"] = [event_source.registered_file(), Path(file).exists()]
print(json.dumps(answer))
sys.stdout.flush()
