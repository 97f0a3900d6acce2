"""Google Cloud's words as both its readers meet them, live and in plans: places, durations, TLS versions, what holds for every store. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tierwise.access.google_iam import Binding
from tierwise.access.google_member import Home, read_member
from tierwise.access.internet import covers_internet
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import negated
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import put_listed

_ACL_ROLES: Final = {
    "READER": "roles/storage.legacyObjectReader",
    "WRITER": "roles/storage.legacyBucketWriter",
    "OWNER": "roles/storage.legacyBucketOwner",
}
_ANYBODY: Final = frozenset({"allUsers", "allAuthenticatedUsers", "principalSet://goog/public:all"})
_BOUNDARY: Final = re.compile(r"_([a-z])")
GIB: Final = 1024**3
DAY: Final = 86_400
ENCRYPTED: Final = (
    "Google Cloud, default encryption at rest: all customer content is encrypted, with Google's own keys unless others are named"
)
_MULTI: Final = frozenset({"eu", "us", "asia", "eur3", "eur4", "eur5", "eur7", "eur8", "nam4", "nam5", "nam7", "asia1"})
OLDEST: Final = "TLS_VERSION_1"
"""TLS 1.0 as `gcp.restrictTLSVersion` denies it."""
_ADDRESSED: Final = frozenset({Kind.RELATIONAL_DB, Kind.WAREHOUSE, Kind.CACHE})
"""Kinds of store of which `network.public_endpoint` and `network.ingress_any` ask for an address of its own (ADR 0021)."""
NO_LIST: Final = "Google Cloud APIs, JSON: a list without entries is left out of an answer"
_OLD_TLS: Final = "Cloud Storage and Google Cloud APIs, TLS: versions from 1.0 on are accepted unless gcp.restrictTLSVersion denies them"


def as_region(place: str) -> str:
    """The region of a region, a zone or a path that ends in one: `europe-west2-a`, `projects/p/regions/europe-west2`."""
    name = place.lower().rstrip("/").rpartition("/")[2]
    head, _, last = name.rpartition("-")
    return head if head.count("-") and len(last) == 1 and last.isalpha() else name


def is_multi_region(region: str) -> bool:
    """Whether a location is a multi-region or a dual-region."""
    return region in _MULTI


def weakest(found: Iterable[AnyFact]) -> AnyFact:
    """The weakest custody of several keys; unknown where one that is not known could be it."""
    every = list(found)
    own = next((one for one in every if isinstance(one, Known) and one.value != "customer"), None)
    return own or next((one for one in every if isinstance(one, Unknown)), every[0])


def seconds(found: Maybe[object]) -> Maybe[int | None]:
    """The seconds of a Google duration: `86400s`, `3600.5s`, or a bare number."""
    if isinstance(found, Unknown):
        return found
    if found.value is None:
        return Known(None, found.via)
    if isinstance(found.value, bool) or not isinstance(found.value, str | int):
        return Unknown(UnknownReason.UNPARSABLE, found.via, "not a duration in seconds")
    digits = str(found.value).strip().removesuffix("s").partition(".")[0]
    if digits.isdecimal() and len(digits) < 16:
        return Known(int(digits), found.via)
    return Unknown(UnknownReason.UNPARSABLE, found.via, "not a duration in seconds")


def days(found: Maybe[int], per: int = DAY) -> Maybe[int]:
    """Whole days of a number of seconds, or of `per` to a day."""
    return found if isinstance(found, Unknown) else Known(found.value // per, found.via)


def allows_anybody(parameters: Iterable[Mapping[str, object]]) -> bool:
    """Whether the members that `iam.managed.allowedPolicyMembers` lists are everybody.

    Organization Policy documentation, "Domain restricted sharing": exceptions are listed beside the organisation's own principals.
    """
    lists = (one.get(name) for one in parameters for name in ("allowedMemberSubjects", "allowedPrincipalSets"))
    return any(member in _ANYBODY for members in lists if isinstance(members, list) for member in members)


def is_word(found: Maybe[str | None], *words: str) -> Maybe[bool]:
    """Whether a text is one of some words, whatever its case."""
    return found if isinstance(found, Unknown) else Known((found.value or "").upper() in words, found.via)


def least_tls(denied: Known[frozenset[str]]) -> Known[str]:
    """The lowest TLS version that Google's APIs accept where `gcp.restrictTLSVersion` denies some."""
    if OLDEST not in denied.value:
        return Known("1.0", Provenance(f"constant: {_OLD_TLS}"))
    return Known("1.1" if "TLS_VERSION_1_1" not in denied.value else "1.3" if "TLS_VERSION_1_2" in denied.value else "1.2", denied.via)


def tls_in_doubt(via: Provenance) -> Unknown:
    """The lowest TLS version where it is not known what is denied."""
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, "which TLS versions are denied is not known", between=("1.0", "1.3"))


def put_api_store(sheet: FactSheet, kind: Kind, tls: AnyFact, private: Maybe[bool]) -> None:
    """Sets the network and TLS facts of a store that is reached through Google's public API endpoints; a database there has no address.

    `private` is whether a perimeter keeps requests from any network outside from it: nothing else narrows what the endpoints let in.
    """
    via = Provenance("constant: Google Cloud, service endpoints: the API answers on googleapis.com from the internet")
    nowhere = NotApplicable("it has no address of its own, only Google's interface", via) if kind in _ADDRESSED else None
    facts: dict[str, AnyFact] = {
        "network.public_endpoint": nowhere or Known(True, via),
        "network.ingress_any": nowhere or negated(private),
        "network.private_endpoint": private,
        "transport.tls_required": Known(
            True, Provenance("constant: Google Cloud, encryption in transit: the API takes authenticated calls over TLS only")
        ),
        "transport.min_tls": tls,
    }
    put_listed(sheet, facts, kind)


def put_iam_logins(sheet: FactSheet, kind: Kind, service: str) -> None:
    """Sets the logins of a database whose only users are IAM's."""
    sheet.constant("access.local_auth_enabled", False, f"{service}, access control: IAM identities only")
    sheet.constant("access.central_identity_enabled", True, f"{service}, access control: IAM identities only")
    if kind is Kind.DOCUMENT_DB:
        sheet.constant("access.shared_key_enabled", False, f"{service}, access control: no shared keys")


def put_no_policy(sheet: FactSheet, doc: str) -> None:
    """Sets whom a store lets in that has no IAM policy of its own."""
    for name in ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated"):
        sheet.constant(name, False, doc)
    sheet.constant("access.external_principals", frozenset(), doc)
    sheet.not_applicable("access.external_conditioned", "no principal outside the project is let in", Provenance(f"constant: {doc}"))


def put_network_only(sheet: FactSheet, doc: str) -> None:
    """Sets the network facts of a store that has an address inside a network alone."""
    sheet.constant("network.public_endpoint", False, doc)
    sheet.not_applicable("network.ingress_any", "it has no public address", Provenance(f"constant: {doc}"))
    sheet.constant("network.private_endpoint", True, doc)


def covers(ranges: Iterable[str], via: Provenance) -> Maybe[bool]:
    """Whether ranges in CIDR form are together the internet."""
    try:
        return Known(covers_internet(ranges), via)
    except ValueError:
        return Unknown(UnknownReason.UNPARSABLE, via, "not address ranges")


def worm_mode(locked: Maybe[bool | None]) -> Maybe[str]:
    """The mode of a bucket's retention policy: nobody shortens one that is locked."""
    if isinstance(locked, Unknown):
        return Unknown(locked.reason, locked.via, locked.detail, between=("governance", "compliance"))
    return Known("compliance" if locked.value else "governance", locked.via)


def redundancy_of(location: Maybe[str]) -> Maybe[str]:
    """What a bucket's data survives; a region keeps it in several of its zones (Cloud Storage, "Bucket locations")."""
    if isinstance(location, Unknown):
        return location
    return Known("multi-region" if is_multi_region(location.value.lower()) else "multi-zone", location.via)


def put_no_clock(sheet: FactSheet) -> None:
    """Sets what no bucket has."""
    sheet.not_applicable("recovery.point_in_time", "Cloud Storage restores by version and soft delete, not to a second")
    sheet.not_applicable("recovery.mfa_delete", "Cloud Storage has no second factor for deletion")


def put_links(sheet: FactSheet) -> None:
    """Sets how long a link to an object of a bucket holds."""
    sheet.constant("access.bearer_link_max_hours", 168, "Cloud Storage, signed URLs: a V4 signature holds for 7 days at most")


def put_custody(sheet: FactSheet, key: Maybe[str]) -> None:
    """Sets encryption at rest and who controls the key, by the name of the key, which is empty where it is Google's own."""
    sheet.constant("encryption.at_rest", True, ENCRYPTED)
    sheet.put("encryption.key_custody", key if isinstance(key, Unknown) else Known("customer" if key.value else "provider-owned", key.via))


def unversioned(key: str) -> str:
    """A key's name without its version."""
    return key.partition("/cryptoKeyVersions/")[0]


def acl_role(permission: str) -> str:
    """The role that equals a permission of an ACL (Cloud Storage, "Relation to IAM")."""
    return _ACL_ROLES.get(permission.upper(), permission)


def acl_member(entity: str) -> str:
    """The IAM member that an ACL entity is: `allUsers`, `user-EMAIL`, `group-EMAIL`, `domain-NAME`, `project-owners-NUMBER`."""
    kind, dash, rest = entity.partition("-")
    if kind == "project" and dash:
        return f"projectViewer:{rest.partition('-')[2]}"
    if kind == "user" and rest.endswith("gserviceaccount.com"):
        return f"serviceAccount:{rest}"
    return f"{kind}:{rest}" if dash else entity


def acl_binding(permission: str, entity: str, home: Home, via: Provenance) -> Binding:
    """An entry of an ACL as a binding."""
    return Binding(Known(acl_role(permission), via), (read_member(acl_member(entity), home),), Known(False, via), via)


def camel(name: str) -> str:
    """A field's name in camel case, as the APIs write what Terraform and exports write with underscores."""
    return _BOUNDARY.sub(lambda match: match[1].upper(), name)
