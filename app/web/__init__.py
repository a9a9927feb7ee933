"""What the pages that this program serves have in common: who is let in, and the server."""
