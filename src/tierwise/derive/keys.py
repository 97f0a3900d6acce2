"""Facts about the key that encrypts a store: how well it is kept, whether it is apart, whether it is shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tierwise.derive.arn import account_named, is_scoped_key_name
from tierwise.derive.links import links_of
from tierwise.derive.partial import derived, every, first_unknown, lowest, open_fact, read
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
            found.append((link.to, scene.absent(rule, store, link.to, KEYS)))
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
        return scene.absent(rule, store, link.to, KEYS)
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
    mine, mine_settled = _family(scene, store)
    others = [each for each in _families(scene, store, link).items() if each[0][0] != mine]
    for (_, settled), user in others:
        if settled and mine_settled:
            return Known(value=False, via=derived(rule, user))
    if others:
        return scene.absent(rule, store, mine if others[0][0][1] else others[0][0][0], HELD)
    if key is None:
        return scene.absent(rule, store, link.to, KEYS)
    if open_ := scene.once(("unlisted users", key.id), lambda: _unlisted_users(scene, key)):
        return open_fact(rule, open_)
    return Known(value=True, via=derived(rule, key.id))


def _families(scene: Scene, store: Resource, link: Link) -> Mapping[tuple[str, bool], str]:
    """What uses the key, by dataset or lineage: two certain and two uncertain ones, so that whoever asks finds another."""
    place = (store.account, store.region) if is_scoped_key_name(link.to) else ()
    key = (link.to, *place)
    if key not in scene.users:
        found: dict[tuple[str, bool], str] = {}
        for user in _users(scene, store, link):
            family = _family(scene, user)
            if sum(1 for _, settled in found if settled is family[1]) < 2:
                found.setdefault(family, user.id)
        scene.users[key] = found
    return scene.users[key]


def _unlisted_users(scene: Scene, key: Resource) -> Unknown | None:
    """Why another store could use a key and not show: a gap in an account that uses it, or a store whose key was not read."""
    externals = read(key.facts, "access.external_principals")
    users = (user.account for user in scene.estate.sources(key.id, Rel.USES_KEY) if user.kind in HELD)
    # A key that its policy opens to other accounts, or whose policy nobody read, can be used from any of them;
    # in Azure from any subscription, for whose identities a key of the same tenant is no outsider's.
    closed = key.provider != "azure" and isinstance(externals, Known) and externals.value == frozenset()
    accounts = {key.account, *users} if closed else {""}
    # AWS KMS Developer Guide, "Multi-Region keys": a key is used in its own region; those of Azure and Google serve other places too.
    region = key.region if key.provider == "aws" else ""
    for account in sorted(accounts):
        if gap := scene.gap(HELD, key.provider, account, region):
            return gap
    for holder, why in scene.loose.get(Rel.USES_KEY, ()):
        near = holder.provider == key.provider and region in ("", holder.region) and (holder.account in accounts or not closed)
        if holder.kind in HELD and near:
            return why
    return None


def _users(scene: Scene, store: Resource, link: Link) -> Iterator[Resource]:
    """The stores that name the same key, in the estate or outside it."""
    if scene.estate.find(link):
        yield from (user for user in scene.estate.sources(link.to, Rel.USES_KEY) if user.kind in HELD)
        return
    for by in scene.outside_users(link.to):
        user = store if by == store.id else scene.estate.resources[by]
        same_place = (user.account, user.region) == (store.account, store.region)
        if user.kind in HELD and (same_place or not is_scoped_key_name(link.to)):
            yield user


def _family(scene: Scene, store: Resource) -> tuple[str, bool]:
    """What a store counts as one with: its dataset, else the store that it is a copy of; and whether that is certain."""
    path: list[str] = []
    found: tuple[str, bool] | None = None
    while found is None:
        path.append(store.id)
        link = next(iter(links_of(store, Rel.COPY_OF, Rel.BACKUP_OF)), None)
        source = None if link is None else scene.estate.find(link)
        if dataset := scene.context.datasets.get(store.id):
            found = f"dataset:{dataset}", True
        elif link is None:
            found = store.id, True
        elif source is None:
            found = link.to or store.id, False
        elif source.id in path:
            found = min(path), True
        else:
            store, found = source, scene.families.get(source.id)
    if len(path) > 1:
        scene.families.update(dict.fromkeys(path, found))
    return found


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
