"""Filestore instances; they have addresses inside a network alone."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import gcp_stores, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind, Resource

FILESTORE: Final = "google_filestore_instance"


def convert(share: Planned, plan: Plan) -> Resource:
    """A planned instance."""
    sheet = FactSheet()
    links = gcp.put_key(plan, share, ("kms_key_name",), sheet)
    gcp_stores.put_filestore(sheet)
    sheet.put("transport.tls_required", _encrypted(share))
    sheet.put("recovery.redundancy", _redundancy(share))
    size = share.root.number("file_shares", 0, "capacity_gb")
    if isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * gcp_terms.GIB, size.via)
    name = text_or(share.root, "name")
    texts = (text_or(share.root, "description"), *_shares(share))
    return gcp.resource(
        plan,
        share,
        Kind.FILE_SHARE,
        name or share.place.name,
        sheet,
        links=links,
        aliases=(name,),
        description=" ".join(text for text in texts if text),
    )


def _shares(share: Planned) -> list[str]:
    found = share.root.blocks("file_shares")
    return [text_or(one, "name") for one in found.value] if isinstance(found, Known) else []


def _encrypted(share: Planned) -> Maybe[bool]:
    """No argument of the provider (4 to 6) demands Kerberos with privacy, so that a new share does not."""
    if share.is_new:
        return Known(False, Provenance(f"constant: {gcp_stores.PLAIN}"))
    return absent(share.root.via, "not in this plan: whether the exports demand Kerberos, for which the provider has no argument")


def _redundancy(share: Planned) -> Maybe[str]:
    tier = gcp_terms.is_word(share.root.text("tier"), *gcp_stores.FILESTORE_ZONES)
    return tier if isinstance(tier, Unknown) else Known("multi-zone" if tier.value else "zone", tier.via)


CONVERTER = Converter(frozenset({FILESTORE}), convert, reads=gcp.KEY_TYPES | READS)
