"""Filestore instances; they have addresses inside a network alone, and no IAM policy of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Draft, Stage
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "file.googleapis.com/Instance"
_UNSET: Final = "Filestore API v1, Instance: none where it was never set"
LIST: Final = Read(
    "file",
    "/v1/projects/{}/locations/-/instances",
    "file.instances.list",
    stage=Stage.SURVEY,
    items="instances",
    query=(("pageSize", "1000"),),
    kinds=frozenset({Kind.FILE_SHARE}),
)
INSTANCE: Final = Row(
    TYPE,
    frozenset({Kind.FILE_SHARE}),
    (LIST,),
    lambda doc, _place: f"//file.googleapis.com/{doc.get('name')}",
    facts=frozenset({"encryption.key_custody", "transport.tls_required", "recovery.redundancy"}),
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per instance."""
    values = values_of(asset.name)
    draft = drafted(caller.place, declared, asset, Kind.FILE_SHARE, region=values[1] if len(values) > 2 else "")
    shares = fields.items(asset.data, "fileShares")
    about = fields.word(asset.data, "description", absent="", because=_UNSET)
    names = [str(one.get("name") or "") for one in shares.value] if isinstance(shares, Known) else []
    text = " ".join(one for one in (about.value if isinstance(about, Known) else "", *names) if one)
    draft.resource = replace(draft.resource, evidence=replace(draft.resource.evidence, description=text))
    yield draft


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key."""
    key = fields.word(draft.doc(INSTANCE), "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED)
    return (Link(Rel.USES_KEY, gcp_terms.unversioned(key.value)),) if isinstance(key, Known) and key.value else ()


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an instance."""
    sheet, row = FactSheet(), draft.doc(INSTANCE)
    gcp_terms.put_custody(sheet, fields.word(row, "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED))
    gcp_stores.put_filestore(sheet)
    sheet.put("transport.tls_required", _encrypted(draft))
    tier = fields.word(row, "tier")
    zones = gcp_terms.is_word(tier, *gcp_stores.FILESTORE_ZONES)
    sheet.put("recovery.redundancy", zones if isinstance(zones, Unknown) else Known("multi-zone" if zones.value else "zone", zones.via))
    shares = fields.items(row, "fileShares")
    sizes = [str(one.get("capacityGb") or "") for one in shares.value] if isinstance(shares, Known) else []
    if sizes and all(one.isdecimal() and len(one) < 12 for one in sizes):
        sheet.known("volume.bytes", sum(int(one) for one in sizes) * gcp_terms.GIB, shares.via)
    return sheet.facts


def _encrypted(draft: Draft) -> AnyFact:
    """Whether NFS traffic is encrypted: only where a directory service gives Kerberos can it be, and which flavours exports demand v1beta1 alone tells."""
    directory = fields.value(draft.doc(INSTANCE), "directoryServices", absent={}, because=gcp_stores.PLAIN)
    if isinstance(directory, Unknown) or not directory.value:
        return directory if isinstance(directory, Unknown) else Known(False, directory.via)
    return Unknown(
        UnknownReason.NOT_SUPPORTED, directory.via, "whether exports demand Kerberos with privacy is not told by version 1 of the API"
    )


COLLECTOR = Collector("filestore", (INSTANCE,), (), survey, facts, links)
