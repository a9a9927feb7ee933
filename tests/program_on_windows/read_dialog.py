"""Prints what a message box says: run by the Windows Python, with the box's title as the argument.

On a screen only pixels are seen. https://learn.microsoft.com/windows/win32/winmsg/wm-gettext
"""

import ctypes
import sys

WM_GETTEXT = 0x0D
MESSAGE_BOX, ITS_TEXT = "#32770", 0xFFFF

user32 = ctypes.WinDLL("user32")
text = ctypes.create_unicode_buffer(10_000)
box = user32.FindWindowW(MESSAGE_BOX, sys.argv[1])
user32.SendMessageW(user32.GetDlgItem(box, ITS_TEXT), WM_GETTEXT, len(text), text)
print(text.value)
