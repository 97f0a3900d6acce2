from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.classify.profiles import PROFILE, TODAY, store
from tierwise.classify.content import _BY_CONTEXT, _BY_VALUES, _BY_WEAK_NAME, _POSSIBLE, COUNTS
from tierwise.classify.engine import classify
from tierwise.classify.scale import Counted, contradicted, least, measured
from tierwise.model.content import Found, Sampled
from tierwise.model.detection import Detection, Strength
from tierwise.model.fact import Known, Provenance, Unknown, UnknownReason
from tierwise.model.register import NO_CORRECTIONS, Correction, Corrections, Register
from tierwise.model.resource import Column, Evidence, Kind, Resource
from tierwise.model.sensitivity import Classification, Tier

NHS = Detection("nhs_number", "a", 900, 900, 0, 450, 0.9, Strength.MEDIUM, 0.02, ("values",))


def sampled(*found: Detection, kind: Kind = Kind.OBJECT_STORE, items: int | None = None, size: int | None = None, **tags: str) -> Resource:
    facts = {name: Known(value) for name, value in (("volume.items", items), ("volume.bytes", size)) if value is not None}
    people = tuple((one.detector, one.distinct) for one in found)
    evidence = Evidence(found=tuple(Found(one, "csv objects") for one in found), sampled=Sampled(people=people))
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
        replace(NHS, detector="payment_card"),
        replace(NHS, detector="email"),
        replace(NHS, distinct=0),
    ],
)
def test_what_a_person_may_have_several_of_counts_nobody(detection):
    assert measured(sampled(detection)) is None


def schema(*columns: Column, kind: Kind = Kind.WAREHOUSE, rows: tuple[tuple[str, int], ...] = (), **facts: int) -> Resource:
    evidence = Evidence(columns=columns, rows=rows)
    return replace(store("w", kind=kind, evidence=evidence), facts={name.replace("_", "."): Known(value) for name, value in facts.items()})


NUMBER, VISIT, EVENT = Column("people", "nhs_number", key=True), Column("visits", "nhs_number"), Column("events", "code")
TABLES = (("people", 70_000), ("visits", 900_000), ("events", 50_000_000))


@pytest.mark.parametrize(
    ("resource", "low", "high", "basis"),
    [
        (schema(NUMBER, VISIT, EVENT, rows=TABLES), 70_000, 970_000, ("70,000 rows of 'people', each under a 'nhs_number' of its own", "970,000 rows of 2 tables, of one person each at most")),
        (schema(VISIT, EVENT, rows=TABLES), 0, 900_000, ("900,000 rows of 'visits', of one person each at most",)),
        (schema(VISIT, EVENT, rows=TABLES, kind=Kind.DATA_CATALOG), 0, 900_000, ("900,000 rows of 'visits', of one person each at most",)),
        (schema(NUMBER, replace(VISIT, table="people", name="day", key=True), rows=TABLES), 0, 70_000, ("70,000 rows of 'people', of one person each at most",)),
        (schema(replace(NUMBER, name="patient_id"), rows=TABLES), 70_000, 70_000, None),
        (schema(NUMBER, NUMBER, rows=TABLES), 70_000, 70_000, None),
        (schema(replace(NUMBER, name="customer_id"), VISIT, rows=TABLES), 0, 900_000, None),
        (schema(replace(NUMBER, name="order_id"), replace(VISIT, table="t")), None, None, None),
        (schema(VISIT, replace(VISIT, table="unsized"), rows=TABLES), None, None, None),
        (schema(replace(NUMBER, table="t"), kind=Kind.DOCUMENT_DB, volume_items=5_000), 5_000, 5_000, None),
        (schema(replace(NUMBER, table="t"), Column("t", "at", key=True), kind=Kind.DOCUMENT_DB, volume_items=5_000), 0, 5_000, None),
    ],
)  # fmt: skip
def test_rows_are_so_many_people_at_most_and_at_the_least_where_the_key_tells_one_from_another(resource, low, high, basis):
    found = measured(resource)
    assert (found and (found.low, found.high)) == (None if low is None else (low, high))
    assert basis is None or (found is not None and found.basis == basis)


def test_room_for_everybody_says_nothing():
    assert measured(sampled(size=900 * 2**30)) is None
    assert measured(sampled(NHS, size=900 * 2**30)).words.startswith("450 people or more (V0 or more), by 450 different values")


def test_where_a_schema_could_not_be_read_whole_its_rows_bound_nothing():
    resource = schema(VISIT, rows=TABLES)
    denied = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("bigquery.tables.get"))
    assert measured(replace(resource, evidence=replace(resource.evidence, unread=(denied,)))) is None


def test_a_key_that_a_sample_shows_to_be_an_identifier_counts_as_one_that_is_named_so():
    evidence = Evidence(columns=(Column("t", "pk", key=True),), found=(Found(replace(NHS, column="pk"), "items"),))
    resource = replace(store("t", kind=Kind.DOCUMENT_DB, evidence=evidence), facts={"volume.items": Known(2_000)})
    assert least(resource) == Counted(2_000, "counted-rows", "rows of t", "2,000 rows of 't', each under a 'pk' of its own")
    thin = replace(NHS, column="pk", hits=300)
    assert least(replace(resource, evidence=replace(evidence, found=(Found(thin, "items"),)))) is None


def test_by_its_size_a_store_of_objects_has_about_so_many_rows():
    resource = sampled(NHS, size=1_000_000)
    resource = replace(resource, evidence=replace(resource.evidence, sampled=Sampled(200, 20_000, (("nhs_number", 150),))))
    assert "about 10,000 rows by its size, at 100 bytes a sampled row" in measured(resource).words
    assert "rows by its size" not in measured(sampled(NHS, size=1_000_000)).words


def told(resource: Resource, register: Register = Register()) -> Classification:  # noqa: B008
    return classify([resource], PROFILE, register, NO_CORRECTIONS, today=TODAY)[resource.id]


def test_the_trace_tells_the_band_and_its_basis_and_few_raise_nothing():
    found = told(sampled(NHS, kind=Kind.DOCUMENT_DB, items=5_000_000))
    (step,) = [step for step in found.trace if step.rule == "scale-note"]
    assert "450 to 5,000,000 people (V0 to V4), by 450 different values of nhs_number in a sample; 5,000,000 rows" in step.because
    assert step.because.endswith("nobody has declared how many, so that it counts as about 450")
    assert step.tier is None
    assert (found.tier, found.subjects) == (Tier.T2, None)


@pytest.mark.parametrize(("count", "tier"), [(999, Tier.T2), (1_000, Tier.T3), (1_000_000, Tier.T4)])
def test_people_that_were_counted_at_the_least_raise_the_tier_as_declared_ones_do(count, tier):
    found = told(sampled(replace(NHS, distinct=count)))
    assert (found.tier, found.inferred, found.subjects) == (tier, tier, None)
    assert ("counted-people" in {step.rule for step in found.trace}) is (count >= 1_000)
    keyed = told(schema(NUMBER, rows=(("people", count),)))
    assert keyed.tier == tier
    assert told(schema(VISIT, rows=(("visits", count),))).tier is Tier.T2, "rows of visits may all be one person's"


def test_a_declared_number_that_is_too_low_is_kept_and_contradicted_while_the_counted_one_decides():
    found = told(sampled(replace(NHS, distinct=5_000), data_categories="C2", data_subjects="10"))
    assert (found.tier, found.declared, found.subjects, found.understated) == (Tier.T3, Tier.T2, 10, True)


def test_a_correction_sets_a_count_aside():
    wrong = Correction("payroll", "counted-people", "count nhs_number", "ids of a test system", "A. Owner", date(2099, 1, 1))
    resource = sampled(replace(NHS, distinct=5_000))
    found = classify([resource], PROFILE, Register(), Corrections((wrong,)), today=TODAY)[resource.id]
    assert found.tier is Tier.T2


@pytest.mark.parametrize(("declared", "fits"), [(450, True), (449, False), (None, True)])
def test_a_sample_with_more_people_than_were_declared_contradicts_the_declaration(declared, fits):
    assert (contradicted(sampled(NHS), declared) is None) is fits


def test_the_bar_for_a_sign_of_people_lies_between_one_weak_kind_of_evidence_and_two():
    """So that no number in between would decide otherwise."""
    alone = max(_POSSIBLE, _BY_WEAK_NAME, _BY_CONTEXT, _BY_VALUES[Strength.WEAK])
    together = 1 - (1 - _BY_WEAK_NAME) * (1 - _BY_VALUES[Strength.WEAK])
    assert alone < COUNTS < min(together, _BY_VALUES[Strength.MEDIUM])
