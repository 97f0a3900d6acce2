"""What a scan that keeps nothing does not import."""

from __future__ import annotations

import subprocess
import sys


def test_the_pipeline_brings_no_database_along():
    script = "import sys, tierwise.scan; print([name for name in ('sqlalchemy', 'tierwise.store') if name in sys.modules])"
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"
