from tests.derive.sample import AWAY, DUBLIN, HOME, KEY_ARN, LONDON, link, res
from tierwise.derive.links import resolve
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

OS, KY, AT, RD, BK = Kind.OBJECT_STORE, Kind.KEY, Kind.AUDIT_TRAIL, Kind.RELATIONAL_DB, Kind.BACKUP_VAULT


def ends(estate, name):
    return [each.to for each in estate.resources[name].links]


def test_a_link_by_id_is_kept_and_shows_on_its_target():
    estate = resolve([res("a", OS, None, link(Rel.REPLICATES_TO, "b")), res("b", OS)])
    assert ends(estate, "a") == ["b"]
    assert estate.incoming["b"] == ((Rel.REPLICATES_TO, "a"),)
    assert estate.outside == ()


def test_a_key_alias_means_the_key_of_its_own_account_and_region():
    keys = [
        res(f"k-{account}-{region}", KY, account=account, region=region, aliases=("alias/x",))
        for account in (HOME, AWAY)
        for region in (LONDON, DUBLIN)
    ]
    estate = resolve([*keys, res("s", OS, None, link(Rel.USES_KEY, "alias/x"), account=AWAY, region=DUBLIN)])
    assert ends(estate, "s") == [f"k-{AWAY}-{DUBLIN}"]


def test_a_key_alias_never_leads_to_another_account_even_if_it_is_the_only_one():
    estate = resolve([res("k", KY, account=AWAY, aliases=("alias/x",)), res("s", OS, None, link(Rel.USES_KEY, "alias/x"))])
    assert ends(estate, "s") == ["alias/x"]
    assert estate.outside == (("s", link(Rel.USES_KEY, "alias/x")),)


def test_an_alias_arn_is_looked_up_in_the_account_and_region_that_it_names():
    key = res("k", KY, account=AWAY, region=DUBLIN, aliases=("alias/x",))
    estate = resolve([key, res("s", OS, None, link(Rel.USES_KEY, f"arn:aws:kms:{DUBLIN}:{AWAY}:alias/x"))])
    assert ends(estate, "s") == ["k"]


def test_a_bare_key_id_is_found_from_the_key_arn():
    key_id = KEY_ARN.rsplit("/", 1)[1]
    estate = resolve([res("k", KY, aliases=(key_id,)), res("s", OS, None, link(Rel.USES_KEY, KEY_ARN))])
    assert ends(estate, "s") == ["k"]


def test_a_name_is_looked_for_in_the_own_account_before_others():
    others = [res("far", RD, account=AWAY, aliases=("db",)), res("near", RD, region=DUBLIN, aliases=("db",))]
    estate = resolve([*others, res("snap", Kind.SNAPSHOT, None, link(Rel.COPY_OF, "db"))])
    assert ends(estate, "snap") == ["near"]


def test_a_name_that_several_go_by_is_unknown_and_not_guessed():
    twins = [res(name, RD, account=AWAY, aliases=("db",)) for name in ("one", "two")]
    estate = resolve([*twins, res("snap", Kind.SNAPSHOT, None, link(Rel.COPY_OF, "db"))])
    (only,) = estate.resources["snap"].links
    assert only.unknown is not None
    assert only.unknown.reason is UnknownReason.UNRESOLVED_REFERENCE
    assert estate.incoming == {}
    assert estate.outside == ()


def test_a_bucket_is_found_from_any_account_by_name_and_by_arn_with_a_tail():
    bucket = res("arn:aws:s3:::logs", OS, account=AWAY, aliases=("logs",))
    for to in ("logs", "arn:aws:s3:::logs", "arn:aws:s3:::logs/", "arn:aws:s3:::logs/*"):
        assert ends(resolve([bucket, res("t", AT, None, link(Rel.LOGS_TO, to))]), "t") == ["arn:aws:s3:::logs"]


def test_an_arn_of_a_prefix_is_not_the_whole_bucket():
    bucket = res("arn:aws:s3:::logs", OS, aliases=("logs",))
    estate = resolve([bucket, res("t", AT, None, link(Rel.RECORDS, "arn:aws:s3:::logs/part"))])
    assert ends(estate, "t") == ["arn:aws:s3:::logs/part"]
    assert estate.incoming == {}


def test_what_a_trail_records_keeps_its_mode_and_resolves_without_it():
    bucket = res("arn:aws:s3:::data", OS, aliases=("data",))
    estate = resolve([bucket, res("t", AT, None, link(Rel.RECORDS, "data#write"), link(Rel.RECORDS, "records:s3:*#read"))])
    assert ends(estate, "t") == ["arn:aws:s3:::data#write", "records:s3:*#read"]
    assert estate.incoming["arn:aws:s3:::data"] == ((Rel.RECORDS, "t"),)
    assert estate.outside == ()


def test_resolving_again_changes_nothing():
    estate = resolve([res("b", OS, aliases=("name",)), res("t", AT, None, link(Rel.RECORDS, "name#write"), link(Rel.LOGS_TO, "gone"))])
    assert resolve(list(estate.resources.values())) == estate


def test_the_relation_tells_apart_kinds_that_share_a_name():
    estate = resolve(
        [res("k", KY, aliases=("main",)), res("v", BK, aliases=("main",)), res("p", Kind.BACKUP_PLAN, None, link(Rel.STORES_IN, "main"))]
    )
    assert ends(estate, "p") == ["v"]
