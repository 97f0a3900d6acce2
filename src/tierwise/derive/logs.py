"""Facts about logging: where logs go, which stores receive them, and what the trails of an account record."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from tierwise.derive.arn import account_named
from tierwise.derive.links import links_of
from tierwise.derive.partial import delivered, derived, every, is_derived, lowest, open_fact, read, some
from tierwise.derive.scene import ANYWHERE, Rule, Scene
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import DATA, HELD, Kind, Link, Rel, Resource

TRAILS: Final = frozenset({Kind.AUDIT_TRAIL})
SENDERS: Final = DATA | {Kind.LOG_STORE, Kind.SECRET, Kind.KEY, Kind.ACCOUNT, Kind.ORGANISATION}
"""Kinds beside trails whose logs connectors read a target of: stores, vaults of keys and secrets, and what is logged of an account."""
SERVICES: Final = {Kind.OBJECT_STORE: "s3", Kind.DOCUMENT_DB: "dynamodb"}
"""The word by which a trail's `records:<service>:*` names all stores of a kind."""


def audit_store(scene: Scene, store: Resource) -> AnyFact:
    """`logging.audit_store`: an audit trail or a store's data access log is delivered here."""
    rule = "who delivers logs here"
    if senders := scene.estate.sources(store.id, Rel.LOGS_TO):
        return Known(value=True, via=derived(rule, senders[0].id))
    # A trail of any account can be delivered here; in AWS a store's own log stays in its account and region.
    near = store.account if store.provider == "aws" else ""
    gap = scene.gap(TRAILS, store.provider) or scene.gap(SENDERS, store.provider, near, store.region if near else "")
    loose = scene.loose_end(Rel.LOGS_TO, lambda holder: holder.kind is Kind.AUDIT_TRAIL or near in ("", holder.account), near)
    if open_ := gap or loose:
        return open_fact(rule, open_)
    return Known(value=False, via=derived(rule, "the links of all trails and stores"))


def destination_immutable(scene: Scene, source: Resource) -> AnyFact:
    """`logging.destination_immutable`: write-once mode of the store that receives these logs, the weakest of several."""
    rule = "write-once mode of the log store"
    if (silent := _logs_nowhere(rule, source)) is not None:
        return silent
    found: list[tuple[str, AnyFact]] = []
    for link in links_of(source, Rel.LOGS_TO):
        target = scene.estate.find(link)
        if link.unknown is not None:
            found.append(("", link.unknown))
        elif target is None:
            found.append((link.to, scene.absent(rule, source, link.to, HELD)))
        else:
            found.append((target.id, read(target.facts, "immutability.mode")))
    return lowest(rule, "logging.destination_immutable", found)


def destination_separate(scene: Scene, source: Resource) -> AnyFact:
    """`logging.destination_separate`: the store that receives these logs is in another account; every one of several."""
    rule = "account of the log store"
    if (silent := _logs_nowhere(rule, source)) is not None:
        return silent
    return every(rule, [link.unknown or _separate(scene, source, link, rule) for link in links_of(source, Rel.LOGS_TO)])


def _separate(scene: Scene, source: Resource, link: Link, rule: str) -> AnyFact:
    target = scene.estate.find(link)
    account = target.account if target else account_named(link.to)
    if account and source.account:
        return Known(account != source.account, derived(rule, link.to))
    if target is None:
        return scene.absent(rule, source, link.to, HELD)
    return Unknown(UnknownReason.NOT_COLLECTED, derived(rule, link.to), "the account of the log store or of its source is not known")


def _logs_nowhere(rule: str, source: Resource) -> AnyFact | None:
    """Not applicable where nothing is logged to a store; unknown where the logging setting could not be read."""
    if any(True for _ in links_of(source, Rel.LOGS_TO)):
        return None
    for name in ("logging.data_read", "logging.data_write"):
        own = delivered(source.facts, name)
        if source.kind is not Kind.AUDIT_TRAIL and isinstance(own, Unknown):
            return open_fact(rule, own)
    return NotApplicable("it logs to no store", derived(rule, "its links"))


def control_plane(scene: Scene, account: Resource) -> AnyFact:
    """`logging.control_plane` of an account: a trail of the account, or of the organisation, records management events."""
    return _of_trails(scene, account, "logging.control_plane", ("logging.control_plane",))


def all_regions(scene: Scene, account: Resource) -> AnyFact:
    """`logging.all_regions` of an account: one of its recording trails does so in every region."""
    return _of_trails(scene, account, "logging.all_regions", ("logging.control_plane", "logging.all_regions"))


def _of_trails(scene: Scene, account: Resource, name: str, needs: tuple[str, ...]) -> AnyFact:
    if (own := delivered(account.facts, name)) is not None:
        return own
    rule = "trails of the account and of the organisation"
    trails = _trails_of(scene, account)
    parts = [every(rule, [read(trail.facts, need) for need in needs]) for trail in trails.values()]
    gap = _trail_gap(scene, account)
    return some(rule, [*parts, *([gap] if gap else [])], derived(rule, *(trails or ("the empty list of trails",))))


def _trail_gap(scene: Scene, resource: Resource) -> Unknown | None:
    """Why a trail could record this account and not show: its own listing, or a trail of the organisation's account."""
    owners = scene.organisation_accounts
    accounts = (resource.account, *sorted(owners)) if owners else ("",)
    gap = next((gap for account in accounts if (gap := scene.gap(TRAILS, resource.provider, account))), None)
    return gap or scene.loose_end(
        Rel.RECORDS, lambda trail: trail.account != resource.account and (not owners or trail.account in owners), "owners", resource.account
    )


def _trails_of(scene: Scene, resource: Resource) -> dict[str, Resource]:
    """The trails that record for the account of a resource: its own and the organisation's."""
    return {trail.id: trail for trail in (*scene.trails.get(resource.account, ()), *scene.organisation_trails)}


def _records(mode: str, scene: Scene, store: Resource) -> AnyFact:
    """`logging.data_read` or `logging.data_write` of a store whose data events a trail may record."""
    name = f"logging.data_{mode}"
    rule = "its own log and the trails that record it"
    own = store.facts.get(name, NOT_COLLECTED)
    if isinstance(own, Known) and own.value is True:
        if not is_derived(own):
            return own
        own = NOT_COLLECTED
    if own is NOT_COLLECTED and store.kind is Kind.DOCUMENT_DB:
        # A table keeps no log of its own: only trails can record its data events.
        own = Known(value=False, via=derived(rule, "the trails"))
    if isinstance(own, NotApplicable):
        return own
    parts: list[AnyFact] = [own, *_recordings(scene, store, mode)]
    parts.extend(open_ for open_ in (_trail_gap(scene, store), _unread_selectors(scene, store)) if open_)
    return some(rule, parts, derived(rule, own.via))


data_read: Final[Rule] = partial(_records, "read")
data_write: Final[Rule] = partial(_records, "write")


def _recordings(scene: Scene, store: Resource, mode: str) -> Iterator[AnyFact]:
    """For each trail that selects the store, whether it is recording. A trail of another account sees only its own people."""
    for trail in _selecting(scene, store, mode, store.id):
        yield _recording(trail)
    if service := SERVICES.get(store.kind):
        for trail in _selecting(scene, store, mode, f"records:{service}:*", "records:*:*"):
            yield every("trail in the store's region", [_recording(trail), _in_region(trail, store)])


def _selecting(scene: Scene, store: Resource, mode: str, *targets: str) -> Iterator[Resource]:
    for target in targets:
        for trail, what in scene.records.get(target, ()):
            if what in (mode, "all") and (trail.account == store.account or trail in scene.organisation_trails):
                yield trail


def _recording(trail: Resource) -> AnyFact:
    """Whether a trail records at all. One without management events may be stopped or made for data events only."""
    fact = read(trail.facts, "logging.control_plane")
    if isinstance(fact, Known) and fact.value is not True:
        why = f"{trail.name} selects this store but records no management events: stopped, or made for data events only"
        return Unknown(UnknownReason.NOT_SUPPORTED, fact.via, why)
    return fact


def _in_region(trail: Resource, store: Resource) -> AnyFact:
    if trail.region == store.region or trail.region in ANYWHERE:
        return Known(value=True, via=derived("region of the trail", trail.id))
    return read(trail.facts, "logging.all_regions")


def _unread_selectors(scene: Scene, store: Resource) -> Unknown | None:
    ours = _trails_of(scene, store)
    return scene.loose_end(Rel.RECORDS, lambda holder: holder.id in ours, "ours", store.account)
