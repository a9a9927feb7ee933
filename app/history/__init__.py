"""The page of past runs: one HTML file that needs neither a network nor scripts to be read."""
