from __future__ import annotations

from dataclasses import replace

import pytest

from tests.classify.profiles import PROFILE, TODAY, store
from tierwise.classify.content import _BY_CONTEXT, _BY_VALUES, _BY_WEAK_NAME, _POSSIBLE, COUNTS
from tierwise.classify.engine import classify
from tierwise.classify.scale import contradicted, measured
from tierwise.model.content import Found
from tierwise.model.detection import Detection, Strength
from tierwise.model.fact import Known
from tierwise.model.register import NO_CORRECTIONS, Register
from tierwise.model.resource import Evidence, Kind, Resource

NHS = Detection("nhs_number", "a", 900, 900, 0, 450, 0.9, Strength.MEDIUM, 0.02, ("values",))


def sampled(*found: Detection, kind: Kind = Kind.OBJECT_STORE, items: int | None = None, size: int | None = None, **tags: str) -> Resource:
    facts = {name: Known(value) for name, value in (("volume.items", items), ("volume.bytes", size)) if value is not None}
    evidence = Evidence(found=tuple(Found(one, "csv objects") for one in found))
    return replace(
        store("payroll", kind=kind, evidence=evidence, tags={key.replace("_", "-"): value for key, value in tags.items()}), facts=facts
    )


@pytest.mark.parametrize(
    ("resource", "low", "high", "band"),
    [
        (sampled(NHS), 450, None, "V0 or more"),
        (sampled(NHS, replace(NHS, detector="nino", distinct=700)), 700, None, "V0 or more"),
        (sampled(NHS, items=9), 450, None, "V0 or more"),
        (sampled(NHS, size=120_000), 450, 12_000, "V0 to V2"),
        (sampled(NHS, kind=Kind.DOCUMENT_DB, items=800), 450, 800, "V0"),
        (sampled(NHS, kind=Kind.DOCUMENT_DB, items=30), 450, 450, "V0"),
        (sampled(kind=Kind.WAREHOUSE, items=5_000_000, size=10**9), 0, 5_000_000, "V0 to V4"),
        (sampled(replace(NHS, distinct=12_000_000)), 12_000_000, None, "V5"),
    ],
)
def test_people_lie_between_what_a_sample_shows_and_what_there_is_room_for(resource, low, high, band):
    found = measured(resource)
    assert found is not None
    assert (found.low, found.high, found.band) == (low, high, band)


@pytest.mark.parametrize(
    "detection",
    [
        replace(NHS, synthetic=900),
        replace(NHS, detector="payment_card"),
        replace(NHS, detector="email"),
        replace(NHS, strength=Strength.WEAK),
    ],
)
def test_what_a_person_may_have_several_of_or_what_is_made_up_counts_nobody(detection):
    assert measured(sampled(detection)) is None


def test_the_trace_tells_the_band_and_its_basis_and_raises_nothing():
    resource = sampled(NHS, kind=Kind.DOCUMENT_DB, items=5_000_000)
    found = classify([resource], PROFILE, Register(), NO_CORRECTIONS, today=TODAY)[resource.id]
    (step,) = [step for step in found.trace if step.rule == "scale-note"]
    assert "450 to 5,000,000 people (V0 to V4), by 450 different values of nhs_number in a sample; 5,000,000 rows" in step.because
    assert step.tier is None


@pytest.mark.parametrize(("declared", "fits"), [(450, True), (449, False), (None, True)])
def test_a_sample_with_more_people_than_were_declared_contradicts_the_declaration(declared, fits):
    assert (contradicted(sampled(NHS), declared) is None) is fits


def test_the_bar_for_a_sign_of_people_lies_between_one_weak_kind_of_evidence_and_two():
    """So that no number in between would decide otherwise."""
    alone = max(_POSSIBLE, _BY_WEAK_NAME, _BY_CONTEXT, _BY_VALUES[Strength.WEAK])
    together = 1 - (1 - _BY_WEAK_NAME) * (1 - _BY_VALUES[Strength.WEAK])
    assert alone < COUNTS < min(together, _BY_VALUES[Strength.MEDIUM])
