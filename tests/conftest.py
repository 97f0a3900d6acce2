"""What holds for all tests."""

import gc
import os
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from tierwise.catalogue import controls
from tierwise.catalogue.shipped import shipped_dir
from tierwise.model.control import Control

# How long an example takes on a loaded machine is no property of the code: tests that bound a time measure it themselves.
# The same examples each time, so that a change fails by its own fault; `make fuzz` draws new ones.
settings.register_profile(
    "tierwise", deadline=None, derandomize="TIERWISE_FUZZ" not in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tierwise")


SESSION = "TIERWISE_TEST_SESSION"
"""A directory that all processes of a test session share."""


_parse = controls.parse_control
_shipped = cache(_parse)


def parsed_once(source: Path | str, label: str) -> Control:
    """A control of a file: one that is shipped is the same for all tests of a process, many of which would parse all of them again."""
    shipped = isinstance(source, Path) and source.is_relative_to(shipped_dir("controls"))
    return _shipped(source, label) if shipped else _parse(source, label)


setattr(controls, "parse_control", parsed_once)  # noqa: B010 - mypy minds the assignment of a function


def pytest_configure(config: pytest.Config) -> None:
    """Tests see the same in every pipeline; those about pipelines say in which they are. Nothing is compiled twice.

    Where an environment asks for no bytecode to be kept, as images of containers do, each worker and each command that a test starts
    would compile all of it for itself.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
        os.environ.pop(name, None)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shared = TemporaryDirectory(prefix="tierwise-tests-")
        os.environ[SESSION] = shared.name
        config.add_cleanup(shared.cleanup)
    # Tests make clients by the hundred and keep little: the collector looks at what is left less often.
    gc.set_threshold(50_000, 20, 100)
