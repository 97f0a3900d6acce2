"""A private bucket created today without a thought: few entries, none of them high."""

from __future__ import annotations

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.evaluate.compiled import compile_control
from tierwise.evaluate.judge import has_rung, judge
from tierwise.model.control import Control, Severity
from tierwise.model.fact import UNLIMITED, AnyFact, Known, NotApplicable, Unknown, UnknownReason, Value
from tierwise.model.finding import Verdict
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier, TierInterval
from tierwise.model.vocabulary import check_fact, facts_of

ACCOUNT_DEFAULTS: dict[str, Value] = {
    # What S3 gives a bucket since April 2023: AES256, all four public access blocks, BucketOwnerEnforced.
    "encryption.at_rest": True,
    "encryption.key_custody": "provider-owned",
    "transport.tls_required": False,
    "transport.min_tls": "1.2",
    "access.anonymous_read": False,
    "access.anonymous_write": False,
    "access.any_authenticated": False,
    "access.external_principals": frozenset(),
    "access.outside_organisation": frozenset(),
    "access.external_undeclared": frozenset(),
    "access.audience": "account",
    "access.public_acls_blocked": True,
    "access.public_blocked": True,
    "access.acls_disabled": True,
    "access.shared_key_enabled": False,
    "access.organisation_perimeter": False,
    "access.bearer_link_max_hours": 168,
    "access.website_enabled": False,
    "access.cors_any_origin": False,
    "network.public_endpoint": True,
    "network.ingress_any": True,
    "network.private_endpoint": False,
    "access.network": "open",
    "logging.data_read": False,
    "logging.data_write": False,
    "logging.audit_store": False,
    "retention.schedule_declared": False,
    "retention.expiry_configured": False,
    "retention.delete_after_days": UNLIMITED,
    "retention.legal_hold": False,
    "immutability.mode": "none",
    "immutability.min_days": 0,
    "recovery.versioning": False,
    "recovery.point_in_time": False,
    "recovery.backup_covered": False,
    "recovery.mfa_delete": False,
    "recovery.redundancy": "multi-zone",
    "ownership.roles": frozenset(),
    "tags.missing": frozenset({"owner", "data-classification", "retention-period"}),
    "marking.level": "none",
    "classification.understated": False,
    "classification.evidenced": False,
    "location.jurisdictions": frozenset({"GB"}),
    "metadata.identifiers": frozenset(),
    "metadata.key_identifiers": frozenset(),
    "register.resolves": False,
    "copy.count": 0,
}
ABSENT = (
    "acceptance.faults",
    "linkage.inputs_covered",
    "encryption.key_protection",
    "encryption.key_isolated",
    "encryption.key_dedicated",
    "access.external_conditioned",
    "credential.oldest_key_days",
    "logging.destination_immutable",
    "logging.destination_separate",
    "retention.declared_days",
    "retention.noncurrent_days",
    "retention.copies_max_days",
    "recovery.soft_delete_days",
    "recovery.backup_isolation",
    "copy.downgrades",
    "copy.registered",
    "logging.personal_data",
    "classification.declared",
    "scale.subjects_consistent",
)
ENVIRONMENTS: dict[str, AnyFact] = {
    "production": Known(True),
    "test": Known(False),
    "untold": Unknown(UnknownReason.UNPARSABLE),
}
T2 = TierInterval(Tier.T2, Tier.T2)


def _facts(environment: str) -> dict[str, AnyFact]:
    facts: dict[str, AnyFact] = {name: Known(value) for name, value in ACCOUNT_DEFAULTS.items()}
    facts.update({name: NotApplicable("absent on a new bucket") for name in ABSENT})
    facts["environment.production"] = ENVIRONMENTS[environment]
    return facts


def _verdicts(environment: str) -> dict[str, tuple[Verdict, Control]]:
    found: dict[str, tuple[Verdict, Control]] = {}
    facts = _facts(environment)
    for control in load_catalogue().controls.values():
        compiled = compile_control(control)
        if Kind.OBJECT_STORE in control.applies_to and has_rung(compiled, T2):
            found[control.id] = (judge(compiled, facts, T2, Tier.T2).verdict, control)
    return found


def _failing(environment: str) -> list[Control]:
    return [control for verdict, control in _verdicts(environment).values() if verdict is Verdict.FAIL]


def test_the_bucket_has_every_fact_of_its_kind_and_no_other() -> None:
    facts = _facts("production")
    evidence = {"volume.bytes", "volume.items"}
    assert facts.keys() == {spec.name for spec in facts_of(Kind.OBJECT_STORE)} - evidence
    assert [wrong for name, fact in facts.items() if (wrong := check_fact(name, fact, Kind.OBJECT_STORE))] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_shows_at_most_six_entries(environment: str) -> None:
    entries = {control.cause or control.id for control in _failing(environment)}
    assert entries == {"ENC-02", "ENC-07", "RES-03", "LOG-02", "RET-02", "undeclared"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_entry_is_high(environment: str) -> None:
    assert [control.id for control in _failing(environment) if control.severity[Tier.T2] >= Severity.HIGH] == []


def test_no_danger_leads_the_report() -> None:
    assert [control.id for control in _failing("production") if control.danger] == []


def test_what_nobody_declared_is_one_entry() -> None:
    undeclared = {control.id for control in _failing("production") if control.cause == "undeclared"}
    assert undeclared == {"OWN-01", "OWN-05", "RET-01", "SCN-01"}


def test_nothing_is_open_but_the_question_of_production() -> None:
    unknown = {name for name, (verdict, _) in _verdicts("untold").items() if verdict is Verdict.UNKNOWN}
    assert unknown == {"SCN-01"}


def test_an_assumed_tier_is_no_personal_data_in_test() -> None:
    assert _verdicts("test")["RET-07"][0] is Verdict.PASS
