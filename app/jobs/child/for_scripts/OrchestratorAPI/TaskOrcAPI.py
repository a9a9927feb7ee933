"""`from OrchestratorAPI.TaskOrcAPI import TaskOrchestratorAPI`, as scripts of the vendor's framework have it."""  # noqa: N999 - the vendor's name

from TaskOrcAPI import Response, TaskOrchestratorAPI

__all__ = ["Response", "TaskOrchestratorAPI"]
