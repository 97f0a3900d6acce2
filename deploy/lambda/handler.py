"""Scans an organisation from a function that may run for a quarter of an hour at most: what is not done in time, the next invocation goes on with.

The function is invoked by the state machine beside it (template.yaml) until it says that the scan has ended. Runs, and what an interrupted one
has read, are kept in a PostgreSQL store, since a function's own disk does not outlive it.
"""

import os
import shlex
import subprocess
from typing import Any

LEFT = 45
"""Seconds before the function's end at which the scan is stopped: it keeps what it has read, and ends within a few of them."""


def handler(_event: object, context: Any) -> dict[str, object]:
    """Scan until the time is nearly up. Returns whether the scan has ended, and the code that it ended with."""
    given = shlex.split(os.environ["TIERWISE_SCAN"])
    # The only place that a function may write to is /tmp.
    with subprocess.Popen(["tierwise", "scan", *given, "--resume", "auto"], cwd="/tmp") as scan:
        try:
            code = scan.wait(max(1, context.get_remaining_time_in_millis() / 1000 - LEFT))
        except subprocess.TimeoutExpired:
            scan.terminate()
            scan.wait()
            return {"ended": False, "code": None}
    if code not in (0, 1, 3):
        raise RuntimeError(f"tierwise ended with {code}; its log says why")
    return {"ended": True, "code": code}
