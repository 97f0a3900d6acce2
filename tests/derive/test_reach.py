import pytest

from tests.derive.sample import AWAY, DENIED, HOME, OURS, context, derive, res, unknown, value
from tierwise.model.fact import Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind

OS, RO = Kind.OBJECT_STORE, Kind.ROLE
CLOSED = {"access.anonymous_read": False, "access.any_authenticated": False, "access.external_principals": frozenset()}
OWN_UNREAD = Unknown(
    UnknownReason.PERMISSION_DENIED, Provenance("organizations:ListAccounts", "organizations:ListAccounts"), includes=frozenset({HOME})
)


def audience(kind=OS, ctx=None, **facts):
    given = {**CLOSED, **{f"access.{name}": each for name, each in facts.items()}}
    return derive("access.audience", "s", [res("s", kind, given)], ctx)


def named(*names):
    return frozenset(names)


def test_audience_is_the_widest_of_what_is_let_in():
    ours = context(own=Known(named(HOME, AWAY)))
    assert value(audience()) == "private"
    assert value(audience(ctx=ours, external_principals=named(AWAY))) == "organisation"
    assert value(audience(external_principals=named(AWAY))) == "named-external"
    assert value(audience(external_principals=named(AWAY), any_authenticated=True)) == "any-authenticated"
    assert value(audience(any_authenticated=DENIED, anonymous_read=True)) == "public"


def test_audience_says_between_what_it_lies():
    assert unknown(audience(any_authenticated=DENIED)).between == ("private", "any-authenticated")
    assert unknown(audience(anonymous_read=DENIED, external_principals=named(AWAY))).between == ("named-external", "public")
    got = unknown(audience(ctx=context(own=OWN_UNREAD), external_principals=named(AWAY)))
    assert (got.between, got.via.action) == (("organisation", "named-external"), "organizations:ListAccounts")


def test_a_role_that_trusts_everyone_lets_in_any_account_holder():
    assert value(derive("access.audience", "r", [res("r", RO, {"access.external_principals": named("*")})])) == "any-authenticated"
    assert value(derive("access.audience", "r", [res("r", RO, {"access.external_principals": named()})])) == "private"
    assert unknown(derive("access.audience", "r", [res("r", RO)])).between == ("private", "any-authenticated")


def outside(externals, own=OURS):
    return derive("access.outside_organisation", "s", [res("s", OS, {"access.external_principals": externals})], context(own=own))


def test_outside_the_organisation_are_those_that_are_no_members():
    assert value(outside(named(HOME, AWAY))) == {AWAY}
    assert value(outside(named(f"arn:aws:iam::{HOME}:role/x", f"arn:aws:iam::{AWAY}:root"))) == {f"arn:aws:iam::{AWAY}:root"}


def test_everyone_is_outside_even_where_the_members_are_unread():
    assert unknown(outside(named("*", AWAY), OWN_UNREAD)).includes == {"*"}
    assert value(outside(named("*"), Known(named("*")))) == {"*"}
    assert value(outside(named("*"), OWN_UNREAD)) == {"*"}


def test_unread_members_do_not_matter_where_nobody_else_is_let_in():
    assert value(outside(named(), OWN_UNREAD)) == named()
    assert value(outside(named(HOME), OWN_UNREAD)) == named()


def test_unread_grants_keep_what_is_certain():
    partly = Unknown(UnknownReason.KNOWN_AFTER_APPLY, includes=named(AWAY, HOME))
    assert unknown(outside(partly)).includes == {AWAY}


def test_undeclared_are_those_without_an_entry_and_always_everyone():
    def undeclared(externals):
        return derive(
            "access.external_undeclared", "s", [res("s", OS, {"access.external_principals": externals})], context(known=named(AWAY, "*"))
        )

    assert value(undeclared(named(AWAY, "333333333333"))) == {"333333333333"}
    assert value(undeclared(named(f"arn:aws:iam::{AWAY}:root"))) == named()
    assert value(undeclared(named("*"))) == {"*"}
    assert unknown(undeclared(DENIED)).reason is UnknownReason.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("endpoint", "ingress", "word"),
    [
        (False, NotApplicable("no endpoint"), "private"),
        (False, DENIED, "private"),
        (True, False, "restricted"),
        (True, True, "open"),
        (NotApplicable("no address of its own"), NotApplicable("no address of its own"), "open"),
    ],
)
def test_network_is_settled_by_endpoint_and_filter(endpoint, ingress, word):
    assert (
        value(derive("access.network", "s", [res("s", OS, {"network.public_endpoint": endpoint, "network.ingress_any": ingress})])) == word
    )


@pytest.mark.parametrize(
    ("endpoint", "ingress", "span"),
    [
        (DENIED, False, ("private", "restricted")),
        (DENIED, True, ("private", "open")),
        (True, DENIED, ("restricted", "open")),
        (DENIED, DENIED, ("private", "open")),
    ],
)
def test_network_says_between_what_it_lies(endpoint, ingress, span):
    got = unknown(derive("access.network", "s", [res("s", OS, {"network.public_endpoint": endpoint, "network.ingress_any": ingress})]))
    assert got.between == span
    assert got.reason is UnknownReason.PERMISSION_DENIED
