"""Verdicts on many resources: what is held and what is made when it is looked at."""

from __future__ import annotations

import pytest
from msgspec import structs

from tierwise.evaluate.compiled import compile_control
from tierwise.evaluate.findings import findings_of
from tierwise.model.control import Compare, Control, Op, Severity
from tierwise.model.fact import Known, Provenance, Unknown, UnknownReason
from tierwise.model.finding import Findings, Verdict
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierInterval, TierState

T2, T3 = TierInterval(Tier.T2, Tier.T2), TierInterval(Tier.T3, Tier.T3)
ENCRYPTED = Control(
    "ENC-01", "Encrypted", "encryption", (Kind.OBJECT_STORE,),
    {Tier.T2: Compare("encryption.at_rest", Op.IS, True), Tier.T3: Compare("encryption.key_custody", Op.IS, "customer")},
    dict.fromkeys(Tier, Severity.HIGH), "Disks are stolen.", {"terraform": "Turn it on."}, "s",
)  # fmt: skip
DUE = {Kind.OBJECT_STORE: [compile_control(ENCRYPTED)]}


def bucket(name: str, encrypted: bool | None = True, custody: str = "customer") -> Resource:
    via = Provenance(f"{name}#encryption")
    at_rest = Unknown(UnknownReason.KNOWN_AFTER_APPLY, via) if encrypted is None else Known(encrypted, via)
    facts = {"encryption.at_rest": at_rest, "encryption.key_custody": Known(custody, via)}
    return Resource(name, Kind.OBJECT_STORE, "aws_s3_bucket", "aws", "", "eu-west-2", name, address=name, facts=facts)


def judged(*resources: Resource, interval: TierInterval = T2) -> Findings:
    tiers = {one.id: Classification(interval.hi, interval, TierState.DECLARED, owner=f"{one.name}-team") for one in resources}
    return findings_of(resources, DUE, tiers, {})


def test_each_resource_is_told_by_its_own_facts_under_a_bar_that_it_shares():
    found = judged(bucket("a", encrypted=False), bucket("b"), bucket("c", encrypted=False), bucket("d", encrypted=None))
    assert [one.verdict for one in found] == [Verdict.FAIL, Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN]
    assert [one.resource for one in found] == [one.fix_at for one in found] == ["a", "b", "c", "d"]
    assert [one.owner for one in found] == ["a-team", "b-team", "c-team", "d-team"]
    assert [part.via for one in found for part in one.actual] == ["a#encryption", "b#encryption", "c#encryption", "d#encryption"]
    assert len({one.fingerprint for one in found}) == 4
    assert len({one.expected for one in found}) == 1


def test_a_bar_is_not_shared_over_tiers():
    weak = bucket("a", custody="provider-managed")
    assert [one.verdict for one in judged(weak)] == [Verdict.PASS]
    assert [(one.verdict, one.expected) for one in judged(weak, interval=T3)] == [(Verdict.FAIL, "encryption.key_custody is customer")]


def test_only_what_fails_or_is_unknown_is_held():
    found = judged(bucket("a", encrypted=False), bucket("b"), bucket("c", encrypted=None))
    first, second = tuple(found), tuple(found)
    assert first == second
    assert [one is again for one, again in zip(first, second, strict=True)] == [True, False, True]
    assert found.problems == (first[0], first[2])


def test_findings_are_counted_without_being_made():
    found = judged(*(bucket(f"b{at}", encrypted=at % 3 != 0) for at in range(9)))
    assert {(sort.control, sort.verdict): count for sort, count in found.tally.items()} == {
        ("ENC-01", Verdict.PASS): 6,
        ("ENC-01", Verdict.FAIL): 3,
    }
    assert found.tally == Findings.of(tuple(found)).tally
    assert found.verdicts == {Verdict.PASS: 6, Verdict.FAIL: 3}
    assert len(found) == 9


def test_a_change_reaches_what_is_held_and_what_is_made():
    found = judged(bucket("a", encrypted=False), bucket("b")).mapped(lambda one: structs.replace(one, owner="someone"))
    assert {one.owner for one in found} == {one.owner for one in found.problems} == {"someone"}
    assert found.verdicts == {Verdict.PASS: 1, Verdict.FAIL: 1}


@pytest.mark.parametrize(
    "verdicts", [{Verdict.FAIL}, {Verdict.FAIL, Verdict.UNKNOWN}, {Verdict.PASS, Verdict.FAIL}, {Verdict.NOT_APPLICABLE}]
)
def test_findings_of_some_verdicts_are_those_of_all_that_have_them(verdicts):
    every = judged(bucket("a", encrypted=False), bucket("b"), bucket("c", encrypted=None))
    for found in (every, Findings.of(tuple(every)), every.mapped(lambda one: structs.replace(one, owner="someone"))):
        wanted = [one for one in found if one.verdict in verdicts]
        having = found.having(frozenset(verdicts))
        assert list(having) == wanted
        assert len(having) == len(wanted)
        assert list(having.problems) == [one for one in found.problems if one.verdict in verdicts]


def test_the_findings_of_some_rows_are_made_without_the_others():
    found = judged(bucket("a", encrypted=False), bucket("b"), bucket("c", encrypted=None))
    for at in range(len(found.rows) + 1):
        assert [*found.made_of(found.rows[:at]), *found.made_of(found.rows[at:])] == list(found)
    assert [one.resource for one in found.made_of(found.rows[2:])] == [tuple(found)[2].resource]


def test_findings_from_anywhere_are_taken_alike():
    made = tuple(judged(bucket("a", encrypted=False), bucket("b")))
    taken = Findings.of(made)
    assert taken == made
    assert taken.problems == made[:1]
    assert taken.verdicts == {Verdict.PASS: 1, Verdict.FAIL: 1}
    assert Findings.of(taken) is taken
    assert taken != made[:1]


@pytest.mark.parametrize("most", [5, 50_000])
def test_two_processes_judge_as_one_does(monkeypatch, most):
    buckets = [bucket(f"b{at:03}", encrypted=(True, False, None)[at % 3]) for at in range(600)]
    alone = judged(*buckets)
    monkeypatch.setattr("tierwise.beside.MANY", 2)
    monkeypatch.setattr("tierwise.beside._may_fork", lambda: True)
    monkeypatch.setattr("tierwise.model.finding.MOST_PROBLEMS", most)
    found = judged(*buckets)
    assert tuple(found) == tuple(alone)
    assert tuple(found.problems) == alone.problems
    assert found.tally == alone.tally
    assert [one.resource for one in found.made_of(found.rows[299:301])] == ["b299", "b300"]
