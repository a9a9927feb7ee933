"""Robot: runs a company's Python scripts for Sherpa Orchestrator."""

__version__ = "0.1.0"
