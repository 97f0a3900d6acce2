"""Cloud KMS keys with the IAM bindings of the key and of its key ring."""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import Policy, merged, put_audience
from tierwise.connectors import gcp_keys, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.gcp_project import project_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import FactSheet, Known, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

KEY, RING = "google_kms_crypto_key", "google_kms_key_ring"
_SOFTWARE: Final = "Cloud KMS, key version template: the protection level is SOFTWARE unless another is given"
_WAIT: Final = "Cloud KMS, destroy and restore key versions: 30 days unless another time was given at creation"
_ENCRYPTS: Final = "Cloud KMS, key purposes: ENCRYPT_DECRYPT unless another is given"
_INHERITED: Final = "the IAM policies of the project and above, which the key inherits, are not in this plan"


def convert(key: Planned, plan: Plan) -> Resource:
    """A planned key."""
    sheet = FactSheet()
    level = gcp.text(key, "version_template", 0, "protection_level", default="SOFTWARE", doc=_SOFTWARE)
    sheet.put("key.protection_level", gcp_keys.level(level))
    purpose = gcp.text(key, "purpose", default="ENCRYPT_DECRYPT", doc=_ENCRYPTS)
    gcp_keys.put_rotation(sheet, purpose, key.root.flag("import_only"), gcp_terms.seconds(key.root.text("rotation_period")))
    sheet.constant("key.state", "enabled", "Cloud KMS: a new key version is enabled; a plan manages no other state of the key")
    wait = gcp_terms.seconds(gcp.text(key, "destroy_scheduled_duration", default=f"{30 * gcp_terms.DAY}s", doc=_WAIT))
    sheet.put("key.deletion_window_days", wait if isinstance(wait, Unknown) else Known((wait.value or 0) // gcp_terms.DAY, wait.via))
    gcp_keys.put_purge_protected(sheet)
    ring = ring_of(key, plan)
    policy = merged(policy_of(plan, key), policy_of(plan, ring) if ring else Policy((), absent(key.at("key_ring"), _no_ring(key))))
    gcp.put_api_store(plan, key, "cloudkms.googleapis.com", sheet, Kind.KEY)
    gcp.put_audit(plan, key, "cloudkms.googleapis.com", sheet)
    gcp_keys.put_use(sheet, policy, Unknown(UnknownReason.NOT_COLLECTED, key.root.via, _INHERITED))
    grants = put_audience(policy, "cloudkms", sheet, Kind.KEY)
    name, place = text_or(key.root, "name"), _region(key, ring, plan)
    return gcp.resource(plan, key, Kind.KEY, name or key.place.name, sheet, aliases=(_path(key, plan),), grants=grants, region=place)


def ring_of(key: Planned, plan: Plan) -> Planned | None:
    """The key ring, where it is in the plan."""
    way = plan.resolve(key, key.root, ("key_ring",), {RING})
    if isinstance(way, Resolved):
        return plan.by_address.get(way.address)
    named = text_or(key.root, "key_ring")
    rings = (one for one in plan.by_type.get(RING, ()) if not one.is_gone)
    return next((one for one in rings if named and text_or(one.root, "id") == named), None)


def _no_ring(key: Planned) -> str:
    return f"not in this plan: the key ring of {key.address} and whom it lets in"


def _region(key: Planned, ring: Planned | None, plan: Plan) -> str:
    if ring is not None:
        return gcp.region_of(plan, ring)
    parts = text_or(key.root, "key_ring").split("/")
    # projects/P/locations/L/keyRings/R, or the older P/L/R.
    return parts[3].lower() if len(parts) > 3 and parts[0] == "projects" else parts[1].lower() if len(parts) == 3 else ""


def _path(key: Planned, plan: Plan) -> str:
    """The name by which stores elsewhere may name the key."""
    above, name = text_or(key.root, "key_ring"), text_or(key.root, "name")
    ring = ring_of(key, plan)
    if not above and ring is not None:
        above = _ring_path(ring, plan)
    return f"{above}/cryptoKeys/{name}" if above and name else ""


def _ring_path(ring: Planned, plan: Plan) -> str:
    project, place, name = project_of(plan, ring), gcp.region_of(plan, ring), text_or(ring.root, "name")
    return f"projects/{project}/locations/{place}/keyRings/{name}" if project and place and name else ""


def _short(plan: Plan, planned: Planned) -> tuple[str, ...]:
    """`project/location/ring/key`, and the same without the project (Terraform Google provider, google_kms_crypto_key_iam, google_kms_key_ring_iam)."""
    path = text_or(planned.root, "id") or (_path(planned, plan) if planned.type == KEY else _ring_path(planned, plan))
    parts = path.split("/")[1::2] if path.startswith("projects/") else path.split("/")
    return (path, "/".join(parts), "/".join(parts[1:])) if len(parts) > 2 else ()


CONVERTER = Converter(
    frozenset({KEY}),
    convert,
    iam_children(KEY, "crypto_key_id", ("id", "self_link"), names=_short),
    READS | IDENTITIES | {RING},
    ((RING, iam_children(RING, "key_ring_id", ("id", "self_link"), names=_short)),),
)
