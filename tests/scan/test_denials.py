"""The central promise: what could not be read is unknown and named; it never passes, fails or vanishes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec import structs

from tests.scan.honesty import all_violations, by_pair
from tests.scan.recording import Operation, refused, unparsable
from tests.scan.test_declared_calls import NOT_BY_A_SCAN
from tests.scan.worlds import judging, replay
from tierwise.connectors.aws.collectors import declared_reads
from tierwise.evaluate.gate import decide
from tierwise.model.control import Severity
from tierwise.model.finding import Gate, ScanResult, Verdict
from tierwise.model.profile import GatePolicy
from tierwise.model.sensitivity import Tier
from tierwise.scan import Outcome

ACTIONS: dict[Operation, frozenset[str]] = {}
LISTINGS: set[Operation] = set()
for _read in declared_reads():
    _pair = (_read.service, _read.operation)
    if _pair not in NOT_BY_A_SCAN:
        ACTIONS[_pair] = ACTIONS.get(_pair, frozenset()) | {_read.action}
        LISTINGS |= {_pair} if _read.kinds else set()
HANDFUL: tuple[Operation, ...] = (
    ("s3", "GetBucketPolicy"),
    ("s3", "ListBuckets"),
    ("rds", "DescribeDBInstances"),
    ("kms", "DescribeKey"),
    ("iam", "GetAccountAuthorizationDetails"),
    ("resourcegroupstaggingapi", "GetResources"),
    ("organizations", "ListAccounts"),
)
LENIENT = GatePolicy("full", Severity.HIGH, None, dict.fromkeys(Tier, 0.0))
"""A gate that only failures and failed listings can close."""


@pytest.fixture(scope="module")
def whole() -> ScanResult:
    outcome = replay()
    assert outcome.crashes == ()
    assert outcome.result.gaps == ()
    return outcome.result


def failing(operation: Operation, error: Callable[[str], Exception]) -> Outcome:
    outcome = replay({operation: error})
    assert outcome.crashes == ()
    return outcome


def gate_without_failures(whole: ScanResult, partial: ScanResult) -> Gate:
    """The gate of the same scan with those controls only that nothing failed when everything was read."""
    failed = {one.control for one in whole.findings if one.verdict is Verdict.FAIL}
    return decide([one for one in partial.findings if one.control not in failed], partial.gaps, partial.coverage, LENIENT)


def outcomes_of(partial: ScanResult, operation: Operation) -> set[str]:
    return {one.outcome for one in partial.outcomes if one.operation == ":".join(operation)}


def test_every_verdict_and_enough_of_each_is_at_stake(whole):
    counts: dict[Verdict, int] = defaultdict(int)
    for one in whole.findings:
        counts[one.verdict] += not one.control.startswith("PROBE")
    assert min(counts[verdict] for verdict in Verdict if verdict is not Verdict.ATTESTED) > 20
    assert counts[Verdict.PASS] > 200


def test_without_failures_and_gaps_the_gate_passes(whole):
    assert gate_without_failures(whole, whole).result == "passed"


@pytest.mark.parametrize("operation", sorted(ACTIONS), ids=":".join)
def test_a_denied_read_is_unknown_and_named_and_a_denied_listing_closes_the_gate(whole, operation):
    partial = failing(operation, refused).result
    assert all_violations(whole, partial, ACTIONS[operation]) == []
    assert "permission-denied" in outcomes_of(partial, operation)
    if operation in LISTINGS:
        assert {gap.reason for gap in partial.gaps if gap.action in ACTIONS[operation]} == {"permission-denied"}
        assert gate_without_failures(whole, partial).result == "incomplete"


@pytest.mark.parametrize("operation", HANDFUL, ids=":".join)
def test_a_throttled_read_is_unknown_and_named(whole, operation):
    partial = failing(operation, lambda name: refused(name, "ThrottlingException")).result
    assert all_violations(whole, partial, ACTIONS[operation]) == []
    assert outcomes_of(partial, operation) == {"throttled"}


@pytest.mark.parametrize("operation", HANDFUL, ids=":".join)
def test_an_unparsable_answer_is_unknown_and_named(whole, operation):
    partial = failing(operation, unparsable).result
    assert all_violations(whole, partial, ACTIONS[operation]) == []
    assert outcomes_of(partial, operation) == {"api-error"}


def test_with_everything_denied_nothing_passes_and_nothing_fails(whole):
    outcome = replay(dict.fromkeys(ACTIONS, refused))
    assert outcome.crashes == ()
    assert {one.verdict for one in outcome.result.findings} <= {Verdict.UNKNOWN}
    assert outcome.result.gate.result == "incomplete"


def test_a_tool_that_folds_unknown_into_pass_would_be_caught(whole):
    partial = failing(("s3", "GetBucketPolicy"), refused).result
    opened = [
        one
        for one in partial.findings
        if one.verdict is Verdict.UNKNOWN and by_pair(whole)[one.control, one.resource].verdict is Verdict.FAIL
    ]
    assert opened
    folded = replace(
        partial, findings=tuple(structs.replace(one, verdict=Verdict.PASS) if one in opened else one for one in partial.findings)
    )
    assert len(all_violations(whole, folded, ACTIONS["s3", "GetBucketPolicy"])) >= len(opened)


def test_the_default_judging_is_what_the_sweep_judges_by():
    assert {one.id for one in judging().controls if not one.id.startswith("PROBE")} >= {"ENC-02", "EXP-01", "ACC-01", "LOG-03", "RET-02"}
