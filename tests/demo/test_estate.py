from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import yaml

from tierwise.catalogue.register import load_acceptances, load_register
from tierwise.cli.options import Options
from tierwise.cli.settings import load_config, load_judging
from tierwise.demo.areas import health, people, services
from tierwise.demo.areas.benefits import COPY, DATABASE, SNAPSHOT, UNKNOWN_ACCOUNT
from tierwise.demo.dates import STARTED
from tierwise.demo.emulator import ACCOUNT, CLOSED_REGION, DENIED, emulated, planting_session, scanning_session
from tierwise.demo.estate import ACCEPTANCES, PLAN, REGISTER, sample_estate
from tierwise.demo.weeks import WEEKS
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.finding import Finding, Verdict
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.reports.base import View
from tierwise.reports.explain import explain_resource
from tierwise.reports.json_report import REPORT
from tierwise.scan import Outcome, scan


def run() -> Outcome:
    with sample_estate() as (sources, register, acceptances, started):
        config = load_config(Options(register=str(register), acceptances=str(acceptances)))
        return scan(sources, load_judging(config), started=started, jobs=1)


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith(("AWS_", "TIERWISE_"))]:
            patched.delenv(name)
        patched.setenv("HOME", "/nonexistent")
        yield run()


def named(outcome: Outcome, name: str) -> tuple[Resource, Classification]:
    resource = next(one for one in outcome.result.resources if name in (one.name, *one.aliases))
    return resource, outcome.result.classifications[resource.id]


def verdicts(outcome: Outcome, name: str) -> dict[str, Finding]:
    resource, _ = named(outcome, name)
    return {one.control: one for one in outcome.result.findings if one.resource == resource.id}


def comparable(outcome: Outcome) -> object:
    made = json.loads(REPORT.render(outcome.result, View()))
    del made["run"]["id"], made["run"]["finished"]
    return made


def test_no_unit_crashes_and_no_listing_is_missing(outcome):
    assert outcome.crashes == ()
    assert outcome.result.gaps == ()


def test_two_runs_differ_in_nothing_but_run_id_and_end(outcome):
    assert comparable(run()) == comparable(outcome)


def test_every_verdict_occurs(outcome):
    assert {one.verdict for one in outcome.result.findings} == set(Verdict) - {Verdict.ATTESTED}


def test_every_fact_that_is_known_or_unknown_says_by_what(outcome):
    facts = ((one.id, name, fact) for one in outcome.result.resources for name, fact in one.facts.items())
    assert [(id_, name) for id_, name, fact in facts if not fact.via.via and not isinstance(fact, NotApplicable)] == []


def test_every_state_of_a_tier_and_every_tier_occurs(outcome):
    classified = outcome.result.classifications.values()
    assert {one.state for one in classified} == set(TierState)
    assert {one.tier for one in classified} == set(Tier)


def test_the_closed_region_is_a_row_and_not_a_gap(outcome):
    assert [(one.region, one.status) for one in outcome.result.regions] == [(CLOSED_REGION, "closed-by-policy")]


def test_the_denied_read_is_unknown_and_names_the_permission(outcome):
    resource, _ = named(outcome, DENIED[1])
    fact = resource.facts["access.anonymous_read"]
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.via.action) == (UnknownReason.PERMISSION_DENIED, "s3:GetBucketAcl")
    exposed = verdicts(outcome, DENIED[1])["EXP-01"]
    assert exposed.verdict is Verdict.UNKNOWN
    assert "s3:GetBucketAcl" in {one.action for one in exposed.unknowns}


def test_nothing_is_refused_but_one_read_in_each_cloud_and_the_closed_region(outcome):
    refused = {
        (one.operation, one.resource.rpartition("/")[2].rpartition(":")[2])
        for one in outcome.result.outcomes
        if one.outcome == "permission-denied" and one.region != CLOSED_REGION
    }
    assert refused == {
        (f"s3:{DENIED[0]}", DENIED[1]),
        ("arm:Microsoft.Sql/servers/administrators", "dcs-claims-sql"),
        ("arm:Microsoft.Sql/servers/administrators", "claim-assessments"),
        ("storage:/storage/v1/projects/{}/hmacKeys", ""),
    }


def test_the_register_makes_payments_exceptional_and_its_copies_inherit(outcome):
    assert (named(outcome, DATABASE)[1].tier, named(outcome, DATABASE)[1].state) == (Tier.T4, TierState.REGISTERED)
    for copy in (COPY, "dcs-letters-replica"):
        assert (named(outcome, copy)[1].tier, named(outcome, copy)[1].state) == (Tier.T4, TierState.INHERITED)


def test_the_snapshot_shared_with_an_unknown_account_fails(outcome):
    resource, _ = named(outcome, SNAPSHOT)
    shared = resource.facts["access.external_principals"]
    assert isinstance(shared, Known)
    assert shared.value == frozenset({UNKNOWN_ACCOUNT})
    assert verdicts(outcome, SNAPSHOT)["EXP-04"].verdict is Verdict.FAIL


def test_the_copy_under_a_weaker_key_is_a_downgrade(outcome):
    weaker = named(outcome, COPY)[0].facts["copy.downgrades"]
    assert isinstance(weaker, Known)
    assert isinstance(weaker.value, frozenset)
    assert "encryption.key_custody" in weaker.value
    assert verdicts(outcome, COPY)["ENC-11"].verdict is Verdict.FAIL


def test_the_name_contradicts_the_tag_of_patient_records(outcome):
    one = named(outcome, health.UNDERSTATED)[1]
    assert (one.declared, one.tier, one.understated) == (Tier.T1, Tier.T3, True)


def test_the_well_kept_bucket_fails_nothing(outcome):
    assert [one.control for one in verdicts(outcome, health.WELL_KEPT).values() if one.verdict is Verdict.FAIL] == []


def test_published_data_may_be_read_by_everyone(outcome):
    assert named(outcome, services.OPEN_DATA)[1].tier is Tier.T0
    assert verdicts(outcome, services.OPEN_DATA)["EXP-01"].verdict is Verdict.PASS


def test_the_careless_trust_fails_and_the_bound_one_passes(outcome):
    assert verdicts(outcome, people.CARELESS)["ACC-08"].verdict is Verdict.FAIL
    assert verdicts(outcome, people.CAREFUL)["ACC-08"].verdict is Verdict.PASS


def test_the_administrator_has_no_second_factor(outcome):
    found = verdicts(outcome, people.ADMINISTRATOR)
    assert (found["ACC-01"].verdict, found["ACC-03"].verdict) == (Verdict.FAIL, Verdict.FAIL)
    assert verdicts(outcome, people.ANALYST)["ACC-03"].verdict is Verdict.PASS


def test_the_old_access_key_is_as_old_as_the_sample_says(outcome):
    age = named(outcome, people.DEPLOYER)[0].facts["credential.oldest_key_days"]
    assert isinstance(age, Known)
    assert age.value == 640


def test_at_risk_people_are_named_by_the_register_alone(outcome):
    risky = [one for one in outcome.result.resources if isinstance(one.tags, Known) and one.tags.value.get("handling") == "H7"]
    assert {one.kind for one in risky} == {Kind.OBJECT_STORE, Kind.DOCUMENT_DB}
    for resource in risky:
        assert outcome.result.classifications[resource.id].tier is Tier.T4
        assert isinstance(resource.tags, Known)
        written = " ".join([resource.name, *resource.tags.value, *resource.tags.value.values()])
        assert not re.search(r"risk|witness|refuge|protect|vulnerable", written, re.IGNORECASE)


def test_one_risk_is_accepted_and_shown_with_its_approver(outcome):
    (rule,) = load_acceptances(ACCEPTANCES)
    accepted = [one for one in outcome.result.findings if one.accepted]
    assert accepted
    assert {one.accepted.approver for one in accepted} == {rule.approver}


def test_the_sample_register_and_acceptance_are_in_date():
    (rule,) = load_acceptances(ACCEPTANCES)
    assert STARTED.date() < rule.expires <= STARTED.date() + timedelta(days=366)
    assert load_register(REGISTER).agreed(STARTED.date()) == {people.AUDITOR}


def test_every_resource_can_be_explained(outcome):
    for resource in outcome.result.resources:
        text = explain_resource(resource, outcome.result, View())
        assert outcome.result.classifications[resource.id].tier.label in text


def test_no_resource_is_dated_by_the_clock(outcome):
    written = REPORT.render(outcome.result, View())
    text = written if isinstance(written, str) else written.decode()
    years = set(re.findall(r"\b(20\d\d)-\d\d-\d\d[-T]\d\d", text.replace(outcome.result.run.finished, "")))
    assert years == {"2026"}


def test_no_password_of_the_sample_reaches_the_report(outcome):
    written = REPORT.render(outcome.result, View())
    assert "not-a-secret" not in (written if isinstance(written, str) else written.decode())
    assert "not-a-secret" in PLAN.read_text()


def test_an_operation_that_is_not_emulated_is_an_answer_and_not_an_exception():
    with emulated():
        from botocore.exceptions import ClientError

        client = scanning_session().client("backup", region_name="eu-west-2")
        with pytest.raises(ClientError, match="NotImplemented"):
            client.get_backup_selection(BackupPlanId="plan", SelectionId="selection")


def test_the_environment_is_put_back_and_the_account_is_fixed(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with emulated():
        assert planting_session().client("sts").get_caller_identity()["Account"] == ACCOUNT
        assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_PROFILE"] == "does-not-exist"
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"


def test_what_the_sample_says_of_earlier_weeks_names_things_of_the_estate_and_differs_from_today(outcome):
    found = outcome.collected.resources.values()
    for week in yaml.safe_load(WEEKS.read_text("utf-8"))["weeks"]:
        for end in week["absent"]:
            assert sum(one.id.endswith(end) for one in found) == 1, end
        for end, facts in week["facts"].items():
            (resource,) = [one for one in found if one.id.endswith(end)]
            assert all(resource.facts[name] != Known(value, resource.facts[name].via) for name, value in facts.items()), end
