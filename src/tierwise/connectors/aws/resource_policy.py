"""What a resource policy says of the resource that carries it: shared by every collector whose service has such policies."""

from __future__ import annotations

from tierwise.access.audience import DATA_ACTIONS, Audience, audience_of, source_restricted, tls_of
from tierwise.access.document import Policy, PolicyError, parse_policy
from tierwise.connectors.aws.read import Doc, field_of
from tierwise.model.fact import FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind
from tierwise.model.vocabulary import find_spec

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
"""Texts that some services (Kinesis, SQS in old regions) return where no policy is attached."""


def policy_fact_names(kind: Kind) -> frozenset[str]:
    """The facts that `policy_facts` sets for a kind: the ones that a policy read is declared with."""
    return frozenset(name for name in AUDIENCE_FACTS | ENDPOINT_FACTS if _listed(name, kind))


def policy_text(doc: Maybe[Doc | None], *path: str) -> Maybe[str | None]:
    """The policy text at a path of a response; None where the service says that there is none."""
    found = field_of(doc, *path)
    if isinstance(found, Unknown) or found.value is None:
        return found
    return Known(str(found.value), found.via)


def policy_facts(
    text: Maybe[str | None], service: str, account: str, via: Provenance, sheet: FactSheet, *, kind: Kind
) -> tuple[Grant, ...]:
    """Sets what a resource policy decides, and returns its grants.

    Only facts that `kind` lists are set; facts of the network presume a store that is reached through AWS's public API endpoints.
    Without a policy, nobody but principals of the own account (through IAM) reaches the resource, over any network, with or without TLS.
    """
    policy = parsed(text, via)
    _endpoint_facts(policy, service, via, sheet, kind)
    audience = audience_from(policy, service, account, via)
    if isinstance(audience, Unknown):
        for name in AUDIENCE_FACTS:
            _put(sheet, name, audience, kind)
        return ()
    if audience is None:
        for name in ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated"):
            _put(sheet, name, Known(False, via), kind)
        _put(sheet, "access.external_principals", Known(frozenset(), via), kind)
        _put(sheet, "access.external_conditioned", NotApplicable("no principal outside the account is let in", via), kind)
        return ()
    put_audience(audience, sheet, kind)
    return audience.grants


def policy_grants(text: Maybe[str | None], service: str, account: str, via: Provenance) -> tuple[Grant, ...]:
    """The grants of a resource policy alone; none where it is not known."""
    audience = audience_from(parsed(text, via), service, account, via)
    return audience.grants if isinstance(audience, Audience) else ()


def parsed(text: Maybe[str | None], via: Provenance) -> Maybe[Policy | None]:
    """The policy of a text; unknown where it is no policy."""
    if isinstance(text, Unknown):
        return text
    if text.value is None or text.value.strip() in _NO_POLICY:
        return Known(None, via)
    try:
        return Known(parse_policy(text.value), via)
    except PolicyError as error:
        return Unknown(UnknownReason.UNPARSABLE, via, str(error))


def audience_from(policy: Maybe[Policy | None], service: str, account: str, via: Provenance) -> Audience | Unknown | None:
    """Whom a policy lets in; None where there is no policy."""
    if isinstance(policy, Unknown):
        return policy
    if policy.value is None:
        return None
    return audience_of(policy.value, account=account, via=via, data_actions=DATA_ACTIONS[service])


def put_audience(audience: Audience, sheet: FactSheet, kind: Kind) -> None:
    """Sets the facts of an audience that a kind lists."""
    _put(sheet, "access.anonymous_read", audience.anonymous_read, kind)
    _put(sheet, "access.anonymous_write", audience.anonymous_write, kind)
    _put(sheet, "access.any_authenticated", audience.any_authenticated, kind)
    _put(sheet, "access.external_principals", audience.external, kind)
    _put(sheet, "access.external_conditioned", audience.external_conditioned, kind)


def _endpoint_facts(policy: Maybe[Policy | None], service: str, via: Provenance, sheet: FactSheet, kind: Kind) -> None:
    if _listed("network.public_endpoint", kind):
        sheet.constant("network.public_endpoint", True, "AWS General Reference, service endpoints: the service's API has public regional endpoints")
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


def _put(sheet: FactSheet, name: str, fact: Known[bool] | Known[frozenset[str]] | Unknown | NotApplicable, kind: Kind) -> None:
    if _listed(name, kind):
        sheet.put(name, fact)


def _listed(name: str, kind: Kind) -> bool:
    spec = find_spec(name)
    return spec is not None and kind in spec.kinds
