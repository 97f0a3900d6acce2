from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from requests import Request

from tests.demo.test_estate import named, outcome, verdicts
from tierwise.cli.options import Options
from tierwise.cli.settings import load_config, load_judging
from tierwise.connectors.base import Source
from tierwise.demo.dates import STARTED
from tierwise.demo.estate import DATA, REGISTER
from tierwise.demo.recorded import Replay, azure_subscription, google_project
from tierwise.model.fact import UnknownReason
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier, TierState
from tierwise.scan import scan

__all__ = ["outcome"]


@pytest.mark.parametrize("opened", [azure_subscription, google_project])
def test_every_call_is_recorded_and_every_recorded_answer_is_asked_for(opened: Callable[..., tuple[tuple[Source, ...], Replay]]):
    sources, replay = opened(STARTED)
    done = scan(sources, load_judging(load_config(Options(register=str(REGISTER)))), started=STARTED, jobs=1)
    assert (done.crashes, done.result.gaps) == ((), ())
    assert replay.unrecorded == []
    assert set(replay.answers) == replay.used


def test_what_is_not_recorded_is_refused_and_noted():
    _, replay = google_project(STARTED)
    request = Request("GET", "https://storage.googleapis.com/storage/v1/b/other/iam?a=b").prepare()
    answer = replay.send(request)
    assert (answer.status_code, replay.unrecorded) == (501, ["storage.googleapis.com/storage/v1/b/other/iam"])


def test_all_three_clouds_have_tiers_from_published_to_heightened(outcome):
    tiers = {(one.provider, outcome.result.classifications[one.id].tier) for one in outcome.result.resources}
    for provider in ("aws", "azure", "gcp"):
        assert {(provider, Tier.T0), (provider, Tier.T2), (provider, Tier.T3)} <= tiers
    assert ("azure", Tier.T4) in tiers


def test_one_register_line_speaks_for_stores_in_two_clouds(outcome):
    for name in ("benefits-payments", "claim-assessments"):
        found = named(outcome, name)[1]
        assert (found.tier, found.state) == (Tier.T4, TierState.REGISTERED)


@pytest.mark.parametrize(("copy", "tier"), [("before-upgrade", Tier.T3), ("copy-for-contractor", Tier.T2)])
def test_a_snapshot_inherits_the_tier_of_its_disk(outcome, copy, tier):
    assert (named(outcome, copy)[1].tier, named(outcome, copy)[1].state) == (tier, TierState.INHERITED)


@pytest.mark.parametrize(
    ("name", "control", "action"),
    [
        ("claim-assessments", "ACC-04", "Microsoft.Sql/servers/administrators/read"),
        ("dcs-patient-letters", "EXP-06", "storage.hmacKeys.list"),
    ],
)
def test_a_refused_read_is_unknown_with_the_permission_that_settles_it(outcome, name, control, action):
    found = verdicts(outcome, name)[control]
    assert found.verdict is Verdict.UNKNOWN
    assert {(one.reason, one.action) for one in found.unknowns} == {(UnknownReason.PERMISSION_DENIED.value, action)}


def test_the_declaration_of_a_bucket_is_contradicted_by_its_name(outcome):
    found = named(outcome, "dcs-patient-letters")[1]
    assert (found.declared, found.tier, found.understated) == (Tier.T1, Tier.T3, True)
    assert verdicts(outcome, "dcs-patient-letters")["OWN-03"].verdict is Verdict.FAIL


def test_a_dataset_without_a_declaration_is_heightened_by_its_columns(outcome):
    found = named(outcome, "screening_outcomes")[1]
    assert (found.tier, found.state, found.declared) == (Tier.T3, TierState.INFERRED, None)


def test_what_is_open_fails_where_it_is_personal_and_passes_where_it_is_published(outcome):
    assert verdicts(outcome, "dcscaseworkfiles")["EXP-01"].verdict is Verdict.FAIL
    assert verdicts(outcome, "dcs-open-maps")["EXP-01"].verdict is Verdict.PASS


def test_the_recordings_are_small():
    for name in ("azure.json", "gcp.json"):
        assert len((DATA / name).read_bytes()) < 20_000
        assert json.loads((DATA / name).read_bytes())["answers"]
