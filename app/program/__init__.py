"""The running program: loop, tray, signals and Windows session put together."""
