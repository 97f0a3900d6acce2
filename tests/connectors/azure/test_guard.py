from __future__ import annotations

import pytest

from tierwise.connectors.azure.collectors import declared_calls
from tierwise.connectors.azure.guard import GRAPH_PATH, Guard, UndeclaredCallError
from tierwise.connectors.azure.session import ENDPOINTS

HOME = ENDPOINTS["public"]
ACCOUNT = f"{HOME}/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"


@pytest.fixture
def guard():
    return Guard(HOME, declared_calls())


@pytest.mark.parametrize(
    "url",
    [
        f"{ACCOUNT}/blobServices/default?api-version=2024-01-01",
        f"{ACCOUNT.upper().replace('HTTPS', 'https')}/BLOBSERVICES/DEFAULT",
        f"{ACCOUNT}/blobServices/default/containers?$skipToken=next",
        f"{HOME}/subscriptions/s/providers/Microsoft.Authorization/permissions",
    ],
)
def test_declared_reads_pass(guard, url):
    guard.check("GET", url)


def test_the_query_of_resource_graph_is_the_one_post(guard):
    guard.check("POST", f"{HOME}{GRAPH_PATH}?api-version=2022-10-01")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", f"{ACCOUNT}/listKeys?api-version=2024-01-01"),
        ("POST", f"{ACCOUNT}/listAccountSas"),
        ("POST", f"{ACCOUNT}/listServiceSas"),
        ("POST", f"{HOME}/providers/Microsoft.ResourceGraph/resourcesHistory"),
        ("POST", f"{HOME}/batch"),
        ("PUT", f"{ACCOUNT}/blobServices/default"),
        ("DELETE", ACCOUNT),
        ("PATCH", ACCOUNT),
        ("GET", f"{ACCOUNT}/blobServices"),
        ("GET", f"{ACCOUNT}/blobServices/default/../default"),
        ("GET", f"{ACCOUNT}/blobServices/default/%2e%2e"),
        ("GET", f"{HOME}/subscriptions/s%2F..%2Fx/providers/Microsoft.Authorization/permissions"),
        ("GET", f"{HOME}/subscriptions//providers/Microsoft.Authorization/permissions"),
        ("GET", f"{HOME}/subscriptions/s/resourceGroups"),
        ("GET", "https://evil.example/subscriptions/s/providers/Microsoft.Authorization/permissions"),
        ("GET", "https://management.azure.com.evil.example/subscriptions/s/providers/Microsoft.Authorization/permissions"),
        ("GET", "https://management.azure.com@evil.example/subscriptions/s/providers/Microsoft.Authorization/permissions"),
        ("GET", "https://management.azure.com:8443/subscriptions/s/providers/Microsoft.Authorization/permissions"),
        ("GET", "http://management.azure.com/subscriptions/s/providers/Microsoft.Authorization/permissions"),
        ("POST", f"https://evil.example{GRAPH_PATH}"),
    ],
)
def test_everything_else_is_refused(guard, method, url):
    with pytest.raises(UndeclaredCallError, match="undeclared call"):
        guard.check(method, url)


def test_no_declared_read_is_named_after_a_secret():
    assert [
        read.operation for read in declared_calls() if any(word in read.operation.lower() for word in ("listkeys", "listsecrets", "sas"))
    ] == []
