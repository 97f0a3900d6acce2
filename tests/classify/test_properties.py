"""Properties of whole classifications: monotone, independent of order, at a fixed point, and honest about what is hidden."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.classify.profiles import PROFILE, TODAY, store
from tierwise.classify.engine import classify
from tierwise.model.content import NOT_SAMPLED, Found, Sampled
from tierwise.model.detection import Detection, Strength
from tierwise.model.fact import Known, Provenance, Unknown, UnknownReason
from tierwise.model.register import NO_CORRECTIONS, Attestation, AttestationKind, Corrections, Register, RegisterEntry, Selector
from tierwise.model.resource import Column, Evidence, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState

DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:GetBucketTagging", "s3:GetBucketTagging"))
TAGS = {
    "data-classification": ["public", "internal", "personal", "special-category", "T4", "nonsense"],
    "data-marking": ["OFFICIAL", "OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE [PERSONAL]", "SECRET"],
    "data-categories": ["none", "contact", "health", "criminal", "C4"],
    "data-subjects": ["10", "20000", "20000000"],
    "handling": ["H7", "H8"],
    "subject-groups": ["pupils"],
    "service": ["gp", "patient clinical", "payroll"],
}
NAMES = ["store", "clinic-[nhs_number~0123456789ab]", "patient-records", "applicants", "press", "patient-uploads", "case-files"]
COLUMNS = [
    Column("t", "nhs_number"),
    Column("t", "email"),
    Column("t", "ethnicity"),
    Column("t", "postcode"),
    Column("t", "dob", "date"),
    Column("t", "sex"),
    Column("k", "patient_id", "int", key=True),
]
KINDS = [
    Kind.OBJECT_STORE,
    Kind.RELATIONAL_DB,
    Kind.SNAPSHOT,
    Kind.LOG_STORE,
    Kind.SECRET,
    Kind.KEY,
    Kind.ROLE,
    Kind.ACCOUNT,
    Kind.DATA_CATALOG,
    Kind.BACKUP_VAULT,
]
EXTERNAL = ["C1", "C3", "C3/criminal", "nino", "diagnosis", "full_name", "nonsense"]
FOUND = [
    Found(Detection(detector, column, hits, 20, synthetic, hits, sure, Strength.MEDIUM, 0.02, ("values",)), "csv objects", 2)
    for detector, column, hits, synthetic, sure in (
        ("nhs_number", "a", 20, 0, 0.9), ("nhs_number", "a", 20, 20, 0.9), ("diagnosis", "b", 0, 0, 0.8), ("email", "c", 9, 0, 0.6), ("nino", None, 3, 0, 0.9),
    )
]  # fmt: skip
PLACES = 5
EVIDENCE = st.builds(
    Evidence,
    columns=st.lists(st.sampled_from(COLUMNS), unique=True, max_size=4).map(tuple),
    external=st.lists(st.sampled_from(EXTERNAL), unique=True, max_size=2).map(tuple),
    found=st.lists(st.sampled_from(FOUND), unique=True, max_size=2).map(tuple),
    rows=st.sampled_from([(), (("k", 900),), (("k", 2_000_000),)]),
    sampled=st.sampled_from(
        [NOT_SAMPLED, Sampled(20, 400, (("nhs_number", 20),)), Sampled(9_000, 90_000, (("email", 9_000), ("nino", 5_000)))]
    ),
)
TAG_SETS = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in TAGS.items()})
LINKS = st.lists(st.builds(Link, st.sampled_from(Rel), st.integers(0, PLACES).map(lambda place: f"arn:{place}")), max_size=3).map(tuple)


@st.composite
def estates(draw: st.DrawFn) -> list[Resource]:
    return [
        store(
            draw(st.sampled_from(NAMES)),
            id=f"arn:{place}",
            kind=draw(st.sampled_from(KINDS)),
            tags=draw(st.just(DENIED) | TAG_SETS) if draw(st.booleans()) else draw(TAG_SETS),
            links=draw(LINKS),
            evidence=draw(EVIDENCE),
        )
        for place in range(draw(st.integers(1, PLACES)))
    ]


ENTRY = st.builds(
    RegisterEntry,
    st.sampled_from(
        [
            Selector(account="111122223333"),
            Selector(name="patient-*"),
            Selector(tag=("service", "gp")),
            Selector(name="press", tag=("service", "gp")),
        ]
    ),
    dataset=st.sampled_from(["", "D", "E"]),
    tier=st.none() | st.sampled_from(Tier),
    subjects=st.none() | st.sampled_from([5, 50_000]),
)
REGISTERS = st.lists(ENTRY, max_size=2, unique_by=lambda entry: entry.selector).map(lambda entries: Register(tuple(entries)))
ATTESTED = st.lists(
    st.builds(
        Attestation, st.sampled_from(AttestationKind), st.just("r"), st.just("a"), st.just(TODAY), dataset=st.sampled_from(["D", "E"])
    ),
    max_size=2,
).map(lambda found: Corrections(attestations=tuple(found)))
NOT_SETTLING = REGISTERS.filter(lambda register: not any(entry.describes_data for entry in register.entries))


def run(
    resources: list[Resource], register: Register | None = None, corrections: Corrections = NO_CORRECTIONS
) -> dict[str, Classification]:
    return classify(resources, PROFILE, register or Register(), corrections, today=TODAY)


def tag(resource: Resource, **more: str) -> Resource:
    assert isinstance(resource.tags, Known)
    return replace(resource, tags=Known({**resource.tags.value, **more}))


@settings(max_examples=60, deadline=None)
@given(estates(), REGISTERS, ATTESTED, st.randoms())
def test_the_order_of_resources_changes_nothing(resources: list[Resource], register: Register, corrections: Corrections, random) -> None:
    shuffled = list(resources)
    random.shuffle(shuffled)
    assert run(shuffled, register, corrections) == run(resources, register, corrections)


@settings(max_examples=60, deadline=None)
@given(estates(), REGISTERS, st.data())
def test_evidence_never_lowers_the_lower_end(resources: list[Resource], register: Register, data: st.DataObject) -> None:
    before = run(resources, register)
    at = data.draw(st.integers(0, len(resources) - 1))
    richer = list(resources)
    evidence = richer[at].evidence
    richer[at] = replace(
        richer[at],
        evidence=replace(
            evidence,
            columns=(*evidence.columns, *(more := data.draw(EVIDENCE)).columns),
            external=(*evidence.external, *more.external),
            found=(*evidence.found, *more.found),
        ),
        links=(*richer[at].links, *data.draw(LINKS)),
    )
    after = run(richer, register)
    assert all(after[key].interval.lo >= old.interval.lo for key, old in before.items() if old.state is not TierState.ASSUMED)


@settings(max_examples=60, deadline=None)
@given(estates(), st.data())
def test_a_declaration_more_never_lowers_what_evidence_gives(resources: list[Resource], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(resources) - 1))
    tags = resources[at].tags
    if not isinstance(tags, Known):
        return
    before = run(resources)
    key = data.draw(st.sampled_from([key for key in TAGS if key not in tags.value] or ["note"]))
    richer = list(resources)
    richer[at] = tag(richer[at], **{key: data.draw(st.sampled_from(TAGS.get(key, ["x"])))})
    after = run(richer)
    assert all(after[one].interval.lo >= old.interval.lo for one, old in before.items() if old.state is not TierState.ASSUMED)


@settings(max_examples=120, deadline=None)
@given(estates(), NOT_SETTLING, ATTESTED, st.data())
def test_hiding_tags_only_widens_and_keeps_the_old_tier_inside(
    resources: list[Resource], register: Register, corrections: Corrections, data: st.DataObject
) -> None:
    before = run(resources, register, corrections)
    at = data.draw(st.integers(0, len(resources) - 1))
    hidden = list(resources)
    hidden[at] = replace(hidden[at], tags=DENIED)
    after = run(hidden, register, corrections)
    for key, old in before.items():
        assert after[key].interval.lo <= old.interval.lo or after[key].state is TierState.ASSUMED
        assert after[key].interval.hi >= old.interval.hi
        assert after[key].interval.lo <= old.tier <= after[key].interval.hi


@settings(max_examples=60, deadline=None)
@given(estates(), REGISTERS, ATTESTED)
def test_the_printed_tier_lies_in_the_interval_and_every_tier_is_explained(
    resources: list[Resource], register: Register, corrections: Corrections
) -> None:
    for found in run(resources, register, corrections).values():
        assert found.interval.lo <= found.tier <= found.interval.hi
        assert found.interval.settled or found.interval.hi is Tier.T4
        assert found.trace
        assert found.interval.settled or any(step.rule in {"unread", "source-unlisted", "gap", "inherit-open"} for step in found.trace)


@settings(max_examples=60, deadline=None)
@given(estates())
def test_copies_are_never_below_their_source(resources: list[Resource]) -> None:
    found = run(resources)
    for resource in resources:
        for link in resource.links:
            if link.to in found and link.rel in {Rel.COPY_OF, Rel.BACKUP_OF, Rel.READS, Rel.UNLOCKS}:
                assert found[resource.id].interval.lo >= _evidenced(found[link.to])
            if link.to in found and link.rel in {Rel.REPLICATES_TO, Rel.EXPORTS_TO, Rel.USES_KEY, Rel.LOGS_TO}:
                assert found[link.to].interval.lo >= _evidenced(found[resource.id])


def _evidenced(found: Classification) -> Tier:
    return Tier.T0 if found.state is TierState.ASSUMED else found.interval.lo


@settings(max_examples=60, deadline=None)
@given(estates())
def test_declaring_what_was_found_changes_no_tier(resources: list[Resource]) -> None:
    """The fixed point: writing the lower ends back as declarations and classifying again moves nothing."""
    first = run(resources)
    held = [resource for resource in resources if isinstance(resource.tags, Known) and first[resource.id].state is not TierState.ASSUMED]
    entries = tuple(RegisterEntry(Selector(id=resource.id), tier=first[resource.id].interval.lo) for resource in held)
    again = run(resources, Register(entries))
    assert {key: found.tier for key, found in again.items()} == {key: found.tier for key, found in first.items()}


@settings(max_examples=40, deadline=None)
@given(estates(), REGISTERS, ATTESTED, st.randoms())
def test_evidence_in_any_order_says_the_same(resources: list[Resource], register: Register, corrections: Corrections, random) -> None:
    turned = []
    for one in resources:
        columns, external, found = list(one.evidence.columns), list(one.evidence.external), list(one.evidence.found)
        for part in (columns, external, found):
            random.shuffle(part)
        turned.append(replace(one, evidence=replace(one.evidence, columns=tuple(columns), external=tuple(external), found=tuple(found))))
    assert run(turned, register, corrections) == run(resources, register, corrections)


@settings(max_examples=60, deadline=None)
@given(estates(), REGISTERS, ATTESTED)
def test_nothing_but_an_attestation_lowers_a_tier(resources: list[Resource], register: Register, corrections: Corrections) -> None:
    """What no attestation may reach, by itself or by what gives it its data, keeps its tier; what one may reach is only lowered by it."""
    before, after = run(resources, register), run(resources, register, corrections)
    attested = {one.dataset for one in corrections.attestations}
    if attested.isdisjoint(one.dataset for one in before.values()):
        assert all(one.interval.lo <= before[key].interval.lo and one.interval.hi == before[key].interval.hi for key, one in after.items())
        waiting = [one for one in register.entries if any(one.selector.may_match(resource) for resource in resources)]
        if attested.isdisjoint(one.dataset for one in waiting):
            assert {key: one.interval for key, one in after.items()} == {key: one.interval for key, one in before.items()}
