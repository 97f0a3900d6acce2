"""RDS instances with their parameter group and security groups.

What the configuration leaves out has the default that the provider documents for `aws_db_instance`; a restored or replicated database takes
over what its source has.
"""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import aws
from tierwise.connectors.terraform.aws import defaulted, is_given, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.groups import CHILDREN, GROUP, admits_anyone, put_network
from tierwise.connectors.terraform.options import GROUP as OPTIONS
from tierwise.connectors.terraform.options import audits, encrypts, options_of
from tierwise.connectors.terraform.parameters import lookup
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.database import family, min_tls, recorded, tls_required
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

DB: Final = "aws_db_instance"
PARAMETERS: Final = "aws_db_parameter_group"
GIB: Final = 1024**3
_SOURCES: Final = ("snapshot_identifier", "replicate_source_db", "restore_to_point_in_time", "s3_import")
_PORTS: Final = {"postgres": 5432, "mysql": 3306, "oracle": 1521, "sqlserver": 1433, "db2": 50000}
_TAKEN: Final = "it is taken over from the source of the restore"
_NO_POLICY: Final = "RDS databases take no resource policy; users log in to the database"


def convert(database: Planned, plan: Plan) -> Resource:
    """A planned RDS instance."""
    sheet = FactSheet()
    engine = database.root.text("engine")
    _encryption(database, plan, sheet)
    for name in ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated"):
        sheet.constant(name, False, _NO_POLICY)
    sheet.constant("access.external_principals", frozenset(), _NO_POLICY)
    sheet.not_applicable("access.external_conditioned", "no principal outside the account is let in", Provenance(f"constant: {_NO_POLICY}"))
    _network(database, plan, engine, sheet)
    sheet.constant("access.local_auth_enabled", True, "RDS User Guide, master user: it logs in with a password")
    joined = database.root.text("domain")
    iam = defaulted(database, "iam_database_authentication_enabled", False)
    sheet.put("access.central_identity_enabled", Known(True, joined.via) if isinstance(joined, Known) and joined.value else iam)
    _by_parameters(database, plan, engine, sheet)
    _recovery(database, sheet)
    size = database.root.number("allocated_storage")
    if isinstance(size, Unknown) or size.value:
        sheet.put("volume.bytes", size if isinstance(size, Unknown) else Known((size.value or 0) * GIB, size.via))
    identifier = text_or(database.root, "identifier")
    return plan.resource(
        database,
        Kind.RELATIONAL_DB,
        identifier or text_or(database.root, "identifier_prefix") or database.place.name,
        sheet.facts,
        links=_links(database, plan, identifier),
        aliases=(identifier, text_or(database.root, "arn"), text_or(database.root, "resource_id")),
        description=text_or(database.root, "db_name") or text_or(database.root, "name"),
    )


def _inherits(database: Planned) -> bool:
    """Whether it is made from another database, whose settings it may take over."""
    return is_given(database, *_SOURCES)


def _encryption(database: Planned, plan: Plan, sheet: FactSheet) -> None:
    stored = database.root.flag("storage_encrypted")
    at_rest: Maybe[bool]
    if _inherits(database) and not (isinstance(stored, Known) and stored.value) and not database.root.is_written("storage_encrypted"):
        at_rest = _of_source(database, plan)
    else:
        at_rest = defaulted(database, "storage_encrypted", False)
    sheet.put("encryption.at_rest", at_rest)
    custody: AnyFact = at_rest if isinstance(at_rest, Unknown) else NotApplicable("not encrypted", at_rest.via)
    if isinstance(at_rest, Known) and at_rest.value:
        holder = _under_key_of(database, plan)
        lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, database.at("kms_key_id"), _TAKEN)
        custody = lost if holder is None else aws.custody(plan, holder, holder.root, ("kms_key_id",), without="provider-managed")
    sheet.put("encryption.key_custody", custody)


def _under_key_of(database: Planned, plan: Plan) -> Planned | None:
    """The database that names the key which one is under: itself, else the one in its region that it is made from; None where that is not told."""
    key = database.root.text("kms_key_id")
    written = database.root.is_written("kms_key_id") or (isinstance(key, Known) and key.value is not None)
    if written or not database.is_new or not _inherits(database):
        return database
    source = _source(database, plan)
    near = source is not None and plan.providers.region(source) == plan.providers.region(database) != ""
    return source if source is not None and near and not _inherits(source) else None


def _of_source(database: Planned, plan: Plan) -> Maybe[bool]:
    """A replica in the same region is encrypted exactly if its source is, under the same key (RDS User Guide, "Encrypting Amazon RDS resources")."""
    source = _source(database, plan)
    if source is not None and not _inherits(source):
        return defaulted(source, "storage_encrypted", False)
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE, database.at("storage_encrypted"), _TAKEN)


def _source(database: Planned, plan: Plan) -> Planned | None:
    """The database of this plan that one is a replica of, or restored from."""
    for path in (("replicate_source_db",), ("restore_to_point_in_time", 0, "source_db_instance_identifier")):
        way = plan.resolve(database, database.root, path, {DB})
        if isinstance(way, Resolved):
            return plan.by_address.get(way.address)
        found = database.root.text(*path)
        named = found.value if isinstance(found, Known) else None
        for one in plan.by_type.get(DB, ()) if named else ():
            if not one.is_gone and named in (text_or(one.root, "identifier"), text_or(one.root, "arn")):
                return one
    return None


def _network(database: Planned, plan: Plan, engine: Maybe[str | None], sheet: FactSheet) -> None:
    port = database.root.number("port")
    usual = _PORTS.get(family(engine.value)) if isinstance(engine, Known) and engine.value else None
    if (isinstance(port, Unknown) and database.root.is_computed("port")) or (isinstance(port, Known) and port.value is None):
        port = Known(usual, port.via)
    admits = admits_anyone(plan, database, "vpc_security_group_ids", port)
    put_network(sheet, defaulted(database, "publicly_accessible", False), admits)


def _by_parameters(database: Planned, plan: Plan, engine: Maybe[str | None], sheet: FactSheet) -> None:
    via = database.at("engine")
    if isinstance(engine, Unknown) or engine.value is None:
        # A replica or restored database has its source's engine.
        why = engine if isinstance(engine, Unknown) else Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, "the engine is its source's")
        for name in ("transport.tls_required", "transport.min_tls", "logging.data_read", "logging.data_write"):
            sheet.put(name, why)
        return
    find = lookup(plan, [(database, "parameter_group_name", PARAMETERS)], engine.value, database.root.text("engine_version"), database)
    chosen = options_of(plan, database)
    native = encrypts(chosen) if chosen is not None and family(engine.value) == "oracle" else None
    sheet.put("transport.tls_required", native or tls_required(engine.value, find, via))
    sheet.put("transport.min_tls", min_tls(engine.value, find, via))
    exports = database.root.texts("enabled_cloudwatch_logs_exports")
    if isinstance(exports, Unknown) and database.root.is_computed("enabled_cloudwatch_logs_exports") and database.is_new:
        reads, writes = recorded(engine.value, frozenset(), False, find, exports.via)
    elif isinstance(exports, Unknown):
        reads, writes = exports, exports
    else:
        # Without the plugin of MariaDB there is no audit log to export.
        audited = audits(chosen) if chosen is not None and family(engine.value) == "mysql" else Known(True)
        logs = frozenset(exports.value.known)
        logs -= frozenset() if isinstance(audited, Known) and audited.value else {"audit"}
        reads, writes = recorded(engine.value, logs, False, find, exports.via)
        if isinstance(audited, Unknown) and "audit" in exports.value.known:
            reads, writes = _unless_true(reads, audited), _unless_true(writes, audited)
        if exports.value.open is not None:
            reads, writes = _unless_true(reads, exports.value.open), _unless_true(writes, exports.value.open)
    sheet.put("logging.data_read", reads)
    sheet.put("logging.data_write", writes)


def _unless_true(fact: Maybe[bool], still: Unknown) -> Maybe[bool]:
    return fact if isinstance(fact, Known) and fact.value else still


def _recovery(database: Planned, sheet: FactSheet) -> None:
    days = database.root.number("backup_retention_period")
    if isinstance(days, Unknown) and database.is_new and database.root.is_computed("backup_retention_period") and not _inherits(database):
        days = Known(0, Provenance("constant: Terraform AWS provider, aws_db_instance: backup_retention_period is 0 by default"))
    sheet.put("retention.backup_days", days if isinstance(days, Unknown) else Known(days.value or 0, days.via))
    # RDS User Guide, automated backups: with a retention period above 0, transaction logs are kept for restores to any second in it.
    sheet.put("recovery.point_in_time", days if isinstance(days, Unknown) else Known((days.value or 0) > 0, days.via))
    sheet.put("recovery.delete_protected", defaulted(database, "deletion_protection", False))
    zones = defaulted(database, "multi_az", False)
    sheet.put("recovery.redundancy", zones if isinstance(zones, Unknown) else Known("multi-zone" if zones.value else "zone", zones.via))


def _links(database: Planned, plan: Plan, identifier: str) -> list[Link]:
    node: Node = database.root
    holder = _under_key_of(database, plan)
    found = [] if holder is None else list(aws.key_links(plan, holder, holder.root, ("kms_key_id",)))
    if holder is None:
        found.append(Link(Rel.USES_KEY, "", Unknown(UnknownReason.UNRESOLVED_REFERENCE, database.at("kms_key_id"), _TAKEN)))
    found += plan.links(Rel.COPY_OF, database, node, ("replicate_source_db",), {DB})
    found += plan.links(Rel.COPY_OF, database, node, ("snapshot_identifier",), {"aws_db_snapshot", "aws_db_snapshot_copy"})
    found += plan.links(Rel.COPY_OF, database, node, ("restore_to_point_in_time", 0, "source_db_instance_identifier"), {DB})
    exports = node.texts("enabled_cloudwatch_logs_exports")
    if identifier and isinstance(exports, Known):
        found += [Link(Rel.LOGS_TO, f"/aws/rds/instance/{identifier}/{export}") for export in exports.value.known]
    return found


CONVERTER = Converter(
    frozenset({DB}),
    convert,
    reads=aws.KEY_TYPES | {PARAMETERS, OPTIONS, GROUP, "aws_db_snapshot", "aws_db_snapshot_copy"},
    others=((GROUP, CHILDREN),),
)
