"""Settings: read in layers, checked as a whole, written, watched."""
