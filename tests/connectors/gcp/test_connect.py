from __future__ import annotations

import pytest
from google.auth.exceptions import DefaultCredentialsError, RefreshError

from tests.connectors.gcp.cloud import ORGANISATION, PROJECT, Cloud, Reply, Token, error
from tests.connectors.gcp.conftest import STARTED
from tests.connectors.gcp.test_storage import DOCS, ROWS
from tierwise.config import GcpConfig
from tierwise.connectors.gcp.connect import open_projects
from tierwise.errors import CredentialsError, ScannerError, UsageError

SERVICES = ("storage",)
SEARCH = "cloudresourcemanager/v3/projects:search"


def opened(cloud: Cloud, **options):
    return open_projects(GcpConfig(requests_per_second=0, **options), STARTED, credentials=Token(), inner=cloud, sleep=cloud.slept.append)


def refused(kind: type[ScannerError], cloud: Cloud, **options) -> str:
    with pytest.raises(kind) as caught:
        opened(cloud, **options)
    assert len(str(caught.value).splitlines()) <= 6
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"services": ("storge",)}, "did you mean 'storage'"),
        ({"projects": ("Not A Project",)}, "gcloud projects list"),
        ({"projects": ("../x",)}, "gcloud projects list"),
        ({"folders": ("departments",)}, "gcloud resource-manager folders list"),
        ({"organizations": ("dept.example",)}, "gcloud organizations list"),
    ],
)
def test_names_that_cannot_be_are_refused_before_any_call(options, said):
    cloud = Cloud()
    assert said in refused(UsageError, cloud, **options)
    assert cloud.calls == []


def test_no_project_seen_says_what_to_do():
    said = refused(CredentialsError, Cloud(docs={SEARCH: {}}))
    assert "tierwise permissions gcp" in said
    assert "other-prod" in refused(CredentialsError, Cloud(), projects=("other-prod",))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (error(403, "SERVICE_DISABLED"), "gcloud services enable"),
        (error(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "--scopes="),
        (error(401, "ACCESS_TOKEN_EXPIRED"), "gcloud auth application-default login"),
        (error(403, "IAM_PERMISSION_DENIED"), "see no project"),
        (Reply(500, raw=b"x"), "HTTP 500"),
    ],
)
def test_projects_that_cannot_be_listed(fault, said):
    cloud = Cloud()
    cloud.faults[SEARCH] = fault
    assert said in refused(CredentialsError, cloud)


def test_an_organisation_that_cannot_be_read_at_all():
    cloud = Cloud()
    cloud.faults["cloud"] = error(403, "SERVICE_DISABLED")
    assert "gcloud services enable cloudasset" in refused(CredentialsError, cloud, organizations=(ORGANISATION,))


def test_a_project_is_scanned_where_resource_manager_is_not_enabled(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.faults[f"cloudresourcemanager/v3/projects/{PROJECT}"] = error(403, "SERVICE_DISABLED")
    assert len(collect(cloud)) == len(ROWS)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (DefaultCredentialsError("x"), "no usable Google Cloud credentials"),
        (RefreshError("secret"), "gcloud auth application-default login"),
    ],
)
def test_credentials_that_are_missing_or_expired(monkeypatch, failure, said):
    def fails(**_):
        raise failure

    monkeypatch.setattr("google.auth.default", fails)
    with pytest.raises(CredentialsError) as caught:
        open_projects(GcpConfig(), STARTED, inner=Cloud())
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 6
