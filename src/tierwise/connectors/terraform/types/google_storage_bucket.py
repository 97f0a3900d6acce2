"""Cloud Storage buckets with their IAM bindings, ACLs and the guardrails of their project.

What the configuration leaves out has the default that Cloud Storage documents for new buckets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.google_iam import Policy, either, merged, put_audience
from tierwise.connectors import gcp_terms
from tierwise.connectors.gcp_lifecycle import lifecycle_facts
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_acl import ACLS, acl_of
from tierwise.connectors.terraform.gcp_edge import edge
from tierwise.connectors.terraform.gcp_guard import PUBLIC_ACCESS, READS, UNIFORM, enforced, members_only
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import granted, iam_children, policy_of
from tierwise.connectors.terraform.gcp_lifecycle import rule_of
from tierwise.connectors.terraform.gcp_project import project_mark, same_project
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model import kleene
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource

BUCKET: Final = "google_storage_bucket"
HMAC: Final = "google_storage_hmac_key"
FOLDER: Final = "google_storage_managed_folder"
_NAMES: Final = ("name", "id", "self_link", "url")
_UBLA: Final = "Terraform Google provider, google_storage_bucket: uniform_bucket_level_access is false by default"
_PAP: Final = "Cloud Storage, public access prevention: a bucket without the setting inherits it"
_VERSIONS: Final = "Cloud Storage, object versioning: it is off by default"
_SOFT: Final = "Cloud Storage, soft delete: 7 days for new buckets by default, since March 2024"
_WEEK: Final = 7 * gcp_terms.DAY


def convert(bucket: Planned, plan: Plan) -> Resource:
    """A planned bucket."""
    sheet = FactSheet()
    links = [*gcp.put_key(plan, bucket, ("encryption", 0, "default_kms_key_name"), sheet), *_logging(bucket, plan)]
    gcp.put_audit(plan, bucket, "storage.googleapis.com", sheet)
    closed = edge(plan, bucket, "storage.googleapis.com").closed
    sheet.put("access.organisation_perimeter", kleene.either(members_only(plan, bucket), closed))
    gcp.put_api_store(plan, bucket, "storage.googleapis.com", sheet, Kind.OBJECT_STORE)
    _filter(bucket, sheet)
    _recovery(bucket, sheet)
    grants = _access(bucket, plan, sheet)
    versioning = sheet.facts["recovery.versioning"]
    never = bucket.is_new and isinstance(versioning, Known) and versioning.value is False
    listed = gcp.blocks(bucket, "lifecycle_rule")
    rules = listed if isinstance(listed, Unknown) else Known([rule_of(node) for node in listed.value], listed.via)
    for name, fact in lifecycle_facts(rules, bucket.at("lifecycle_rule"), never).items():
        sheet.put(name, fact)
    name = text_or(bucket.root, "name")
    aliases = (name, f"gs://{name}" if name else "")
    return gcp.resource(
        plan, bucket, Kind.OBJECT_STORE, name or bucket.place.name, sheet, links=links, aliases=aliases, grants=grants
    )  # fmt: skip


def _logging(bucket: Planned, plan: Plan) -> Iterator[Link]:
    # Usage logs name no principal (Cloud Storage, "Usage logs": cs fields and an address), so they are a link and not data access logging.
    path = ("logging", 0, "log_bucket")
    if not gcp.is_unwritten(bucket.root, path):
        yield from plan.links(Rel.LOGS_TO, bucket, bucket.root, path, {BUCKET})


def _filter(bucket: Planned, sheet: FactSheet) -> None:
    """The bucket's IP filter, where it has one: only its ranges and networks get in."""
    filters = bucket.root.block("ip_filter")
    if isinstance(filters, Unknown):
        if not gcp.is_unwritten(bucket.root, ("ip_filter",)):
            for name in ("network.ingress_any", "network.private_endpoint"):
                sheet.put(name, filters)
        return
    if filters.value is None:
        return
    mode = gcp_terms.is_word(filters.value.text("mode"), "ENABLED")
    ranges = filters.value.texts("public_network_source", 0, "allowed_ip_cidr_ranges")
    networks = filters.value.blocks("vpc_network_sources")
    still = next((one for one in (mode, ranges, networks) if isinstance(one, Unknown)), None)
    if isinstance(mode, Known) and not mode.value:
        return
    if still is not None or not isinstance(ranges, Known) or not isinstance(networks, Known):
        for name in ("network.ingress_any", "network.private_endpoint"):
            sheet.put(name, still or Unknown(UnknownReason.UNPARSABLE, filters.via))
        return
    sheet.put("network.ingress_any", ranges.value.open or gcp_terms.covers(ranges.value.known, ranges.via))
    if networks.value and not ranges.value.known and ranges.value.open is None:
        sheet.known("network.private_endpoint", True, networks.via)


def _recovery(bucket: Planned, sheet: FactSheet) -> None:
    sheet.put("recovery.versioning", gcp.flag(bucket, "versioning", 0, "enabled", default=False, doc=_VERSIONS))
    soft = gcp.number(bucket, "soft_delete_policy", 0, "retention_duration_seconds", default=_WEEK, doc=_SOFT)
    sheet.put("recovery.soft_delete_days", gcp_terms.days(soft))
    gcp_terms.put_no_clock(sheet)
    mode, least = _retention(bucket)
    sheet.put("immutability.mode", mode)
    sheet.put("immutability.min_days", least)
    held = bucket.root.flag("default_event_based_hold")
    sheet.put("retention.legal_hold", held if isinstance(held, Unknown) else Known(bool(held.value), held.via))
    sheet.put("recovery.redundancy", _redundancy(bucket))


def _retention(bucket: Planned) -> tuple[Maybe[str], Maybe[int]]:
    found = gcp.blocks(bucket, "retention_policy")
    if isinstance(found, Unknown):
        return found, found
    if not found.value:
        return Known("none", found.via), Known(0, found.via)
    locked, period = found.value[0].flag("is_locked"), found.value[0].number("retention_period")
    return gcp_terms.worm_mode(locked), period if isinstance(period, Unknown) else Known((period.value or 0) // gcp_terms.DAY, period.via)


def _redundancy(bucket: Planned) -> Maybe[str]:
    place, own = bucket.root.text("location"), bucket.root.blocks("custom_placement_config")
    if isinstance(place, Unknown):
        return place
    if isinstance(own, Known) and own.value:
        return Known("multi-region", own.via)
    # Cloud Storage, "Bucket locations": US where none is written.
    return gcp_terms.redundancy_of(Known(place.value or "US", place.via))


def _access(bucket: Planned, plan: Plan, sheet: FactSheet) -> tuple[Grant, ...]:
    prevented = _prevented(bucket, plan)
    uniform = _uniform(bucket, plan)
    sheet.put("access.public_blocked", prevented)
    sheet.put("access.acls_disabled", uniform)
    sheet.put("access.public_acls_blocked", either([prevented, uniform], bucket.root.via))
    sheet.put("access.shared_key_enabled", _hmac(bucket, plan))
    gcp_terms.put_links(sheet)
    sheet.put("access.website_enabled", _present(bucket, "website"))
    sheet.put("access.cors_any_origin", _any_origin(bucket))
    public = prevented if isinstance(prevented, Unknown) else Known(not prevented.value, prevented.via)
    return put_audience(_policy(bucket, plan, uniform), "storage", sheet, Kind.OBJECT_STORE, public)


def _policy(bucket: Planned, plan: Plan, uniform: Maybe[bool]) -> Policy:
    """IAM of the bucket and of its managed folders and, where they count, ACLs."""
    policy = merged(policy_of(plan, bucket), granted(plan, bucket, FOLDER))
    if isinstance(uniform, Known) and uniform.value:
        return policy
    acls = acl_of(plan, bucket)
    if isinstance(uniform, Unknown) and acls.bindings:
        acls = Policy((), uniform, acls.via)
    return merged(policy, acls)


def _prevented(bucket: Planned, plan: Plan) -> Maybe[bool]:
    own = gcp_terms.is_word(gcp.text(bucket, "public_access_prevention", default="inherited", doc=_PAP), "ENFORCED")
    if isinstance(own, Known) and own.value:
        return own
    above = enforced(plan, bucket, PUBLIC_ACCESS)
    if isinstance(above, Unknown):
        return above
    return Known(True, above.via) if above.value else own


def _uniform(bucket: Planned, plan: Plan) -> Maybe[bool]:
    name = "uniform_bucket_level_access"
    # Version 3 of the provider wrote it as `bucket_policy_only`.
    older = bucket.root.flag("bucket_policy_only")
    if isinstance(older, Known) and older.value:
        return Known(True, older.via)
    own = gcp.flag(bucket, name, default=False, doc=_UBLA)
    if isinstance(own, Known) and own.value:
        return own
    above = enforced(plan, bucket, UNIFORM)
    if isinstance(above, Unknown):
        return above
    return Known(True, above.via) if above.value else own


def _hmac(bucket: Planned, plan: Plan) -> Maybe[bool]:
    """HMAC keys belong to a service account of the project, and open every bucket that the account may open."""
    mark = project_mark(plan, bucket)
    for one in plan.by_type.get(HMAC, ()):
        if not one.is_gone and same_project(plan, mark, project_mark(plan, one)) is not False:
            inactive = gcp_terms.is_word(one.root.text("state"), "INACTIVE", "DELETED")
            if isinstance(inactive, Unknown) and not gcp.is_unwritten(one.root, ("state",)):
                return inactive
            if isinstance(inactive, Unknown) or not inactive.value:
                return Known(True, one.root.via)
    return absent(bucket.root.via, "not in this plan: whether the project has active HMAC keys")


def _present(bucket: Planned, name: str) -> Maybe[bool]:
    found = gcp.blocks(bucket, name)
    return found if isinstance(found, Unknown) else Known(bool(found.value), found.via)


def _any_origin(bucket: Planned) -> AnyFact:
    rules = gcp.blocks(bucket, "cors")
    if isinstance(rules, Unknown):
        return rules
    parts: list[Maybe[bool]] = []
    for rule in rules.value:
        origins = rule.texts("origin")
        if isinstance(origins, Unknown):
            parts.append(origins)
        else:
            wide = Known("*" in origins.value.known, origins.via)
            parts.append(wide if wide.value or origins.value.open is None else origins.value.open)
    return either(parts, rules.via)


CONVERTER = Converter(
    frozenset({BUCKET}),
    convert,
    (*iam_children(BUCKET, "bucket", _NAMES, prefix="b/"), *iam_children(FOLDER, "bucket", _NAMES, of=BUCKET), *ACLS),
    gcp.KEY_TYPES | READS | IDENTITIES | {HMAC},
)
