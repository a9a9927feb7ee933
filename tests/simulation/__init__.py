"""Nights of the robot in virtual time: its own threads under one seeded scheduler, against a simulated world."""
