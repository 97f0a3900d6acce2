import pytest

from tests.derive.sample import (
    AWAY,
    DENIED,
    DUBLIN,
    HOME,
    KEY_ARN,
    LONDON,
    context,
    derive,
    gap,
    is_unknown,
    link,
    loose,
    res,
    unknown,
    value,
)
from tierwise.model.fact import NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource

OS, KY, RD, SN = Kind.OBJECT_STORE, Kind.KEY, Kind.RELATIONAL_DB, Kind.SNAPSHOT
PROTECTION, ISOLATED, DEDICATED = "encryption.key_protection", "encryption.key_isolated", "encryption.key_dedicated"


def key(name: str = "k", level: str = "hsm", **more) -> Resource:
    return res(name, KY, {"key.protection_level": level, "access.external_principals": frozenset()}, **more)


def store(name: str = "s", *keys: str, **more) -> Resource:
    return res(name, OS, {"encryption.key_custody": "customer"}, *(link(Rel.USES_KEY, each) for each in keys), **more)


def test_protection_is_the_linked_keys_and_the_weakest_of_several():
    assert value(derive(PROTECTION, "s", [key(), store("s", "k")])) == "hsm"
    assert value(derive(PROTECTION, "s", [key(), key("k2", "software"), store("s", "k", "k2")])) == "software"


def test_one_software_key_settles_the_protection_whatever_the_other_is():
    assert value(derive(PROTECTION, "s", [key("k", "software"), store("s", "k", KEY_ARN)])) == "software"


@pytest.mark.parametrize("facts", [{"encryption.key_custody": "provider-managed"}, {"encryption.at_rest": False}])
def test_no_key_of_ones_own_means_there_is_nothing_to_ask(facts):
    for name in (PROTECTION, ISOLATED, DEDICATED):
        assert isinstance(derive(name, "s", [res("s", OS, facts)]), NotApplicable)


def test_a_providers_key_that_no_listing_gives_is_nothing_to_ask_either():
    alias = res("s", OS, {"encryption.key_custody": "provider-managed"}, link(Rel.USES_KEY, "alias/aws/s3"))
    assert isinstance(derive(PROTECTION, "s", [alias]), NotApplicable)
    assert is_unknown(derive(PROTECTION, "s", [alias], context(gap(KY))))


def test_unknown_custody_without_a_link_is_unknown_for_the_same_reason():
    assert unknown(derive(PROTECTION, "s", [res("s", OS, {"encryption.key_custody": DENIED})])).reason is UnknownReason.PERMISSION_DENIED


def test_an_unread_key_link_is_unknown_with_the_action_that_would_settle_it():
    got = unknown(derive(ISOLATED, "s", [res("s", OS, None, loose(Rel.USES_KEY))]))
    assert got.via.action == "s3:Get"


def test_a_key_outside_the_estate_is_out_of_scope_except_for_its_account():
    far = KEY_ARN.replace(HOME, AWAY)
    assert unknown(derive(PROTECTION, "s", [store("s", far)])).reason is UnknownReason.OUT_OF_SCOPE
    assert value(derive(ISOLATED, "s", [store("s", far)])) is True
    assert value(derive(ISOLATED, "s", [store("s", KEY_ARN)])) is False
    assert unknown(derive(ISOLATED, "s", [store("s", "alias/x")])).reason is UnknownReason.OUT_OF_SCOPE


def test_isolated_compares_accounts_of_key_and_store():
    assert value(derive(ISOLATED, "s", [key(account=AWAY), store("s", "k")])) is True
    assert value(derive(ISOLATED, "s", [key(), store("s", "k")])) is False
    assert is_unknown(derive(ISOLATED, "s", [key(account=""), store("s", "k")]))


def test_a_key_of_one_store_is_dedicated_and_of_two_is_not():
    assert value(derive(DEDICATED, "s", [key(), store("s", "k")])) is True
    assert value(derive(DEDICATED, "s", [key(), store("s", "k"), store("t", "k")])) is False


def test_stores_of_one_dataset_share_their_key():
    both = [key(), store("s", "k"), store("t", "k")]
    assert value(derive(DEDICATED, "s", both, context(datasets={"s": "D", "t": "D"}))) is True
    assert value(derive(DEDICATED, "s", both, context(datasets={"s": "D", "t": "E"}))) is False


def test_a_snapshot_counts_as_one_with_its_source():
    snap = res("snap", SN, None, link(Rel.COPY_OF, "s"), link(Rel.USES_KEY, "k"))
    assert value(derive(DEDICATED, "s", [key(), store("s", "k"), snap])) is True
    assert value(derive(DEDICATED, "snap", [key(), store("s", "k"), snap])) is True


def test_a_snapshot_of_something_outside_may_be_of_another_store():
    snap = res("snap", SN, None, link(Rel.COPY_OF, "gone"), link(Rel.USES_KEY, "k"))
    assert unknown(derive(DEDICATED, "s", [key(), store("s", "k"), snap])).reason is UnknownReason.OUT_OF_SCOPE


def test_a_gap_that_could_hold_another_store_keeps_dedicated_open():
    got = unknown(derive(DEDICATED, "s", [key(), store("s", "k")], context(gap(RD))))
    assert (got.reason, got.via.action) == (UnknownReason.PERMISSION_DENIED, "svc:List")
    assert value(derive(DEDICATED, "s", [key(), store("s", "k"), store("t", "k")], context(gap(RD)))) is False


@pytest.mark.parametrize("where", [{"account": AWAY}, {"region": DUBLIN}])
def test_a_gap_elsewhere_does_not(where):
    assert value(derive(DEDICATED, "s", [key(), store("s", "k")], context(gap(RD, **where)))) is True


def test_a_gap_of_another_account_counts_where_the_key_is_open_to_others():
    shared = res("k", KY, {"access.external_principals": frozenset({AWAY})})
    assert is_unknown(derive(DEDICATED, "s", [shared, store("s", "k")], context(gap(RD, account=AWAY))))
    assert is_unknown(derive(DEDICATED, "s", [res("k", KY), store("s", "k")], context(gap(RD, account=AWAY))))


def test_a_store_whose_key_was_not_read_may_use_this_one():
    unread = res("t", OS, None, loose(Rel.USES_KEY))
    assert is_unknown(derive(DEDICATED, "s", [key(), store("s", "k"), unread]))
    assert value(derive(DEDICATED, "s", [key(), store("s", "k"), res("t", OS, None, loose(Rel.USES_KEY), account=AWAY)])) is True


def test_a_store_whose_key_is_not_read_below_the_tier_that_asks_for_it_may_use_this_one_too():
    waits = Link(Rel.USES_KEY, "", Unknown(UnknownReason.NOT_COLLECTED, Provenance("arm:protector", "protectors/read")), waits=True)
    for account, region in ((HOME, LONDON), (AWAY, LONDON), (HOME, DUBLIN)):
        other = res("t", RD, None, waits, provider="azure", account=account, region=region)
        found = unknown(derive(DEDICATED, "s", [key(provider="azure"), store("s", "k", provider="azure"), other]))
        assert (found.reason, found.via.action) == (UnknownReason.NOT_COLLECTED, "protectors/read")


@pytest.mark.parametrize("where", [{"provider": "gcp"}, {"region": DUBLIN}, {"account": AWAY}])
def test_what_cannot_use_a_key_may_have_any_that_was_not_read(where):
    assert value(derive(DEDICATED, "s", [key(), store("s", "k"), res("t", OS, None, loose(Rel.USES_KEY), **where)])) is True
    shared = res("k", KY, {"access.external_principals": frozenset({AWAY})})
    assert is_unknown(derive(DEDICATED, "s", [shared, store("s", "k"), res("t", OS, None, loose(Rel.USES_KEY), **where)])) is (
        where == {"account": AWAY}
    )


def test_a_bucket_listing_has_no_region_so_its_gap_counts_everywhere():
    assert is_unknown(derive(DEDICATED, "s", [key(), store("s", "k")], context(gap(OS, region="us-east-1"))))


def test_two_stores_that_name_the_same_key_outside_share_it():
    assert value(derive(DEDICATED, "s", [store("s", KEY_ARN), store("t", KEY_ARN)])) is False
    assert unknown(derive(DEDICATED, "s", [store("s", KEY_ARN)])).reason is UnknownReason.OUT_OF_SCOPE


def test_the_same_alias_in_two_accounts_is_not_the_same_key():
    assert is_unknown(derive(DEDICATED, "s", [store("s", "alias/x"), store("t", "alias/x", account=AWAY)]))


def test_overlap_stays_as_the_connector_found_it_and_is_counted_from_grants_otherwise():
    name = "key.admin_user_overlap"
    assert value(derive(name, "k", [res("k", KY, {name: 3})])) == 3
    assert unknown(derive(name, "k", [res("k", KY)])).reason is UnknownReason.NOT_COLLECTED
    grants = (
        Grant("arn:aws:iam::1:role/both", ("kms:*",), ("*",)),
        Grant("arn:aws:iam::1:role/user", ("kms:Decrypt",), ("*",)),
        Grant("arn:aws:iam::1:role/admin", ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"), ("*",)),
        Grant("arn:aws:iam::1:root", ("kms:*",), ("*",)),
    )
    made = Resource("k", KY, "key", "aws", HOME, LONDON, "k", grants=grants)
    assert value(derive(name, "k", [made])) == 1
    denied = Resource("k", KY, "key", "aws", HOME, LONDON, "k", grants=(*grants, Grant("*", ("kms:*",), ("*",), "Deny")))
    assert unknown(derive(name, "k", [denied])).between == (0, 1)
