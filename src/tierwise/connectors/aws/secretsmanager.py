"""Secrets of Secrets Manager; their values are never asked for.

What `not configured` means here: without `KmsKeyId` a secret is encrypted under the AWS managed key aws/secretsmanager (Secrets Manager API
Reference, SecretListEntry). Secrets whose deletion is scheduled are not listed: they can no longer be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.aws.resource_policy import policy_fact_names, policy_facts, policy_grants, policy_text
from tierwise.connectors.declared import Draft, Stage, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Unknown, UnknownReason
from tierwise.model.resource import Evidence, Grant, Kind, Link, Rel, Resource


def _secret(draft: Draft) -> Mapping[str, Any]:
    return {"SecretId": draft.resource.id}


LIST = Read("secretsmanager", "ListSecrets", "secretsmanager:ListSecrets", kinds=frozenset({Kind.SECRET}), links=True)
POLICY = Read(
    "secretsmanager",
    "GetResourcePolicy",
    "secretsmanager:GetResourcePolicy",
    Stage.DETAIL,
    policy_fact_names(Kind.SECRET),
    params=_secret,
)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the secrets of one region."""
    for item in caller.listing(LIST, "SecretList"):
        arn, name = str(item["ARN"]), str(item.get("Name", ""))
        resource = Resource(
            arn,
            Kind.SECRET,
            "secretsmanager.secret",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=Known(tag_map(item.get("Tags") or ()), LIST.via),
            aliases=(name,),
            evidence=Evidence(str(item.get("Description") or "")),
        )
        yield Draft(resource, {LIST.operation: Known(item, LIST.via), keys.ALIASES: keys.aliases(caller)})


def links(draft: Draft) -> tuple[Link, ...]:
    """The secret's key, and the secret of which it is a replica in this region."""
    item = field_of(draft.doc(LIST))
    if isinstance(item, Unknown):
        return ()
    found = list(keys.key_links(item.value.get("KmsKeyId")))
    primary = str(item.value.get("PrimaryRegion") or draft.resource.region)
    if primary != draft.resource.region:
        # A replica keeps the name and the random suffix of its primary secret (User Guide, "Replicate secrets across Regions").
        parts = draft.resource.id.split(":")
        found.append(Link(Rel.COPY_OF, ":".join([*parts[:3], primary, *parts[4:]])))
    return tuple(found)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a secret that its documents so far allow."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, "Secrets Manager User Guide, secret encryption: values are always encrypted with a KMS key")
    key = field_of(draft.doc(LIST), "KmsKeyId")
    sheet.put(
        "encryption.key_custody",
        key if isinstance(key, Unknown) else keys.custody(key.value, draft.docs, LIST.via, without="provider-managed"),
    )
    # The window is chosen when a secret is deleted (API Reference, DeleteSecret, RecoveryWindowInDays: 7 to 30); nothing shows it before.
    sheet.put(
        "recovery.soft_delete_days",
        Unknown(UnknownReason.NOT_SUPPORTED, LIST.via, "the recovery window is chosen at deletion", between=(7, 30)),
    )
    text = policy_text(draft.doc(POLICY), "ResourcePolicy")
    policy_facts(text, "secretsmanager", draft.resource.account, POLICY.via, sheet, kind=Kind.SECRET)
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the secret's policy, as evidence."""
    return policy_grants(policy_text(draft.doc(POLICY), "ResourcePolicy"), POLICY.via)


COLLECTOR = Collector("secretsmanager", (LIST, keys.LIST_ALIASES, POLICY), survey, facts, links, grants)
