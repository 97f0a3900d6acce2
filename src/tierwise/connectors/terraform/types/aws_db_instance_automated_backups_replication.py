"""Automated backups of an RDS instance that are kept in another region as well: a copy that cannot be shared."""

from __future__ import annotations

from typing import Final

from tierwise.access.share import put_mutable, put_no_policy
from tierwise.connectors.terraform import converter
from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import custody, key_links, keyed, neighbour
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel, Resource

BACKUPS: Final = "aws_db_instance_automated_backups_replication"
_DB: Final = "aws_db_instance"
_SOURCE: Final = ("source_db_instance_arn",)
_KEY: Final = ("kms_key_id",)
_PRIVATE: Final = "RDS User Guide, sharing a DB snapshot: automated backups cannot be shared, only manual copies of them"


def convert(backups: Planned, plan: Plan) -> Resource:
    """The planned copies of one instance's backups."""
    sheet = FactSheet()
    source = neighbour(plan, backups, _SOURCE, {_DB}, ("arn",))
    own = keyed(plan, backups, _KEY)
    at_rest = own if isinstance(own, Unknown) or own.value else _as_source(backups, source, plan)
    sheet.put("encryption.at_rest", at_rest)
    sheet.put("encryption.key_custody", _custody(backups, plan, own, at_rest))
    if isinstance(at_rest, Known) and not at_rest.value:
        sheet.not_applicable("encryption.key_custody", "not encrypted", at_rest.via)
    put_no_policy(sheet, _PRIVATE)
    sheet.constant("access.public_blocked", True, _PRIVATE)
    put_mutable(sheet, "RDS has no write-once mode for automated backups")
    name = (text_or(source.root, "identifier") or source.place.name) if source else backups.place.name
    return plan.resource(
        backups,
        Kind.SNAPSHOT,
        name,
        sheet.facts,
        links=(*key_links(plan, backups, _KEY), *plan.links(Rel.COPY_OF, backups, backups.root, _SOURCE, {_DB})),
        aliases=(text_or(backups.root, "id"),),
    )


def _as_source(backups: Planned, source: Planned | None, plan: Plan) -> Maybe[bool]:
    """Copies of the backups of an encrypted database are encrypted, and those of one that is not are not."""
    found = converter.converters()[_DB].convert(source, plan) if source is not None else None
    fact = found.facts.get("encryption.at_rest") if found is not None else None
    if isinstance(fact, Known | Unknown):
        return Known(bool(fact.value), fact.via) if isinstance(fact, Known) else fact
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE, backups.at(*_SOURCE), "whose backups they are is not in this plan")


def _custody(backups: Planned, plan: Plan, own: Maybe[bool], at_rest: Maybe[bool]) -> AnyFact:
    if isinstance(at_rest, Unknown):
        return at_rest
    if isinstance(own, Known) and not own.value:
        # A key belongs to one region, so that the source's is not theirs (RDS User Guide, "Replicating automated backups").
        return Unknown(UnknownReason.NOT_COLLECTED, backups.at(*_KEY), "no key of the other region is named")
    return custody(plan, backups, _KEY, without="provider-managed")


CONVERTER = Converter(frozenset({BACKUPS}), convert, reads=KEY_TYPES | {_DB})
