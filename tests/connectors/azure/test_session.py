from __future__ import annotations

import pytest
from azure.core.exceptions import ClientAuthenticationError

from tests.connectors.azure.cloud import SUBSCRIPTION, Cloud, Credential, Reply, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS, STARTED
from tierwise.connectors.azure.calls import Caller, answered
from tierwise.connectors.azure.collectors import declared_calls
from tierwise.connectors.azure.directory import GUESTS
from tierwise.connectors.azure.guard import Guard, UndeclaredCallError
from tierwise.connectors.azure.place import Place
from tierwise.connectors.azure.session import ENDPOINTS, Arm
from tierwise.model.fact import NOWHERE, Known, Unknown, UnknownReason

PERMISSIONS = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions"


def arm(cloud: Cloud, credential: Credential | None = None, ceiling: float = 0.0) -> Arm:
    made = Guard(ENDPOINTS["public"], declared_calls())
    return Arm(credential or Credential(), made, ceiling=ceiling, transport=cloud.transport())


def test_a_token_is_asked_for_once_and_goes_to_the_one_host():
    cloud, credential = Cloud(), Credential()
    made = arm(cloud, credential)
    made.get(PERMISSIONS)
    made.get(PERMISSIONS)
    assert credential.scopes == ["https://management.azure.com/.default"]
    assert cloud.hosts == {"management.azure.com"}
    assert cloud.tokens == {"Bearer token"}


def test_an_undeclared_call_is_stopped_before_the_wire():
    cloud = Cloud()
    with pytest.raises(UndeclaredCallError):
        arm(cloud).get(f"/subscriptions/{SUBSCRIPTION}/resourceGroups")
    assert cloud.calls == []


def test_a_redirect_is_not_followed():
    cloud = Cloud()
    cloud.faults[PERMISSIONS] = Reply(307, {}, {"Location": "https://evil.example/"})
    assert arm(cloud).get(PERMISSIONS).status == 307
    assert len(cloud.calls) == 1


def test_throttling_is_waited_for_as_long_as_azure_says():
    cloud = Cloud()
    cloud.faults[PERMISSIONS] = lambda times: error(429, "TooManyRequests", Retry_After="17") if times < 3 else None
    assert arm(cloud).get(PERMISSIONS).status == 200
    assert cloud.slept == [17, 17]


@pytest.mark.parametrize(("left", "waits"), [("0", [1.0]), ("1", [])])
def test_a_subscription_of_which_no_read_is_left_is_given_a_moment(left, waits):
    cloud = Cloud()
    headers = {"x-ms-ratelimit-remaining-subscription-reads": left}
    cloud.faults[PERMISSIONS] = lambda times: Reply(200, {"value": []}, headers if times == 1 else {})
    made = arm(cloud)
    for path in (PERMISSIONS, PERMISSIONS.replace(SUBSCRIPTION, "another"), PERMISSIONS, PERMISSIONS):
        made.get(path)
    assert cloud.slept == waits


def test_a_wait_that_is_not_sensible_is_not_waited_for():
    cloud = Cloud()
    cloud.faults[PERMISSIONS] = error(429, "TooManyRequests", Retry_After="86400")
    assert arm(cloud).get(PERMISSIONS).status == 429
    assert (len(cloud.calls), cloud.slept) == (1, [])


@pytest.mark.parametrize("status", [403, 404, 409])
def test_what_was_denied_or_is_not_there_is_asked_once(status):
    cloud = Cloud()
    cloud.faults[PERMISSIONS] = error(status, "No", Retry_After="1")
    assert arm(cloud).get(PERMISSIONS).status == status
    assert len(cloud.calls) == 1


class Closing(Credential):
    """Gives no more token for the hosts that it is told to close."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = ""

    def get_token_info(self, *scopes, options=None):
        if self.closed and self.closed in scopes[0]:
            raise ClientAuthenticationError("closed")
        return super().get_token_info(*scopes, options=options)


def test_a_directory_that_never_let_the_credentials_in_is_closed_and_one_that_did_tells_that_they_have_ended():
    cloud, credential = Cloud(), Closing()
    made = arm(cloud, credential)
    caller = Caller(Place(""), made, STARTED)
    credential.closed = "graph.microsoft.com"
    for _ in range(4):
        answer = caller.look_up(GUESTS)
        assert isinstance(answer, Unknown)
        assert answer.detail == "ClientAuthenticationError"
    assert made.lapsed == ""
    credential.closed = ""
    assert isinstance(caller.look_up(GUESTS), Known)
    cloud.faults["/v1.0/users"] = error(401, "InvalidAuthenticationToken")
    assert isinstance(caller.look_up(GUESTS), Unknown)
    assert made.lapsed == "InvalidAuthenticationToken"
    cloud.faults.clear()
    # An answer clears it: tokens may be late for one call.
    assert isinstance(caller.look_up(GUESTS), Known)
    assert made.lapsed == ""


def test_where_azure_resource_manager_takes_the_credentials_no_more_nobody_is_asked_with_them():
    cloud, credential = Cloud(), Closing()
    made = arm(cloud, credential)
    answered(made, lambda: made.get(PERMISSIONS), NOWHERE)
    credential.closed = "management.azure.com"
    cloud.faults[PERMISSIONS] = error(401, "ExpiredAuthenticationToken")
    for _ in range(3):
        answered(made, lambda: made.get(PERMISSIONS), NOWHERE)
    calls = len(cloud.calls)
    assert answered(made, lambda: made.get(PERMISSIONS), NOWHERE) == Unknown(UnknownReason.API_ERROR, NOWHERE, "ClientAuthenticationError")
    assert isinstance(Caller(Place(""), made, STARTED).look_up(GUESTS), Unknown)
    assert len(cloud.calls) == calls


def test_a_failing_server_is_asked_a_few_times():
    cloud = Cloud()
    cloud.faults[PERMISSIONS] = error(503, "ServerBusy")
    assert arm(cloud).get(PERMISSIONS).status == 503
    assert 1 < len(cloud.calls) <= 5


def test_the_quota_of_resource_graph_is_waited_for():
    cloud = Cloud()
    made = arm(cloud)
    body = {"query": "resources | where type in~ ('a') | project id, name | order by id asc", "options": {"$top": 1}}
    cloud.faults["/providers/Microsoft.ResourceGraph"] = lambda times: Reply(
        body={"data": []}, headers={"x-ms-user-quota-remaining": "0" if times == 1 else "9", "x-ms-user-quota-resets-after": "00:00:04"}
    )
    for _ in range(3):
        made.query(body, "2022-10-01")
    assert cloud.slept == [4.0]


def test_reads_keep_to_the_ceiling_after_a_burst():
    cloud = Cloud()
    made = arm(cloud, ceiling=0.1)
    for _ in range(3):
        made.get(PERMISSIONS)
    assert len(cloud.slept) == 2
    assert max(cloud.slept) > 9


@pytest.mark.parametrize(
    ("fault", "reason", "detail"),
    [
        (error(403, "AuthorizationFailed"), UnknownReason.PERMISSION_DENIED, "AuthorizationFailed"),
        (error(429, "TooManyRequests", Retry_After="0"), UnknownReason.THROTTLED, "TooManyRequests"),
        (error(404, "ResourceNotFound"), UnknownReason.API_ERROR, "ResourceNotFound"),
        (error(409, "Conflict"), UnknownReason.API_ERROR, "Conflict"),
        (error(400, "NoRegisteredProviderFound"), UnknownReason.NOT_SUPPORTED, "NoRegisteredProviderFound"),
        (error(500, "a name@example.org"), UnknownReason.API_ERROR, "HTTP 500"),
        (Reply(502, raw=b"<html>"), UnknownReason.API_ERROR, "HTTP 502"),
        (Reply(200, raw=b""), UnknownReason.UNPARSABLE, "the answer is empty"),
        (Reply(200, raw=b'{"properties": {"isVers'), UnknownReason.UNPARSABLE, "the answer is no JSON"),
        (Reply(200, raw=b"[" * 100_000), UnknownReason.UNPARSABLE, "the answer is no JSON"),
        (Reply(200, raw=b"\xff\xfe"), UnknownReason.UNPARSABLE, "the answer is no JSON"),
        (Reply(200, body=[]), UnknownReason.UNPARSABLE, "the answer is no JSON object"),
    ],
)
def test_a_failed_read_is_unknown_with_its_reason_and_no_message(collect, fault, reason, detail):
    cloud = Cloud([row("Microsoft.Storage/storageAccounts", "a", {}, kind="StorageV2")])
    cloud.faults["/blobservices/default"] = fault
    (found,) = collect(cloud, ALL_FACTS, services=("storage",)).values()
    fact = found.facts["recovery.versioning"]
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.detail) == (reason, detail)
    assert fact.via.action == "Microsoft.Storage/storageAccounts/blobServices/read"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/subscriptions/s/containers",
        "http://management.azure.com/subscriptions/s",
        "/subscriptions/s/resourcegroups/g/providers/microsoft.storage/storageaccounts/a/listkeys",
        "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/listKeys",
    ],
)
def test_a_next_page_elsewhere_is_not_fetched_and_a_part_is_not_the_whole(collect, link):
    cloud = Cloud([row("Microsoft.Storage/storageAccounts", "a", {}, kind="StorageV2")])
    cloud.faults["/containers"] = {"value": [{"name": "one", "properties": {"publicAccess": "None"}}], "nextLink": link}
    (found,) = collect(cloud, ALL_FACTS, services=("storage",)).values()
    assert found.facts["access.anonymous_read"].reason is UnknownReason.UNPARSABLE
    assert cloud.hosts == {"management.azure.com"}
    assert cloud.asked("/listkeys") == 0


def test_the_next_page_is_read_and_a_circle_is_not(collect):
    cloud = Cloud([row("Microsoft.Storage/storageAccounts", "a", {"allowBlobPublicAccess": True}, kind="StorageV2")])
    home = f"https://management.azure.com{named('Microsoft.Storage/storageAccounts', 'a')}/blobServices/default/containers?$skipToken=2"
    pages = [
        {"value": [{"name": "one", "properties": {"publicAccess": "None"}}], "nextLink": home},
        {"value": [{"name": "two", "properties": {"publicAccess": "Blob"}}]},
    ]
    cloud.faults["/containers"] = lambda times: pages[min(times, 2) - 1]
    (found,) = collect(cloud, ALL_FACTS, services=("storage",)).values()
    assert found.facts["access.anonymous_read"] == Known(True, found.facts["access.anonymous_read"].via)
    circle = Cloud(cloud.rows[2:])
    circle.faults["/containers"] = {"value": [], "nextLink": home}
    (found,) = collect(circle, ALL_FACTS, services=("storage",)).values()
    assert found.facts["access.anonymous_read"].reason is UnknownReason.UNPARSABLE
