"""The pictures of the documentation, taken from the program itself: `python -m tests.pictures`."""
