"""Managed disks and snapshots; a disk encryption set names the key of those that refer to it.

A disk is exported over the internet where its network access policy allows all and public access is on (Azure documentation, restrict import
and export of managed disks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Row
from tierwise.connectors.azure_terms import PROVIDER_KEY, put_network
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

DISKS, SNAPSHOTS, SETS = "Microsoft.Compute/disks", "Microsoft.Compute/snapshots", "Microsoft.Compute/diskEncryptionSets"
_ENCRYPTED: Final = "Azure documentation, server-side encryption of managed disks: on for every disk and snapshot since 2017"
_PLATFORM: Final = "Azure documentation, server-side encryption of managed disks: keys are Microsoft's where no other type was set"
_NO_LOG: Final = "Azure documentation, managed disks: no record is kept of the blocks that a machine reads or writes"
_NO_ACL: Final = "Azure documentation, managed disks: an export needs a link that a role of the subscription makes"
_SNAPSHOT: Final = "Azure documentation, incremental snapshots: they have no immutability policy"
_ALL: Final = "Azure documentation, restrict import and export of managed disks: all is allowed where it was never set"
_SET: Final = "set"
_FACTS: Final = frozenset({"encryption.key_custody", "volume.bytes"})
DISK: Final = Row(
    DISKS, frozenset({Kind.BLOCK_VOLUME}), _FACTS | {"network.public_endpoint", "network.private_endpoint", "network.ingress_any"}
)
SNAPSHOT: Final = Row(SNAPSHOTS, frozenset({Kind.SNAPSHOT}), _FACTS)
SET: Final = Row(SETS, frozenset())
LOCKS: Final = reach.locks_read()


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per disk and snapshot; a set is kept for those that refer to it."""
    if declared is SET:
        caller.place.shared.rows[same(row.get("id"))] = row
        return
    kind = Kind.BLOCK_VOLUME if declared is DISK else Kind.SNAPSHOT
    if machine := same(row.get("managedBy")):
        attached = caller.place.shared.attached.setdefault(machine, [])
        # A listing that is made again lists the same disks.
        attached += [one for one in [same(row.get("id"))] if one not in attached]
    draft = drafted(caller.place, declared, row, kind)
    holder = fields.value(Known(row), "properties", "encryption", "diskEncryptionSetId")
    found = caller.place.shared.rows.get(same(holder.value)) if isinstance(holder, Known) else None
    if isinstance(holder, Known):
        lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, SET.via, "its disk encryption set is not among those that the credentials see")
        draft.docs[_SET] = lost if found is None else Known(found, SET.via)
    yield draft


def _row(draft: Draft) -> Maybe[Doc | None]:
    return draft.doc(DISK if draft.resource.kind is Kind.BLOCK_VOLUME else SNAPSHOT)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a disk or snapshot."""
    sheet, row, kind = FactSheet(), _row(draft), draft.resource.kind
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    # Type names of Microsoft.Compute's EncryptionType: EncryptionAtRestWithPlatformKey, ...CustomerKey, ...PlatformAndCustomerKeys.
    held = fields.word(row, "properties", "encryption", "type", absent="EncryptionAtRestWithPlatformKey", because=_PLATFORM)
    custody: Maybe[str] = (
        held if isinstance(held, Unknown) else Known("customer" if "customerkey" in held.value.lower() else PROVIDER_KEY, held.via)
    )
    sheet.put("encryption.key_custody", custody)
    reach.put_audience(sheet, draft)
    if kind is Kind.BLOCK_VOLUME:
        _put_network(sheet, kind, row)
        for name in ("logging.data_read", "logging.data_write"):
            sheet.constant(name, False, _NO_LOG)
        sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    else:
        sheet.constant("access.public_blocked", True, _NO_ACL)
        sheet.constant("immutability.mode", "none", _SNAPSHOT)
        sheet.constant("immutability.min_days", 0, _SNAPSHOT)
    size = fields.number(row, "properties", "diskSizeBytes")
    sheet.put("volume.bytes", size if isinstance(size, Unknown) else Known(int(size.value), size.via))
    return sheet.facts


def _put_network(sheet: FactSheet, kind: Kind, row: Maybe[Doc | None]) -> None:
    found = fields.word(row, "properties", "networkAccessPolicy", absent="AllowAll", because=_ALL)
    policy = found if isinstance(found, Unknown) else Known(found.value.lower(), found.via)
    public = reach.is_public(row)
    if not (isinstance(public, Known) and not public.value) and isinstance(policy, Known) and policy.value != "allowall":
        public = Known(False, policy.via)
    private: Maybe[bool] = policy if isinstance(policy, Unknown) else Known(policy.value == "allowprivate", policy.via)
    put_network(sheet, kind, public, public, private)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, by its disk encryption set, and what it is a copy of."""
    found: list[Link] = []
    holder = draft.docs.get(_SET)
    if holder is not None:
        url = fields.word(holder, "properties", "activeKey", "keyUrl")
        found.append(Link(Rel.USES_KEY, "", url) if isinstance(url, Unknown) else reach.key_link(url.value))
    source = fields.value(_row(draft), "properties", "creationData", "sourceResourceId")
    if isinstance(source, Known):
        found.append(Link(Rel.COPY_OF, same(source.value)))
    return tuple(found)


COLLECTORS: Final = (
    Collector("compute", (SET,), (), survey, facts, links),
    Collector("compute", (DISK, SNAPSHOT), (LOCKS, OUTSIDERS), survey, facts, links, late=True),
)
