from __future__ import annotations

import pytest

from tierwise.connectors.gcp.collectors import declared_calls
from tierwise.connectors.gcp.guard import Guard, UndeclaredCallError

STORAGE = "https://storage.googleapis.com/storage/v1/b"
MANAGER = "https://cloudresourcemanager.googleapis.com/v3"


@pytest.fixture(scope="module")
def guard():
    return Guard(declared_calls())


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{STORAGE}/records/iam?optionsRequestedPolicyVersion=3"),
        ("GET", f"{STORAGE}?project=p&projection=noAcl&maxResults=1000&pageToken=x%2F..%2Fy"),
        ("GET", f"{MANAGER}/projects/dept.example:records"),
        ("GET", "https://cloudasset.googleapis.com/v1/organizations/1/assets?contentType=RESOURCE&assetTypes=a&assetTypes=b"),
        ("POST", f"{MANAGER}/projects/p:getIamPolicy"),
        ("POST", f"{MANAGER}/folders/1:getIamPolicy"),
    ],
)
def test_declared_reads_pass(guard, method, url):
    guard.check(method, url)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", f"{MANAGER}/projects/p:setIamPolicy"),
        ("POST", f"{MANAGER}/projects/p:testIamPermissions"),
        ("GET", f"{MANAGER}/projects/p:getIamPolicy"),
        ("POST", f"{MANAGER}/projects"),
        ("PUT", f"{STORAGE}/records/iam"),
        ("PATCH", f"{STORAGE}/records"),
        ("DELETE", f"{STORAGE}/records"),
        ("GET", f"{STORAGE}/records/o"),
        ("GET", f"{STORAGE}/records/o/person.csv?alt=media"),
        ("GET", f"{STORAGE}/records/iam?alt=media"),
        ("GET", f"{STORAGE}/records/iam?access_token=x"),
        ("GET", f"{STORAGE}/../b/iam"),
        ("GET", f"{STORAGE}/%2e%2e/iam"),
        ("GET", f"{STORAGE}/a%2Fb/iam"),
        ("GET", f"{STORAGE}//iam"),
        ("GET", "https://secretmanager.googleapis.com/v1/projects/p/secrets/s/versions/1:access"),
        ("GET", "https://secretmanager.googleapis.com/v1/projects/p/secrets/s:access"),
        ("POST", "https://cloudkms.googleapis.com/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k:decrypt"),
        ("POST", "https://bigquery.googleapis.com/bigquery/v2/projects/p/queries"),
        ("POST", "https://cloudasset.googleapis.com/v1/organizations/1:exportAssets"),
        ("GET", "https://evil.example/storage/v1/b/records/iam"),
        ("GET", "https://storage.googleapis.com.evil.example/storage/v1/b/records/iam"),
        ("GET", "https://storage.googleapis.com@evil.example/storage/v1/b/records/iam"),
        ("GET", "https://storage.googleapis.com:8443/storage/v1/b/records/iam"),
        ("GET", "http://storage.googleapis.com/storage/v1/b/records/iam"),
        ("GET", "https://cloudasset.googleapis.com/storage/v1/b/records/iam"),
    ],
)
def test_everything_else_is_refused(guard, method, url):
    with pytest.raises(UndeclaredCallError, match="undeclared call"):
        guard.check(method, url)


def test_every_post_is_a_get_iam_policy_but_the_one_that_reads_the_log():
    assert [one.path for one in declared_calls() if one.post and not one.path.endswith(":getIamPolicy")] == ["/v2/entries:list"]


def test_no_declared_read_opens_data():
    words = (":access", "decrypt", "alt=media", "/o/", "rows", "documents", "setiam", ":export", ":query", "pull")
    assert [one.operation for one in declared_calls() if any(word in one.path for word in words)] == []
