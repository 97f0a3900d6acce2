"""Sessions keep under a ceiling whatever the SDK tries again, give up endpoints that do not answer, and share few clients."""

from __future__ import annotations

import gc
import json
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectTimeoutError, CredentialRetrievalError, ReadTimeoutError
from botocore.loaders import Loader

from tests.connectors.aws.conftest import ACCOUNT, REGION
from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.collectors import declared_calls
from tierwise.connectors.aws.credentials import REVOKED, SKEWED, code_of, explained
from tierwise.connectors.aws.given_up import Breaker, GivenUpError
from tierwise.connectors.aws.read import Read
from tierwise.connectors.aws.session import _MOST_CLIENTS, _MOST_SESSIONS, _SWEPT, Access, Account, Lately, new_session
from tierwise.connectors.ceiling import Ceiling
from tierwise.model.content import Depth
from tierwise.model.fact import NOT_COLLECTED, Known, Unknown, UnknownReason

BUCKETS = Read("s3", "ListBuckets", "s3:ListAllMyBuckets")
DECLARED = frozenset({("s3", "ListBuckets"), ("sqs", "ListQueues")})


class Wire:
    """What each attempt of the SDK meets instead of a network: an error, a status, or the emulator."""

    def __init__(self, session: Any, answers: Callable[[int], Any]) -> None:
        self.answers, self.attempts = answers, 0
        session._session.get_component("event_emitter").register_first("before-send.*.*", self.send)

    def send(self, request: Any, **_: object) -> Any:
        self.attempts += 1
        answer = self.answers(self.attempts)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int | str):
            status, body = (400, f"<Error><Code>{answer}</Code></Error>".encode()) if isinstance(answer, str) else (answer, b"")
            return AWSResponse(request.url, status, {}, SimpleNamespace(stream=lambda: [body], read=lambda: body))
        return None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK waits for nothing between attempts."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


def caller(session: Any, access: Access, **more: Any) -> Caller:
    account = Account(lambda: session, access)

    def once(_name: str, make: Any) -> Any:
        return make()

    return Caller(ACCOUNT, REGION, "aws", lambda name: account.client(name, REGION), lambda: NOT_COLLECTED, None, once, once, **more)


def test_what_the_sdk_tries_again_counts_for_the_ceiling(aws: Any, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def wait(self: Ceiling) -> None:
        waited.append(self.per_second)

    monkeypatch.setattr(Ceiling, "wait", wait)
    wire = Wire(session := new_session(region=REGION), lambda attempt: 503 if attempt < 4 else None)
    assert isinstance(caller(session, Access(DECLARED)).ask(BUCKETS), Known)
    assert wire.attempts == len(waited) == 4


def test_in_no_second_a_service_gets_more_than_its_share() -> None:
    now, sent = [0.0], []
    made = Account(list, Access(DECLARED, ceiling=80))._ceiling("sqs")
    made.clock, made.sleep = (lambda: now[0]), (lambda seconds: now.__setitem__(0, now[0] + seconds))
    for number in range(60):
        if number == 30:
            now[0] += 5
        made.wait()
        sent.append(now[0])
    assert max(sum(start <= one < start + 1 for one in sent) for start in sent) in (10, 11)
    assert sent[29] < 3.5


def test_an_endpoint_that_does_not_answer_is_given_up_for_all_accounts(aws: Any, quick: None) -> None:
    access = Access(DECLARED, ceiling=0)
    wire = Wire(session := new_session(region=REGION), lambda _: ConnectTimeoutError(endpoint_url="https://s3"))
    answers = [caller(session, access).ask(BUCKETS) for _ in range(5)]
    assert wire.attempts == 3 * 5
    assert [one.detail for one in answers if isinstance(one, Unknown)][2:] == [
        "ConnectTimeoutError",
        *["the endpoint did not answer 3 calls in a row, and was not asked again"] * 2,
    ]
    # Another service of the region answers.
    assert isinstance(caller(new_session(region=REGION), access).ask(Read("sqs", "ListQueues", "sqs:ListQueues")), Known)


def test_credentials_that_are_refused_three_times_in_a_row_are_used_no_more_and_one_answer_clears_them(aws: Any, quick: None) -> None:
    access, answers = Access(DECLARED, ceiling=0), iter([*["ExpiredToken"] * 2, None, *["ExpiredToken"] * 9])
    wire = Wire(session := new_session(region=REGION), lambda _: next(answers))
    own = Account(lambda: session, access, own=True)
    asking = replace(caller(session, access), client=lambda service: own.client(service, REGION))
    told = [(isinstance(asking.ask(BUCKETS), Unknown), own.lapsed) for _ in range(8)]
    assert told == [(True, "ExpiredToken")] * 2 + [(False, "")] + [(True, "ExpiredToken")] * 5
    assert wire.attempts == 6
    # Of another account, which a role has opened, the same answer says nothing of the caller.
    other = Access(DECLARED, ceiling=0)
    Wire(session := new_session(region=REGION), lambda _: "ExpiredToken")
    assert isinstance(caller(session, other).ask(BUCKETS), Unknown)
    assert other.credentials.code == ""


def test_a_key_that_a_region_has_taken_is_revoked_where_it_is_refused_there_and_only_there(aws: Any, quick: None) -> None:
    access, answers = Access(DECLARED, ceiling=0), iter(["InvalidAccessKeyId", None, "InvalidAccessKeyId", "InvalidAccessKeyId"])
    Wire(session := new_session(region=REGION), lambda _: next(answers))
    own = Account(lambda: session, access, own=True)
    asking = replace(caller(session, access), client=lambda service: own.client(service, REGION))
    elsewhere = replace(asking, client=lambda service: own.client(service, "ap-east-1"))
    told = [one.detail if isinstance(one, Unknown) else "" for one in (ask.ask(BUCKETS) for ask in (asking, asking, elsewhere, asking))]
    assert told == ["InvalidAccessKeyId", "", "InvalidAccessKeyId", REVOKED]
    assert own.lapsed == REVOKED


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (CredentialRetrievalError(provider="custom-process", error_msg="signed out"), "CredentialRetrievalError"),
        (ClientError({"Error": {"Code": "ExpiredTokenException"}}, "AssumeRoleWithWebIdentity"), "ExpiredTokenException"),
        (ClientError({"Error": {"Code": "InvalidIdentityToken"}}, "AssumeRoleWithWebIdentity"), "InvalidIdentityToken"),
        (ConnectTimeoutError(endpoint_url="https://s3"), ""),
    ],
)
def test_credentials_that_cannot_be_renewed_have_ended_and_an_endpoint_that_is_away_says_nothing_of_them(aws, quick, problem, code):
    access = Access(DECLARED, ceiling=0)
    Wire(session := new_session(region=REGION), lambda _: problem)
    own = Account(lambda: session, access, own=True)
    asking = replace(caller(session, access), client=lambda service: own.client(service, REGION))
    assert isinstance(asking.ask(BUCKETS), Unknown)
    assert own.lapsed == code
    assert "renew" in explained(code) or not code


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"Code": "SignatureDoesNotMatch", "Message": "Signature expired: 20260623T120000Z is now earlier than 20260623T121500Z"}, SKEWED),
        ({"Code": "InvalidSignatureException", "Message": "Signature not yet current: 20260627T150000Z is still later than"}, SKEWED),
        ({"Code": "SignatureDoesNotMatch", "Message": "The request signature we calculated does not match"}, "SignatureDoesNotMatch"),
        ({"Code": "RequestExpired"}, SKEWED),
        ({}, ""),
    ],
)
def test_a_clock_that_is_wrong_is_told_from_a_key_that_is(error: dict[str, str], said: str) -> None:
    assert code_of(error) == said
    assert ("clock" in explained(said)) == (said in (SKEWED, "SignatureDoesNotMatch"))
    assert len(explained(said).splitlines()) <= 6


def test_an_endpoint_is_tried_again_after_a_while_and_an_answer_clears_it() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    hung = ReadTimeoutError(endpoint_url="https://s3")
    for _ in range(2):
        breaker.failed("s3", REGION, hung)
    breaker.failed("s3", REGION, ValueError())
    breaker.check("s3", REGION)
    breaker.answered("s3", REGION)
    for _ in range(3):
        breaker.failed("s3", REGION, hung)
    with pytest.raises(GivenUpError):
        breaker.check("s3", REGION)
    breaker.check("s3", "us-east-1")
    now[0] = 121
    breaker.check("s3", REGION)
    with pytest.raises(GivenUpError):
        breaker.check("s3", REGION)


def test_a_unit_whose_time_is_over_makes_no_more_calls_and_says_why(aws: Any) -> None:
    late = caller(new_session(region=REGION), Access(DECLARED, ceiling=0), until=time.monotonic() - 1)
    answer = late.ask(BUCKETS)
    assert isinstance(answer, Unknown)
    assert (answer.reason, answer.detail) == (UnknownReason.API_ERROR, "the time that one unit may take was over")
    with pytest.raises(ListingFailedError) as raised:
        list(late.listing(BUCKETS, "Buckets"))
    assert raised.value.gap.detail == answer.detail


def test_accounts_share_few_clients(aws: Any) -> None:
    access = Access(DECLARED, ceiling=0)
    first, second = (Account(partial(new_session, region=REGION), access) for _ in range(2))
    assert first.client("sqs", REGION) is first.client("sqs", REGION)
    assert first.client("sqs", REGION) is not second.client("sqs", REGION)
    for number in range(_MOST_CLIENTS + 1):
        access.clients.put((number, "sqs", REGION), second)
    assert len(access.clients._kept) == _MOST_CLIENTS


def test_an_account_that_is_not_asked_any_more_keeps_no_session(aws: Any) -> None:
    access, made = Access(DECLARED, ceiling=0), []

    def session() -> Any:
        made.append(new_session(region=REGION))
        return made[-1]

    accounts = [Account(session, access) for _ in range(_MOST_SESSIONS + 1)]
    assert not made
    for one in accounts:
        assert one.client("sqs", REGION) is one.client("sqs", REGION)
        assert one.client("s3", REGION).list_buckets()["Buckets"] == []
    assert len(made) == len(accounts)
    forgotten = [weakref.ref(one) for one in made]
    made.clear()
    gc.collect()
    assert [one() is not None for one in forgotten] == [False, *[True] * _MOST_SESSIONS]
    accounts[0].client("s3", "us-east-1")
    assert len(made) == 1


class Ring:
    """What reference counts alone never free, like the class and the model of a client."""

    def __init__(self) -> None:
        self.own = self


def test_what_is_left_of_dropped_clients_does_not_grow_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    lately, made, held = Lately(2), list[weakref.ref[Ring]](), list[int]()
    # The collector does not come round by itself, and nothing of this process is set aside for good.
    monkeypatch.setattr(gc, "freeze", lambda: None)
    gc.disable()
    try:
        for number in range(4 * _SWEPT):
            one = Ring()
            made.append(weakref.ref(one))
            lately.put(number, one)
            held.append(sum(ring() is not None for ring in made))
    finally:
        gc.enable()
    assert max(held) <= 2 + _SWEPT


def test_a_session_knows_of_each_service_what_is_called_as_the_whole_model_has_it() -> None:
    calls = declared_calls(Depth.CONTENT)
    # Another set of calls is another loader, with models that no client has rewritten: the SDK does, in place.
    loader = new_session(calls=calls | {("sts", "GetSessionToken")})._session.get_component("data_loader")
    whole = Loader()
    for service in {service for service, _ in calls}:
        model, known = whole.load_service_model(service, "service-2"), loader.load_service_model(service, "service-2")
        if service == "sts":
            assert known == model
            continue
        assert known["operations"].keys() == {name for of, name in calls if of == service}
        for part in ("operations", "shapes"):
            for name, one in known[part].items():
                assert json.loads(json.dumps(one), object_hook=_without_words) == json.loads(
                    json.dumps(model[part][name]), object_hook=_without_words
                )
        named = {one["shape"] for one in _objects(known) if isinstance(one.get("shape"), str)}
        assert named == known["shapes"].keys()
    held = [key for key in map(str, loader._cache) if ("load_service_model" in key and "'service-2'" in key) or "/service-2'" in key]
    assert held
    assert all("sts" in key for key in held), held


def _without_words(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if not (name == "documentation" and isinstance(value, str))}


def _objects(part: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def take(one: dict[str, Any]) -> dict[str, Any]:
        found.append(one)
        return one

    json.loads(json.dumps(part), object_hook=take)
    return found
