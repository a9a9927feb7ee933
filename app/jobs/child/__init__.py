"""What runs inside the script's own process. Knows nothing of the package `app`."""
