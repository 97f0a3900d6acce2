"""Facts about whom the policies and the network let in, from the facts of one resource and what the organisation is."""

from __future__ import annotations

from typing import Final

from tierwise.derive.arn import account_named
from tierwise.derive.partial import derived, first_unknown, members, names_of, open_fact, read
from tierwise.derive.scene import Scene
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, NotApplicable, Provenance, Unknown
from tierwise.model.resource import Kind, Resource
from tierwise.model.vocabulary import find_spec, spec_of

EVERYONE: Final = "*"


def outside_organisation(scene: Scene, resource: Resource) -> AnyFact:
    """`access.outside_organisation`: external principals that are not of the organisation."""
    rule = "external principals outside the organisation"
    externals = read(resource.facts, "access.external_principals")
    named, open_ = names_of(externals)
    own = scene.context.own_accounts
    ours = own.value if isinstance(own, Known) else own.includes
    strangers = frozenset(each for each in named if each == EVERYONE or not _listed(each, ours))
    certain = strangers if isinstance(own, Known) else strangers & {EVERYONE}
    if open_ is None and strangers != certain and isinstance(own, Unknown):
        open_ = own
    return members(rule, certain, open_, externals.via, own.via)


def external_undeclared(scene: Scene, resource: Resource) -> AnyFact:
    """`access.external_undeclared`: external principals without an entry among the known ones."""
    externals = read(resource.facts, "access.external_principals")
    named, open_ = names_of(externals)
    known, withheld = scene.context.known_principals, scene.context.withheld
    undeclared = frozenset(each for each in named if each == EVERYONE or not _listed(each, known))
    if withheld is not None and undeclared - {EVERYONE}:
        undeclared, open_ = undeclared & {EVERYONE}, open_ or withheld
    return members(
        "external principals without an entry",
        undeclared,
        open_,
        externals.via,
        Provenance("known principals"),
    )


def _listed(principal: str, known: frozenset[str]) -> bool:
    return principal in known or (account_named(principal) or principal) in known


def audience(scene: Scene, resource: Resource) -> AnyFact:
    """`access.audience`: the widest of anonymous, any-authenticated, external and organisation access."""
    rule = "widest of the grants"
    scale = spec_of("access.audience").scale
    inputs = [
        (_flag(resource, "access.anonymous_read"), "public"),
        (_flag(resource, "access.any_authenticated"), "any-authenticated"),
        *_external_parts(scene, resource),
    ]
    lo = hi = scale.index("private")
    for fact, word in inputs:
        place = scale.index(word)
        match fact:
            case Known(value=True):
                lo, hi = max(lo, place), max(hi, place)
            case Unknown():
                hi = max(hi, place)
            case _:
                pass
    if lo == hi:
        return Known(scale[lo], derived(rule, *(fact.via for fact, _ in inputs)))
    return open_fact(rule, first_unknown(fact for fact, word in inputs if scale.index(word) > lo), between=(scale[lo], scale[hi]))


def _flag(resource: Resource, name: str) -> AnyFact:
    spec = find_spec(name)
    if spec is None or resource.kind not in spec.kinds:
        return Known(value=False, via=Provenance(""))
    return read(resource.facts, name)


def _external_parts(scene: Scene, resource: Resource) -> list[tuple[AnyFact, str]]:
    """Whether anyone outside the account, and anyone outside the organisation, is let in."""
    externals = read(resource.facts, "access.external_principals")
    outsiders = scene.completed[resource.id]["access.outside_organisation"]
    parts = [(_any_member(externals), "organisation"), (_any_member(outsiders), "named-external")]
    if resource.kind is Kind.ROLE and EVERYONE in names_of(externals)[0]:
        # A trust policy that names everyone lets in whoever has an account with the provider.
        parts.append((Known(value=True, via=externals.via), "any-authenticated"))
    elif resource.kind is Kind.ROLE and isinstance(externals, Unknown):
        parts.append((externals, "any-authenticated"))
    return parts


def _any_member(fact: AnyFact) -> AnyFact:
    named, open_ = names_of(fact)
    return open_ if open_ is not None and not named else Known(bool(named), fact.via)


def network(scene: Scene, store: Resource) -> AnyFact:
    """`access.network`: no public endpoint is private; public and not open to any source, restricted; else, and without an address of its own, open."""
    del scene
    rule = "public endpoint and the filter in front of it"
    endpoint, ingress = read(store.facts, "network.public_endpoint"), read(store.facts, "network.ingress_any")
    via = derived(rule, endpoint.via, ingress.via)
    if isinstance(endpoint, NotApplicable):
        return Known("open", via)
    public = {True, False} if not isinstance(endpoint, Known) else {endpoint.value is True}
    any_source = {True, False} if not isinstance(ingress, Known) else {ingress.value is True}
    words = {("open" if wide else "restricted") if reached else "private" for reached in public for wide in any_source}
    if len(words) == 1:
        return Known(words.pop(), via)
    scale = spec_of("access.network").scale
    span = sorted(words, key=scale.index)
    if isinstance(ingress, NotApplicable) and isinstance(endpoint, Known):
        return open_fact(rule, Unknown(NOT_COLLECTED.reason, ingress.via, ingress.because), between=(span[0], span[-1]))
    return open_fact(rule, first_unknown((endpoint, ingress)), between=(span[0], span[-1]))
