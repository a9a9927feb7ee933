"""Ten thousand robots on one Orchestrator, in virtual time."""
