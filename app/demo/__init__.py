"""`robot demo`: the robot against the embedded Orchestrator, with a few sample jobs."""
