"""One file a command; the table of them is here."""
