"""What every floor stands on: errors, words, paths, logs, secrets. Imports nothing of the project but itself."""
