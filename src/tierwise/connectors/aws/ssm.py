"""Parameters of the Systems Manager Parameter Store that are kept as secrets; their values are never asked for.

Only parameters of type SecureString are listed. `String` and `StringList` are the service's own words for configuration that is kept in
plain text and shown by every reading call; they are not stores of data, and a listing of thousands of them would bury the secrets.
"""

from __future__ import annotations

from collections.abc import Iterator

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.gather import gather
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.resource_policy import policies_facts, policy_fact_names, policy_grants
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Evidence, Grant, Kind, Link, Resource


def _policies(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    tier = field_of(draft.doc(LIST), "Tier", absent="Standard")
    if tier == Known("Standard", LIST.via):
        # Only advanced parameters can be shared (User Guide, "Working with shared parameters in Parameter Store").
        return Known({"Policies": []}, LIST.via)
    return gather(caller, POLICIES, "Policies", ResourceArn=draft.resource.id)


LIST = Read("ssm", "DescribeParameters", "ssm:DescribeParameters", kinds=frozenset({Kind.SECRET}), links=True)
POLICIES = Read("ssm", "GetResourcePolicies", "ssm:GetResourcePolicies", Stage.DETAIL, policy_fact_names(Kind.SECRET), make=_policies)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the secret parameters of one region."""
    only = [{"Key": "Type", "Values": ["SecureString"]}]
    for item in caller.listing(LIST, "Parameters", ParameterFilters=only):
        name = str(item["Name"])
        arn = str(item.get("ARN") or f"arn:{caller.partition}:ssm:{caller.region}:{caller.account}:parameter/{name.removeprefix('/')}")
        resource = Resource(
            arn,
            Kind.SECRET,
            "ssm.parameter",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=caller.tags_of(arn),
            aliases=(name,),
            evidence=Evidence(str(item.get("Description") or "")),
        )
        yield Draft(resource, {LIST.operation: Known(item, LIST.via), keys.ALIASES: keys.aliases(caller)})


def links(draft: Draft) -> tuple[Link, ...]:
    """The parameter's key."""
    key = field_of(draft.doc(LIST), "KeyId")
    return () if isinstance(key, Unknown) else keys.key_links(key.value)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a parameter that its documents so far allow."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, "Systems Manager User Guide, SecureString parameters are encrypted with a KMS key")
    key = field_of(draft.doc(LIST), "KeyId")
    # Without a key of one's own, SecureString uses the AWS managed key aws/ssm (API Reference, PutParameter, KeyId).
    sheet.put(
        "encryption.key_custody",
        key if isinstance(key, Unknown) else keys.custody(key.value, draft.docs, LIST.via, without="provider-managed"),
    )
    sheet.constant("recovery.soft_delete_days", 0, "Systems Manager API Reference, DeleteParameter: deletion is immediate")
    policies_facts(_texts(draft), "ssm", draft.resource.account, POLICIES.via, sheet, kind=Kind.SECRET)
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the parameter's policies, as evidence."""
    texts = _texts(draft)
    return () if isinstance(texts, Unknown) else tuple(one for text in texts.value for one in policy_grants(Known(text), POLICIES.via))


def _texts(draft: Draft) -> Maybe[tuple[str, ...]]:
    policies = field_of(draft.doc(POLICIES), "Policies", absent=())
    return policies if isinstance(policies, Unknown) else Known(tuple(str(one.get("Policy", "")) for one in policies.value), policies.via)


COLLECTOR = Collector("ssm", (LIST, keys.LIST_ALIASES, POLICIES), survey, facts, links, grants)
