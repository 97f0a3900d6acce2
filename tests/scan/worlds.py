"""The estate recorded once, and scans that replay it."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.conftest import SESSION
from tests.scan.canned import CANNED
from tests.scan.estate import ACCOUNT, REGION, STARTED, emulated, plant
from tests.scan.recording import Operation, Recording, Stand, refused
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile, load_profile
from tierwise.connectors.aws.collectors import declared_calls
from tierwise.connectors.aws.session import Access, Account, new_session
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.model.control import All, Compare, Control, Op, Severity
from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier
from tierwise.model.vocabulary import FactSpec, FactType, facts_of
from tierwise.scan import Judging, Outcome, scan

Failing = Mapping[Operation, Callable[[str], Exception]]
STIRRING: tuple[Operation, ...] = (("iam", "GetCredentialReport"), ("s3", "GetBucketOwnershipControls"), ("s3", "GetBucketVersioning"))
"""Operations whose denial makes a scan ask for what it otherwise would not; recorded with each of them denied."""


def source(stand: Any, *services: str) -> AwsSource:
    """The account as a source, behind anything that hands out clients; with services, those alone and its home region."""
    return AwsSource(AwsAccount(ACCOUNT, stand, "aws", STARTED), AwsScope((REGION,) if services else (), frozenset(services)))


def live() -> Account:
    """The emulated account behind the product's own guard."""
    return Account(partial(new_session, region=REGION), Access(declared_calls(), ceiling=0))


@cache
def judging() -> Judging:
    """The default profile's controls, and a probe for every kind, so that every fact is asked for."""
    catalogue = load_catalogue()
    profile = load_profile("uk-gov-personal-data", catalogue)
    controls = (*apply_profile(catalogue, profile), *(probe(kind) for kind in Kind if facts_of(kind)))
    # Controls and SDKs stay in memory; every full collection of hundreds of scans would walk them.
    gc.collect()
    gc.freeze()
    return Judging(profile, controls, EMPTY_REGISTER, NO_CORRECTIONS, replace(profile.gate, mode="full", unknown_from=None))


def probe(kind: Kind) -> Control:
    """A control that names every fact of a kind, so that all are asked for; what became of each is looked at by itself."""
    every = All(tuple(asks(spec) for spec in facts_of(kind)))
    return Control(f"PROBE {kind}", kind, "probe", (kind,), {Tier.T0: every}, dict.fromkeys(Tier, Severity.LOW), "probes.", {}, "none")


def asks(spec: FactSpec) -> Compare:
    """Some comparison that tells values of the fact apart."""
    match spec.type:
        case FactType.BOOL:
            return Compare(spec.name, Op.IS, operand=True)
        case FactType.ENUM:
            return Compare(spec.name, Op.AT_LEAST, spec.scale[len(spec.scale) // 2])
        case FactType.INT:
            return Compare(spec.name, Op.AT_LEAST, 8)
        case FactType.STRINGS:
            return Compare(spec.name, Op.EMPTY, operand=True)


@cache
def recorded() -> Recording:
    """Every answer that a scan of the estate can come to ask for; what one process of a test session has recorded, the others read."""
    folder = os.environ.get(SESSION)
    if folder is None:
        return _record()
    kept = Path(folder, "estate.pickle")
    with FileLock(f"{kept}.lock"):
        if not kept.is_file():
            kept.write_bytes(pickle.dumps(_record()))
        found: Recording = pickle.loads(kept.read_bytes())
    return found


def _record() -> Recording:
    recording = Recording()
    with emulated() as make:
        plant(make)
        account = live()
        for denied in (None, *STIRRING):
            stand = Stand(recording, live=account, canned=CANNED, failing={denied: refused} if denied else None)
            outcome = scan([source(stand)], judging(), started=STARTED, jobs=1)
            assert not outcome.crashes, outcome.crashes[0]
    # The SDK's models and the emulator stay in memory; every full collection of a hundred scans would walk them.
    gc.collect()
    gc.freeze()
    return recording


def replay(failing: Failing | None = None) -> Outcome:
    """A scan of the recorded estate with some operations failing."""
    return scan([source(Stand(recorded(), failing=failing))], judging(), started=STARTED, jobs=1)
