"""The robot's memory on disk: which jobs ran, how they ended, and what the Orchestrator has yet to be told."""
