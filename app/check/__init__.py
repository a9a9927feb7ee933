"""`robot check`: says whether this machine is ready, and what to do where it isn't."""

from app.check.checklist import check_as_text, run_check

__all__ = ["check_as_text", "run_check"]
