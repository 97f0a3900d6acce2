"""The commands for Azure, end to end over a tenant in process: exit codes, reports, permissions, doctor."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError

from tests.connectors.azure.cloud import SUBSCRIPTION, Cloud, Credential, error, named, row, subscription
from tests.connectors.azure.test_content import Store
from tests.connectors.azure.test_storage import DOCS, SAFE, TYPE
from tierwise.cli import live
from tierwise.connectors.azure import session
from tierwise.reports import base

PEOPLE = b"ni_number,email\n" + b"".join(b"AB%06dC,ann%d@mail.uk\n" % (number * 7919 % 10**6, number) for number in range(1, 60))
OTHER = "33333333-3333-3333-3333-333333333333"
TAGS = {"data-classification": "special-category", "owner": "records"}


@pytest.fixture
def tenant(monkeypatch):
    """A tenant with an account that is safe and one that is open, for which the command's own credentials stand in."""
    rows = [
        row(TYPE, name, properties, kind="StorageV2", sku={"name": "Standard_LRS"}, tags=TAGS)
        for name, properties in (("records", SAFE), ("open", {}))
    ]
    docs = {**DOCS, f"{named(TYPE, 'open')}/blobServices/default": {"properties": {}}}
    cloud = Cloud(rows, docs)
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", lambda **_: Credential())
    monkeypatch.setattr(session, "RequestsTransport", lambda **_: cloud.transport())
    return cloud


def test_a_scan_judges_by_the_existing_controls_and_its_json_passes_the_schema(tenant, tierwise, home):
    ran = tierwise("scan", "azure", "--format", "json=scan.json", "--max-rate", "100000")
    assert (ran.code, ran.err) == (0, "")
    made = json.loads((home / "scan.json").read_text())
    schema = json.loads((Path(base.__file__).parent / "scan.schema.json").read_text())
    jsonschema.validate(made, schema)
    verdicts = {(one["control"], one["resource"].rpartition("/")[2]): one["verdict"] for one in made["findings"]}
    assert verdicts["ENC-02", "records"] == "pass"
    assert verdicts["ENC-02", "open"] == "unknown"
    assert verdicts["EXP-10", "records"] == "pass"
    assert verdicts["EXP-10", "open"] == "fail"
    assert verdicts["LOG-02", "records"] == "pass"
    assert verdicts["LOG-02", "open"] == "fail"
    assert {one["classification"]["tier"] for one in made["resources"]} == {"T3"}


def test_content_gives_an_account_its_tier_where_that_is_asked_for(tenant, tierwise, home, monkeypatch):
    store = Store({"one/2026/people.csv": PEOPLE})
    monkeypatch.setattr(session, "RequestsTransport", lambda **_: store.transport())
    ran = tierwise(
        "scan", "azure", "--service", "storage", "--format", "json=scan.json", "--max-rate", "100000",
        "--sample-content", "--processing-location", "uksouth",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    made = json.loads((home / "scan.json").read_text())
    assert [look["read"] for look in made["looks"]] == [{"csv": 1}]
    assert {one["classification"]["state"] for one in made["resources"] if one["name"] == "records"} == {"inferred"}


def test_the_console_report_names_the_stores(tenant, tierwise):
    ran = tierwise("scan", "azure", "--no-color")
    assert ran.code == 0
    assert "open" in ran.out
    assert "Traceback" not in ran.err


def test_an_unseen_subscription_leaves_the_scan_incomplete(tenant, tierwise):
    ran = tierwise("scan", "azure", "--subscription", SUBSCRIPTION, "--subscription", OTHER, "-q")
    assert ran.code == 3


class Closed:
    """Credentials that give no token."""

    def __init__(self, problem):
        self.problem = problem

    def get_token(self, *_, **__):
        raise self.problem


def graph(status, code):
    return lambda cloud, _: cloud.faults.update({"/providers/Microsoft.ResourceGraph": error(status, code)})


def without(problem):
    return lambda _, monkeypatch: monkeypatch.setattr("azure.identity.DefaultAzureCredential", lambda **_: Closed(problem))


@pytest.mark.parametrize(
    ("broken", "options", "code", "words"),
    [
        (without(CredentialUnavailableError("none of them")), (), 4, ("no usable Azure credentials", "az login")),
        (
            without(ClientAuthenticationError("AADSTS700082: the refresh token has expired")),
            (),
            4,
            ("ClientAuthenticationError", "az login"),
        ),
        (graph(401, "ExpiredAuthenticationToken"), (), 4, ("expired", "az login --tenant")),
        (graph(401, "InvalidAuthenticationTokenTenant"), (), 4, ("another tenant", "--tenant")),
        (graph(403, "AuthorizationFailed"), (), 4, ("see no subscription", "tierwise permissions azure")),
        (graph(429, "RateLimiting"), (), 4, ("cannot be read (RateLimiting)", "az graph query")),
        (lambda cloud, _: cloud.rows.clear(), (), 4, ("see no subscription", "az account list")),
        (lambda *_: None, ("--subscription", OTHER), 4, (OTHER, "az account list")),
        (lambda *_: None, ("--subscription", "production"), 2, ("'production'", "az account list")),
        (lambda *_: None, ("--cloud", "goverment"), 2, ("did you mean 'government'",)),
        (lambda *_: None, ("--subscription", SUBSCRIPTION, "--management-group", "all"), 2, ("cannot both",)),
    ],
)
def test_what_is_wrong_is_told_in_six_lines_with_what_mends_it(tenant, tierwise, monkeypatch, broken, options, code, words):
    broken(tenant, monkeypatch)
    ran = tierwise("scan", "azure", *options)
    ran.complains(code, *words)
    assert len(ran.err.strip().splitlines()) <= 6
    # What a service says of it may name people, places and tokens.
    assert "AADSTS" not in ran.err
    assert "who did what" not in ran.err


def test_a_subscription_that_is_denied_is_told_and_the_other_is_judged(tenant, tierwise, home):
    tenant.rows.append(subscription(OTHER))
    tenant.faults[f"/subscriptions/{OTHER}/"] = error(403, "AuthorizationFailed")
    ran = tierwise("scan", "azure", "--format", "json=scan.json", "-q")
    assert ran.code == 3
    made = json.loads((home / "scan.json").read_text())
    assert {(one["account"], one["reason"]) for one in made["gaps"]} == {(OTHER, "permission-denied")}
    assert {one["verdict"] for one in made["findings"] if one["resource"].endswith("/records")} >= {"pass", "fail"}


def test_a_wrong_service_ends_with_two(tenant, tierwise):
    tierwise("scan", "azure", "--service", "storge").complains(2, "did you mean 'storage'")


def test_settings_come_from_the_file(tenant, tierwise, home):
    (home / "tierwise.toml").write_text(f'[azure]\nsubscriptions = ["{SUBSCRIPTION}"]\nservices = ["storage"]\n')
    assert tierwise("scan", "azure", "-q").code == 0
    assert {tuple(one["subscriptions"]) for one in tenant.queries} == {(SUBSCRIPTION,)}


def test_doctor_tells_what_is_denied_and_what_that_leaves_unknown(tenant, tierwise):
    tenant.rows.append(subscription(OTHER))
    assert tierwise("doctor", "azure").code == 0
    tenant.denied = frozenset({"Microsoft.Storage/storageAccounts/read"})
    ran = tierwise("doctor", "azure", "--subscription", SUBSCRIPTION, "--subscription", OTHER)
    assert ran.code == 3
    assert "needs Microsoft.Storage/storageAccounts/read" in ran.out
    assert "unknown then: " in ran.out
    # What comes next is the scan of what was tried.
    assert f"next: tierwise scan azure --subscription {SUBSCRIPTION} --subscription {OTHER} (" in ran.out
    rows = {line.split()[1].rstrip(":"): line.split()[0] for line in ran.out.splitlines() if " answered" in line}
    assert rows[SUBSCRIPTION] == rows[OTHER] == "part"


def test_doctor_tries_the_directory_and_says_what_it_needs(tenant, tierwise):
    assert "directory: 0 resources listed, 2 calls answered" in tierwise("doctor", "azure").out
    tenant.denied = frozenset({"User.Read.All"})
    ran = tierwise("doctor", "azure")
    assert ran.code == 3
    (line,) = [one for one in ran.out.splitlines() if "entra:users" in one]
    assert "needs User.Read.All; unknown then: ACC-08" in line


def test_the_permissions_in_microsoft_graph_are_told_beside_the_role_and_printed_for_themselves(tierwise):
    role = tierwise("permissions", "azure")
    assert not any(".All" in one for one in json.loads(role.out)["Actions"])
    assert "Application.Read.All, GroupMember.Read.All, User.Read.All" in role.err
    (manifest,) = json.loads(tierwise("permissions", "azure", "--directory").out)
    assert [one["type"] for one in manifest["resourceAccess"]] == ["Role"] * 3
    assert "Graph" not in tierwise("permissions", "azure", "--control", "ENC-01").err
    tierwise("permissions", "azure", "--directory", "--with-names").complains(2, "--directory")


def test_the_role_is_what_the_scan_reads(tierwise):
    role = json.loads(tierwise("permissions", "azure", "--scope", f"/subscriptions/{SUBSCRIPTION}").out)
    assert role["AssignableScopes"] == [f"/subscriptions/{SUBSCRIPTION}"]
    assert role["DataActions"] == []
    assert "Microsoft.Storage/storageAccounts/read" in role["Actions"]
    assert tierwise("permissions", "azure", "--terraform").out.startswith('resource "azurerm_role_definition" "tierwise"')


def test_a_selection_of_controls_needs_less(tierwise):
    some = json.loads(tierwise("permissions", "azure", "--control", "ENC-02").out)["Actions"]
    assert "Microsoft.Storage/storageAccounts/read" in some
    assert "Microsoft.Storage/storageAccounts/managementPolicies/read" not in some


def test_the_role_is_printed_where_the_sdk_is_not_installed(home):
    look = "import sys; sys.modules['azure'] = None; sys.argv = ['tierwise', 'permissions', 'azure', '--since']; from tierwise.cli.main import run; run()"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False, cwd=home)
    assert (ran.returncode, "Microsoft.Insights/eventtypes/values/read" in json.loads(ran.stdout)["Actions"]) == (0, True), ran.stderr


def test_the_activity_log_is_asked_for_with_since_alone(tierwise):
    assert "eventtypes" not in tierwise("permissions", "azure").out
    tierwise("permissions", "azure", "--directory", "--since").complains(2, "--directory")


def test_a_second_scan_takes_over_what_the_activity_log_says_is_unchanged_and_dates_it(tenant, tierwise, home, monkeypatch):
    tenant.docs[f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.insights/eventtypes/management/values"] = {"value": []}
    hubs = "Microsoft.EventHub/namespaces"
    tenant.rows.append(row(hubs, "events", {"publicNetworkAccess": "Enabled", "privateEndpointConnections": []}, tags=TAGS))
    tenant.docs[f"{named(hubs, 'events')}/networkrulesets/default".lower()] = {"properties": {"defaultAction": "Allow"}}
    found, forecasts, asked = [], [], []
    for night in range(2):
        before = len(tenant.calls)
        monkeypatch.setattr(live, "utc_now", lambda night=night: datetime(2026, 11, 23, 2, tzinfo=UTC) + timedelta(days=night))
        ran = tierwise(
            "scan", "azure", "--since", "--store", home / "store.db", "--fail-on", "none", "--format", "json=scan.json", "--max-rate", "1e6"
        )
        assert ran.code == 0, ran.err
        asked.append(sum("/eventtypes/" not in path for _, path in tenant.calls[before:]))
        found.append(json.loads((home / "scan.json").read_text())["findings"])
        forecasts.append(
            [
                json.loads(tierwise("scan", "azure", "--dry-run", *more, "--store", home / "store.db", "--format", "json").out)
                for more in ([], ["--since"])
            ]
        )
    assert tenant.asked("/networkrulesets/default") == 1
    assert tenant.asked("/blobservices/default") == 4, "what clients may change is read each time"
    dated = {
        (one["control"], one["verdict"], one["as_of"][:10]) for one in found[1] if one["as_of"] and one["resource"].endswith("/events")
    }
    assert ("EXP-10", "fail", "2026-11-23") in dated
    assert [(one["control"], one["resource"], one["verdict"]) for one in found[0]] == [
        (one["control"], one["resource"], one["verdict"]) for one in found[1]
    ]
    assert forecasts[0] == forecasts[1], "a scan that took something over says nothing of one that does not"
    whole, since = forecasts[0]
    assert whole["calls"] > 10
    # Two reads of the hub that were spared, and three of storage accounts, of whose parts this tenant does not tell all, that were not.
    own = (
        "/events/providers/Microsoft.Insights/diagnosticSettings",
        "/networkRuleSets/default",
        "/managementPolicies/default",
        "/encryptionScopes",
    )
    first = {path for _, path in tenant.calls if path.endswith(own)}
    assert (whole["spared"], since["spared"]) == (None, len(first))
    assert since["spared"] >= asked[0] - asked[1] == 2
