"""The accounts of an emulated organisation: listed by unit, chosen, entered each by its role, and failing alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.organizations.models import organizations_backends

from tests.connectors.aws.conftest import ACCOUNT, REGION
from tests.connectors.aws.test_connect import flat
from tierwise.config import AwsConfig
from tierwise.connectors.aws.connect import open_accounts
from tierwise.connectors.aws.organisation import Member, Membership, chosen
from tierwise.connectors.aws.session import Account
from tierwise.connectors.base import Organisation, Unit
from tierwise.errors import CredentialsError, UsageError
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import Gap, Kind, ReadOutcome, Resource

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def ids(aws: Callable[[str], Any]) -> dict[str, str]:
    """An organisation: `records` in Health/Clinical, `site` in Health, `old` in the root and suspended; by name the id of each account and unit."""
    client = aws("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    health = client.create_organizational_unit(ParentId=root, Name="Health")["OrganizationalUnit"]["Id"]
    clinical = client.create_organizational_unit(ParentId=health, Name="Clinical")["OrganizationalUnit"]["Id"]
    found = {"root": root, "Health": health, "Clinical": clinical}
    for name, parent in (("records", clinical), ("site", health), ("old", root)):
        answer = client.create_account(Email=f"{name}@example.org", AccountName=name)["CreateAccountStatus"]
        found[name] = answer["AccountId"]
        if parent != root:
            client.move_account(AccountId=found[name], SourceParentId=root, DestinationParentId=parent)
    client.tag_resource(ResourceId=found["records"], Tags=[{"Key": "owner", "Value": "ward-nine"}])
    client.tag_resource(ResourceId=health, Tags=[{"Key": "data-classification", "Value": "personal"}, {"Key": "owner", "Value": "board"}])
    client.close_account(AccountId=found["old"])
    return found


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`refuse("AssumeRole", "111111111111")`: calls of an operation whose parameters hold a word are denied."""
    refused: list[tuple[str, str, str]] = []
    real = Account._guard

    def guard(self: Account, model: Any, params: Any = None, **more: Any) -> None:
        real(self, model, **more)
        for operation, word, code in refused:
            if model.name == operation and word in str(params.get("body")):
                raise ClientError({"Error": {"Code": code, "Message": ""}}, operation)

    monkeypatch.setattr(Account, "_guard", guard)
    return lambda operation, word="", code="AccessDenied": refused.append((operation, word, code))


def opened(**options: Any) -> Any:
    config = AwsConfig(organization=True, regions=(REGION,), services=("account",), requests_per_second=0, **options)
    (source,) = open_accounts(config, NOW)
    return source


def listed(items: list[Any]) -> dict[str, Resource]:
    return {one.account: one for one in items if isinstance(one, Resource)}


def test_each_account_is_read_and_knows_its_units(ids: dict[str, str]) -> None:
    items = flat(opened().survey())
    found = listed(items)
    assert {key: one.unit for key, one in found.items()} == {ACCOUNT: "", ids["records"]: "Health/Clinical", ids["site"]: "Health"}
    assert {one.kind for one in found.values()} == {Kind.ACCOUNT}
    (members,) = [one.members for one in items if isinstance(one, Organisation)]
    assert members == Known(frozenset({ACCOUNT, ids["records"], ids["site"], ids["old"]}), members.via)


def test_the_callers_own_account_is_entered_by_the_role_too_where_it_has_one(ids: dict[str, str], refuse: Callable[..., None]) -> None:
    def own(source: Any) -> Any:
        return next(one for one in source.sources if one.name == f"aws:{ACCOUNT}")._account.role

    assert own(opened()).arn == f"arn:aws:iam::{ACCOUNT}:role/tierwise-scan"
    refuse("AssumeRole", ACCOUNT)
    source = opened()
    assert own(source) is None
    items = flat(source.survey())
    assert ACCOUNT in listed(items)
    # Whether there is a role was a question, and no read that was due.
    assert [one for one in items if isinstance(one, ReadOutcome) and one.outcome == "permission-denied"] == []


def test_the_source_is_the_organisation_whichever_accounts_it_has(ids: dict[str, str]) -> None:
    name = opened().name
    assert name.startswith("aws:o-")
    assert opened(exclude=(ids["site"],)).name == name


def test_what_an_account_is_tagged_is_asked_of_its_organisation(ids: dict[str, str]) -> None:
    account = listed(flat(opened().survey()))[ids["records"]]
    assert isinstance(account.tags, Known)
    assert account.tags.value == {"owner": "ward-nine"}


def test_an_account_that_is_closed_is_an_expected_gap_and_is_not_entered(ids: dict[str, str], refuse: Callable[..., None]) -> None:
    refuse("AssumeRole", ids["old"])
    gaps = [one for one in flat(opened().survey()) if isinstance(one, Gap)]
    assert [(one.account, one.reason, one.expected) for one in gaps] == [(ids["old"], "out-of-scope", True)]
    assert "SUSPENDED" in gaps[0].detail


def test_an_account_that_cannot_be_entered_fails_alone_and_says_what_mends_it(ids: dict[str, str], refuse: Callable[..., None]) -> None:
    refuse("AssumeRole", ids["records"])
    items = flat(opened(external_id="wrong").survey())
    assert listed(items).keys() == {ACCOUNT, ids["site"]}
    (gap,) = [one for one in items if isinstance(one, Gap) and not one.expected]
    assert (gap.account, gap.service, gap.reason, gap.action) == (ids["records"], "account", "permission-denied", "sts:AssumeRole")
    for words in (f"arn:aws:iam::{ids['records']}:role/tierwise-scan", "external id", "--stackset"):
        assert words in gap.detail
    assert "\n" not in gap.detail


def test_an_account_that_closes_while_the_scan_runs_is_told_as_that(ids: dict[str, str], refuse: Callable[..., None]) -> None:
    source = opened()
    organizations_backends[ACCOUNT]["aws"].get_account_by_id(ids["site"]).close()
    refuse("AssumeRole", ids["site"])
    (gap,) = [one for one in flat(source.survey()) if isinstance(one, Gap) and one.account == ids["site"]]
    assert (gap.reason, gap.expected) == ("out-of-scope", True)
    assert "SUSPENDED" in gap.detail


def test_an_account_that_closes_after_it_was_entered_is_asked_for_no_more(ids: dict[str, str], refuse: Callable[..., None]) -> None:
    source = opened(accounts=(ids["site"],))
    (unit,) = [one for one in source.survey() if one.service == "account"]
    inside = list(unit.run())
    organizations_backends[ACCOUNT]["aws"].get_account_by_id(ids["site"]).close()
    refuse("GetResources")
    (region,) = [one for one in inside if isinstance(one, Unit) and one.service == "region"]
    items = list(region.run())
    assert [(one.account, one.expected) for one in items if isinstance(one, Gap)] == [(ids["site"], True)]
    assert [one for one in items if isinstance(one, Unit)] == []


def test_units_and_accounts_are_chosen_and_left_out(ids: dict[str, str]) -> None:
    assert listed(flat(opened(units=(ids["Health"],)).survey())).keys() == {ids["records"], ids["site"]}
    assert listed(flat(opened(units=(ids["Health"],), exclude=(ids["Clinical"],)).survey())).keys() == {ids["site"]}
    assert listed(flat(opened(accounts=(ACCOUNT, ids["site"]), exclude=(ACCOUNT,)).survey())).keys() == {ids["site"]}


def test_a_unit_that_cannot_be_listed_is_a_gap_of_its_own(ids: dict[str, str], refuse: Callable[..., None]) -> None:
    refuse("ListAccountsForParent", ids["Clinical"])
    items = flat(opened().survey())
    assert listed(items).keys() == {ACCOUNT, ids["site"]}
    (gap,) = [one for one in items if isinstance(one, Gap) and not one.expected]
    assert (gap.account, gap.action) == (ids["Clinical"], "organizations:ListAccountsForParent")
    (members,) = [one.members for one in items if isinstance(one, Organisation)]
    assert isinstance(members, Unknown)
    assert members.includes == {ACCOUNT, ids["site"], ids["old"]}


@pytest.mark.parametrize("operation", ["DescribeOrganization", "ListRoots", "ListAccountsForParent"])
def test_an_organisation_that_cannot_be_listed_ends_the_scan_with_a_way_out(
    ids: dict[str, str], refuse: Callable[..., None], operation: str
) -> None:
    refuse(operation)
    with pytest.raises(CredentialsError, match="delegated administrator") as raised:
        opened()
    assert len(str(raised.value).splitlines()) <= 6


def test_an_account_in_no_organisation_is_told_so(aws: Any) -> None:
    with pytest.raises(UsageError, match="in no organisation"):
        opened()


def test_tags_are_taken_over_from_the_nearest_level_that_was_chosen(ids: dict[str, str]) -> None:
    found = listed(flat(opened(inherit_tags=("account", "unit")).survey()))[ids["records"]].evidence.inherited
    assert [(one.source, dict(one.tags.value)) for one in found if isinstance(one.tags, Known)] == [
        (f"account {ids['records']}", {"owner": "ward-nine"}),
        ("unit Health/Clinical", {}),
        ("unit Health", {"data-classification": "personal", "owner": "board"}),
        ("the organisation's root", {}),
    ]
    assert listed(flat(opened().survey()))[ids["records"]].evidence.inherited == ()


def test_tags_that_cannot_be_read_are_unknown_and_read_once_a_unit(ids: dict[str, str], refuse: Callable[..., None]) -> None:
    refuse("ListTagsForResource", ids["Health"])
    items = flat(opened(inherit_tags=("unit",)).survey())
    for name in ("records", "site"):
        (level,) = [one for one in listed(items)[ids[name]].evidence.inherited if one.source == "unit Health"]
        assert isinstance(level.tags, Unknown)
        assert level.tags.reason is UnknownReason.PERMISSION_DENIED
    denied = [one for one in items if isinstance(one, ReadOutcome) and one.outcome == "permission-denied"]
    assert len({one.shared for one in denied}) == 1


MEMBERS = Membership(
    "o-one",
    "1" * 12,
    (
        Member("1" * 12, "top", "ACTIVE", (("r-abcd", "Root"),)),
        Member("2" * 12, "a", "ACTIVE", (("r-abcd", "Root"), ("ou-abcd-1a2b3c4d", "A"))),
    ),
)


@pytest.mark.parametrize(
    ("units", "exclude", "accounts", "words"),
    [
        (("Health",), (), (), "--ou 'Health' is no id"),
        (("ou-abcd-99999999",), (), (), "--ou: organisation o-one has no account in ou-abcd-99999999"),
        ((), ("3" * 12,), (), "--exclude: organisation o-one has no account in 333333333333"),
        ((), (), ("3" * 12,), "--account: organisation o-one has no account in 333333333333"),
        (("ou-abcd-1a2b3c4d",), ("2" * 12,), (), "leave no account to scan"),
    ],
)
def test_a_choice_that_is_none_is_told(units: Any, exclude: Any, accounts: Any, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        chosen(MEMBERS, units, exclude, accounts)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (AwsConfig(units=("ou-abcd-1a2b3c4d",)), "--ou speaks of an organisation; add --organization"),
        (AwsConfig(exclude=(ACCOUNT,)), "--exclude speaks of an organisation"),
        (AwsConfig(inherit_tags=("account",)), "--inherit-tags speaks of an organisation"),
        (AwsConfig(organization=True, inherit_tags=("units",)), "tags cannot be inherited from 'units'; did you mean 'unit'?"),
        (AwsConfig(organization=True, role_arns=(f"arn:aws:iam::{ACCOUNT}:role/x",)), "leave --role-arn out"),
        (AwsConfig(role="tierwise"), "say in which: --organization, --accounts-file FILE or --account ID"),
        (AwsConfig(organization=True, role="arn:aws:iam::1:role/x"), "is no name of a role"),
    ],
)
def test_options_that_do_not_go_together_are_told(options: AwsConfig, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_accounts(options, NOW)
    assert words in str(raised.value)


def test_a_list_of_accounts_is_entered_by_one_role_name(aws: Any) -> None:
    options = AwsConfig(accounts=("111111111111", "222222222222"), role="audit/tierwise", regions=(REGION,), services=("account",))
    first, second = open_accounts(options, NOW)
    assert (first.name, second.name) == ("aws:111111111111", "aws:222222222222")
    assert listed(flat(first.survey())).keys() == {"111111111111"}
