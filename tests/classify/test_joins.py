"""What comes together: who can read several datasets, and whether what tells people stands apart from what is told of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.classify.profiles import PROFILE, TODAY, store
from tierwise.classify.engine import classify
from tierwise.classify.joins import linkage_facts
from tierwise.model.fact import UNLIMITED, AnyFact, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.register import NO_CORRECTIONS, Register
from tierwise.model.resource import Column, Evidence, Gap, Kind, Link, Rel, Resource

ACCOUNT = "111122223333"
DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("glue:GetTables", "glue:GetTables"))
TOLD = (Column("t", "ethnicity"), Column("t", "spine_key"))
TELLS = (Column("t", "nhs_number"), Column("t", "SpineKey"))


def found(*resources: Resource, gaps: tuple[Gap, ...] = ()) -> dict[str, dict[str, AnyFact]]:
    by_id = {one.id: one for one in resources}
    return linkage_facts(by_id, classify(resources, PROFILE, Register(), NO_CORRECTIONS, today=TODAY), gaps)


def data(name: str, tier: str = "T3", *links: Link) -> Resource:
    return store(name, id=f"arn:aws:s3:::{name}", tags={"data-classification": tier}, links=links)


def one(kind: Kind, name: str, *links: Link) -> Resource:
    return store(name, id=f"arn:aws:iam::{ACCOUNT}:{name}", kind=kind, links=links)


def reads(*targets: str) -> tuple[Link, ...]:
    return tuple(Link(Rel.READS, target) for target in targets)


HOME = one(Kind.ACCOUNT, "root")
A, B, LOW = data("a"), data("b"), data("low", "T2")


def joining(*resources: Resource, gaps: tuple[Gap, ...] = ()) -> AnyFact:
    return found(HOME, *resources, gaps=gaps)[HOME.id]["linkage.joining_principals"]


@pytest.mark.parametrize(
    ("links", "count"),
    [
        (reads(A.id, B.id), 1),
        (reads("reads:s3:*"), 1),
        (reads("reads:*:*"), 1),
        (reads("reads-like:arn:aws:s3:::*"), 1),
        (reads(A.id), 0),
        (reads(A.id, LOW.id), 0),
        (reads("reads:rds:*"), 0),
    ],
)
def test_who_can_read_two_datasets_is_counted(links, count):
    fact = joining(A, B, LOW, one(Kind.ROLE, "r", *links))
    assert isinstance(fact, Known)
    assert fact.value == count


def test_what_comes_by_groups_and_attached_policies_counts():
    policy = one(Kind.POLICY, "p", *reads(A.id))
    group = one(Kind.GROUP, "g", Link(Rel.ATTACHES, policy.id))
    user = one(Kind.USER, "u", Link(Rel.MEMBER_OF, group.id), *reads(B.id))
    assert joining(A, B, policy, group, user) == Known(1, Provenance("derived: what principals can read"))


def test_a_copy_is_no_second_dataset():
    source = data("a", "T3", Link(Rel.REPLICATES_TO, "arn:aws:s3:::copy"))
    fact = joining(source, data("copy"), one(Kind.ROLE, "r", *reads("reads:s3:*")))
    assert isinstance(fact, Known)
    assert fact.value == 0


@pytest.mark.parametrize(
    ("gap", "unread", "between"),
    [
        (None, Link(Rel.READS, "", DENIED), (1, 2)),
        (None, Link(Rel.ATTACHES, "", DENIED), (1, 2)),
        (Kind.ROLE, None, (1, UNLIMITED)),
        (Kind.OBJECT_STORE, None, (1, UNLIMITED)),
        (Kind.NETWORK, None, None),
    ],
)
def test_what_is_hidden_leaves_the_count_open(gap, unread, between):
    gaps = (Gap("aws", ACCOUNT, "", "iam", "permission-denied", "iam:ListRoles", "", frozenset({gap})),) if gap else ()
    others = [one(Kind.ROLE, "other", unread)] if unread else []
    fact = joining(A, B, one(Kind.ROLE, "r", *reads("reads:s3:*")), *others, gaps=gaps)
    assert (fact.between if isinstance(fact, Unknown) else None) == between


def test_where_no_principal_tells_what_it_reads_nothing_is_counted():
    assert joining(A, B).reason is UnknownReason.NOT_COLLECTED
    assert joining(A, B, one(Kind.ROLE, "r")).reason is UnknownReason.NOT_SUPPORTED


@pytest.mark.parametrize("provider", ["azure", "gcp"])
def test_where_people_are_in_no_listing_those_listed_are_the_least_and_one_dataset_joins_to_nothing(provider):
    def there(one: Resource) -> Resource:
        return replace(one, provider=provider)

    home, a, b, low = map(there, (HOME, A, B, LOW))
    binding = there(one(Kind.POLICY, "roles/viewer on p", *reads(a.id, b.id)))
    accounts = [there(one(Kind.ROLE, f"sa{place}", Link(Rel.ATTACHES, binding.id))) for place in range(21)]

    def counted(*resources: Resource, gaps: tuple[Gap, ...] = ()) -> AnyFact:
        return found(home, *resources, gaps=gaps)[home.id]["linkage.joining_principals"]

    for number in (0, 3, 21):
        fact = counted(a, b, binding, *accounts[:number])
        assert (fact.reason, fact.between) == (UnknownReason.NOT_SUPPORTED, (number, UNLIMITED))
    assert counted(a, low, binding, *accounts) == counted(*accounts) == Known(0, Provenance("derived: what principals can read"))
    gap = Gap(provider, ACCOUNT, "", "storage", "permission-denied", "list", "", frozenset({Kind.OBJECT_STORE}))
    assert isinstance(counted(a, binding, gaps=(gap,)), Unknown)


def test_a_plan_tells_of_some_who_join_and_never_of_all():
    planned = replace(HOME, address="aws_account.this")
    role = one(Kind.ROLE, "r", *reads("reads:s3:*"))
    for resources, least in (((A, B, role), 1), ((A, role), 0), ((), 0)):
        fact = found(planned, *resources)[planned.id]["linkage.joining_principals"]
        assert (fact.reason, fact.between) == (UnknownReason.NOT_COLLECTED, (least, UNLIMITED))


def warehouse(columns: tuple[Column, ...], name: str = "w", account: str = ACCOUNT, unread: tuple[Unknown, ...] = ()) -> Resource:
    return store(name, id=f"arn:{name}", kind=Kind.WAREHOUSE, account=account, evidence=Evidence(columns=columns, unread=unread))


def apart(*resources: Resource, gaps: tuple[Gap, ...] = ()) -> AnyFact:
    return found(*resources, gaps=gaps)["arn:w"]["linkage.keys_apart"]


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ((warehouse((*TOLD, *TELLS)),), "together"),
        ((warehouse(TOLD),), "apart"),
        ((warehouse(TOLD), warehouse(TELLS, "keys")), "account"),
        ((warehouse(TOLD), warehouse(TELLS, "keys", "444455556666")), "apart"),
        ((warehouse(TOLD), warehouse((Column("t", "nhs_number"),), "others")), "apart"),
    ],
)
def test_where_that_stands_which_tells_people(resources, said):
    fact = apart(*resources)
    assert isinstance(fact, Known)
    assert fact.value == said


def test_columns_that_say_nothing_sensitive_make_the_question_senseless():
    assert isinstance(apart(warehouse(TELLS)), NotApplicable)


@pytest.mark.parametrize(
    ("resources", "gaps", "reason", "between"),
    [
        ((warehouse(()),), (), UnknownReason.NOT_SUPPORTED, None),
        ((warehouse(TOLD, unread=(DENIED,)),), (), UnknownReason.PERMISSION_DENIED, None),
        ((warehouse(TOLD), warehouse((), "unread")), (), UnknownReason.NOT_SUPPORTED, ("account", "apart")),
        (
            (warehouse(TOLD),),
            (Gap("aws", ACCOUNT, "", "redshift", "throttled", "redshift:DescribeClusters", "", frozenset({Kind.WAREHOUSE})),),
            UnknownReason.THROTTLED,
            ("account", "apart"),
        ),
    ],
)
def test_a_schema_that_is_not_read_leaves_it_open(resources, gaps, reason, between):
    fact = apart(*resources, gaps=gaps)
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.between) == (reason, between)
