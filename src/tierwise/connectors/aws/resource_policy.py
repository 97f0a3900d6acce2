"""What a resource policy says of the resource that carries it: shared by every collector whose service has such policies."""

from __future__ import annotations

from collections.abc import Callable

from tierwise.access.audience import DATA_ACTIONS, Audience, audience_of, closed, conditioned, source_restricted, tls_of, unread
from tierwise.access.document import Policy, PolicyError, Statement, parse_policy
from tierwise.connectors.declared import Doc, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind
from tierwise.model.vocabulary import spec_of

AUDIENCE_FACTS = frozenset(
    {
        "access.anonymous_read",
        "access.anonymous_write",
        "access.any_authenticated",
        "access.external_principals",
        "access.external_conditioned",
    }
)
ENDPOINT_FACTS = frozenset({"transport.tls_required", "network.ingress_any", "network.private_endpoint"})

_NO_POLICY = frozenset({"", "{}", "null"})
"""Texts that mean `no policy is attached`: some services answer an empty document in place of an error."""


def policy_fact_names(kind: Kind) -> frozenset[str]:
    """The facts that a policy decides for a kind: what the read of the policy is declared with."""
    return frozenset(name for name in AUDIENCE_FACTS | ENDPOINT_FACTS if _listed(name, kind))


def policy_text(doc: Maybe[Doc | None], *path: str) -> Maybe[str | None]:
    """The policy text at a path of a response; None where the service says that there is none."""
    found = field_of(doc, *path)
    if isinstance(found, Unknown) or found.value is None:
        return found
    return Known(str(found.value), found.via)


def policy_facts(
    text: Maybe[str | None], service: str, account: str, via: Provenance, sheet: FactSheet, *, kind: Kind, endpoint: bool = True
) -> tuple[Grant, ...]:
    """Sets what a resource policy decides, and returns its grants; `account` is the resource's own.

    Only facts that `kind` lists are set. Without a policy, nobody but principals of the own account (through IAM) reaches the resource,
    over any network, with or without TLS. `endpoint` is false for what is not reached through the service's public API (a domain or file
    system in a VPC): its network and transport facts are then left to the collector.
    """
    return facts_of_policy(parsed(text, via), service, account, via, sheet, kind=kind, endpoint=endpoint)


def policies_facts(
    texts: Maybe[tuple[str, ...]], service: str, account: str, via: Provenance, sheet: FactSheet, *, kind: Kind
) -> tuple[Grant, ...]:
    """The same for a resource to which several policies apply at once."""
    return facts_of_policy(parsed_together(texts, via), service, account, via, sheet, kind=kind)


def facts_of_policy(
    policy: Maybe[Policy | None], service: str, account: str, via: Provenance, sheet: FactSheet, *, kind: Kind, endpoint: bool = True
) -> tuple[Grant, ...]:
    """The same for a policy that is parsed already."""
    if endpoint:
        _endpoint_facts(policy, service, via, sheet, kind)
    put_audience(audience_from(policy, service, account, via), sheet, kind)
    return grants_of(policy, via)


def policy_grants(text: Maybe[str | None], via: Provenance) -> tuple[Grant, ...]:
    """The statements of a policy as evidence; none where it is not known."""
    return grants_of(parsed(text, via), via)


def parsed(text: Maybe[str | None], via: Provenance) -> Maybe[Policy | None]:
    """The policy of a text, None where there is none; unknown where the text is no policy."""
    if isinstance(text, Unknown):
        return text
    if text.value is None or text.value.strip() in _NO_POLICY:
        return Known(None, via)
    try:
        return Known(parse_policy(text.value), via)
    except PolicyError as error:
        return Unknown(UnknownReason.UNPARSABLE, via, str(error))


def parsed_together(
    texts: Maybe[tuple[str, ...]], via: Provenance, *, keep: Callable[[Statement], bool] | None = None
) -> Maybe[Policy | None]:
    """Several policies as one, as AWS evaluates them: the kept statements of all. Unknown where one of them is."""
    if isinstance(texts, Unknown):
        return texts
    statements: list[Statement] = []
    for text in texts.value:
        policy = parsed(Known(text, via), via)
        if isinstance(policy, Unknown):
            return policy
        statements.extend(one for one in (policy.value.statements if policy.value else ()) if keep is None or keep(one))
    return Known(Policy(tuple(statements)) if statements else None, via)


def audience_from(policy: Maybe[Policy | None], service: str, account: str, via: Provenance) -> Audience:
    """Whom a policy lets in: nobody where there is none, unknown where it could not be read."""
    if isinstance(policy, Unknown):
        return unread(policy)
    if policy.value is None:
        return closed(via)
    return audience_of(policy.value, account=account, via=via, data_actions=DATA_ACTIONS[service])


def put_audience(audience: Audience, sheet: FactSheet, kind: Kind) -> None:
    """Sets the facts of an audience that a kind lists."""
    _put(sheet, "access.anonymous_read", audience.anonymous_read, kind)
    _put(sheet, "access.anonymous_write", audience.anonymous_write, kind)
    _put(sheet, "access.any_authenticated", audience.any_authenticated, kind)
    _put(sheet, "access.external_principals", audience.external, kind)
    _put(sheet, "access.external_conditioned", conditioned(audience), kind)


def grants_of(policy: Maybe[Policy | None], via: Provenance) -> tuple[Grant, ...]:
    """The statements of a parsed policy as evidence, one per principal; a NotAction or NotResource is written with a leading `!`."""
    if isinstance(policy, Unknown) or policy.value is None:
        return ()
    return tuple(
        Grant(principal, actions, resources, one.effect, bool(one.conditions), via)
        for one in policy.value.statements
        for actions in [(*one.actions, *(f"!{action}" for action in one.not_actions))]
        for resources in [(*one.resources, *(f"!{resource}" for resource in one.not_resources))]
        for principal in [*(value for _, value in one.principals or ()), *(f"!{value}" for _, value in one.not_principals)]
    )


def _endpoint_facts(policy: Maybe[Policy | None], service: str, via: Provenance, sheet: FactSheet, kind: Kind) -> None:
    if _listed("network.public_endpoint", kind):
        sheet.constant("network.public_endpoint", True, "AWS General Reference, service endpoints: the API has public regional endpoints")
    if _listed("transport.min_tls", kind):
        # AWS Security Blog, "TLS 1.2 to become the minimum TLS protocol level for all AWS API endpoints", complete since 2024.
        sheet.constant("transport.min_tls", "1.2", "AWS API endpoints require TLS 1.2 or newer")
    if isinstance(policy, Unknown):
        for name in ENDPOINT_FACTS:
            _put(sheet, name, policy, kind)
        return
    required, _floor = tls_of(policy.value, service=service, via=via)
    restricted = source_restricted(policy.value, via) if policy.value else Known(False, via)
    _put(sheet, "transport.tls_required", required, kind)
    _put(sheet, "network.private_endpoint", restricted, kind)
    _put(sheet, "network.ingress_any", restricted if isinstance(restricted, Unknown) else Known(not restricted.value, via), kind)


def _put(sheet: FactSheet, name: str, fact: AnyFact, kind: Kind) -> None:
    if _listed(name, kind):
        sheet.put(name, fact)


def _listed(name: str, kind: Kind) -> bool:
    return kind in spec_of(name).kinds
