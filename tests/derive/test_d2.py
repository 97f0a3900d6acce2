import pytest

from tests.derive.sample import AWAY, DENIED, context, gap, is_unknown, link, loose, res, unknown, value
from tierwise.derive.d2 import derive_by_tier
from tierwise.derive.links import resolve
from tierwise.model.fact import AnyFact, NotApplicable, Unknown, UnknownReason, Value
from tierwise.model.resource import Kind, Rel
from tierwise.model.sensitivity import Classification, PersonalData, Tier, TierInterval, TierState

OS, RD, SN, DS = Kind.OBJECT_STORE, Kind.RELATIONAL_DB, Kind.SNAPSHOT, Kind.DATASET
STRONG: dict[str, Value | AnyFact] = {
    "encryption.at_rest": True,
    "encryption.key_custody": "customer",
    "encryption.key_protection": "hsm",
    "transport.tls_required": True,
    "access.audience": "account",
    "access.network": "private",
    "logging.data_read": True,
    "immutability.mode": "governance",
}


def downgrades(target, *resources, ctx=None):
    estate = resolve(list(resources))
    return derive_by_tier(estate, {}, {each.id: each.facts for each in resources}, ctx)[target]["copy.downgrades"]


def replicating(copy_facts, source_facts=STRONG):
    return res("s", OS, source_facts, link(Rel.REPLICATES_TO, "c")), res("c", OS, copy_facts)


def test_an_equal_or_stronger_copy_has_no_downgrades():
    assert value(downgrades("c", *replicating(STRONG))) == frozenset()
    assert value(downgrades("c", *replicating({**STRONG, "immutability.mode": "compliance", "access.audience": "private"}))) == frozenset()


@pytest.mark.parametrize(
    ("name", "weaker"),
    [
        ("encryption.at_rest", False),
        ("encryption.key_custody", "provider-managed"),
        ("encryption.key_protection", "software"),
        ("transport.tls_required", False),
        ("access.audience", "public"),
        ("access.network", "open"),
        ("logging.data_read", False),
        ("immutability.mode", "none"),
    ],
)
def test_each_protection_that_is_weaker_is_named(name, weaker):
    assert value(downgrades("c", *replicating({**STRONG, name: weaker}))) == {name}


def test_an_unknown_protection_keeps_the_others_certain():
    got = unknown(downgrades("c", *replicating({**STRONG, "encryption.at_rest": DENIED, "access.audience": "public"})))
    assert (got.includes, got.reason) == (frozenset({"access.audience"}), UnknownReason.PERMISSION_DENIED)


def test_of_several_reasons_the_denied_read_is_told_whichever_comes_first():
    later = Unknown(UnknownReason.KNOWN_AFTER_APPLY)
    names = ("encryption.at_rest", "transport.tls_required", "logging.data_read")
    for denied in names:
        copy = {**STRONG, **dict.fromkeys(names, later), denied: DENIED}
        assert unknown(downgrades("c", *replicating(copy))).reason is UnknownReason.PERMISSION_DENIED
    both = replicating({**STRONG, names[0]: later}, {**STRONG, names[0]: DENIED})
    assert unknown(downgrades("c", *both)).reason is UnknownReason.PERMISSION_DENIED


def test_a_reason_that_says_something_is_told_before_one_that_says_that_nobody_looked():
    silent, withheld = Unknown(UnknownReason.NOT_COLLECTED), Unknown(UnknownReason.THROTTLED)
    for first, second in ((silent, withheld), (withheld, silent)):
        copy = {**STRONG, "encryption.at_rest": first, "logging.data_read": second}
        assert unknown(downgrades("c", *replicating(copy))).reason is UnknownReason.THROTTLED


def test_an_unknown_that_cannot_be_weaker_does_not_matter():
    between = Unknown(UnknownReason.API_ERROR, between=("private", "account"))
    assert value(downgrades("c", *replicating({**STRONG, "access.audience": between}))) == frozenset()
    assert (
        value(downgrades("c", *replicating({**STRONG, "encryption.at_rest": DENIED}, {**STRONG, "encryption.at_rest": False})))
        == frozenset()
    )


def test_only_what_both_kinds_list_is_compared():
    source = res("d", RD, {**STRONG, "immutability.mode": "compliance"})
    facts = {
        name: STRONG[name] for name in ("encryption.at_rest", "encryption.key_custody", "encryption.key_protection", "access.audience")
    }
    assert value(downgrades("n", source, res("n", SN, facts, link(Rel.COPY_OF, "d")))) == frozenset()


def test_what_is_no_copy_has_no_source_to_compare_with():
    assert isinstance(downgrades("c", res("c", OS, STRONG)), NotApplicable)
    assert isinstance(downgrades("c", res("c", OS, STRONG, link(Rel.REPLICATES_TO, "gone"))), NotApplicable)


def test_a_source_outside_or_unread_is_unknown():
    assert unknown(downgrades("n", res("n", SN, STRONG, link(Rel.COPY_OF, "gone")))).reason is UnknownReason.OUT_OF_SCOPE
    assert unknown(downgrades("n", res("n", SN, STRONG, loose(Rel.BACKUP_OF)))).reason is UnknownReason.PERMISSION_DENIED


def test_a_gap_that_could_hold_a_source_keeps_it_open():
    assert unknown(downgrades("c", res("c", OS, STRONG), ctx=context(gap(OS, account=AWAY)))).via.action == "svc:List"
    assert isinstance(downgrades("c", res("c", OS, STRONG), ctx=context(gap(Kind.USER))), NotApplicable)


def classified(**changes):
    given = {"tier": Tier.T2, "interval": TierInterval(Tier.T2, Tier.T2), "state": TierState.DECLARED, **changes}
    return Classification(**given)


def by_class(name, found, facts=None, kind=OS):
    resource = res("s", kind, facts)
    return derive_by_tier(resolve([resource]), {"s": found}, {"s": resource.facts})["s"][name]


OPEN = TierInterval(Tier.T1, Tier.T4)


def test_evidenced_is_false_only_where_a_settled_tier_is_assumed():
    assert value(by_class("classification.evidenced", classified())) is True
    assert value(by_class("classification.evidenced", classified(interval=OPEN))) is True
    assert value(by_class("classification.evidenced", classified(state=TierState.ASSUMED))) is False
    got = unknown(by_class("classification.evidenced", classified(state=TierState.ASSUMED, interval=OPEN, unread=("s3:GetBucketTagging",))))
    assert got.reason is UnknownReason.TIER_UNDETERMINED
    assert "s3:GetBucketTagging" in got.detail


def test_understated_follows_classification_and_stays_open_with_the_tier():
    assert value(by_class("classification.understated", classified())) is False
    assert value(by_class("classification.understated", classified(understated=True, interval=OPEN))) is True
    assert is_unknown(by_class("classification.understated", classified(interval=OPEN, declared=Tier.T1)))
    assert value(by_class("classification.understated", classified(interval=OPEN, declared=Tier.T4))) is False
    assert value(by_class("classification.understated", classified(), kind=DS)) is False


@pytest.mark.parametrize(
    ("facts", "fits"),
    [
        ({"volume.items": 2000}, True),
        ({"volume.items": 1000}, True),
        ({"volume.items": 999}, False),
        ({"volume.items": 0}, True),
        ({"volume.bytes": 999}, False),
        ({"volume.bytes": 0}, False),
        ({"volume.items": 5000, "volume.bytes": 10}, False),
        ({"volume.items": DENIED, "volume.bytes": 10}, False),
        ({}, True),
    ],
)
def test_declared_people_must_fit_into_what_is_held(facts, fits):
    assert value(by_class("scale.subjects_consistent", classified(subjects=1000), facts)) is fits


def test_a_withheld_count_keeps_it_open():
    assert (
        unknown(by_class("scale.subjects_consistent", classified(subjects=1000), {"volume.items": DENIED, "volume.bytes": 5000})).via.action
        == "s3:Get"
    )


def test_undeclared_people_matter_where_personal_data_is_certain():
    name = "scale.subjects_consistent"
    assert value(by_class(name, classified(personal_data=PersonalData.YES))) is False
    assert isinstance(by_class(name, classified(personal_data=PersonalData.UNKNOWN)), NotApplicable)
    low = classified(tier=Tier.T1, interval=TierInterval(Tier.T1, Tier.T1), personal_data=PersonalData.YES)
    assert isinstance(by_class(name, low), NotApplicable)
    assert unknown(by_class(name, classified(interval=OPEN, personal_data=PersonalData.YES))).reason is UnknownReason.TIER_UNDETERMINED
    assert is_unknown(by_class(name, classified(personal_data=PersonalData.YES, unread=("s3:GetBucketTagging",))))


def test_what_was_not_classified_is_unknown():
    estate = resolve([res("s", OS)])
    assert unknown(derive_by_tier(estate, {}, {})["s"]["classification.evidenced"]).reason is UnknownReason.TIER_UNDETERMINED
