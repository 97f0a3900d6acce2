"""The estate: resources with their links resolved to ids, and what the derivation is told besides; reads nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from tierwise.derive.arn import is_scoped_key_name, parse_arn, spellings
from tierwise.model.fact import Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import DATA, Gap, Kind, Link, Rel, Resource, split_mode
from tierwise.shelf import changed

TARGET_KINDS: Final[Mapping[Rel, frozenset[Kind]]] = {
    Rel.USES_KEY: frozenset({Kind.KEY}),
    Rel.STORES_IN: frozenset({Kind.BACKUP_VAULT}),
    Rel.ATTACHES: frozenset({Kind.POLICY}),
    Rel.DESCRIBES: DATA,
    Rel.UNLOCKS: DATA,
}
"""Relations whose other end can be of some kinds only: it tells apart resources that share a name."""


@dataclass(frozen=True, slots=True)
class Context:
    """What derivation is told besides the resources."""

    gaps: tuple[Gap, ...]
    own_accounts: Maybe[frozenset[str]]
    """Members of the organisation, with the profile's own accounts; Unknown (with `includes`) if the list is unreadable."""
    known_principals: frozenset[str]
    datasets: Mapping[str, str]
    """Resource id to dataset."""
    run_day: date
    withheld: Unknown | None = None
    """Why agreements and declared numbers of people may be more than these (a register of tiers only); None where they are all."""


@dataclass(frozen=True, slots=True)
class Estate:
    """All resources of a scan, by id, with every link resolved as far as it can be."""

    resources: Mapping[str, Resource]
    incoming: Mapping[str, tuple[tuple[Rel, str], ...]] = field(default_factory=dict)
    """Id to (relation, id of the resource that has the link), in the order of the resources."""
    outside: tuple[tuple[str, Link], ...] = ()
    """(id of the resource that has the link, link) for links whose target is not in the estate."""
    kinds: Mapping[Kind, int] = field(default_factory=dict)
    """How many there are of each kind that there is."""

    def sources(self, target: str, *rels: Rel) -> tuple[Resource, ...]:
        """The resources that point at a target by one of the relations."""
        return tuple(self.resources[by] for rel, by in self.incoming.get(target, ()) if rel in rels)

    def find(self, link: Link) -> Resource | None:
        """The resource at the other end of a resolved link, or None."""
        return self.resources.get(split_mode(link)[0])


def is_pattern(link: Link) -> bool:
    """Whether a link names resources by a pattern (`records:s3:*`, `tag:key=value`, a wildcard) and not by an identifier."""
    target = split_mode(link)[0]
    if link.rel is Rel.RECORDS:
        return target.startswith("records:")
    if link.rel is Rel.READS:
        return target.startswith(("reads:", "reads-like:"))
    return link.rel is Rel.PROTECTS and (target.startswith("tag:") or "*" in target)


@dataclass(frozen=True, slots=True)
class _Called:
    """What goes by a name, and where it is."""

    id: str
    kind: Kind
    account: str
    region: str


def resolve(resources: Sequence[Resource]) -> Estate:
    """The estate of these resources. A name that several could go by becomes an unknown link, never a guess."""
    return linked({resource.id: resource for resource in resources})


def linked(by_id: Mapping[str, Resource]) -> Estate:
    """The same of resources by their ids."""
    aliases: dict[str, list[_Called]] = defaultdict(list)
    holders: list[str] = []
    kinds: Counter[Kind] = Counter()
    for resource in by_id.values():
        kinds[resource.kind] += 1
        for alias in dict.fromkeys(resource.aliases):
            aliases[alias].append(_Called(resource.id, resource.kind, resource.account, resource.region))
        if resource.links:
            holders.append(resource.id)
    incoming: dict[str, list[tuple[Rel, str]]] = defaultdict(list)
    outside: list[tuple[str, Link]] = []
    resolved: dict[str, tuple[Link, ...]] = {}
    for resource in map(by_id.__getitem__, holders):
        links = tuple([_resolve_link(resource, link, by_id, aliases) for link in resource.links])
        if links != resource.links:
            resolved[resource.id] = links
        for link in dict.fromkeys((link.rel, split_mode(link)[0]) for link in links if link.to and link.unknown is None):
            if link[1] in by_id:
                incoming[link[1]].append((link[0], resource.id))
        outside.extend((resource.id, link) for link in links if _leads_out(link, by_id))

    def with_links(resource: Resource) -> Resource:
        return replace(resource, links=resolved[resource.id]) if resource.id in resolved else resource

    return Estate(changed(by_id, with_links), {target: tuple(ends) for target, ends in incoming.items()}, tuple(outside), kinds)


def _leads_out(link: Link, by_id: Mapping[str, Resource]) -> bool:
    return bool(link.to) and link.unknown is None and not is_pattern(link) and split_mode(link)[0] not in by_id


def _resolve_link(holder: Resource, link: Link, by_id: Mapping[str, Resource], aliases: Mapping[str, list[_Called]]) -> Link:
    if not link.to or link.unknown is not None or is_pattern(link):
        return link
    target, _ = split_mode(link)
    mode = link.to[len(target) :]
    for form in spellings(target):
        if form in by_id:
            return Link(link.rel, form + mode)
        found = _candidates(holder, link.rel, form, aliases)
        if len(found) == 1:
            return Link(link.rel, found[0].id + mode)
        if found:
            detail = f"{len(found)} resources go by {target!r}"
            return Link(link.rel, link.to, Unknown(UnknownReason.UNRESOLVED_REFERENCE, Provenance("derived: links by name"), detail))
    return link


def _candidates(holder: Resource, rel: Rel, name: str, aliases: Mapping[str, list[_Called]]) -> list[_Called]:
    """The nearest resources that go by a name: in the same account and region, else in the account, else anywhere."""
    account, region, short = holder.account, holder.region, name
    arn = parse_arn(name)
    if arn and arn.service == "kms" and name not in aliases:
        account, region, short = arn.account, arn.region, arn.rest.removeprefix("key/")
    kinds = TARGET_KINDS.get(rel)
    found = [each for each in aliases.get(short, ()) if kinds is None or each.kind in kinds]
    near = [each for each in found if (each.account, each.region) == (account, region)]
    if is_scoped_key_name(short):
        return near
    return near or [each for each in found if each.account == account] or found


def links_of(resource: Resource, *rels: Rel) -> Iterable[Link]:
    """The links of a resource with one of the relations, in their order."""
    return (link for link in resource.links if link.rel in rels)
