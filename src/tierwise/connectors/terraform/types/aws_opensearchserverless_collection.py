"""OpenSearch Serverless collections: the encryption, network and data access policies of their account reach them by patterns of names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierwise.access.audience import DataActions, audience_of, unread
from tierwise.access.document import parse_policy
from tierwise.connectors.terraform import aws
from tierwise.connectors.terraform.aws import KEY_TYPES, key_links, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import elsewhere
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource

COLLECTION: Final = "aws_opensearchserverless_collection"
SECURITY, ACCESS = "aws_opensearchserverless_security_policy", "aws_opensearchserverless_access_policy"
_NETWORK: Final = ("network.public_endpoint", "network.ingress_any", "network.private_endpoint")
_OPEN: Final = ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated")
_SIGNED: Final = (
    "OpenSearch Service Developer Guide, OpenSearch Serverless, authentication: every request is signed by an IAM or SAML identity"
)
_TLS: Final = "OpenSearch Service Developer Guide, OpenSearch Serverless, encryption in transit: TLS 1.2, between nodes as well"
_ACTIONS: Final = DataActions(
    ("aoss:ReadDocument",),
    ("aoss:WriteDocument", "aoss:CreateIndex", "aoss:UpdateIndex", "aoss:DeleteIndex", "aoss:UpdateCollectionItems"),
    signed=True,
)
"""What permissions of a data access policy read and change (OpenSearch Service Developer Guide, "Supported policy permissions")."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one policy says of a collection."""

    policy: Planned
    doc: Mapping[str, Any]
    permissions: tuple[str, ...]

    @property
    def via(self) -> Provenance:
        """Where it stands."""
        return self.policy.at("policy")


def convert(collection: Planned, plan: Plan) -> Resource:
    """A planned collection."""
    sheet = FactSheet()
    sheet.constant(
        "encryption.at_rest", True, "OpenSearch Service Developer Guide, OpenSearch Serverless: collections are always encrypted"
    )
    custody, links = _key(collection, plan)
    sheet.put("encryption.key_custody", custody)
    _put_network(collection, plan, sheet)
    grants = _put_access(collection, plan, sheet)
    for name in ("transport.tls_required", "transport.internode_encrypted"):
        sheet.constant(name, True, _TLS)
    sheet.constant("transport.min_tls", "1.2", _TLS)
    sheet.constant("access.local_auth_enabled", False, _SIGNED)
    sheet.constant("access.central_identity_enabled", True, _SIGNED)
    sheet.constant("access.shared_key_enabled", False, _SIGNED)
    for name in ("logging.data_read", "logging.data_write"):
        unsaid = Unknown(UnknownReason.NOT_COLLECTED, collection.root.via, "whether a trail records a collection's data events is not read")
        sheet.put(name, unsaid)
    name = text_or(collection.root, "name")
    return plan.resource(
        collection,
        Kind.SEARCH_INDEX,
        name or collection.place.name,
        sheet.facts,
        links=links,
        aliases=(text_or(collection.root, "arn"), text_or(collection.root, "id"), name),
        description=text_or(collection.root, "description"),
        grants=grants,
    )


def _rules(collection: Planned, plan: Plan, kind: str, sort: str, resources: Iterable[str]) -> Maybe[tuple[_Rule, ...]]:
    """The rules of the plan's policies of a sort that reach a collection; unknown where one may, and where none does."""
    name = collection.root.text("name")
    if isinstance(name, Unknown):
        return name
    found: list[_Rule] = []
    for policy in plan.by_type.get(kind, ()):
        if policy.is_gone or policy.provider != collection.provider:
            continue
        own = policy.root.text("type")
        if isinstance(own, Unknown):
            return own
        if own.value != sort:
            continue
        text = policy.root.text("policy")
        if isinstance(text, Unknown):
            return text
        docs = _parsed(text.value or "")
        if docs is None:
            return Unknown(UnknownReason.UNPARSABLE, text.via, "the policy is not one of OpenSearch Serverless")
        found += _reaching(policy, docs, name.value or "", frozenset(resources))
    return (
        Known(tuple(found), collection.root.via) if found else elsewhere(collection, f"no {sort} policy in it names {collection.address}")
    )


def _parsed(text: str) -> tuple[Mapping[str, Any], ...] | None:
    """The parts of a policy: encryption policies are one object, the others a list of them."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    listed = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) and isinstance(one.get("Rules"), list) for one in listed):
        return None
    return tuple(listed)


def _reaching(policy: Planned, docs: Iterable[Mapping[str, Any]], name: str, resources: frozenset[str]) -> Iterator[_Rule]:
    for doc in docs:
        rules = [one for one in doc["Rules"] if isinstance(one, dict) and one.get("ResourceType") in resources]
        mine = [one for one in rules if any(_names(str(each), name) for each in one.get("Resource") or ())]
        if mine:
            yield _Rule(policy, doc, tuple(str(each) for one in mine for each in one.get("Permission") or ()))


def _names(pattern: str, name: str) -> bool:
    """Whether `collection/logs*`, or `index/logs*/2024`, names a collection; only the end of a name may be a wildcard."""
    wanted = pattern.split("/")[1] if "/" in pattern else ""
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else wanted == name


def _agreed(rules: tuple[_Rule, ...], values: tuple[object, ...]) -> Unknown | None:
    """Why policies that disagree settle nothing: which of them comes first is decided by how closely they name the collection."""
    if len(set(values)) == 1:
        return None
    return Unknown(UnknownReason.NOT_SUPPORTED, rules[0].via, "several policies name the collection, and do not say the same")


def _key(collection: Planned, plan: Plan) -> tuple[AnyFact, tuple[Link, ...]]:
    """Who controls the key: what the collection has got, else what the encryption policies that name it say."""
    own = collection.root.text("kms_key_arn")
    if isinstance(own, Known) and own.value and own.value != "auto":
        path = ("kms_key_arn",)
        return aws.custody(plan, collection, collection.root, path, without="provider-owned"), key_links(
            plan, collection, collection.root, path
        )
    rules = _rules(collection, plan, SECURITY, "encryption", ("collection",))
    if isinstance(rules, Unknown):
        return rules, (Link(Rel.USES_KEY, "", rules),)
    keys = tuple(str(one.doc.get("KmsARN") or "") for one in rules.value)
    if (unsettled := _agreed(rules.value, keys)) is not None:
        return unsettled, (Link(Rel.USES_KEY, "", unsettled),)
    # `AWSOwnedKey: true` stands in place of a key (OpenSearch Service Developer Guide, "Creating encryption policies").
    via = rules.value[0].via
    return (Known("customer", via), (Link(Rel.USES_KEY, keys[0]),)) if keys[0] else (Known("provider-owned", via), ())


def _put_network(collection: Planned, plan: Plan, sheet: FactSheet) -> None:
    """Public if its endpoint or that of its dashboards, through which its data is read as well, is."""
    rules = _rules(collection, plan, SECURITY, "network", ("collection", "dashboard"))
    if isinstance(rules, Unknown):
        for name in _NETWORK:
            sheet.put(name, rules)
        return
    public = tuple(one.doc.get("AllowFromPublic") is True for one in rules.value)
    via = rules.value[public.index(True) if True in public else 0].via
    sheet.known(_NETWORK[0], any(public), via)
    if any(public):
        sheet.known(_NETWORK[1], True, via)
    else:
        sheet.not_applicable(_NETWORK[1], "it has no public address", via)
    sheet.known(_NETWORK[2], not any(public), via)


def _put_access(collection: Planned, plan: Plan, sheet: FactSheet) -> tuple[Grant, ...]:
    rules = _rules(collection, plan, ACCESS, "data", ("collection", "index"))
    if isinstance(rules, Unknown):
        aws.put_audience(unread(rules), sheet, Kind.SEARCH_INDEX)
        for name in _OPEN:
            sheet.constant(name, False, _SIGNED)
        return ()
    via = rules.value[0].via
    policy = parse_policy({"Version": "2012-10-17", "Statement": [one for rule in rules.value for one in _statements(rule)]})
    found = audience_of(policy, account=plan.providers.account(collection), via=via, data_actions=_ACTIONS)
    return aws.put_audience(found, sheet, Kind.SEARCH_INDEX)


def _statements(rule: _Rule) -> Iterator[dict[str, object]]:
    """A rule in the words of IAM; SAML users and groups are of a provider of the collection's own account."""
    named = rule.doc.get("Principal")
    principals = [str(one) for one in named if not str(one).startswith("saml/")] if isinstance(named, list) else []
    if principals and rule.permissions:
        yield {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": list(rule.permissions), "Resource": "*"}


CONVERTER = Converter(frozenset({COLLECTION}), convert, reads=KEY_TYPES | {SECURITY, ACCESS})
