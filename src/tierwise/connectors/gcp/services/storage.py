"""Cloud Storage buckets with their IAM policy, default ACLs and what stands above them.

What a bucket's document does not have: no encryption is a key of Google's, no logging, retention, lifecycle, CORS and website are none, no
versioning is off (Cloud Storage JSON API, "Buckets"; recorded buckets and exports also have such fields as empty objects).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from tierwise.access.google_iam import Binding, Policy, either, merged
from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import constraints, iam
from tierwise.connectors.gcp.above import AUDIENCE, PUBLIC_ACCESS, RECORDED, domain_of, iam_read, members_read, org_read
from tierwise.connectors.gcp.bound import deny_read, role_read
from tierwise.connectors.gcp.history import History
from tierwise.connectors.gcp.perimeter import edge_of, perimeter_read
from tierwise.connectors.gcp.place import Place, drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp_lifecycle import NARROWING, Rule, lifecycle_facts
from tierwise.connectors.gcp_terms import acl_binding
from tierwise.model import kleene
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "storage.googleapis.com/Bucket"
_SERVICE: Final = TYPE.partition("/")[0]
_API: Final = "Cloud Storage JSON API, Buckets"
_PAP: Final = f"{_API}: iamConfiguration.publicAccessPrevention is inherited where it was never set"
_UBLA: Final = f"{_API}: iamConfiguration.uniformBucketLevelAccess is off where it was never set"
_OFF: Final = f"{_API}: off where it was never set"
_PERIMETER: Final = frozenset({"access.organisation_perimeter"})


def _may_have_folders(draft: Draft) -> bool:
    # Cloud Storage, "Managed folders": only buckets with uniform bucket-level access have them.
    uniform = _uniform(draft.doc(BUCKET))
    return not isinstance(uniform, Known) or uniform.value


def _has_acls(draft: Draft) -> bool:
    uniform = _uniform(draft.doc(BUCKET))
    return not (isinstance(uniform, Known) and uniform.value)


IAM: Final = Read(
    "storage",
    "/storage/v1/b/{}/iam",
    "storage.buckets.getIamPolicy",
    TYPE,
    facts=AUDIENCE,
    query=(("optionsRequestedPolicyVersion", "3"),),
)
LIST: Final = Read(
    "storage",
    "/storage/v1/b",
    "storage.buckets.list",
    stage=Stage.SURVEY,
    items="items",
    query=(("project", "{}"), ("maxResults", "1000"), ("projection", "noAcl")),
    kinds=frozenset({Kind.OBJECT_STORE}),
)
ACLS: Final = Read(
    "storage",
    "/storage/v1/b/{}/defaultObjectAcl",
    "storage.buckets.getIamPolicy",
    TYPE,
    facts=AUDIENCE,
    when=_has_acls,
)
FOLDERS: Final = Read(
    "storage",
    "/storage/v1/b/{}/managedFolders",
    "storage.managedFolders.list",
    TYPE,
    facts=AUDIENCE,
    items="items",
    query=(("pageSize", "1000"),),
    when=_may_have_folders,
)


def _folder_policies(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """The policy of each managed folder."""
    listed, bucket = fields.items(draft.doc(FOLDERS), "items"), draft.resource.name
    if isinstance(listed, Unknown):
        return listed
    names = [str(one.get("name") or "") for one in listed.value]
    return Known({"policies": [caller.ask(FOLDER_POLICIES, (bucket, name), draft.resource.id) for name in names]}, FOLDER_POLICIES.via)


FOLDER_POLICIES: Final = Read(
    "storage",
    "/storage/v1/b/{}/managedFolders/{}/iam",
    "storage.managedFolders.getIamPolicy",
    TYPE,
    facts=AUDIENCE,
    query=(("optionsRequestedPolicyVersion", "3"),),
    opaque=True,
    when=_may_have_folders,
    make=_folder_policies,
)
BUCKET: Final = Row(
    TYPE,
    frozenset({Kind.OBJECT_STORE}),
    (LIST,),
    lambda doc, _place: f"//storage.googleapis.com/{doc.get('name')}",
    IAM,
    frozenset(
        {
            "encryption.key_custody",
            "access.public_blocked",
            "access.public_acls_blocked",
            "access.acls_disabled",
            "access.website_enabled",
            "access.cors_any_origin",
            "network.ingress_any",
            "network.private_endpoint",
            "recovery.versioning",
            "recovery.soft_delete_days",
            "recovery.redundancy",
            "retention.expiry_configured",
            "retention.delete_after_days",
            "retention.noncurrent_days",
            "retention.legal_hold",
            "immutability.mode",
            "immutability.min_days",
        }
    ),
)
ABOVE: Final = iam_read(TYPE, AUDIENCE | RECORDED)
GUARDRAILS: Final = org_read(
    TYPE,
    frozenset({"access.public_blocked", "access.public_acls_blocked", "access.acls_disabled", "transport.min_tls"})
    | (AUDIENCE - {"access.external_principals", "access.external_conditioned"}),
)


MEMBERS: Final = members_read(TYPE, _PERIMETER)
PERIMETERS: Final = perimeter_read(TYPE, _SERVICE, _PERIMETER)
ROLES: Final = role_read(TYPE)
DENIALS: Final = deny_read(TYPE)


def _keys(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    del draft
    place = caller.place
    return place.above(f"hmac:{place.name}", partial(caller.ask, HMAC, (place.id,)))


HMAC: Final = Read(
    "storage",
    "/storage/v1/projects/{}/hmacKeys",
    "storage.hmacKeys.list",
    TYPE,
    facts=frozenset({"access.shared_key_enabled"}),
    items="items",
    query=(("maxResults", "250"),),
    make=_keys,
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per bucket."""
    name = asset.name.rpartition("/")[2]
    location = fields.word(asset.data, "location")
    region = location.value if isinstance(location, Known) else ""
    draft = drafted(caller.place, declared, asset, Kind.OBJECT_STORE, region=region, aliases=(name, f"gs://{name}"))
    draft.docs[iam.PLACE] = Known({"place": caller.place})
    yield draft


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the bucket that takes its usage logs."""
    found: list[Link] = []
    for rel, path in ((Rel.USES_KEY, ("encryption", "defaultKmsKeyName")), (Rel.LOGS_TO, ("logging", "logBucket"))):
        named = fields.value(draft.doc(BUCKET), *path, absent="", because=_OFF)
        if isinstance(named, Known) and named.value:
            found.append(Link(rel, gcp_terms.unversioned(str(named.value))))
    return tuple(found)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a bucket that its documents so far allow."""
    sheet, bucket = FactSheet(), draft.doc(BUCKET)
    gcp_terms.put_custody(sheet, fields.word(bucket, "encryption", "defaultKmsKeyName", absent="", because=gcp_terms.ENCRYPTED))
    edge = edge_of(draft.doc(PERIMETERS))
    gcp_terms.put_api_store(sheet, Kind.OBJECT_STORE, constraints.oldest_tls(draft.doc(GUARDRAILS)), edge.inward)
    sheet.put("access.organisation_perimeter", kleene.either(constraints.members_only(draft.doc(MEMBERS)), edge.closed))
    iam.put_recorded(draft, sheet, ABOVE, _SERVICE)
    _filter(bucket, sheet)
    _recovery(bucket, sheet)
    _access(draft, sheet)
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its IAM policy and ACLs."""
    return _access(draft, FactSheet())


def _filter(bucket: Maybe[Doc | None], sheet: FactSheet) -> None:
    """The bucket's IP filter, where it has one: only its ranges and networks get in."""
    mode = fields.word(bucket, "ipFilter", "mode", absent="Disabled", because=_OFF)
    if isinstance(mode, Known) and mode.value != "Enabled":
        return
    ranges = fields.words(bucket, "ipFilter", "publicNetworkSource", "allowedIpCidrRanges", because=_OFF)
    networks = fields.items(bucket, "ipFilter", "vpcNetworkSources", because=gcp_terms.NO_LIST)
    lost = next((one for one in (mode, ranges, networks) if isinstance(one, Unknown)), None)
    if lost is not None or isinstance(ranges, Unknown) or isinstance(networks, Unknown):
        sheet.put("network.ingress_any", lost or mode)
        return
    sheet.put("network.ingress_any", gcp_terms.covers(ranges.value, mode.via))
    if networks.value and not ranges.value:
        sheet.known("network.private_endpoint", True, networks.via)


def _recovery(bucket: Maybe[Doc | None], sheet: FactSheet) -> None:
    versioned = fields.flag(bucket, "versioning", "enabled", absent=False, because=_OFF)
    sheet.put("recovery.versioning", versioned)
    sheet.put("recovery.soft_delete_days", _days(fields.value(bucket, "softDeletePolicy", "retentionDurationSeconds")))
    gcp_terms.put_no_clock(sheet)
    period = _days(fields.value(bucket, "retentionPolicy", "retentionPeriod", absent=0, because=_OFF))
    sheet.put("immutability.min_days", period)
    if isinstance(period, Unknown) or not period.value:
        sheet.put("immutability.mode", period if isinstance(period, Unknown) else Known("none", period.via))
    else:
        sheet.put("immutability.mode", gcp_terms.worm_mode(fields.flag(bucket, "retentionPolicy", "isLocked", absent=False, because=_OFF)))
    sheet.put("retention.legal_hold", fields.flag(bucket, "defaultEventBasedHold", absent=False, because=_OFF))
    places = fields.value(bucket, "customPlacementConfig", "dataLocations", absent=[], because=_OFF)
    two = Known("multi-region", places.via) if isinstance(places, Known) and places.value else None
    sheet.put("recovery.redundancy", two or gcp_terms.redundancy_of(fields.word(bucket, "location")))
    rules = fields.items(bucket, "lifecycle", "rule", because=_OFF)
    read = rules if isinstance(rules, Unknown) else Known([_rule(one, rules.via) for one in rules.value], rules.via)
    for name, fact in lifecycle_facts(read, rules.via, never_versioned=False).items():
        sheet.put(name, fact)


def _days(seconds: Maybe[Any]) -> Maybe[int]:
    """Whole days of a number of seconds, which the API writes as a text."""
    if isinstance(seconds, Unknown):
        return seconds
    text = str(seconds.value)
    if text.isdecimal() and len(text) < 16:
        return Known(int(text) // gcp_terms.DAY, seconds.via)
    return Unknown(UnknownReason.UNPARSABLE, seconds.via, "not a number of seconds")


def _rule(rule: Mapping[str, Any], via: Provenance) -> Rule | Unknown | None:
    """A rule that deletes; None for one that does something else."""
    action, condition = rule.get("action"), rule.get("condition")
    if not isinstance(action, Mapping) or not isinstance(condition, Mapping):
        return Unknown(UnknownReason.UNPARSABLE, via, "a lifecycle rule without action or condition")
    if isinstance(kind := action.get("type"), str) and kind != "Delete":
        return None
    age, noncurrent, live = (condition.get(name) for name in ("age", "daysSinceNoncurrentTime", "isLive"))
    if kind is None or not _is_count(age) or not _is_count(noncurrent) or not isinstance(kind, str) or not isinstance(live, bool | None):
        return Unknown(UnknownReason.UNPARSABLE, via, "a lifecycle rule of another shape")
    return Rule(
        age=age,
        noncurrent=noncurrent,
        state="LIVE" if live is True else "ARCHIVED" if live is False else "ANY",
        whole=not any(condition.get(gcp_terms.camel(name)) for name in NARROWING),
    )


def _is_count(days: object) -> TypeGuard[int | None]:
    return days is None or (isinstance(days, int) and not isinstance(days, bool))


def _uniform(bucket: Maybe[Doc | None]) -> Maybe[bool]:
    # Its first name, `bucketPolicyOnly`, is still written beside it.
    own = fields.flag(bucket, "iamConfiguration", "uniformBucketLevelAccess", "enabled", absent=False, because=_UBLA)
    older = fields.flag(bucket, "iamConfiguration", "bucketPolicyOnly", "enabled", absent=False, because=_UBLA)
    return either((own, older), bucket.via)


def _access(draft: Draft, sheet: FactSheet) -> tuple[Grant, ...]:
    bucket, guardrails = draft.doc(BUCKET), draft.doc(GUARDRAILS)
    own = fields.word(bucket, "iamConfiguration", "publicAccessPrevention", absent="inherited", because=_PAP)
    prevented: Maybe[bool] = own if isinstance(own, Unknown) else Known(own.value == "enforced", own.via)
    prevented = either((prevented, constraints.enforced(guardrails, PUBLIC_ACCESS)), prevented.via)
    uniform = _uniform(bucket)
    # The constraint binds buckets as they are made or changed; one that is older keeps its ACLs (Cloud Storage, "Organization policy constraints").
    sheet.put("access.public_blocked", prevented)
    sheet.put("access.acls_disabled", uniform)
    sheet.put("access.public_acls_blocked", either((prevented, uniform), bucket.via))
    sheet.put("access.shared_key_enabled", _active_keys(draft.doc(HMAC)))
    gcp_terms.put_links(sheet)
    page = fields.value(bucket, "website", "mainPageSuffix", absent="", because=_OFF)
    missing = fields.value(bucket, "website", "notFoundPage", absent="", because=_OFF)
    sheet.put(
        "access.website_enabled",
        either([one if isinstance(one, Unknown) else Known(bool(one.value), bucket.via) for one in (page, missing)], bucket.via),
    )
    origins = fields.items(bucket, "cors", because=_OFF)
    wide = origins if isinstance(origins, Unknown) else Known(any("*" in (one.get("origin") or ()) for one in origins.value), origins.via)
    sheet.put("access.cors_any_origin", wide)
    place = iam.place_in(draft)
    public = prevented if isinstance(prevented, Unknown) else Known(not prevented.value, prevented.via)
    policy = iam.own_policy(draft, IAM, ABOVE, place)
    if not isinstance(uniform, Known) or uniform.value:
        policy = merged(policy, *_of_folders(draft, place))
    if not (isinstance(uniform, Known) and uniform.value):
        policy = merged(policy, _acls(draft, uniform, place))
    return iam.put_reach(draft, sheet, Kind.OBJECT_STORE, "storage", policy, ABOVE, place, public)


def _of_folders(draft: Draft, place: Place) -> Iterator[Policy]:
    """The policies of its managed folders: what one lets in gets at a part of the bucket."""
    told = draft.doc(FOLDER_POLICIES)
    documents: list[Maybe[Doc | None]] = [told] if isinstance(told, Unknown) else (told.value or {}).get("policies", [])
    domain = domain_of(draft.doc(ABOVE))
    yield from (iam.policy_in(draft, one, iam.home_of(place, domain, one.via)) for one in documents)


def _acls(draft: Draft, uniform: Maybe[bool], place: Place) -> Policy:
    """The default ACL of new objects; that of the bucket itself is part of its IAM policy (Cloud Storage, "Relation to IAM")."""
    entries = fields.items(draft.doc(ACLS), "items", because=gcp_terms.NO_LIST)
    if isinstance(uniform, Unknown):
        return Policy((), uniform, uniform.via)
    if isinstance(entries, Unknown):
        return Policy((), entries, entries.via)
    home = iam.home_of(place, domain_of(draft.doc(ABOVE)), entries.via)
    bindings: list[Binding] = [
        acl_binding(str(one.get("role") or ""), str(one.get("entity") or ""), home, entries.via) for one in entries.value
    ]
    return Policy(tuple(bindings), None, entries.via)


def _active_keys(keys: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether the project has an HMAC key that works: it opens every bucket that its service account may open."""
    listed = fields.items(keys, "items")
    return listed if isinstance(listed, Unknown) else Known(any(one.get("state") == "ACTIVE" for one in listed.value), listed.via)


COLLECTOR = Collector(
    "storage",
    (BUCKET,),
    (IAM, ACLS, FOLDERS, FOLDER_POLICIES, HMAC, ABOVE, GUARDRAILS, MEMBERS, PERIMETERS, ROLES, DENIALS),
    survey,
    facts,
    links,
    grants,
    # Cloud Storage, "Cloud Audit Logs with Cloud Storage": Admin Activity has whatever changes access, a bucket or a managed folder.
    history=History(_SERVICE, re.compile(r"projects/_/buckets/([^/]+)"), frozenset({ACLS, FOLDERS, FOLDER_POLICIES})),
)
