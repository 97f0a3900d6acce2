"""Facts about the key that encrypts a store: how well it is kept, whether it is apart, whether it is shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.derive.arn import account_named, is_scoped_key_name
from tierwise.derive.links import links_of
from tierwise.derive.partial import derived, every, first_unknown, lowest, open_fact, out_of_scope, read
from tierwise.derive.scene import Scene
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import HELD, Grant, Kind, Link, Rel, Resource

PROVIDER_KEYS: Final = frozenset({"provider-owned", "provider-managed"})
KEYS: Final = frozenset({Kind.KEY})
ADMINISTERS: Final = frozenset(
    {"kms:putkeypolicy", "kms:schedulekeydeletion", "kms:disablekey", "kms:creategrant", "kms:deletealias", "kms:updatekeydescription"}
)
USES: Final = frozenset({"kms:decrypt", "kms:encrypt", "kms:reencryptfrom", "kms:reencryptto", "kms:generatedatakey"})


def key_protection(scene: Scene, store: Resource) -> AnyFact:
    """`encryption.key_protection`: the protection level of the linked key, the weakest of several."""
    rule = "protection of the linked key"
    links = _key_links(scene, store)
    if not links:
        return _without_link(rule, store)
    found: list[tuple[str, AnyFact]] = []
    for link in links:
        key = scene.estate.find(link)
        if link.unknown is not None:
            found.append(("", link.unknown))
        elif key is None:
            found.append((link.to, out_of_scope(rule, link.to)))
        else:
            found.append((key.id, read(key.facts, "key.protection_level")))
    return lowest(rule, "encryption.key_protection", found)


def key_isolated(scene: Scene, store: Resource) -> AnyFact:
    """`encryption.key_isolated`: the key's account differs from the store's; every key of several."""
    rule = "account of the linked key"
    links = _key_links(scene, store)
    if not links:
        return _without_link(rule, store)
    return every(rule, [link.unknown or _isolated(scene, store, link, rule) for link in links])


def _isolated(scene: Scene, store: Resource, link: Link, rule: str) -> AnyFact:
    key = scene.estate.find(link)
    account = key.account if key else account_named(link.to)
    if account and store.account:
        return Known(account != store.account, derived(rule, link.to))
    if key is None:
        return out_of_scope(rule, link.to)
    return Unknown(UnknownReason.NOT_COLLECTED, derived(rule, link.to), "the account of the key or of the store is not known")


def key_dedicated(scene: Scene, store: Resource) -> AnyFact:
    """`encryption.key_dedicated`: no store of another dataset, or without datasets no other store, uses this key."""
    rule = "stores that use the linked key"
    links = _key_links(scene, store)
    if not links:
        return _without_link(rule, store)
    return every(rule, [link.unknown or _dedicated(scene, store, link, rule) for link in links])


def _dedicated(scene: Scene, store: Resource, link: Link, rule: str) -> AnyFact:
    key = scene.estate.find(link)
    users = [user for user in _users(scene, store, link) if user.id != store.id]
    mine, mine_settled = _family(scene, store)
    maybe: list[Unknown] = []
    for user in users:
        theirs, settled = _family(scene, user)
        if theirs == mine:
            continue
        if settled and mine_settled:
            return Known(value=False, via=derived(rule, user.id))
        maybe.append(out_of_scope(rule, theirs if not settled else mine))
    if maybe:
        return maybe[0]
    if key is None:
        return out_of_scope(rule, link.to)
    for account in dict.fromkeys((key.account, store.account, *(user.account for user in users))):
        if gap := scene.gap(HELD, key.provider, account, key.region):
            return open_fact(rule, gap)
    if loose := scene.loose_end(Rel.USES_KEY, lambda holder: holder.kind in HELD and _could_use(holder, key)):
        return open_fact(rule, loose)
    return Known(value=True, via=derived(rule, key.id))


def _could_use(holder: Resource, key: Resource) -> bool:
    return (holder.account, holder.region) == (key.account, key.region)


def _users(scene: Scene, store: Resource, link: Link) -> Iterator[Resource]:
    """The stores that name the same key, in the estate or outside it."""
    if scene.estate.find(link):
        yield from (user for user in scene.estate.sources(link.to, Rel.USES_KEY) if user.kind in HELD)
        return
    for user in scene.outside_users(link.to):
        same_place = (user.account, user.region) == (store.account, store.region)
        if user.kind in HELD and (same_place or not is_scoped_key_name(link.to)):
            yield user


def _family(scene: Scene, store: Resource) -> tuple[str, bool]:
    """What a store counts as one with: its dataset, else the store that it is a copy of; and whether that is certain."""
    seen: set[str] = set()
    while store.id not in seen:
        if dataset := scene.context.datasets.get(store.id):
            return f"dataset:{dataset}", True
        seen.add(store.id)
        link = next(iter(links_of(store, Rel.COPY_OF, Rel.BACKUP_OF)), None)
        if link is None:
            return store.id, True
        source = scene.estate.find(link)
        if source is None:
            return link.to or store.id, False
        store = source
    return min(seen), True


def admin_user_overlap(scene: Scene, key: Resource) -> AnyFact:
    """`key.admin_user_overlap`: what the connector found, else counted from the grants kept with the key."""
    del scene
    rule = "principals of the key policy"
    fact = read(key.facts, "key.admin_user_overlap")
    if fact is not NOT_COLLECTED or not key.grants:
        return fact if fact is not NOT_COLLECTED else open_fact(rule, NOT_COLLECTED)
    allowed = [grant for grant in key.grants if grant.effect == "Allow" and not grant.principal.endswith(":root")]
    both = {grant.principal for grant in allowed if _covers(grant, ADMINISTERS)} & {
        grant.principal for grant in allowed if _covers(grant, USES)
    }
    count = len(both)
    if count and any(grant.effect != "Allow" for grant in key.grants):
        denied = Unknown(UnknownReason.UNPARSABLE, key.grants[0].via, "the key policy also denies")
        return open_fact(rule, denied, between=(0, count))
    return Known(count, derived(rule, key.grants[0].via))


def _covers(grant: Grant, actions: frozenset[str]) -> bool:
    for action in grant.actions:
        stem, star, _ = action.lower().partition("*")
        if any(each.startswith(stem) if star else each == stem for each in actions):
            return True
    return False


def _key_links(scene: Scene, store: Resource) -> list[Link]:
    """The links to keys, without those to a provider's own key that no listing gives."""
    links = list(links_of(store, Rel.USES_KEY))
    custody = read(store.facts, "encryption.key_custody")
    if isinstance(custody, Known) and custody.value in PROVIDER_KEYS and not scene.gap(KEYS, store.provider):
        return [link for link in links if link.unknown is not None or scene.estate.find(link)]
    return links


def _without_link(rule: str, store: Resource) -> AnyFact:
    """What holds where no key is linked: nothing to ask where there is no key of one's own, unknown otherwise."""
    custody, at_rest = read(store.facts, "encryption.key_custody"), read(store.facts, "encryption.at_rest")
    if isinstance(custody, NotApplicable) or (isinstance(at_rest, Known) and at_rest.value is False):
        return NotApplicable("the store is not encrypted", derived(rule, custody.via, at_rest.via))
    if isinstance(custody, Known):
        if custody.value in PROVIDER_KEYS:
            return NotApplicable("the provider holds the key", derived(rule, custody.via))
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, derived(rule, custody.via), "the customer's key is not named")
    return open_fact(rule, first_unknown((custody, at_rest)))
