"""Whether what this run prints can be read by anyone: pipelines of public repositories show their logs, comments and artifacts to all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def why_public(environ: Mapping[str, str]) -> str:
    """Why anyone may read what this run prints, as far as the pipeline tells; empty where nobody outside does, or it is no such pipeline.

    GitHub tells it in the event (`repository.private`, false for public repositories alone), GitLab in `CI_PROJECT_VISIBILITY` (public,
    internal or private). Where they do not tell, anyone may. Azure DevOps tells no pipeline whether its project is public.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        private = _repository(environ.get("GITHUB_EVENT_PATH", "")).get("private")
        if private is True:
            return ""
        return "the repository is public" if private is False else "GitHub does not say whether the repository is public"
    if environ.get("GITLAB_CI") == "true":
        visibility = environ.get("CI_PROJECT_VISIBILITY", "")
        if visibility in {"internal", "private"}:
            return ""
        return "the project is public" if visibility == "public" else "GitLab does not say whether the project is public"
    return ""


def _repository(path: str) -> Mapping[str, object]:
    """The repository of the event that started a workflow; empty where the event does not tell."""
    try:
        event = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    repository = event.get("repository") if isinstance(event, dict) else None
    return repository if isinstance(repository, dict) else {}
