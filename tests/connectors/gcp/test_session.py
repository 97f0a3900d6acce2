from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from google.auth.exceptions import OAuthError, RefreshError, TransportError

from tests.connectors.gcp.cloud import PROJECT, Cloud, Reply, Token, error
from tierwise.connectors.declared import Once
from tierwise.connectors.gcp.calls import Caller
from tierwise.connectors.gcp.collectors import declared_calls
from tierwise.connectors.gcp.guard import Guard, UndeclaredCallError
from tierwise.connectors.gcp.place import PROJECT as READ
from tierwise.connectors.gcp.place import Place
from tierwise.connectors.gcp.session import SCOPE, Google
from tierwise.model.fact import Known, Unknown, UnknownReason

PATH = f"cloudresourcemanager/v3/projects/{PROJECT}"


def caller(cloud: Cloud, **options) -> Caller:
    google = Google(Token(), Guard(declared_calls()), ceiling=0, inner=cloud, sleep=cloud.slept.append, **options)
    return Caller(Place(PROJECT, above=Once()), google, datetime(2026, 11, 1, tzinfo=UTC))


def asked(cloud: Cloud) -> Known | Unknown:
    return caller(cloud).ask(READ, (PROJECT,))


def test_the_token_goes_to_google_alone_and_has_the_scope_that_all_services_take():
    cloud = Cloud()
    assert isinstance(asked(cloud), Known)
    assert cloud.tokens == {"Bearer token"}
    assert cloud.hosts == {"cloudresourcemanager.googleapis.com"}
    assert SCOPE.endswith("/cloud-platform")


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (RefreshError("invalid_grant"), "RefreshError"),
        (OAuthError("invalid_grant"), "OAuthError"),
        (RefreshError("the token's service is down", retryable=True), ""),
        (TransportError("no way there"), ""),
    ],
)
def test_credentials_that_cannot_be_renewed_have_ended_and_a_service_that_is_down_says_nothing_of_them(problem, code):
    class Unrenewed(Token):
        def refresh(self, request):
            raise problem

    cloud, token = Cloud(), Unrenewed()
    google = Google(token, Guard(declared_calls()), ceiling=0, inner=cloud, sleep=cloud.slept.append)
    one = Caller(Place(PROJECT, above=Once()), google, datetime(2026, 11, 1, tzinfo=UTC))
    assert isinstance(one.ask(READ, (PROJECT,)), Known)
    token.token = None
    answers = [one.ask(READ, (PROJECT,)) for _ in range(4)]
    assert [getattr(answer, "detail", "") for answer in answers] == [type(problem).__name__] * 4
    assert google.standing.code == code
    assert len(cloud.calls) == 1


def test_what_is_not_declared_does_not_leave():
    cloud = Cloud()
    for url in ("https://evil.example/", "http://storage.googleapis.com/storage/v1/b"):
        with pytest.raises(UndeclaredCallError):
            caller(cloud).google.ask(url)
    assert cloud.calls == []


@pytest.mark.parametrize(("status", "reason"), [(429, "RATE_LIMIT_EXCEEDED"), (503, "backendError"), (403, "rateLimitExceeded")])
def test_a_service_that_asks_for_patience_is_asked_again(status, reason):
    cloud = Cloud()
    cloud.faults[PATH] = lambda times: error(status, reason, Retry_After="7") if times == 1 else None
    assert isinstance(asked(cloud), Known)
    assert cloud.slept == [7.0]


def test_one_that_asks_for_too_much_patience_is_given_up():
    cloud = Cloud()
    cloud.faults[PATH] = error(429, "RATE_LIMIT_EXCEEDED", Retry_After="3600")
    assert asked(cloud).reason is UnknownReason.THROTTLED
    assert cloud.slept == []


def test_what_is_denied_is_not_asked_again():
    cloud = Cloud()
    cloud.denied = frozenset({READ.action})
    found = asked(cloud)
    assert (found.reason, found.detail, found.via.action) == (UnknownReason.PERMISSION_DENIED, "IAM_PERMISSION_DENIED", READ.action)
    assert len(cloud.calls) == 1


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        (error(403, "SERVICE_DISABLED"), UnknownReason.NOT_SUPPORTED, "SERVICE_DISABLED"),
        (Reply(403, {"error": {"errors": [{"reason": "accessNotConfigured"}]}}), UnknownReason.NOT_SUPPORTED, "SERVICE_DISABLED"),
        (Reply(403, {"error": {"errors": [{"reason": "quotaExceeded"}]}}), UnknownReason.THROTTLED, "quotaExceeded"),
        (Reply(403, {"error": {"status": "PERMISSION_DENIED", "message": "user:ann@dept.example"}}), UnknownReason.PERMISSION_DENIED, "PERMISSION_DENIED"),
        (Reply(404, {"error": {"errors": [{"reason": "who did what"}]}}), UnknownReason.API_ERROR, "HTTP 404"),
        (Reply(400, raw=b"<html>"), UnknownReason.API_ERROR, "HTTP 400"),
        (Reply(301, raw=b"", headers={"Location": "https://evil.example"}), UnknownReason.API_ERROR, "HTTP 301"),
        (Reply(200, {"error": {"code": 403, "status": "PERMISSION_DENIED"}}), UnknownReason.API_ERROR, "the answer is an error"),
        (Reply(200, raw=b""), UnknownReason.UNPARSABLE, "the answer is empty"),
        (Reply(200, raw=b"[1]"), UnknownReason.UNPARSABLE, "the answer is no JSON object"),
        (Reply(200, raw=b'{"a": "\xff'), UnknownReason.UNPARSABLE, "the answer is no JSON"),
        (Reply(200, raw=b'{"a":' + b"[" * 5000), UnknownReason.UNPARSABLE, "the answer is no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_unknown_and_no_message_is_kept(answer, reason, detail):
    cloud = Cloud()
    cloud.faults[PATH] = answer
    found = asked(cloud)
    assert (found.reason, found.detail) == (reason, detail)


def test_a_connection_that_breaks_is_unknown():
    class Broken(Cloud):
        def send(self, request, *_, **__):
            raise requests.ConnectionError("secret.internal refused")

    found = asked(Broken())
    assert (found.reason, found.detail) == (UnknownReason.API_ERROR, "ConnectionError")


def test_a_listing_with_places_that_did_not_answer_is_not_whole():
    from tierwise.connectors.gcp.place import SEARCH

    cloud = Cloud(docs={"cloudresourcemanager/v3/projects:search": {"projects": [], "unreachable": ["europe-west2"]}})
    assert caller(cloud).ask(SEARCH, ()).reason is UnknownReason.UNPARSABLE


def test_a_netrc_does_not_replace_the_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine cloudresourcemanager.googleapis.com login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    cloud = Cloud()
    asked(cloud)
    assert cloud.tokens == {"Bearer token"}


class Wire(Cloud):
    """Keeps how each request was to be sent: by which proxy, held against which certificates."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, Any], Any]] = []

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.sent.append((request.url, dict(kwargs["proxies"]), kwargs["verify"]))
        return super().send(request, *args, **kwargs)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"HTTPS_PROXY": "http://proxy.example:3128"},
        {"https_proxy": "http://proxy.example:3128", "NO_PROXY": "storage.googleapis.com,.internal"},
        {"ALL_PROXY": "http://proxy.example:3128", "no_proxy": ".googleapis.com"},
        {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "*"},
        {"REQUESTS_CA_BUNDLE": "/etc/own.pem"},
        {"CURL_CA_BUNDLE": "/etc/curl.pem", "HTTPS_PROXY": "http://proxy.example:3128"},
    ],
)
def test_proxy_and_certificates_are_those_of_the_environment_for_each_host(environment, monkeypatch):
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    wire, plain = Wire(), requests.Session()
    google = caller(wire).google
    for path in ("storage/v1/b/a/iam", "storage/v1/b/b/iam"):
        google.ask(f"https://storage.googleapis.com/{path}")
    google.ask("https://iam.googleapis.com/v1/projects/p/roles/r")
    google.ask("https://cloudresourcemanager.googleapis.com/v3/projects:search")
    assert len(wire.sent) == 4
    for url, proxies, verify in wire.sent:
        expected = plain.merge_environment_settings(url, {}, False, None, None)
        assert (proxies, verify) == (dict(expected["proxies"]), expected["verify"]), url
