"""The Win32 notification area."""
