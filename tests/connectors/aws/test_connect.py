from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import ClientError

from tests.connectors.aws.conftest import ACCOUNT, REGION
from tierwise.config import AwsConfig
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.connect import open_accounts
from tierwise.connectors.base import Unit
from tierwise.errors import CredentialsError, UsageError
from tierwise.model.fact import Known, Unknown
from tierwise.model.resource import ALL_KINDS, Gap, Resource

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROLE_A, ROLE_B = "arn:aws:iam::111111111111:role/tierwise", "arn:aws:iam::222222222222:role/tierwise"


def failing(monkeypatch: pytest.MonkeyPatch, operation: str, code: str, *, only: str = "") -> None:
    """Makes an operation fail with an error code, for requests whose parameters hold `only`."""
    real = Caller.ask

    def ask(self: Caller, read: Any, resource: str = "", **params: object) -> Any:
        if read.operation == operation and only in str(params):

            class _Client:
                def __getattr__(self, name: str) -> Any:
                    def call(**_: object) -> None:
                        raise ClientError({"Error": {"Code": code, "Message": ""}}, operation)

                    return call

            broken = Caller(self.account, self.region, self.partition, lambda _: _Client(), self.tags, self.now, self.once, self.once)
            return real(broken, read, resource, **params)
        return real(self, read, resource, **params)

    monkeypatch.setattr(Caller, "ask", ask)


def flat(items: Any) -> list[Any]:
    return [one for item in items for one in (flat(item.run()) if isinstance(item, Unit) else [item])]


def test_the_callers_own_account_is_scanned_where_no_role_is_named(aws: Any) -> None:
    (source,) = open_accounts(AwsConfig(regions=(REGION,), services=("account",)), NOW)
    assert source.name == f"aws:{ACCOUNT}"
    (account,) = [item for item in flat(source.survey()) if isinstance(item, Resource)]
    assert account.id == f"arn:aws:iam::{ACCOUNT}:root"


def test_each_role_is_a_source_of_its_own(aws: Any) -> None:
    sources = open_accounts(AwsConfig(role_arns=(ROLE_A, ROLE_B), regions=(REGION,), services=("account",)), NOW)
    assert [source.name for source in sources] == ["aws:111111111111", "aws:222222222222"]
    listed = [item.account for source in sources for item in flat(source.survey()) if isinstance(item, Resource)]
    assert listed == ["111111111111", "222222222222"]


def test_accounts_are_chosen_by_their_id(aws: Any) -> None:
    options = AwsConfig(role_arns=(ROLE_A, ROLE_B), accounts=("222222222222",))
    assert [source.name for source in open_accounts(options, NOW)] == ["aws:222222222222"]
    with pytest.raises(UsageError, match="333333333333 cannot be reached: no --role-arn names it"):
        open_accounts(AwsConfig(role_arns=(ROLE_A,), accounts=("111111111111", "333333333333")), NOW)
    with pytest.raises(UsageError, match=f"the credentials belong to {ACCOUNT}"):
        open_accounts(AwsConfig(accounts=("333333333333",)), NOW)


def test_a_role_that_cannot_be_assumed_is_a_gap_of_its_account_alone(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "AssumeRole", "AccessDenied", only="222222222222")
    first, second = open_accounts(AwsConfig(role_arns=(ROLE_A, ROLE_B)), NOW)
    assert first.name == "aws:111111111111"
    (gap,) = flat(second.survey())
    assert isinstance(gap, Gap)
    assert (gap.account, gap.reason, gap.action, gap.kinds) == ("222222222222", "permission-denied", "sts:AssumeRole", ALL_KINDS)
    assert list(second.details({})) == []


def test_no_usable_role_is_an_error_that_names_them(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "AssumeRole", "AccessDenied")
    with pytest.raises(CredentialsError) as raised:
        open_accounts(AwsConfig(role_arns=(ROLE_A, ROLE_B)), NOW)
    text = str(raised.value)
    assert ROLE_A in text
    assert "--external-id" in text
    assert len(text.splitlines()) <= 6
    assert raised.value.exit_code == 4


def test_roles_are_assumed_under_a_fixed_name_with_the_external_id(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, object]] = []
    real = Caller.ask

    def ask(self: Caller, read: Any, resource: str = "", **params: object) -> Any:
        seen.append({"operation": read.operation, **params})
        return real(self, read, resource, **params)

    monkeypatch.setattr(Caller, "ask", ask)
    open_accounts(AwsConfig(role_arns=(ROLE_A,), external_id="x1"), NOW)
    assert seen[1] == {"operation": "AssumeRole", "RoleArn": ROLE_A, "RoleSessionName": "tierwise-scan", "ExternalId": "x1"}


def test_credentials_of_a_role_renew_themselves_and_fail_as_unknown_facts(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Caller.ask

    def short_lived(self: Caller, read: Any, resource: str = "", **params: object) -> Any:
        answer = real(self, read, resource, **params)
        if read.operation == "AssumeRole" and isinstance(answer, Known) and answer.value:
            soon = datetime.now(UTC) + timedelta(seconds=1)
            return Known({**answer.value, "Credentials": {**answer.value["Credentials"], "Expiration": soon}}, answer.via)
        return answer

    monkeypatch.setattr(Caller, "ask", short_lived)
    (source,) = open_accounts(AwsConfig(role_arns=(ROLE_A,), regions=(REGION,), services=("account",)), NOW)
    monkeypatch.setattr(Caller, "ask", real)
    failing(monkeypatch, "AssumeRole", "AccessDenied")
    (account,) = [item for item in flat(source.survey()) if isinstance(item, Resource)]
    blocked = account.facts["account.public_access_blocked"]
    assert isinstance(blocked, Unknown)
    assert blocked.detail == "CredentialRetrievalError"


def test_credentials_that_are_over_by_this_machines_clock_are_told_as_a_wrong_clock(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Caller.ask

    def over(self: Caller, read: Any, resource: str = "", **params: object) -> Any:
        answer = real(self, read, resource, **params)
        if read.operation == "AssumeRole" and isinstance(answer, Known) and answer.value and "222222222222" in str(params):
            ended = datetime.now(UTC) - timedelta(seconds=1)
            return Known({**answer.value, "Credentials": {**answer.value["Credentials"], "Expiration": ended}}, answer.via)
        return answer

    monkeypatch.setattr(Caller, "ask", over)
    _first, second = open_accounts(AwsConfig(role_arns=(ROLE_A, ROLE_B)), NOW)
    (gap,) = [one for one in flat(second.survey()) if isinstance(one, Gap)]
    assert (gap.account, gap.reason) == ("222222222222", "api-error")
    assert "set the clock" in gap.detail


def test_credentials_that_expire_while_the_scan_runs_are_fetched_anew(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, assumed = Caller.ask, []

    def short_lived(self: Caller, read: Any, resource: str = "", **params: object) -> Any:
        answer = real(self, read, resource, **params)
        if read.operation == "AssumeRole" and isinstance(answer, Known) and answer.value:
            assumed.append(params["RoleArn"])
            soon = datetime.now(UTC) + timedelta(seconds=1)
            return Known({**answer.value, "Credentials": {**answer.value["Credentials"], "Expiration": soon}}, answer.via)
        return answer

    monkeypatch.setattr(Caller, "ask", short_lived)
    (source,) = open_accounts(AwsConfig(role_arns=(ROLE_A,), regions=(REGION,), services=("account",)), NOW)
    (account,) = [item for item in flat(source.survey()) if isinstance(item, Resource)]
    assert isinstance(account.facts["account.public_access_blocked"], Known)
    assert len(assumed) > 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredToken", ("expired", "aws sso login")),
        ("InvalidClientTokenId", ("does not accept", "get-caller-identity")),
        ("SignatureDoesNotMatch", ("does not accept", "clock is wrong")),
        ("RequestExpired", ("time", "clock")),
        ("SomethingNew", ("cannot be used (SomethingNew)", "get-caller-identity")),
    ],
)
def test_credentials_that_aws_refuses_are_explained_with_a_way_out(
    aws: Any, monkeypatch: pytest.MonkeyPatch, code: str, words: tuple[str, str]
) -> None:
    failing(monkeypatch, "GetCallerIdentity", code)
    with pytest.raises(CredentialsError) as raised:
        open_accounts(AwsConfig(), NOW)
    text = str(raised.value)
    assert all(word in text for word in words), text
    assert len(text.splitlines()) <= 6


def test_no_credentials_at_all_say_where_they_were_looked_for(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialsError, match="no AWS credentials found"):
        open_accounts(AwsConfig(), NOW)


def test_a_profile_that_does_not_exist_is_named_as_the_cause(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(CredentialsError, match="AWS_PROFILE"):
        open_accounts(AwsConfig(), NOW)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (AwsConfig(regions=("eu-west2",)), "unknown region 'eu-west2'; did you mean 'eu-west-2'"),
        (AwsConfig(regions=("us-gov-west-1",)), "unknown region 'us-gov-west-1' in partition aws"),
        (AwsConfig(services=("s33",)), "unknown service 's33'; did you mean 's3'"),
        (AwsConfig(role_arns=("tierwise",)), "is not a role; write arn:aws:iam::123456789012:role/NAME"),
        (AwsConfig(role_arns=(ROLE_A, ROLE_A + "2")), "two roles in account 111111111111"),
        (AwsConfig(accounts=("my-account",)), "is not an account id"),
        (AwsConfig(external_id="x", accounts=("1" * 12,), role="tierwise"), "--external-id is no id that AWS would take: it has 2 to 1224"),
        (AwsConfig(external_id="a b", organization=True), "--external-id is no id that AWS would take"),
    ],
)
def test_a_name_that_does_not_exist_is_a_usage_error_with_the_nearest_one(
    aws: Any, monkeypatch: pytest.MonkeyPatch, options: AwsConfig, words: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with pytest.raises(UsageError) as raised:
        open_accounts(options, NOW)
    assert words in str(raised.value)
    assert raised.value.exit_code == 2


def test_region_names_are_checked_without_a_call(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    real = botocore.endpoint.Endpoint.make_request

    def counted(self: Any, operation_model: Any, request: Any) -> Any:
        calls.append(operation_model.name)
        return real(self, operation_model, request)

    monkeypatch.setattr(botocore.endpoint.Endpoint, "make_request", counted)
    open_accounts(AwsConfig(regions=(REGION,)), NOW)
    assert calls == ["GetCallerIdentity"]
