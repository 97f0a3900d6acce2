from __future__ import annotations

import logging
import sys

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError

from tests.connectors.azure.cloud import SUBSCRIPTION, Cloud, Credential, error, row
from tests.connectors.azure.conftest import STARTED
from tierwise.cli.scan import open_azure
from tierwise.config import AzureConfig
from tierwise.connectors.azure import session
from tierwise.connectors.azure.connect import open_tenant
from tierwise.errors import CredentialsError, UsageError

OTHER = "33333333-3333-3333-3333-333333333333"
NOTHING = {"tenant": "", "subscriptions": (), "management_groups": (), "services": (), "inherit_tags": (), "cloud": "", "max_rate": None}


class Closed:
    """A credential that finds no way in."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem

    def get_token(self, *_: str, **__: object) -> None:
        raise self.problem


@pytest.fixture
def opened(monkeypatch):
    def run(tenant=None, credential=None, **options):
        made = tenant or Cloud([row("Microsoft.Storage/storageAccounts", "a", {}, kind="StorageV2")])
        monkeypatch.setattr(session, "RequestsTransport", lambda **_: made.transport())
        return open_tenant(AzureConfig(**options), STARTED, credential=credential or Credential())

    return run


def short(error: Exception) -> str:
    assert len(str(error).splitlines()) <= 6
    return str(error)


@pytest.mark.parametrize("problem", [CredentialUnavailableError("no"), ClientAuthenticationError("no")])
def test_without_credentials_it_says_how_to_get_some(opened, problem):
    with pytest.raises(CredentialsError) as raised:
        opened(credential=Closed(problem))
    assert "az login" in short(raised.value)


@pytest.mark.parametrize("code", ["ExpiredAuthenticationToken", "InvalidAuthenticationTokenTenant"])
def test_expired_credentials_and_a_wrong_tenant_are_told(opened, code):
    cloud = Cloud()
    cloud.faults["/providers/Microsoft.ResourceGraph"] = error(401, code)
    with pytest.raises(CredentialsError) as raised:
        opened(cloud)
    assert code in short(raised.value)
    assert "--tenant" in short(raised.value)


def test_credentials_that_see_nothing_end_the_scan(opened):
    with pytest.raises(CredentialsError) as raised:
        opened(Cloud(containers=[]))
    assert "tierwise permissions azure" in short(raised.value)
    with pytest.raises(CredentialsError, match="departments"):
        opened(Cloud(containers=[]), management_groups=("departments",))
    with pytest.raises(CredentialsError, match=OTHER):
        opened(subscriptions=(OTHER,))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"services": ("storag",)}, "did you mean 'storage'"),
        ({"subscriptions": ("production",)}, "az account list"),
        ({"subscriptions": (SUBSCRIPTION,), "management_groups": ("all",)}, "cannot both"),
        ({"cloud": "goverment"}, "did you mean 'government'"),
        ({"inherit_tags": ("resource_group",)}, "did you mean 'resource-group'"),
    ],
)
def test_wrong_options_are_told_before_any_call(opened, options, words):
    cloud = Cloud()
    with pytest.raises(UsageError) as raised:
        opened(cloud, **options)
    assert words in short(raised.value)
    assert cloud.calls == []


def test_the_token_is_of_the_tenant_that_is_named(monkeypatch):
    asked = {}

    class Chain(Credential):
        def __init__(self, **options):
            super().__init__()
            asked.update(options)

        def get_token(self, *scopes, **options):
            asked.update(options)
            return super().get_token(*scopes)

    cloud = Cloud()
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Chain)
    monkeypatch.setattr(session, "RequestsTransport", lambda **_: cloud.transport())
    open_tenant(AzureConfig(tenant=OTHER), STARTED)
    assert asked["tenant_id"] == OTHER
    assert asked["additionally_allowed_tenants"] == [OTHER]
    assert asked["exclude_interactive_browser_credential"] is True
    # Without a handler of its own, what the SDK tried would be printed line by line beside the error.
    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger("azure").handlers)


def test_a_sovereign_cloud_has_its_own_host_and_its_own_token(monkeypatch):
    cloud, credential = Cloud(), Credential()
    monkeypatch.setattr(session, "RequestsTransport", lambda **_: cloud.transport())
    open_tenant(AzureConfig(cloud="government"), STARTED, credential=credential)
    assert cloud.hosts == {"management.usgovcloudapi.net"}
    assert set(credential.scopes) == {"https://management.usgovcloudapi.net/.default"}


def test_without_the_sdk_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "tierwise.connectors.azure.connect", raising=False)
    monkeypatch.delitem(sys.modules, "tierwise.connectors.azure.calls", raising=False)
    monkeypatch.setitem(sys.modules, "azure.core.exceptions", None)
    with pytest.raises(UsageError) as raised:
        open_azure(AzureConfig(), STARTED)
    assert "tierwise[azure]" in short(raised.value)
