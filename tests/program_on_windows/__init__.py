"""The installed Windows program, driven from outside."""
