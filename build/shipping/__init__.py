"""The steps of `python build/dev.py package`: one file each."""
