"""The pipeline from sources to a result: collects, assesses, judges; the only thread pool and the only clock."""

from tierwise.scan.assess import Judging
from tierwise.scan.collect import Collected, Progress, run_units
from tierwise.scan.memory import bulk
from tierwise.scan.pipeline import Outcome, scan

__all__ = ["Collected", "Judging", "Outcome", "Progress", "bulk", "run_units", "scan"]
