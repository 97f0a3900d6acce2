"""Who brings a verdict: the table of `docs/plans.md`, case by case, and what is named as the cause."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tierwise.evaluate.change import directions, fallen, plan_changes
from tierwise.evaluate.compiled import CompiledControl, compile_control
from tierwise.evaluate.judge import judge
from tierwise.evaluate.origin import Origin, Past, deeds_of, origin_of
from tierwise.model.change import Action, Change, Part
from tierwise.model.control import All, Compare, Control, Op, Severity
from tierwise.model.fact import AnyFact, Known, Provenance, Unknown, UnknownReason, Value
from tierwise.model.finding import Verdict
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierInterval, TierState
from tierwise.model.vocabulary import Better

BUCKET = Resource("b", Kind.OBJECT_STORE, "aws_s3_bucket", "aws", "", "", "b", address="b")
VERSIONS, TLS, DAYS = "recovery.versioning", "transport.tls_required", "immutability.min_days"


def control(kind: Kind = Kind.OBJECT_STORE, **ladder: Compare | All) -> CompiledControl:
    rungs = {Tier[name]: predicate for name, predicate in ladder.items()}
    return compile_control(Control("TST-01", "t", "test", (kind,), rungs, dict.fromkeys(Tier, Severity.LOW), "r", {}, "s"))


LADDER = control(
    T1=Compare(VERSIONS, Op.IS, True), T2=Compare(DAYS, Op.AT_LEAST, 30), T3=Compare(TLS, Op.IS, True)
)  # fmt: skip


def facts(**values: Value | None) -> dict[str, AnyFact]:
    names = {"versions": VERSIONS, "tls": TLS, "days": DAYS}
    via = {name: Provenance(f"b#{name}") for name in names}
    return {
        names[key]: Unknown(UnknownReason.KNOWN_AFTER_APPLY, via[key]) if value is None else Known(value, via[key])
        for key, value in values.items()
    }


def at(tier: Tier, declared: Tier | None = None) -> Classification:
    return Classification(tier, TierInterval(tier, tier), TierState.DECLARED, declared=declared)


def past(before: Mapping[str, AnyFact], after: Mapping[str, AnyFact], tier: Tier, *parts: Part) -> Past:
    change = Change("b", Action.KEEP if parts else Action.UPDATE, BUCKET, parts=parts)
    less = fallen(Kind.OBJECT_STORE, before, after, {}, rises=False)
    return Past(BUCKET, before, at(tier), less, deeds_of({"b": change}, [BUCKET]))


def origin(before: Mapping[str, AnyFact], after: Mapping[str, AnyFact], was: Tier = Tier.T2, now: Tier = Tier.T2) -> Origin:
    after_ = judge(LADDER, after, TierInterval(now, now), now)
    return origin_of(LADDER, after_, after, at(now), past(before, after, was))


GOOD = facts(versions=True, tls=True, days=90)


@pytest.mark.parametrize(
    ("before", "after", "was", "now", "expected"),
    [
        (GOOD, GOOD, Tier.T2, Tier.T2, (False, Verdict.PASS)),
        (GOOD, facts(versions=False, days=90), Tier.T2, Tier.T2, (True, Verdict.PASS)),
        (GOOD, facts(versions=None, days=90), Tier.T2, Tier.T2, (True, Verdict.PASS)),
        (facts(versions=None, days=90), facts(versions=False, days=90), Tier.T2, Tier.T2, (True, Verdict.UNKNOWN)),
        (facts(versions=None, days=90), facts(versions=None, days=90), Tier.T2, Tier.T2, (False, Verdict.UNKNOWN)),
        (facts(versions=None, days=90), facts(versions=None, days=None), Tier.T2, Tier.T2, (True, Verdict.UNKNOWN)),
        (facts(versions=False, days=90), facts(versions=False, days=90), Tier.T2, Tier.T2, (False, Verdict.FAIL)),
        (facts(versions=False, days=90), facts(versions=False, days=7), Tier.T2, Tier.T2, (True, Verdict.FAIL)),
        (facts(versions=True, days=20), facts(versions=True, days=7), Tier.T2, Tier.T2, (True, Verdict.FAIL)),
        (facts(versions=True, days=7), facts(versions=True, days=20), Tier.T2, Tier.T2, (False, Verdict.FAIL)),
        (facts(versions=False, days=90), facts(versions=None, days=90), Tier.T2, Tier.T2, (False, Verdict.FAIL)),
        (facts(versions=False, days=90), GOOD, Tier.T2, Tier.T2, (False, Verdict.FAIL)),
        (facts(versions=False), facts(versions=False), Tier.T0, Tier.T1, (True, None)),
        (facts(versions=False, days=7), facts(versions=False, days=7), Tier.T1, Tier.T2, (True, Verdict.FAIL)),
    ],
)
def test_a_verdict_is_held_against_the_one_before(before, after, was, now, expected):
    found = origin(before, after, was, now)
    assert (found.introduced, found.before) == expected
    assert bool(found.brought_by) is found.introduced


def test_what_falls_is_named_before_a_tier_that_rises_and_that_before_what_merely_changes():
    more = facts(versions=True, days=90, tls=False)
    assert origin(more, more, Tier.T2, Tier.T3).brought_by == "the tier rises from T2 personal to T3 heightened"
    assert origin(facts(versions=True, days=90, tls=None), more, Tier.T2, Tier.T3).brought_by.startswith("the tier rises")
    assert origin(GOOD, more, Tier.T2, Tier.T3).brought_by == f"b is changed, which weakens {TLS}"
    assert origin(facts(versions=None, days=90), facts(versions=False, days=90)).brought_by == f"b is changed, which changes {VERSIONS}"


@pytest.mark.parametrize(
    ("via", "told"),
    [
        ("part.a#x.0.y", "part.a is deleted"),
        ('part.b["k#1, 2"]#x', "part.a is deleted"),
        ("derived: rule from other.c#z", "other.c is replaced"),
        ("derived: rule from b#q, other.c#z", "part.a is deleted"),
        ("derived: rule from arn:of:c", "other.c is replaced"),
        ("derived: rule from kept.d", "part.e is changed"),
        ("constant: a page", "part.a is deleted"),
    ],
)
def test_the_cause_is_what_the_provenance_names_else_a_part_that_changes(via, told):
    other = Resource("other.c", Kind.KEY, "t", "aws", "", "", "c", address="other.c", aliases=("arn:of:c",))
    kept = Resource("kept.d", Kind.KEY, "t", "aws", "", "", "d", address="kept.d")
    changes = {
        "b": Change("b", Action.KEEP, BUCKET, parts=(Part("part.a", "t", Action.DELETE),)),
        "other.c": Change("other.c", Action.REPLACE, other),
        "kept.d": Change("kept.d", Action.KEEP, kept, parts=(Part("part.e", "t", Action.UPDATE),)),
    }
    deeds = deeds_of(changes, [BUCKET, other, kept])
    assert deeds.behind(BUCKET, Known(True, Provenance(via)), Known(False)) == told


def test_the_rungs_say_which_way_a_set_is_better():
    compiled = [
        control(T1=Compare("account.threat_plans", Op.INCLUDES, frozenset({"a"})), kind=Kind.ACCOUNT),
        control(
            T1=All((Compare("access.external_undeclared", Op.EMPTY, True), Compare("copy.downgrades", Op.NONE_OUTSIDE, frozenset({"a"}))))
        ),
    ]
    assert directions(compiled) == {
        "account.threat_plans": Better.HIGH,
        "access.external_undeclared": Better.LOW,
        "copy.downgrades": Better.LOW,
    }


def there(key: str, facts: Mapping[str, AnyFact]) -> Resource:
    return Resource(key, Kind.OBJECT_STORE, "t", "aws", "", "", key, address=key, facts=facts)


def test_a_change_that_means_nothing_is_not_told():
    made = past(GOOD, GOOD, Tier.T2)
    assert plan_changes({"b": Change("b", Action.UPDATE, BUCKET)}, {"b": made}, {"b": there("b", GOOD)}, {"b": at(Tier.T2)}, {}) == ()


def test_what_breaks_a_rung_comes_first_then_what_takes_data_with_it():
    def one(key: str, before: Mapping[str, AnyFact], *, destroys: bool = False) -> tuple[Change, Past]:
        resource = Resource(key, Kind.OBJECT_STORE, "t", "aws", "", "", key, address=key)
        change = Change(key, Action.REPLACE if destroys else Action.UPDATE, resource, destroys=destroys)
        less = fallen(Kind.OBJECT_STORE, before, GOOD if key != "breaks" else worse, {}, rises=False)
        return change, Past(resource, before, at(Tier.T2), less, deeds_of({key: change}, [resource]))

    worse = facts(versions=False, tls=True, days=90)
    made = {
        "weaker": one("weaker", facts(versions=True, tls=True, days=365)),
        "gone": one("gone", GOOD, destroys=True),
        "breaks": one("breaks", GOOD),
    }
    after = {"weaker": there("weaker", GOOD), "gone": there("gone", GOOD), "breaks": there("breaks", worse)}
    found = plan_changes(
        {key: change for key, (change, _) in made.items()},
        {key: earlier for key, (_, earlier) in made.items()},
        after,
        dict.fromkeys(after, at(Tier.T2)),
        {Kind.OBJECT_STORE: [LADDER]},
    )
    assert [each.resource for each in found] == ["breaks", "gone", "weaker"]
