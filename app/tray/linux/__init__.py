"""The system tray of an X11 desktop."""
