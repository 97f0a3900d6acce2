"""Aurora, Multi-AZ, DocumentDB and Neptune clusters and their instances, with parameter groups and security groups.

A cluster holds the data; its instances have an address and parameters of their own and leave questions about the data to their cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.share import put_no_policy
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.clusters import NAMES, OF, SORTS, Sort, encrypted, public, secondaries
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.groups import CHILDREN, GROUP, admits_anyone, put_network
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.parameters import Named, lookup
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import (
    GIB,
    elsewhere,
    is_filled_in,
    mapped,
    neighbour,
    number,
    put_encryption,
    texts,
    word,
)
from tierwise.model.database import Lookup, family, min_tls, on_cluster_storage, recorded, tls_required
from tierwise.model.fact import UNLIMITED, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

STREAM, PARAMETERS = "aws_rds_cluster_activity_stream", "aws_db_parameter_group"
_BY_PARAMETERS: Final = ("transport.tls_required", "transport.min_tls", "logging.data_read", "logging.data_write")
_RECOVERY: Final = ("retention.backup_days", "recovery.point_in_time", "recovery.delete_protected", "recovery.redundancy")
_MEMBER: Final = "its cluster keeps the data"

_GROUPS: Final = {
    "aws_rds_cluster": "aws_rds_cluster_parameter_group",
    "aws_docdb_cluster": "aws_docdb_cluster_parameter_group",
    "aws_neptune_cluster": "aws_neptune_cluster_parameter_group",
    "aws_rds_cluster_instance": PARAMETERS,
    "aws_neptune_cluster_instance": "aws_neptune_parameter_group",
}
_ARGUMENTS: Final = {"aws_rds_cluster_instance": "db_parameter_group_name", "aws_neptune_cluster_instance": "neptune_parameter_group_name"}


def convert(database: Planned, plan: Plan) -> Resource:
    """A planned cluster or instance of one."""
    sort = OF[database.type]
    member = database.type == sort.instance
    cluster = neighbour(plan, database, ("cluster_identifier",), {sort.cluster}, NAMES) if member else database
    sheet = FactSheet()
    engine = _engine(cluster or database, sort)
    links = _put_store(database, cluster, plan, sheet)
    put_no_policy(sheet, "RDS, DocumentDB and Neptune databases take no resource policy; users log in to the database")
    _network(database, cluster, plan, engine, sheet)
    _put_login(cluster, database, sheet)
    _by_parameters(database, cluster, plan, engine, sheet)
    if member:
        for name in (*_RECOVERY, "volume.bytes", "volume.items"):
            sheet.not_applicable(name, _MEMBER, database.root.via)
    else:
        _recovery(database, plan, engine, sheet)
        _size(database, engine, sheet)
    kind = Kind.RELATIONAL_DB if sort is SORTS[0] else Kind.DOCUMENT_DB
    if kind is Kind.DOCUMENT_DB:
        sheet.constant("access.shared_key_enabled", False, "DocumentDB and Neptune know users or IAM identities, no shared key")
        _expiry(database, sort, sheet)
    attribute = "identifier" if member else "cluster_identifier"
    name = text_or(database.root, attribute)
    return plan.resource(
        database,
        kind,
        name or text_or(database.root, f"{attribute}_prefix") or database.place.name,
        sheet.facts,
        links=(*links, *_links(database, plan, name)),
        aliases=(
            name,
            text_or(database.root, "arn"),
            text_or(database.root, "dbi_resource_id" if member else "cluster_resource_id"),
        ),
        description=text_or(database.root, "database_name"),
    )


def _engine(cluster: Planned, sort: Sort) -> Maybe[str]:
    return word(cluster, "engine", sort.engine)


def _put_store(database: Planned, cluster: Planned | None, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    if cluster is None:
        unseen = _unseen(database)
        sheet.put("encryption.at_rest", unseen)
        sheet.put("encryption.key_custody", unseen)
        return ()
    return put_encryption(plan, cluster, sheet, encrypted(cluster, plan), (OF[cluster.type].key,), without="provider-managed")


def _unseen(database: Planned) -> Unknown:
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE, database.at("cluster_identifier"), "its cluster is not in this plan")


def _network(database: Planned, cluster: Planned | None, plan: Plan, engine: Maybe[str], sheet: FactSheet) -> None:
    reached = public(database, plan, engine)
    holder = cluster or database
    port = holder.root.number("port")
    if (isinstance(port, Known) and port.value is None) or is_filled_in(holder, "port", found=port):
        usual = OF[holder.type].port
        port = Known(5432 if isinstance(engine, Known) and family(engine.value) == "postgres" else usual, port.via)
    if cluster is None:
        put_network(sheet, reached, _unseen(database))
    else:
        put_network(sheet, reached, admits_anyone(plan, cluster, "vpc_security_group_ids", port))


def _put_login(cluster: Planned | None, database: Planned, sheet: FactSheet) -> None:
    iam: Maybe[bool] = defaulted(cluster, "iam_database_authentication_enabled", False) if cluster else _unseen(database)
    match OF[database.type].engine:
        case "neptune":
            sheet.constant(
                "access.local_auth_enabled", False, "Neptune User Guide, security: Neptune keeps no users or passwords of its own"
            )
        case "docdb":
            sheet.constant("access.local_auth_enabled", True, "DocumentDB Developer Guide, users: the primary user logs in with a password")
            version = text_or((cluster or database).root, "engine_version")
            inside = "IAM users are created inside the database (engine 5.0 and newer), no API lists them"
            via = database.at("engine_version")
            old = version.startswith(("3.", "4."))
            iam = Known(False, via) if old else Unknown(UnknownReason.NOT_SUPPORTED, via, inside)
        case _:
            sheet.constant("access.local_auth_enabled", True, "RDS User Guide, master user: it logs in with a password")
            if cluster is not None and text_or(cluster.root, "domain"):
                iam = Known(True, cluster.at("domain"))
    sheet.put("access.central_identity_enabled", iam)


def _by_parameters(database: Planned, cluster: Planned | None, plan: Plan, engine: Maybe[str], sheet: FactSheet) -> None:
    why = engine if isinstance(engine, Unknown) else _unseen(database) if cluster is None else None
    if isinstance(engine, Unknown) or cluster is None or why is not None:
        for name in _BY_PARAMETERS:
            sheet.put(name, why or _unseen(database))
        return
    via = database.at("engine")
    find = _lookup(database, cluster, plan, engine.value)
    sheet.put("transport.tls_required", tls_required(engine.value, find, via))
    sheet.put("transport.min_tls", min_tls(engine.value, find, via))
    sort = OF[cluster.type]
    exports, still = texts(cluster, sort.exports)
    streams = plan.children(cluster, STREAM)
    if still is None:
        still = streams.loose
    if still is None and not cluster.is_new and cluster.type == SORTS[0].cluster:
        still = elsewhere(cluster, "its database activity stream")
    reads, writes = recorded(engine.value, frozenset(exports), bool(streams.found), find, cluster.at(sort.exports))
    for name, fact in (("logging.data_read", reads), ("logging.data_write", writes)):
        sheet.put(name, fact if still is None or (isinstance(fact, Known) and fact.value) else still)


def _lookup(database: Planned, cluster: Planned, plan: Plan, engine: str) -> Lookup:
    groups: list[Named] = [(cluster, OF[cluster.type].parameters, _GROUPS[cluster.type])]
    if database.type in _ARGUMENTS:
        groups.insert(0, (database, _ARGUMENTS[database.type], _GROUPS[database.type]))
    return lookup(plan, groups, engine, cluster.root.text("engine_version"), database)


def _recovery(cluster: Planned, plan: Plan, engine: Maybe[str], sheet: FactSheet) -> None:
    days = number(cluster, "backup_retention_period", 1)
    sheet.put("retention.backup_days", days)
    # RDS User Guide, automated backups: with a retention period above 0, transaction logs are kept for restores to any second in it.
    sheet.put("recovery.point_in_time", mapped(days, lambda value: value > 0))
    sheet.put("recovery.delete_protected", defaulted(cluster, "deletion_protection", False))
    if isinstance(engine, Unknown):
        sheet.put("recovery.redundancy", engine)
        return
    others, open_ = secondaries(cluster, plan)
    here = plan.providers.region(cluster)
    if any(region and here and region != here for region in (plan.providers.region(one) for one in others)):
        sheet.known("recovery.redundancy", "multi-region", cluster.at("global_cluster_identifier"))
    elif open_ is not None:
        sheet.put("recovery.redundancy", Unknown(open_.reason, open_.via, open_.detail, between=("multi-zone", "multi-region")))
    elif on_cluster_storage(engine.value):
        sheet.constant("recovery.redundancy", "multi-zone", "Aurora, DocumentDB and Neptune storage: six copies across three zones")
    else:
        sheet.constant("recovery.redundancy", "multi-zone", "RDS User Guide, Multi-AZ DB clusters: a writer and two readers in three zones")


def _size(cluster: Planned, engine: Maybe[str], sheet: FactSheet) -> None:
    size = cluster.root.number("allocated_storage")
    if isinstance(engine, Known) and not on_cluster_storage(engine.value) and isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * GIB, size.via)
    else:
        sheet.put(
            "volume.bytes", Unknown(UnknownReason.NOT_COLLECTED, cluster.root.via, "the size of a cluster volume is a CloudWatch metric")
        )


def _expiry(database: Planned, sort: Sort, sheet: FactSheet) -> None:
    if sort.engine == "neptune":
        sheet.constant("retention.expiry_configured", False, "Neptune has no rule that deletes data by age")
        sheet.constant("retention.delete_after_days", UNLIMITED, "Neptune has no rule that deletes data by age")
        return
    inside = Unknown(UnknownReason.NOT_SUPPORTED, database.root.via, "TTL indexes are kept inside the database, no API lists them")
    sheet.put("retention.expiry_configured", inside)
    sheet.put("retention.delete_after_days", inside)


def _links(database: Planned, plan: Plan, name: str) -> Iterator[Link]:
    sort = OF[database.type]
    if database.type == sort.instance:
        yield from plan.links(Rel.MEMBER_OF, database, database.root, ("cluster_identifier",), {sort.cluster})
        return
    root = database.root
    yield from plan.links(Rel.COPY_OF, database, root, ("replication_source_identifier",), {sort.cluster})
    yield from plan.links(Rel.COPY_OF, database, root, ("snapshot_identifier",), sort.snapshots)
    yield from plan.links(Rel.COPY_OF, database, root, ("restore_to_point_in_time", 0, "source_cluster_identifier"), {sort.cluster})
    place = f"/aws/{sort.logs}" + ("/cluster" if sort.logs == "rds" else "")
    for export in texts(database, sort.exports)[0] if name else ():
        yield Link(Rel.LOGS_TO, f"{place}/{name}/{export}")
    for other in secondaries(database, plan)[0]:
        yield Link(Rel.REPLICATES_TO, plan.id_of(other.address))


CONVERTER = Converter(
    frozenset(OF),
    convert,
    reads=KEY_TYPES
    | {GROUP, *_GROUPS.values(), *(one for sort in SORTS for one in sort.snapshots)}
    | {"aws_rds_global_cluster", "aws_docdb_global_cluster", "aws_neptune_global_cluster"},
    others=(
        (GROUP, CHILDREN),
        (SORTS[0].cluster, (Child(SORTS[0].instance, "cluster_identifier", NAMES), Child(STREAM, "resource_arn", ("arn",)))),
        (SORTS[2].cluster, (Child(SORTS[2].instance, "cluster_identifier", NAMES),)),
    ),
)
