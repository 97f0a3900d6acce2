"""Facts about backups and copies: which plan covers a store, how long copies live, and how far apart they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tierwise.derive.copies import APART, COPY_KINDS, Place, apart, copies_of, fed_by, place_of
from tierwise.derive.cover import covering
from tierwise.derive.partial import delivered, derived, is_derived, open_fact, read, some
from tierwise.derive.scene import Scene
from tierwise.model.direction import possible
from tierwise.model.fact import NOT_COLLECTED, UNLIMITED, AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import DATA, Kind, Rel, Resource
from tierwise.model.vocabulary import spec_of

PLANS: Final = frozenset({Kind.BACKUP_PLAN})
FEEDERS: Final = DATA | {Kind.SNAPSHOT, Kind.BACKUP_PLAN, Kind.BACKUP_VAULT}
BACKUP_DAYS: Final = "retention.backup_days"


def backup_covered(scene: Scene, store: Resource) -> AnyFact:
    """`recovery.backup_covered`: a backup plan selects this store by id, pattern or tag."""
    rule = "selections of the backup plans"
    plans, open_ = covering(scene, store)
    parts: list[AnyFact] = [Known(value=True, via=derived(rule, plan.id)) for plan in plans]
    gap = scene.gap(PLANS, store.provider, store.account, store.region)
    return some(rule, [*parts, *(each for each in (open_, gap) if each)], derived(rule, "all backup plans"))


def backup_days(scene: Scene, share: Resource) -> AnyFact:
    """`retention.backup_days` of a file share, which has no backups but those of a plan: 0 where no plan covers it."""
    own = delivered(share.facts, BACKUP_DAYS)
    if own is not None:
        return own
    covered = scene.completed[share.id]["recovery.backup_covered"]
    if isinstance(covered, Known) and covered.value is False:
        return Known(0, derived("no backup plan covers it", covered.via))
    fact = read(share.facts, BACKUP_DAYS)
    if isinstance(covered, Unknown):
        return open_fact("no backup plan covers it", covered)
    return NOT_COLLECTED if is_derived(fact) else fact


def copies_max_days(scene: Scene, store: Resource) -> AnyFact:
    """`retention.copies_max_days`: the longest that a snapshot or backup of this store is kept, as far as it can be read."""
    rule = "its snapshots and backups"
    copies = copies_of(scene, store)
    automatic = _automatic(scene, store)
    spec = spec_of(BACKUP_DAYS)
    least = max(
        (float(span[0]) for fact in automatic if (span := possible(spec, fact)) and not isinstance(span[0], str | frozenset)), default=0.0
    )
    if copies:
        for copy in copies:
            held = possible(spec_of("immutability.min_days"), read(copy.facts, "immutability.min_days"))
            if held and isinstance(held[0], int | float):
                least = max(least, held[0])
        why = Unknown(UnknownReason.NOT_SUPPORTED, derived(rule, copies[0].id), f"the age of {len(copies)} copies is not among their facts")
        return open_fact(rule, why, between=(least, UNLIMITED) if least else None)
    open_ = _missing_copies(scene, store) or next((fact for fact in automatic if isinstance(fact, Unknown)), None)
    if open_:
        return open_fact(rule, open_, between=(least, UNLIMITED) if least else None)
    if automatic and least:
        return Known(least if least == UNLIMITED else int(least), derived(rule, automatic[0].via))
    return NotApplicable("there are no copies", derived(rule, "its links"))


def _automatic(scene: Scene, store: Resource) -> list[AnyFact]:
    """How far back its own automatic backups reach, where its kind has them."""
    if store.kind not in spec_of(BACKUP_DAYS).kinds:
        return []
    fact = scene.completed[store.id].get(BACKUP_DAYS) or read(store.facts, BACKUP_DAYS)
    return [] if isinstance(fact, NotApplicable) else [fact]


def _missing_copies(scene: Scene, store: Resource) -> Unknown | None:
    """Why copies of a store could exist that nothing shows; a copy can lie in any account."""
    return scene.gap(COPY_KINDS, store.provider) or next(
        (
            loose
            for rel in (Rel.COPY_OF, Rel.BACKUP_OF)
            if (loose := scene.loose_end(rel, lambda holder: holder.kind in COPY_KINDS, "copies"))
        ),
        None,
    )


_ENDS: Final = {Rel.USES_KEY: frozenset({Kind.KEY}), Rel.STORES_IN: frozenset({Kind.BACKUP_VAULT})}
"""What keeps copies apart, and what is at its end."""


def backup_isolation(scene: Scene, resource: Resource) -> AnyFact:
    """`recovery.backup_isolation`: in what the best copy is kept apart; of several the one apart by account, then key, then region."""
    if resource.kind is Kind.BACKUP_VAULT:
        return _vault_isolation(scene, resource)
    rule = "place and key of its copies"
    here = place_of(scene, resource)
    spans = [apart(here, place) for copy in copies_of(scene, resource) for place in _places(scene, copy)]
    plans, uncovered = covering(scene, resource)
    spans += [apart(here, place) for plan in plans for place in _places(scene, plan, own=False)]
    automatic = _automatic(scene, resource)
    if any((span := possible(spec_of(BACKUP_DAYS), fact)) and span[0] != 0 for fact in automatic):
        spans.append((frozenset(), frozenset()))
    gap = scene.gap(PLANS, resource.provider, resource.account, resource.region)
    open_ = _missing_copies(scene, resource) or uncovered or gap
    if not spans:
        if maybe := open_ or next((fact for fact in automatic if isinstance(fact, Unknown)), None):
            return open_fact(rule, maybe)
        return NotApplicable("there are no copies", derived(rule, "its links"))
    lo = max((_weight(certain) for certain, _ in spans))
    hi = _weight(frozenset(APART)) if open_ else max(_weight(possibly) for _, possibly in spans)
    if lo == hi:
        return Known(_members(lo), derived(rule, "the links of its copies"))
    unread = open_ or _unread_link(scene, [resource, *copies_of(scene, resource), *plans])
    return open_fact(rule, unread, includes=_shared_lead(lo, hi))


def _places(scene: Scene, copy: Resource, *, own: bool = True) -> list[Place]:
    """Where a copy lies: in the vaults that it is stored in, else where it is listed."""
    vaults = [place_of(scene, copy, link) for link in copy.links if link.rel is Rel.STORES_IN]
    return vaults or ([place_of(scene, copy)] if own else [])


def _vault_isolation(scene: Scene, vault: Resource) -> AnyFact:
    """How a vault is apart from what it backs up: only in what it is apart from every source."""
    rule = "place and key of what it backs up"
    here = place_of(scene, vault)
    sources, open_ = fed_by(scene, vault)
    spans = [apart(source, here) for source in sources]
    missing = open_ or scene.loose_end(Rel.STORES_IN, lambda _: True) or scene.gap(FEEDERS, vault.provider)
    if not spans:
        return open_fact(rule, missing) if missing else NotApplicable("it holds no copies", derived(rule, "its links"))
    possibly = frozenset.intersection(*(wide for _, wide in spans))
    certain = frozenset.intersection(*(narrow for narrow, _ in spans))
    if not possibly or (certain == possibly and not missing):
        return Known(certain, derived(rule, "the links of its copies"))
    fed = [scene.estate.find(link) for holder in (vault, *scene.estate.sources(vault.id, Rel.STORES_IN)) for link in holder.links]
    unread = missing or _unread_link(scene, [vault, *(each for each in fed if each is not None)])
    return open_fact(rule, unread, includes=frozenset() if missing else certain)


def _unread_link(scene: Scene, holders: Sequence[Resource]) -> Unknown:
    """Why the key or the vault of one of them is not known: the link itself, or a listing that failed and could have its end."""
    links = [(holder, link) for holder in holders for link in holder.links if link.rel in _ENDS]
    gaps = (scene.gap(_ENDS[link.rel], holder.provider) for holder, link in links if scene.estate.find(link) is None)
    return next((link.unknown for _, link in links if link.unknown is not None), None) or next(filter(None, gaps), NOT_COLLECTED)


def _weight(respects: frozenset[str]) -> int:
    return sum(1 << (len(APART) - 1 - APART.index(each)) for each in respects)


def _members(weight: int) -> frozenset[str]:
    return frozenset(each for each in APART if weight & _weight(frozenset({each})))


def _shared_lead(lo: int, hi: int) -> frozenset[str]:
    """The respects that every weight from lo to hi has."""
    return frozenset.intersection(*(_members(weight) for weight in range(lo, hi + 1)))
