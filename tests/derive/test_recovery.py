import math

import pytest

from tests.derive.sample import AWAY, DENIED, DUBLIN, HOME, KEY_ARN, context, derive, gap, is_unknown, link, loose, res, unknown, value
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

OS, RD, FS, SN, BK, BP, KY = (
    Kind.OBJECT_STORE,
    Kind.RELATIONAL_DB,
    Kind.FILE_SHARE,
    Kind.SNAPSHOT,
    Kind.BACKUP_VAULT,
    Kind.BACKUP_PLAN,
    Kind.KEY,
)
COVERED, ISOLATION, MAX_DAYS, DAYS = (
    "recovery.backup_covered",
    "recovery.backup_isolation",
    "retention.copies_max_days",
    "retention.backup_days",
)
PROVIDERS_KEY = {"encryption.key_custody": "provider-managed"}


def plan(*to, **more):
    return res("p", BP, None, *(each if not isinstance(each, str) else link(Rel.PROTECTS, each) for each in to), **more)


def bucket(*links, **more):
    return res("arn:aws:s3:::b[1]", OS, PROVIDERS_KEY, *links, **more)


B = "arn:aws:s3:::b[1]"


@pytest.mark.parametrize("selection", [B, "arn:aws:s3:::*", "*", "tag:backup=daily", "tag:backup=*"])
def test_a_plan_covers_by_id_wildcard_or_tag(selection):
    assert value(derive(COVERED, B, [bucket(tags=Known({"backup": "daily"})), plan(selection)])) is True


@pytest.mark.parametrize("selection", ["arn:aws:s3:::other", "arn:aws:rds:*", "tag:backup=weekly", "tag:Backup=daily", "arn:aws:s3:::b1"])
def test_and_does_not_cover_what_it_does_not_select(selection):
    assert value(derive(COVERED, B, [bucket(tags=Known({"backup": "daily"})), plan(selection)])) is False


@pytest.mark.parametrize("where", [{"account": AWAY}, {"region": DUBLIN}])
def test_a_tag_selection_reaches_the_plans_own_account_and_region(where):
    assert value(derive(COVERED, B, [bucket(tags=Known({"backup": "daily"})), plan("tag:backup=daily", **where)])) is False


def test_unread_tags_matter_only_where_a_plan_selects_by_tag():
    assert unknown(derive(COVERED, B, [bucket(tags=DENIED), plan("tag:backup=daily")])).reason is UnknownReason.PERMISSION_DENIED
    assert value(derive(COVERED, B, [bucket(tags=DENIED), plan("arn:aws:rds:*")])) is False
    assert value(derive(COVERED, B, [bucket(tags=DENIED), plan("tag:backup=daily", B)])) is True


def test_unread_plans_and_selections_keep_coverage_open():
    assert unknown(derive(COVERED, B, [bucket()], context(gap(BP)))).via.action == "svc:List"
    assert value(derive(COVERED, B, [bucket()], context(gap(BP, region=DUBLIN)))) is False
    assert is_unknown(derive(COVERED, B, [bucket(), plan(loose(Rel.PROTECTS))]))
    assert value(derive(COVERED, B, [bucket(), plan(B)], context(gap(BP)))) is True


def test_a_share_that_no_plan_covers_has_no_backups():
    assert value(derive(DAYS, "f", [res("f", FS)])) == 0
    assert unknown(derive(DAYS, "f", [res("f", FS), plan("f")])).reason is UnknownReason.NOT_COLLECTED
    assert is_unknown(derive(DAYS, "f", [res("f", FS)], context(gap(BP))))
    assert value(derive(DAYS, "f", [res("f", FS, {DAYS: 14})])) == 14
    assert unknown(derive(DAYS, "f", [res("f", FS, {DAYS: DENIED})])).reason is UnknownReason.PERMISSION_DENIED


def snapshot(name="n", of="d", days=0, **more):
    return res(name, SN, {"immutability.min_days": days, **PROVIDERS_KEY}, link(Rel.COPY_OF, of), **more)


def test_without_copies_there_is_no_longest_one():
    assert isinstance(derive(MAX_DAYS, B, [bucket()]), NotApplicable)
    assert isinstance(derive(MAX_DAYS, "d", [res("d", RD, {DAYS: 0})]), NotApplicable)
    assert unknown(derive(MAX_DAYS, B, [bucket()], context(gap(SN)))).via.action == "svc:List"


def test_automatic_backups_are_copies_of_a_known_age():
    assert value(derive(MAX_DAYS, "d", [res("d", RD, {DAYS: 7})])) == 7
    assert unknown(derive(MAX_DAYS, "d", [res("d", RD, {DAYS: DENIED})])).reason is UnknownReason.PERMISSION_DENIED
    assert unknown(derive(MAX_DAYS, "d", [res("d", RD, {DAYS: 7})], context(gap(SN)))).between == (7, math.inf)


def test_the_age_of_a_snapshot_is_not_among_its_facts_but_its_lock_is():
    got = unknown(derive(MAX_DAYS, "d", [res("d", RD, {DAYS: 7}), snapshot(days=90)]))
    assert (got.reason, got.between) == (UnknownReason.NOT_SUPPORTED, (90, math.inf))


def test_an_unread_source_may_be_this_store():
    assert unknown(derive(MAX_DAYS, B, [bucket(), res("n", SN, None, loose(Rel.COPY_OF))])).reason is UnknownReason.PERMISSION_DENIED


def database(**more):
    return res("d", RD, {DAYS: 0, **PROVIDERS_KEY}, **more)


def test_isolation_is_that_of_the_best_copy():
    near = snapshot()
    far = snapshot("m", account=AWAY, region=DUBLIN)
    assert value(derive(ISOLATION, "d", [database(), near])) == frozenset()
    assert value(derive(ISOLATION, "d", [database(), near, far])) == {"account", "region"}
    keyed = res("q", SN, None, link(Rel.COPY_OF, "d"), link(Rel.USES_KEY, "k"), account=AWAY, region=DUBLIN)
    assert value(derive(ISOLATION, "d", [database(), near, keyed, res("k", KY)])) == {"account", "key", "region"}


@pytest.mark.parametrize("key", [KEY_ARN, "https://vault.vault.azure.net/keys/copies"])
def test_a_key_outside_the_estate_is_another_one_where_the_link_is_its_own_name(key):
    copy = res("n", SN, None, link(Rel.COPY_OF, "d"), link(Rel.USES_KEY, key))
    assert value(derive(ISOLATION, "d", [database(), copy])) == {"key"}


@pytest.mark.parametrize("name", ["alias/copies", "https://vault.vault.azure.net/keys/copies/0123", "https://vault.vault.azure.net"])
def test_and_may_be_the_same_one_where_it_is_not(name):
    copy = res("n", SN, None, link(Rel.COPY_OF, "d"), link(Rel.USES_KEY, name))
    assert is_unknown(derive(ISOLATION, "d", [database(), copy]))


def test_a_copy_of_a_copy_is_a_copy():
    assert value(derive(ISOLATION, "d", [database(), snapshot(), snapshot("m", of="n", region=DUBLIN)])) == {"region"}


def test_a_recovery_point_lies_in_its_vault():
    vault = res("v", BK, PROVIDERS_KEY, account=AWAY)
    point = res("n", SN, None, link(Rel.BACKUP_OF, "d"), link(Rel.STORES_IN, "v"))
    assert value(derive(ISOLATION, "d", [database(), vault, point])) == {"account"}


def test_a_plan_keeps_copies_in_its_vaults():
    vault = res("v", BK, PROVIDERS_KEY, region=DUBLIN)
    covered = [database(), vault, plan("d", link(Rel.STORES_IN, "v"))]
    assert value(derive(ISOLATION, "d", covered)) == {"region"}
    outside = [database(), plan("d", link(Rel.STORES_IN, f"arn:aws:backup:{DUBLIN}:{AWAY}:backup-vault:v"))]
    got = unknown(derive(ISOLATION, "d", outside))
    assert got.includes == {"account"}


def test_no_copy_is_not_applicable_and_automatic_backups_are_in_the_same_place():
    assert isinstance(derive(ISOLATION, "d", [database()]), NotApplicable)
    assert value(derive(ISOLATION, "d", [res("d", RD, {DAYS: 7, **PROVIDERS_KEY})])) == frozenset()
    assert is_unknown(derive(ISOLATION, "d", [res("d", RD, {DAYS: DENIED})]))
    assert is_unknown(derive(ISOLATION, "d", [database()], context(gap(BK, account=AWAY))))


def test_a_gap_cannot_make_the_best_copy_worse():
    keyed = res("q", SN, None, link(Rel.COPY_OF, "d"), link(Rel.USES_KEY, "k"), account=AWAY)
    assert unknown(derive(ISOLATION, "d", [database(), keyed, res("k", KY)], context(gap(SN)))).includes == {"account", "key"}


def test_a_vault_is_apart_only_in_what_it_is_apart_from_every_source():
    vault = res("v", BK, PROVIDERS_KEY, link(Rel.BACKUP_OF, "d"), link(Rel.BACKUP_OF, "e"), account=AWAY, region=DUBLIN)
    sources = [database(), res("e", RD, PROVIDERS_KEY, region=DUBLIN)]
    assert value(derive(ISOLATION, "v", [vault, *sources])) == {"account"}
    assert isinstance(derive(ISOLATION, "v", [res("v", BK)]), NotApplicable)
    assert isinstance(derive(ISOLATION, "v", [res("v", BK, None, loose(Rel.BACKUP_OF))]), Unknown)
    assert unknown(derive(ISOLATION, "v", [vault, *sources], context(gap(RD, account=HOME)))).includes == frozenset()
