"""What packaging says when it can't go on."""


class PackagingError(Exception):
    """Something is missing or failed; the text says what, and what to do."""
