"""What the toolchain says when it can't go on."""


class ToolchainError(Exception):
    """Something is missing or failed; the text says what, and what to do."""
