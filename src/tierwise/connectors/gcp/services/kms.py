"""Cloud KMS keys with the IAM policies of the key, of its key ring and of all above; never a key's material."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.google_iam import Policy, merged
from tierwise.connectors import fields, gcp_keys, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import iam, ids
from tierwise.connectors.gcp.above import AUDIENCE
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp.store import api_store, policy_read
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "cloudkms.googleapis.com/CryptoKey"
_RINGS: Final = "/v1/projects/{}/locations/{}/keyRings"
_USED: Final = frozenset({"key.decrypt_named_only", "key.admin_user_overlap"})
_WAIT: Final = "Cloud KMS API, CryptoKey.destroyScheduledDuration: 30 days where it was not given (24 hours for keys made before)"
_SOFTWARE: Final = "Cloud KMS API, CryptoKeyVersionTemplate.protectionLevel: SOFTWARE where it was not given"
_STATES: Final = {"ENABLED": "enabled", "DISABLED": "disabled", "DESTROY_SCHEDULED": "pending-deletion", "DESTROYED": "pending-deletion"}
_BEST: Final = ("enabled", "disabled", "pending-deletion")
_PAGE: Final = (("pageSize", "1000"),)
_LISTED: Final = frozenset({Kind.KEY})


def _has_no_primary(draft: Draft) -> bool:
    found = fields.value(draft.doc(KEY), "primary", "state", absent="", because=_WAIT)
    return not (isinstance(found, Known) and found.value)


def _ring_policy(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    ring = ids.above(draft.resource.id)
    return caller.place.above(f"policy:{ring}", partial(caller.ask, RING, ids.values_of(ring), ring))


LOCATIONS: Final = Read(
    "cloudkms", "/v1/projects/{}/locations", "cloudkms.locations.list", stage=Stage.SURVEY, items="locations", query=_PAGE
)
RINGS: Final = Read("cloudkms", _RINGS, "cloudkms.keyRings.list", stage=Stage.SURVEY, items="keyRings", query=_PAGE)
KEYS: Final = Read(
    "cloudkms", f"{_RINGS}/{{}}/cryptoKeys", "cloudkms.cryptoKeys.list", stage=Stage.SURVEY, items="cryptoKeys", query=_PAGE, kinds=_LISTED
)
VERSIONS: Final = Read(
    "cloudkms",
    f"{_RINGS}/{{}}/cryptoKeys/{{}}/cryptoKeyVersions",
    "cloudkms.cryptoKeyVersions.list",
    TYPE,
    facts=frozenset({"key.state"}),
    items="cryptoKeyVersions",
    query=_PAGE,
    when=_has_no_primary,
)
IAM: Final = policy_read(TYPE, "cloudkms", f"{_RINGS}/{{}}/cryptoKeys/{{}}", "cloudkms.cryptoKeys.getIamPolicy", AUDIENCE | _USED)
_RING: Final = policy_read(TYPE, "cloudkms", f"{_RINGS}/{{}}", "cloudkms.keyRings.getIamPolicy", AUDIENCE | _USED)
RING: Final = Read(_RING.host, _RING.path, _RING.action, TYPE, facts=_RING.facts, query=_RING.query, make=_ring_policy)
STORE: Final = api_store(TYPE, "cloudkms", "cloudkms.googleapis.com", IAM, _USED)


def _walk(caller: Caller, declared: Row) -> Iterator[Doc | Unknown]:
    """The keys of a project: location by location, ring by ring."""
    del declared
    for place in _each(caller, LOCATIONS, (caller.place.id,)):
        if isinstance(place, Unknown):
            yield place
            continue
        for ring in _each(caller, RINGS, (caller.place.id, str(place.get("locationId") or ""))):
            yield from (ring,) if isinstance(ring, Unknown) else _each(caller, KEYS, ids.values_of(str(ring.get("name") or "")))


def _each(caller: Caller, read: Read, values: tuple[str, ...]) -> Iterator[Mapping[str, Any] | Unknown]:
    listed = fields.items(caller.ask(read, values), read.items)
    yield from (listed,) if isinstance(listed, Unknown) else listed.value


KEY: Final = Row(
    TYPE,
    _LISTED,
    (LOCATIONS, RINGS, KEYS),
    lambda doc, _place: f"//cloudkms.googleapis.com/{doc.get('name')}",
    IAM,
    frozenset({"key.protection_level", "key.rotation_enabled", "key.rotation_days", "key.deletion_window_days"}),
    walk=_walk,
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per key."""
    values = ids.values_of(asset.name)
    draft = drafted(caller.place, declared, asset, Kind.KEY, region=values[1] if len(values) > 1 else "")
    draft.docs[iam.PLACE] = Known({"place": caller.place})
    yield draft


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a key that its documents so far allow."""
    sheet, key = FactSheet(), draft.doc(KEY)
    level = fields.word(key, "versionTemplate", "protectionLevel", absent="SOFTWARE", because=_SOFTWARE)
    sheet.put("key.protection_level", gcp_keys.level(level))
    period = fields.value(
        key, "rotationPeriod", absent=None, because="Cloud KMS API, CryptoKey.rotationPeriod: no rotation where it is not set"
    )
    imported = fields.flag(key, "importOnly", absent=False, because="Cloud KMS API, CryptoKey.importOnly: false where it is not set")
    gcp_keys.put_rotation(sheet, fields.word(key, "purpose"), imported, gcp_terms.seconds(period))
    sheet.put("key.state", _state(draft))
    wait = gcp_terms.seconds(fields.word(key, "destroyScheduledDuration", absent=f"{30 * gcp_terms.DAY}s", because=_WAIT))
    sheet.put("key.deletion_window_days", wait if isinstance(wait, Unknown) else Known((wait.value or 0) // gcp_terms.DAY, wait.via))
    gcp_keys.put_purge_protected(sheet)
    place = iam.place_in(draft)
    own = _own(draft)
    gcp_keys.put_use(sheet, iam.everyone(draft, "cloudkms", own, STORE.above, place), None)
    STORE.put(draft, sheet, own)
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its policy and its ring's."""
    return STORE.put(draft, FactSheet(), _own(draft))


def _own(draft: Draft) -> Policy:
    place = iam.place_in(draft)
    return merged(*(iam.own_policy(draft, read, STORE.above, place) for read in (IAM, RING)))


def _state(draft: Draft) -> Maybe[str]:
    """The state of the primary version; of a key that has none, the best of its versions: what can be used at all."""
    primary = fields.value(draft.doc(KEY), "primary", "state")
    if isinstance(primary, Known):
        state = _STATES.get(str(primary.value))
        return Known(state, primary.via) if state else Unknown(UnknownReason.NOT_SUPPORTED, primary.via, "not a state that is known")
    if isinstance(draft.doc(KEY), Unknown):
        return primary
    versions = fields.items(draft.doc(VERSIONS), VERSIONS.items)
    if isinstance(versions, Unknown):
        return versions
    states = {_STATES.get(str(one.get("state")), "") for one in versions.value}
    if not all(isinstance(one.get("state"), str) for one in versions.value):
        return Unknown(UnknownReason.UNPARSABLE, versions.via, "a version whose state is no text")
    best = next((one for one in _BEST if one in states), "")
    return (
        Known(best, versions.via) if best else Unknown(UnknownReason.NOT_SUPPORTED, versions.via, "it has no version whose state is known")
    )


COLLECTOR = Collector("kms", (KEY,), (*STORE.reads, RING, VERSIONS), survey, facts, grants=grants)
