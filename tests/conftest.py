"""What holds for all tests."""

import gc
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tierwise.catalogue import controls, profiles, yamlfile
from tierwise.catalogue.shipped import shipped_dir
from tierwise.evaluate.compiled import CompiledControl, compile_control
from tierwise.model.control import Control
from tierwise.scan import pipeline

# How long an example takes on a loaded machine is no property of the code: tests that bound a time measure it themselves.
# The same examples each time, so that a change fails by its own fault; `make fuzz` draws new ones.
settings.register_profile(
    "tierwise", deadline=None, derandomize="TIERWISE_FUZZ" not in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tierwise")


T = TypeVar("T")
SESSION = "TIERWISE_TEST_SESSION"
"""A directory that all processes of a test session share."""


def once_where_shipped(read: Callable[[Path | str, str], T], name: str) -> Callable[[Path | str, str], T]:
    """What is read of a file: of one that is shipped it is the same for all tests of a process, many of which would read all of them again."""
    kept, top = cache(read), f"{shipped_dir(name)}{os.sep}"
    return lambda source, label: (kept if isinstance(source, Path) and str(source).startswith(top) else read)(source, label)


setattr(controls, "parse_control", once_where_shipped(controls.parse_control, "controls"))  # noqa: B010 - mypy minds the assignment of a function
setattr(profiles, "load", once_where_shipped(yamlfile.load, "profiles"))  # noqa: B010


_COMPILED: dict[int, CompiledControl] = {}
_COMPILED_AT_MOST = 1_000


def compiled_once(control: Control) -> CompiledControl:
    """What a scan compiles of a control: of one that lives as long as the tests, as the shipped ones and the probes do, it is the same for all scans.

    What is kept holds its control, so that no other has its number.
    """
    if len(_COMPILED) >= _COMPILED_AT_MOST:
        _COMPILED.clear()
    return _COMPILED.get(id(control)) or _COMPILED.setdefault(id(control), compile_control(control))


setattr(pipeline, "compile_control", compiled_once)  # noqa: B010


def pytest_collection_finish() -> None:
    """The shipped controls are read before any test, so that those who start a copy of this process to read them (`beside.aside`) start one that has them.

    Whatever is imported by now lives to the end: no collection of garbage looks through it again.
    """
    controls.load_catalogue()
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """What is left at the end goes with the process; pytest would have it looked through five times for what was never awaited."""
    gc.freeze()


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
    # Tests make clients by the hundred and keep little: the collector looks at what is left less often, when most of it has gone by itself.
    gc.set_threshold(500_000, 10, 100)
