"""The algorithm of the specification, and what it waits for."""
