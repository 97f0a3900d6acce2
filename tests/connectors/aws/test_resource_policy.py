"""Facts of a resource policy, from its text alone."""

import json

import pytest

from tierwise.connectors.aws.resource_policy import parsed_together, policies_facts, policy_fact_names, policy_facts
from tierwise.model.fact import FactSheet, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind

VIA = Provenance("sqs:GetQueueAttributes", "sqs:GetQueueAttributes")
ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:eu-west-2:{ACCOUNT}:q"


def text(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def facts(policy: str | None, kind: Kind = Kind.QUEUE, service: str = "sqs") -> dict:
    sheet = FactSheet()
    policy_facts(Known(policy, VIA), service, ACCOUNT, VIA, sheet, kind=kind)
    return sheet.facts


def value(found: dict, name: str):
    fact = found[name]
    assert isinstance(fact, Known), f"{name}: {fact}"
    return fact.value


def allow(principal, action="sqs:*", **condition):
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": QUEUE,
        **({"Condition": condition} if condition else {}),
    }


@pytest.mark.parametrize("none", [None, "", "{}", " {} "])
def test_without_a_policy_only_the_own_account_gets_in_over_any_network(none):
    found = facts(none)
    assert value(found, "access.anonymous_read") is False
    assert value(found, "access.anonymous_write") is False
    assert value(found, "access.external_principals") == frozenset()
    assert isinstance(found["access.external_conditioned"], NotApplicable)
    assert value(found, "transport.tls_required") is False
    assert value(found, "network.ingress_any") is True
    assert value(found, "network.private_endpoint") is False
    assert value(found, "network.public_endpoint") is True


def test_a_star_principal_lets_anyone_read_and_write():
    found = facts(text(allow("*")))
    assert value(found, "access.anonymous_read") is True
    assert value(found, "access.anonymous_write") is True


def test_a_star_principal_bound_to_the_own_account_lets_nobody_else_in():
    found = facts(text(allow({"AWS": "*"}, StringEquals={"AWS:SourceOwner": ACCOUNT})))
    assert value(found, "access.anonymous_read") is False
    assert value(found, "access.external_principals") == frozenset()


def test_another_account_is_external_and_its_condition_counts():
    plain = facts(text(allow({"AWS": "arn:aws:iam::999988887777:root"})))
    assert value(plain, "access.external_principals") == {"999988887777"}
    assert value(plain, "access.external_conditioned") is False
    bound = facts(text(allow({"AWS": "arn:aws:iam::999988887777:root"}, StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})))
    assert value(bound, "access.external_conditioned") is True


def test_a_denial_of_plaintext_requires_tls_and_one_of_other_networks_closes_the_endpoint():
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": QUEUE,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert value(facts(text(tls)), "transport.tls_required") is True
    network = {**tls, "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
    found = facts(text(network))
    assert value(found, "network.private_endpoint") is True
    assert value(found, "network.ingress_any") is False


def test_a_policy_that_could_not_be_read_leaves_all_it_decides_unknown():
    why = Unknown(UnknownReason.PERMISSION_DENIED, VIA, "AccessDenied")
    sheet = FactSheet()
    assert policy_facts(why, "sqs", ACCOUNT, VIA, sheet, kind=Kind.QUEUE) == ()
    assert {name for name, fact in sheet.facts.items() if fact == why} == policy_fact_names(Kind.QUEUE)


@pytest.mark.parametrize("broken", ["not json", '{"Statement": [{"Effect": "Perhaps"}]}', "[]"])
def test_a_text_that_is_no_policy_is_unparsable_and_not_closed(broken):
    found = facts(broken)
    for name in policy_fact_names(Kind.QUEUE):
        assert isinstance(found[name], Unknown), name
        assert found[name].reason is UnknownReason.UNPARSABLE


def test_only_facts_that_the_kind_lists_are_set():
    found = facts(None, Kind.KEY, "kms")
    assert "access.anonymous_write" not in found
    assert "transport.tls_required" not in found
    assert "network.ingress_any" in found
    assert set(facts(None, Kind.LOG_STORE, "logs")) == policy_fact_names(Kind.LOG_STORE)


def test_several_policies_count_together_so_that_a_denial_in_one_binds_the_others():
    sheet = FactSheet()
    texts = Known((text(allow("*")), text({**allow("*"), "Effect": "Deny"})), VIA)
    policies_facts(texts, "sqs", ACCOUNT, VIA, sheet, kind=Kind.QUEUE)
    assert value(sheet.facts, "access.anonymous_read") is False


def test_one_unparsable_policy_of_several_makes_the_whole_unknown():
    together = parsed_together(Known((text(allow("*")), "nonsense"), VIA), VIA)
    assert isinstance(together, Unknown)


def test_grants_keep_every_principal_and_what_is_excluded():
    sheet = FactSheet()
    policy = text(
        allow({"AWS": ["arn:aws:iam::1:role/a", "arn:aws:iam::2:role/b"]}, "sqs:SendMessage"),
        {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::3:root"}, "NotAction": "sqs:GetQueueUrl", "Resource": "*"},
    )
    grants = policy_facts(Known(policy, VIA), "sqs", ACCOUNT, VIA, sheet, kind=Kind.QUEUE)
    assert [(one.effect, one.principal, one.actions) for one in grants] == [
        ("Allow", "arn:aws:iam::1:role/a", ("sqs:SendMessage",)),
        ("Allow", "arn:aws:iam::2:role/b", ("sqs:SendMessage",)),
        ("Deny", "!arn:aws:iam::3:root", ("!sqs:GetQueueUrl",)),
    ]
