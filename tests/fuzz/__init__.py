"""Fuzzing: inputs made from the corpus by seeded mutation; a failing input joins the corpus."""
