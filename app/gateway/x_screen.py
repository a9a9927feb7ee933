"""The screen of an X server, without Pillow's own way.

That one asks in C and holds Python's lock meanwhile: a server that stands still (suspended, stuck in its driver) would
stop every thread of the robot, heartbeats and Abort included. Here it is only the thread that asks.
"""

from __future__ import annotations

from contextlib import closing

from PIL import Image
from Xlib import X
from Xlib.display import Display

_DEPTHS = (24, 32)  # bits; whatever is less has no such bytes


def grab_x_screen() -> Image.Image:
    """All screens that the variable DISPLAY leads to.

    Raises:
        Exception: of python-xlib, of many kinds: there is no such server, it refuses, or has too few colours.
    """
    with closing(Display()) as display:
        screen = display.screen()
        if screen.root_depth not in _DEPTHS:
            raise ValueError(screen.root_depth)
        size = screen.root.get_geometry()  # the screen may have got another since
        found = screen.root.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF)
        order = "BGRX" if display.display.info.image_byte_order == X.LSBFirst else "XRGB"
        return Image.frombytes("RGB", (size.width, size.height), found.data, "raw", order)
