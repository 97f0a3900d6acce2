"""Secret Manager secrets, global and regional, with their IAM bindings; never their versions' values."""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import put_audience
from tierwise.connectors import gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

SECRET, REGIONAL = "google_secret_manager_secret", "google_secret_manager_regional_secret"
_KEY: Final = ("customer_managed_encryption", 0, "kms_key_name")
_REPLICAS: Final = ("replication", 0, "user_managed", 0, "replicas")


def convert(secret: Planned, plan: Plan) -> Resource:
    """A planned secret."""
    sheet = FactSheet()
    links = _encryption(secret, plan, sheet)
    gcp.put_api_store(plan, secret, "secretmanager.googleapis.com", sheet, Kind.SECRET)
    gcp.put_audit(plan, secret, "secretmanager.googleapis.com", sheet)
    # Secret Manager, delayed destruction of versions: off unless a time is given.
    kept = gcp_terms.seconds(secret.root.text("version_destroy_ttl"))
    sheet.put("recovery.soft_delete_days", kept if isinstance(kept, Unknown) else Known((kept.value or 0) // gcp_terms.DAY, kept.via))
    grants = put_audience(policy_of(plan, secret), "secretmanager", sheet, Kind.SECRET)
    name = text_or(secret.root, "secret_id")
    return gcp.resource(
        plan,
        secret,
        Kind.SECRET,
        name or secret.place.name,
        sheet,
        links=links,
        aliases=(text_or(secret.root, "name"), name),
        grants=grants,
        region=_region(secret, plan),
    )


def _encryption(secret: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    """The key of every place where the secret is kept; the weakest counts."""
    paths: list[tuple[Step, ...]] = [_KEY] if secret.type == REGIONAL else [("replication", 0, "auto", 0, *_KEY)]
    replicas: Maybe[tuple[Node, ...]] = Known((), secret.root.via) if secret.type == REGIONAL else secret.root.blocks(*_REPLICAS)
    if isinstance(replicas, Known) and replicas.value:
        paths = [(*_REPLICAS, number, *_KEY) for number in range(len(replicas.value))]
    links: list[Link] = []
    found: list[AnyFact] = []
    hidden = isinstance(replicas, Unknown) and not gcp.is_unwritten(secret.root, _REPLICAS)
    for path in paths if not hidden else ():
        links += gcp.put_key(plan, secret, path, sheet)
        found.append(sheet.facts["encryption.key_custody"])
    if isinstance(replicas, Unknown) and hidden:
        sheet.constant("encryption.at_rest", True, "Google Cloud, default encryption at rest")
        found.append(replicas)
        links.append(Link(Rel.USES_KEY, "", replicas))
    sheet.put("encryption.key_custody", gcp_terms.weakest(found))
    return tuple(links)


def _region(secret: Planned, plan: Plan) -> str:
    """The one place where the secret is kept; empty where there are several."""
    if secret.type == REGIONAL:
        return gcp.region_of(plan, secret)
    replicas = secret.root.blocks(*_REPLICAS)
    if isinstance(replicas, Unknown):
        return ""
    places = {text_or(one, "location").lower() for one in replicas.value}
    return "global" if not places else places.pop() if len(places) == 1 else ""


_NAMES: Final = ("secret_id", "id", "name")
CONVERTER = Converter(
    frozenset({SECRET, REGIONAL}),
    convert,
    (*iam_children(SECRET, "secret_id", _NAMES), *iam_children(REGIONAL, "secret_id", _NAMES)),
    gcp.KEY_TYPES | READS | IDENTITIES,
)
