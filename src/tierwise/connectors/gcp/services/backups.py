"""Backups of Spanner databases, Bigtable tables and AlloyDB clusters, as copies of what they were taken of; never what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tierwise.access.google_iam import Policy
from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import iam
from tierwise.connectors.gcp.above import AUDIENCE, iam_read
from tierwise.connectors.gcp.bound import deny_read, role_read
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import Place, drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp.services import bigtable, spanner
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

_UNSET: Final = "Spanner, Bigtable and AlloyDB APIs, Backup: none where it was never set"
_SNAPSHOT: Final = frozenset({Kind.SNAPSHOT})
_CUSTODY: Final = frozenset({"encryption.key_custody"})


def _list(host: str, path: str, action: str) -> Read:
    return Read(host, path, action, stage=Stage.SURVEY, items="backups", query=(("pageSize", "1000"),), kinds=_SNAPSHOT)


def _policy(listed: Read, action: str, of: str) -> Read:
    return Read(listed.host, f"{listed.path}/{{}}:getIamPolicy", action, of, facts=AUDIENCE, post=True)


@dataclass(frozen=True, slots=True)
class Backups:
    """Where one service says what of its backups."""

    service: str
    type: str
    source: str
    """The field that names what it was taken of."""
    key: tuple[str, ...]
    """The path of its key, or of the key's version."""
    listed: Read
    instances: Read | None = None
    """The listing of what holds them, where no call lists those of a project."""
    policy: Read | None = None
    """The read of its IAM policy; None where it has none."""

    @property
    def row(self) -> Row:
        """Its declaration."""
        lists = (*((self.instances,) if self.instances else ()), self.listed)
        return Row(self.type, _SNAPSHOT, lists, self.name, self.policy, _CUSTODY, self.walk)

    @property
    def reads(self) -> tuple[Read, ...]:
        """What is read of each one whose policy lets somebody in."""
        return (self.policy, iam_read(self.type, AUDIENCE), role_read(self.type), deny_read(self.type)) if self.policy else ()

    def name(self, doc: Doc, _place: Place) -> str:
        """The full name, under the same service as that of its source."""
        return f"//{self.service}.googleapis.com/{doc.get('name')}"

    def walk(self, caller: Caller, _row: Row) -> Iterator[Doc | Unknown]:
        """The backups of a project: all at once, or instance by instance."""
        every = caller.listed(self.instances or self.listed)
        if isinstance(every, Unknown):
            yield every
        elif self.instances is None:
            yield from every.value
        else:
            for one in every.value:
                found = fields.items(caller.ask(self.listed, values_of(str(one.get("name") or ""))), self.listed.items)
                yield from (found,) if isinstance(found, Unknown) else found.value

    def survey(self, caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
        """One draft per backup. Where those of Spanner and Bigtable lie is their instance's, which is not looked up."""
        values = values_of(asset.name)
        region, labels = (values[1], ("labels",)) if not self.policy and len(values) > 2 else ("", None)
        draft = drafted(caller.place, declared, asset, Kind.SNAPSHOT, region=region, labels=labels)
        texts = (fields.word(asset.data, one, absent="", because=_UNSET) for one in ("displayName", "description") if not self.policy)
        about = " ".join(one.value for one in texts if isinstance(one, Known) and one.value)
        draft.resource = replace(draft.resource, evidence=replace(draft.resource.evidence, description=about))
        if self.policy:
            draft.resource = replace(draft.resource, region="")
        draft.docs[iam.PLACE] = Known({"place": caller.place})
        yield draft

    def links(self, draft: Draft) -> tuple[Link, ...]:
        """Its key, and what it was taken of."""
        key, source = self._key(draft), fields.word(draft.doc(self.row), self.source, absent="", because=_UNSET)
        found = [Link(Rel.USES_KEY, gcp_terms.unversioned(key.value))] if isinstance(key, Known) and key.value else []
        if isinstance(source, Unknown):
            return (*found, Link(Rel.COPY_OF, "", source))
        return (*found, Link(Rel.COPY_OF, source.value)) if source.value else tuple(found)

    def facts(self, draft: Draft) -> Mapping[str, AnyFact]:
        """All facts of a backup that its documents so far allow."""
        sheet = FactSheet()
        gcp_terms.put_custody(sheet, self._key(draft))
        gcp_stores.put_backup(sheet, shared=self.policy is not None)
        size = fields.word(draft.doc(self.row), "sizeBytes", absent="", because=_UNSET)
        if isinstance(size, Known) and (number := fields.whole(size.value)) is not None:
            sheet.known("volume.bytes", number, size.via)
        self._reach(draft, sheet)
        return sheet.facts

    def grants(self, draft: Draft) -> tuple[Grant, ...]:
        """The grants of its policy."""
        return self._reach(draft, FactSheet())

    def _key(self, draft: Draft) -> Maybe[str]:
        return fields.word(draft.doc(self.row), *self.key, absent="", because=gcp_terms.ENCRYPTED)

    def _reach(self, draft: Draft, sheet: FactSheet) -> tuple[Grant, ...]:
        if self.policy is None:
            return ()
        above, place = iam_read(self.type, AUDIENCE), iam.place_in(draft)
        own: Policy = iam.own_policy(draft, self.policy, above, place)
        return iam.put_reach(draft, sheet, Kind.SNAPSHOT, self.service, own, above, place)


_OF_SPANNER: Final = _list("spanner", "/v1/projects/{}/instances/{}/backups", "spanner.backups.list")
# Bigtable Admin API v2, backups.list: `-` stands for all clusters of the instance.
_OF_BIGTABLE: Final = _list("bigtableadmin", "/v2/projects/{}/instances/{}/clusters/-/backups", "bigtable.backups.list")
_BIGTABLE_POLICY: Final = replace(_OF_BIGTABLE, path=_OF_BIGTABLE.path.replace("-", "{}"))
_SPANNER, _BIGTABLE = "spanner.googleapis.com/Backup", "bigtableadmin.googleapis.com/Backup"
KINDS: Final = (
    Backups(
        "spanner",
        _SPANNER,
        "database",
        ("encryptionInfo", "kmsKeyVersion"),
        _OF_SPANNER,
        spanner.LIST,
        _policy(_OF_SPANNER, "spanner.backups.getIamPolicy", _SPANNER),
    ),
    Backups(
        "bigtable",
        _BIGTABLE,
        "sourceTable",
        ("encryptionInfo", "kmsKeyVersion"),
        _OF_BIGTABLE,
        bigtable.LIST,
        _policy(_BIGTABLE_POLICY, "bigtable.backups.getIamPolicy", _BIGTABLE),
    ),
    Backups(
        "alloydb",
        "alloydb.googleapis.com/Backup",
        "clusterName",
        ("encryptionConfig", "kmsKeyName"),
        _list("alloydb", "/v1/projects/{}/locations/-/backups", "alloydb.backups.list"),
    ),
)
COLLECTORS = tuple(Collector(one.service, (one.row,), one.reads, one.survey, one.facts, one.links, one.grants) for one in KINDS)
