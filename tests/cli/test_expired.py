"""Where credentials of Azure or Google Cloud end while a scan runs, it stops, says how to go on, and goes on to the same end; tokens that are renewed are nobody's concern."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError
from google.auth.credentials import Credentials
from google.auth.exceptions import OAuthError, RefreshError
from urllib3 import HTTPResponse

from tests.cli.test_azure import tenant  # noqa: F401 - a fixture
from tests.cli.test_gcp import cloud  # noqa: F401 - a fixture
from tests.connectors.azure.cloud import error as azure_error
from tests.connectors.gcp.cloud import PROJECT
from tests.connectors.gcp.cloud import error as google_error
from tests.scan.clouds import comparable, differences

SCAN = ("--max-rate", "100000", "--format", "json=scan.json", "--fail-on", "none", "--jobs", "2", "-q")
STARTED = datetime(2026, 11, 2, tzinfo=UTC)
_NEVER = 1 << 30


class Desk:
    """Gives out tokens, and says which of them still hold."""

    def __init__(self, problem: type[Exception] | None, *, renews: bool) -> None:
        self.problem, self.renews = problem, renews
        self.ended = False

    def give(self) -> str:
        """A token; what no longer holds, where it renews none; or the problem, once tokens have ended."""
        if self.ended and self.problem is not None:
            raise self.problem("revoked")
        return "fresh" if self.ended and self.renews else "first"


class Azure:
    """Credentials of Azure from the desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self.desk.give(), 1 << 40)

    def get_token_info(self, *_: str, **__: Any) -> AccessTokenInfo:
        return AccessTokenInfo(self.desk.give(), 1 << 40)


class Google(Credentials):
    """Credentials of Google Cloud from the desk."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    def refresh(self, request: Any) -> None:
        self.token = self.desk.give()


def ending(stand: Any, refusal: Any, desk: Desk, after: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have the tokens end after so many requests; the numbers of the requests that come in."""
    send, came, numbers = stand.send, [], count(1)

    def answered(request: Any, *args: Any, **more: Any) -> Any:
        came.append(next(numbers))
        desk.ended = desk.ended or came[-1] > after
        if desk.ended and request.headers["Authorization"] != "Bearer fresh":
            raw = HTTPResponse(body=BytesIO(refusal.bytes), headers={}, status=refusal.status, preload_content=False)
            return stand.build_response(request, raw)
        return send(request, *args, **more)

    monkeypatch.setattr(stand, "send", answered)
    return came


PROBLEMS: dict[str, dict[float, tuple[type[Exception] | None, str]]] = {
    "azure": {
        0.3: (None, "Azure does not accept the credentials (ExpiredAuthenticationToken)"),
        0.6: (ClientAuthenticationError, "and give no new token (ClientAuthenticationError)"),
        0.9: (CredentialUnavailableError, "and give no new token (CredentialUnavailableError)"),
    },
    "gcp": {
        0.3: (None, "Google Cloud does not accept the credentials (ACCESS_TOKEN_EXPIRED)"),
        0.6: (RefreshError, "Google Cloud does not accept the credentials (RefreshError)"),
        0.9: (OAuthError, "Google Cloud does not accept the credentials (OAuthError)"),
    },
}
"""After which share of its requests the tokens of a scan end, what the desk says then, and what the command does."""
Scan = Callable[..., "tuple[Any, int]"]


@pytest.fixture(params=["azure", "gcp"])
def command(request: pytest.FixtureRequest) -> str:
    """Which cloud."""
    return str(request.param)


@pytest.fixture
def scan(command, request, monkeypatch, tierwise) -> Scan:
    """`scan(*options, desk, after)`: the command, with tokens of that desk, which end after so many requests; and how many came."""
    stand = request.getfixturevalue({"azure": "tenant", "gcp": "cloud"}[command])
    refusal = azure_error(401, "ExpiredAuthenticationToken") if command == "azure" else google_error(401, "ACCESS_TOKEN_EXPIRED")
    monkeypatch.setattr("tierwise.cli.live.utc_now", lambda: STARTED)

    def run(*options: str, desk: Desk, after: int) -> tuple[Any, int]:
        with monkeypatch.context() as during:
            during.setattr("azure.identity.DefaultAzureCredential", lambda **_: Azure(desk))
            during.setattr("google.auth.default", lambda **_: (Google(desk), PROJECT))
            came = ending(stand, refusal, desk, after, during)
            return tierwise("scan", command, *SCAN, *options), len(came)

    return run


def holding() -> Desk:
    """One whose tokens never end."""
    return Desk(None, renews=False)


def test_the_scan_stops_and_goes_on_to_the_same_end(scan, command, home):
    whole, requests = scan("--store", "whole.db", desk=holding(), after=_NEVER)
    assert whole.code == 0
    wanted = comparable((home / "scan.json").read_text())
    for point, (problem, words) in PROBLEMS[command].items():
        (home / "scan.json").unlink()
        kept = ("--store", f"{point}.db")
        ran, _ = scan(*kept, desk=Desk(problem, renews=False), after=int(requests * point))
        assert ran.code == 4, ran.err
        first, second, third = ran.err.splitlines()[:3]
        assert first.startswith(f"what was read is kept; go on with it: tierwise scan {command} ")
        assert second.startswith("error: ")
        assert words in second
        assert "login" in third
        assert not (home / "scan.json").exists()
        ran, _ = scan(*kept, "--resume", desk=holding(), after=_NEVER)
        assert ran.code == 0, ran.err
        assert differences(comparable((home / "scan.json").read_text()), wanted) == {}, point


def test_a_token_that_is_renewed_is_nobodys_concern(scan, home):
    whole, requests = scan("--store", "none", desk=holding(), after=_NEVER)
    wanted = comparable((home / "scan.json").read_text())
    ran, came = scan("--store", "none", desk=Desk(None, renews=True), after=requests // 2)
    assert (ran.code, ran.err) == (whole.code, whole.err)
    assert comparable((home / "scan.json").read_text()) == wanted
    assert came > requests


def test_where_nothing_is_kept_there_are_gaps(scan, home):
    _, requests = scan("--store", "none", desk=holding(), after=_NEVER)
    ran, _ = scan("--store", "none", desk=Desk(None, renews=False), after=requests // 2)
    assert ran.code == 3
    assert json.loads((home / "scan.json").read_text())["resources"]


@pytest.mark.parametrize("status", [401, 403])
def test_one_that_is_refused_one_thing_reads_the_rest(status, command, request, scan, home):
    if command == "azure":
        request.getfixturevalue("tenant").faults["/blobServices/default"] = azure_error(status, "Unauthorized")
    else:
        request.getfixturevalue("cloud").faults["storage/storage/v1/b/open/iam"] = google_error(status, "ACCESS_TOKEN_TYPE_UNSUPPORTED")
    ran, _ = scan("--store", "kept.db", desk=holding(), after=_NEVER)
    assert ran.code in (0, 3), ran.err
    assert json.loads((home / "scan.json").read_text())["resources"]
