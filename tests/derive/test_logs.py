import pytest

from tests.derive.sample import AWAY, DENIED, DUBLIN, HOME, context, derive, gap, is_unknown, link, loose, res, unknown, value
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

OS, LS, AT, AC, DD, ORG = Kind.OBJECT_STORE, Kind.LOG_STORE, Kind.AUDIT_TRAIL, Kind.ACCOUNT, Kind.DOCUMENT_DB, Kind.ORGANISATION
READ, WRITE = "logging.data_read", "logging.data_write"
SEPARATE, IMMUTABLE = "logging.destination_separate", "logging.destination_immutable"
OFF = {READ: False, WRITE: False}


def trail(*links, name="t", on=True, everywhere=True, **more):
    return res(name, AT, {"logging.control_plane": on, "logging.all_regions": everywhere}, *links, **more)


def records(what):
    return link(Rel.RECORDS, what)


def test_an_audit_store_is_where_a_trail_or_a_store_delivers():
    assert value(derive("logging.audit_store", "l", [res("l", OS), trail(link(Rel.LOGS_TO, "l"))])) is True
    assert value(derive("logging.audit_store", "l", [res("l", LS), res("s", OS, None, link(Rel.LOGS_TO, "l"))])) is True
    assert value(derive("logging.audit_store", "l", [res("l", OS), trail()])) is False


def test_a_gap_for_trails_keeps_audit_store_open_and_a_proof_settles_it():
    assert unknown(derive("logging.audit_store", "l", [res("l", OS)], context(gap(AT, account=AWAY)))).via.action == "svc:List"
    assert value(derive("logging.audit_store", "l", [res("l", OS), trail(link(Rel.LOGS_TO, "l"))], context(gap(AT)))) is True
    assert is_unknown(derive("logging.audit_store", "l", [res("l", OS), trail(loose(Rel.LOGS_TO))]))
    for sender in (LS, Kind.KEY, Kind.SECRET, Kind.ACCOUNT):
        assert is_unknown(derive("logging.audit_store", "l", [res("l", OS), trail()], context(gap(sender))))
    assert value(derive("logging.audit_store", "l", [res("l", OS), trail()], context(gap(Kind.ROLE)))) is False


def test_destination_is_the_weakest_of_several():
    stores = [res("a", OS, {"immutability.mode": "compliance"}, account=AWAY), res("b", LS, {"immutability.mode": "governance"})]
    both = trail(link(Rel.LOGS_TO, "a"), link(Rel.LOGS_TO, "b"))
    assert value(derive(IMMUTABLE, "t", [*stores, both])) == "governance"
    assert value(derive(SEPARATE, "t", [*stores, both])) is False
    assert value(derive(SEPARATE, "t", [*stores, trail(link(Rel.LOGS_TO, "a"))])) is True


def test_a_destination_unread_is_between_nothing_and_the_one_that_is_known():
    stores = [res("a", OS, {"immutability.mode": DENIED}), res("b", OS, {"immutability.mode": "governance"})]
    got = unknown(derive(IMMUTABLE, "t", [*stores, trail(link(Rel.LOGS_TO, "a"), link(Rel.LOGS_TO, "b"))]))
    assert (got.between, got.reason) == (("none", "governance"), UnknownReason.PERMISSION_DENIED)


def test_a_destination_outside_is_out_of_scope_unless_its_arn_names_the_account():
    bucket, group = "arn:aws:s3:::far", f"arn:aws:logs:eu-west-2:{AWAY}:log-group:x"
    assert unknown(derive(IMMUTABLE, "t", [trail(link(Rel.LOGS_TO, bucket))])).reason is UnknownReason.OUT_OF_SCOPE
    assert unknown(derive(SEPARATE, "t", [trail(link(Rel.LOGS_TO, bucket))])).reason is UnknownReason.OUT_OF_SCOPE
    assert value(derive(SEPARATE, "t", [trail(link(Rel.LOGS_TO, group))])) is True
    assert value(derive(SEPARATE, "t", [trail(link(Rel.LOGS_TO, group.replace(AWAY, HOME)))])) is False


@pytest.mark.parametrize(("owner", "separate"), [(AWAY, True), (HOME, False)])
def test_an_azure_id_outside_names_its_subscription_in_any_case(owner, separate):
    workspace = f"/Subscriptions/{owner}/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/w"
    assert value(derive(SEPARATE, "t", [trail(link(Rel.LOGS_TO, workspace))])) is separate


def test_what_logs_nowhere_has_no_destination_unless_the_setting_was_unread():
    assert isinstance(derive(IMMUTABLE, "s", [res("s", OS, OFF)]), NotApplicable)
    assert isinstance(derive(SEPARATE, "s", [res("s", OS, OFF)]), NotApplicable)
    assert unknown(derive(SEPARATE, "s", [res("s", OS, {READ: DENIED})])).reason is UnknownReason.PERMISSION_DENIED
    assert is_unknown(derive(IMMUTABLE, "s", [res("s", OS, OFF, loose(Rel.LOGS_TO))]))


@pytest.mark.parametrize("what", ["s", "s#all", "records:s3:*", "records:s3:*#read"])
def test_reads_of_a_bucket_are_logged_by_a_trail_that_selects_it(what):
    assert value(derive(READ, "s", [res("s", OS, OFF), trail(records(what))])) is True


@pytest.mark.parametrize("what", ["s#write", "records:s3:*#write", "records:dynamodb:*", "other"])
def test_and_not_by_one_that_selects_something_else(what):
    assert value(derive(READ, "s", [res("s", OS, OFF), res("other", OS, OFF), trail(records(what))])) is False


def test_writes_follow_the_mode():
    estate = [res("s", OS, OFF), trail(records("s#write"))]
    assert (value(derive(WRITE, "s", estate)), value(derive(READ, "s", estate))) == (True, False)


def test_the_stores_own_log_suffices():
    assert value(derive(READ, "s", [res("s", OS, {READ: True})], context(gap(AT)))) is True


def test_a_table_has_no_log_of_its_own_so_absence_of_trails_is_false():
    assert value(derive(WRITE, "d", [res("d", DD)])) is False
    assert value(derive(WRITE, "d", [res("d", DD), trail(records("records:dynamodb:*"))])) is True
    assert unknown(derive(WRITE, "d", [res("d", DD)], context(gap(AT)))).reason is UnknownReason.PERMISSION_DENIED


def test_a_bucket_whose_own_log_nobody_read_is_unknown():
    assert unknown(derive(READ, "s", [res("s", OS), trail()])).reason is UnknownReason.NOT_COLLECTED
    assert unknown(derive(READ, "s", [res("s", OS, {READ: DENIED})])).reason is UnknownReason.PERMISSION_DENIED


def test_a_trail_gap_turns_false_into_unknown():
    assert unknown(derive(READ, "s", [res("s", OS, OFF)], context(gap(AT, region=DUBLIN)))).via.action == "svc:List"
    org = res("o", ORG, account="999999999999")
    assert value(derive(READ, "s", [res("s", OS, OFF), org], context(gap(AT, account=AWAY)))) is False
    assert is_unknown(derive(READ, "s", [res("s", OS, OFF), org], context(gap(AT, account="999999999999"))))


def test_wildcards_reach_the_trails_own_account_and_region():
    away = trail(records("records:s3:*"), account=AWAY)
    assert value(derive(READ, "s", [res("s", OS, OFF), away])) is False
    one_region = trail(records("records:s3:*"), everywhere=False, region=DUBLIN)
    assert value(derive(READ, "s", [res("s", OS, OFF), one_region])) is False
    maybe = trail(records("records:s3:*"), everywhere=DENIED, region=DUBLIN)
    assert unknown(derive(READ, "s", [res("s", OS, OFF), maybe])).reason is UnknownReason.PERMISSION_DENIED


def test_a_trail_of_the_organisation_reaches_every_account():
    org = trail(records("records:s3:*"), records("records:organisation:*"), account=AWAY)
    assert value(derive(READ, "s", [res("s", OS, OFF), org])) is True
    assert value(derive("logging.control_plane", "a", [res("a", AC), org])) is True


def test_a_trail_without_management_events_may_be_stopped_or_for_data_only():
    assert unknown(derive(READ, "s", [res("s", OS, OFF), trail(records("s"), on=False)])).reason is UnknownReason.NOT_SUPPORTED
    assert unknown(derive(READ, "s", [res("s", OS, OFF), trail(records("s"), on=DENIED)])).reason is UnknownReason.PERMISSION_DENIED


def test_unread_selectors_could_select_anything_of_the_account():
    assert is_unknown(derive(READ, "s", [res("s", OS, OFF), trail(loose(Rel.RECORDS))]))
    org = res("o", ORG, account="999999999999")
    assert value(derive(READ, "s", [res("s", OS, OFF), org, trail(loose(Rel.RECORDS), account=AWAY)])) is False
    assert is_unknown(derive(READ, "s", [res("s", OS, OFF), org, trail(loose(Rel.RECORDS), account="999999999999")]))


def test_a_trail_of_another_account_sees_only_its_own_people():
    assert value(derive(READ, "s", [res("s", OS, OFF), trail(records("s"), account=AWAY)])) is False


def test_an_account_is_recorded_by_one_of_its_trails():
    account = res("a", AC, region="global")
    assert value(derive("logging.control_plane", "a", [account, trail(on=False), trail(name="u")])) is True
    assert value(derive("logging.control_plane", "a", [account, trail(on=False)])) is False
    assert value(derive("logging.control_plane", "a", [account, trail(account=AWAY)])) is False
    assert unknown(derive("logging.control_plane", "a", [account, trail(on=DENIED)])).reason is UnknownReason.PERMISSION_DENIED
    assert unknown(derive("logging.control_plane", "a", [account], context(gap(AT)))).via.action == "svc:List"


def test_all_regions_needs_a_trail_that_records():
    account = res("a", AC, region="global")
    assert value(derive("logging.all_regions", "a", [account, trail()])) is True
    assert value(derive("logging.all_regions", "a", [account, trail(on=False), trail(name="u", everywhere=False)])) is False


def test_what_a_connector_knows_of_an_account_stays():
    assert value(derive("logging.control_plane", "a", [res("a", AC, {"logging.control_plane": True})])) is True
