"""The recorded account, subscription and project as the sources of one scan, and results as they can be compared."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.scan.estate import STARTED
from tests.scan.recording import Answer, Stand
from tests.scan.worlds import Failing, judging, recorded, source
from tierwise.connectors.base import Source
from tierwise.demo.recorded import azure_subscription, google_project
from tierwise.model.finding import ScanResult
from tierwise.reports.base import View, report_named
from tierwise.scan import Outcome, scan
from tierwise.scan.checkpoint import Checkpoint
from tierwise.store.units import KeptUnit

ASKED = "tests.asked"
"""The audit event of a call that is answered."""


class AnyRegion(Stand):
    """A stand that answers a call for what all regions share in whichever region it is made: who comes first makes it."""

    def __init__(self, failing: Failing | None = None) -> None:
        super().__init__(recorded(), failing=failing)
        self.asked: list[tuple[str, str, str]] = []
        """(service, method, parameters) of every call."""

    def answer(self, service: str, region: str, method: str, params: dict[str, Any], *, paged: bool) -> Answer:
        """The recorded answer."""
        text = json.dumps(params, sort_keys=True, default=str)
        self.asked.append((service, method, text))
        sys.audit(ASKED)
        answers = self.recording.answers
        if (service, region, method, text) not in answers:
            region = next((key[1] for key in answers if (key[0], *key[2:]) == (service, method, text)), region)
        return super().answer(service, region, method, params, paged=paged)


def sources(stand: Stand) -> tuple[Source, ...]:
    """One source for each cloud."""
    return (source(stand), *azure_subscription(STARTED)[0], *google_project(STARTED)[0])


def scanned(stand: Stand, checkpoint: Checkpoint | None = None, *, jobs: int = 1, probing: bool = True) -> Outcome:
    """A scan of all three; without probing only what the profile asks is asked, by tier and so in rounds."""
    made = judging()
    if not probing:
        made = replace(made, controls=[one for one in made.controls if one.family != "probe"])
    outcome = scan(sources(stand), made, started=STARTED, jobs=jobs, checkpoint=checkpoint)
    assert outcome.crashes == (), outcome.crashes[0]
    return outcome


def checkpoint_in(kept: list[KeptUnit], earlier: Sequence[KeptUnit] = ()) -> Checkpoint:
    """A checkpoint that keeps in a list, and goes on from what another has kept there."""
    return Checkpoint("run", kept.extend, print, {one.name: one for one in earlier}, every=0)


def told(result: ScanResult) -> Mapping[str, Any]:
    """All that a result tells but for its run's id and times."""
    made = report_named("json").render(result, View())
    return comparable(made if isinstance(made, str) else made.decode())


def comparable(text: str) -> Mapping[str, Any]:
    """The same of a scan's JSON."""
    made: dict[str, Any] = json.loads(re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)", "TIME", text))
    del made["run"]["id"]
    return made


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What two of these tell differently, of lists the entries that only one of them has: by name, in the first and in the other."""
    found = {}
    for name in sorted({*one, *other}):
        mine, theirs = one.get(name), other.get(name)
        if mine == theirs:
            continue
        if isinstance(mine, list) and isinstance(theirs, list):
            mine, theirs = [x for x in mine if x not in theirs], [x for x in theirs if x not in mine]
        found[name] = (mine, theirs)
    return found
