"""The commands for Google Cloud, end to end over projects in process: exit codes, reports, permissions, doctor."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.connectors.gcp.cloud import PROJECT, Cloud, Token, binding, error
from tests.connectors.gcp.test_content import Store
from tests.connectors.gcp.test_storage import BARE, DOCS, READER, SAFE, bucket
from tierwise.connectors.gcp import connect
from tierwise.reports import base

PEOPLE = b"ni_number,email\n" + b"".join(b"AB%06dC,ann%d@mail.uk\n" % (number * 7919 % 10**6, number) for number in range(1, 60))
LABELS = {"data-classification": "special-category", "owner": "records"}


@pytest.fixture
def cloud(monkeypatch):
    """A project with a bucket that is safe and one that is not, for which the command's own credentials stand in."""
    made = Cloud([bucket({**SAFE, "labels": LABELS}, READER), bucket({**BARE, "name": "open", "labels": LABELS})], DOCS)
    monkeypatch.setattr("google.auth.default", lambda **_: (Token(), PROJECT))
    monkeypatch.setattr(connect, "transport", lambda: made)
    return made


def test_a_scan_judges_by_the_existing_controls_and_its_json_passes_the_schema(cloud, tierwise, home):
    ran = tierwise("scan", "gcp", "--format", "json=scan.json", "--max-rate", "100000")
    assert (ran.code, ran.err) == (0, "")
    made = json.loads((home / "scan.json").read_text())
    jsonschema.validate(made, json.loads((Path(base.__file__).parent / "scan.schema.json").read_text()))
    verdicts = {(one["control"], one["resource"].rpartition("/")[2]): one["verdict"] for one in made["findings"]}
    assert verdicts["ENC-02", "exports"] == "pass"
    assert verdicts["ENC-02", "open"] == "fail"
    assert verdicts["EXP-02", "exports"] == "pass"
    assert verdicts["EXP-02", "open"] == "fail"
    assert verdicts["LOG-02", "exports"] == "pass"
    assert {one["provider"] for one in made["resources"]} == {"gcp"}


def test_the_console_report_names_the_stores(cloud, tierwise):
    ran = tierwise("scan", "gcp", "--no-color")
    assert ran.code == 0
    assert "open" in ran.out
    assert "Traceback" not in ran.err


def test_a_public_store_whose_deny_policies_may_not_be_read_is_never_a_pass(cloud, tierwise):
    everybody = binding("storage.objectViewer", "allUsers")
    cloud.assets[:] = [bucket({**BARE, "name": "open", "labels": LABELS, "iamConfiguration": {}}, everybody)]
    cloud.denied = frozenset({"iam.denypolicies.list"})
    ran = tierwise(
        "scan", "gcp", "--gate", "full", "--no-color", "--format", "console=out.txt", "--format", "json=scan.json", "--max-rate", "100000"
    )
    said = " ".join(Path("out.txt").read_text().split())
    assert ran.code == 1, "the switch against public access is off, whatever a deny policy says"
    assert "EXP-02" in said
    assert "iam.denypolicies.list (everybody is let in, unless a deny policy of projects/1001, organizations/5005 takes that away" in said
    (found,) = (one for one in json.loads(Path("scan.json").read_text())["findings"] if one["control"] == "EXP-01")
    assert (found["verdict"], found["severity"]) == ("unknown", "critical")


def test_what_is_not_enabled_is_told_with_what_enables_it_and_the_rest_goes_on(cloud, tierwise, home):
    hosts = ("cloudasset", "alloydb", "bigquery", "bigtableadmin", "cloudkms", "compute", "file", "firestore", "logging", "pubsub", "redis", "spanner", "sqladmin")  # fmt: skip
    cloud.faults |= {f"{host}/": error(403, "SERVICE_DISABLED") for host in hosts}
    cloud.docs["storage/storage/v1/b"] = {"items": [{**BARE, "name": "open", "labels": LABELS}]}
    ran = tierwise("scan", "gcp", "--no-color", "--format", "console=out.txt", "--max-rate", "100000")
    said = " ".join(Path("out.txt").read_text().split())
    assert ran.code == 3
    assert "alloydb in records-prod/global could not be listed: not-supported (its API is not enabled: gcloud services enable alloydb.googleapis.com --project records-prod)" in said  # fmt: skip
    assert "more that could not be listed; see --format json" in said
    assert "storage:open" in said


def test_a_tag_of_the_project_declares_what_its_stores_hold(cloud, tierwise, home):
    cloud.assets[:] = [bucket({**BARE, "name": "plain"})]
    node = "//cloudresourcemanager.googleapis.com/projects/1001"
    cloud.docs[f"cloudresourcemanager/v3/effectiveTags?parent={node}"] = {"effectiveTags": [{"namespacedTagValue": "5005/data-classification/special-category", "inherited": True}]}  # fmt: skip
    tierwise("scan", "gcp", "--format", "json=scan.json", "--max-rate", "100000")
    (found,) = json.loads((home / "scan.json").read_text())["resources"]
    said = found["classification"]
    assert (said["tier"], said["state"]) == ("T3", "declared")
    assert "the tag data-classification=special-category inherited from what is above projects/1001" in str(said["trace"])


def test_content_gives_a_bucket_its_tier_where_that_is_asked_for(cloud, tierwise, home, monkeypatch):
    monkeypatch.setattr(connect, "transport", lambda: Store({"2026/people.csv": PEOPLE}))
    asked = ("scan", "gcp", "--service", "storage", "--format", "json=scan.json", "--max-rate", "100000")
    tierwise(*asked, "--sample-content").complains(2, "--processing-location")
    assert (
        "dry run: at most 1 store, 24 objects"
        in tierwise(*asked, "--sample-content", "--processing-location", "EU", "--sample-dry-run").out
    )
    ran = tierwise(*asked, "--sample-content", "--processing-location", "EU")
    assert (ran.code, ran.err) == (0, "")
    made = json.loads((home / "scan.json").read_text())
    assert [look["read"] for look in made["looks"]] == [{"csv": 1}]
    assert {one["classification"]["state"] for one in made["resources"] if one["name"] == "exports"} == {"inferred"}


def test_an_unseen_project_leaves_the_scan_incomplete(cloud, tierwise):
    assert tierwise("scan", "gcp", "--project", PROJECT, "--project", "other-prod", "-q").code == 3


def test_no_project_ends_with_four(cloud, tierwise):
    cloud.docs["cloudresourcemanager/v3/projects:search"] = {}
    tierwise("scan", "gcp").complains(4, "see no project", "tierwise permissions gcp")


def test_a_wrong_service_ends_with_two(cloud, tierwise):
    tierwise("scan", "gcp", "--service", "storge").complains(2, "did you mean 'storage'")


def test_settings_come_from_the_file(cloud, tierwise, home):
    (home / "tierwise.toml").write_text(f'[gcp]\nprojects = ["{PROJECT}"]\nservices = ["storage"]\n')
    assert tierwise("scan", "gcp", "-q").code == 0
    assert cloud.asked(":search") == 0


def test_doctor_tells_what_is_denied_and_what_that_leaves_unknown(cloud, tierwise):
    assert tierwise("doctor", "gcp").code == 0
    cloud.denied = frozenset({"cloudasset.assets.listResource", "storage.buckets.list"})
    ran = tierwise("doctor", "gcp")
    assert ran.code == 3
    assert "needs storage.buckets.list" in ran.out
    assert "next: tierwise scan gcp" in ran.out


def test_the_role_is_what_the_scan_reads(tierwise):
    role = json.loads(tierwise("permissions", "gcp").out)
    assert {"cloudasset.assets.listResource", "storage.buckets.getIamPolicy"} <= set(role["includedPermissions"])
    assert not [one for one in role["includedPermissions"] if one.rpartition(".")[2] not in ("get", "list", "getIamPolicy", "listResource", "listIamPolicy", "listOrgPolicy", "listEffectiveTags")]  # fmt: skip
    assert tierwise("permissions", "gcp", "--terraform").out.startswith('resource "google_organization_iam_custom_role" "tierwise"')


def test_a_selection_of_controls_needs_less(tierwise):
    some = json.loads(tierwise("permissions", "gcp", "--control", "ENC-02").out)["includedPermissions"]
    assert "cloudasset.assets.listResource" in some
    assert "storage.hmacKeys.list" not in some


def test_what_is_not_installed_is_named(tierwise, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [_Without("google"), *sys.meta_path])
    for name in list(sys.modules):
        if name == "google" or name.startswith(("google.", "tierwise.connectors.gcp.")):
            monkeypatch.delitem(sys.modules, name)
    tierwise("scan", "gcp").complains(2, "pip install 'tierwise[gcp]'")


class _Without:
    """An environment in which a package is not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == self._package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
