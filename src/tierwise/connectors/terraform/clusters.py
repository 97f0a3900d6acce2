"""What Aurora, DocumentDB and Neptune clusters of a plan have in common: how the provider spells them, encryption, address, global clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tierwise.connectors.terraform.aws import defaulted, is_given, text_or
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import elsewhere, is_filled_in, neighbour
from tierwise.model.database import on_cluster_storage
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

NAMES: Final = ("cluster_identifier", "id", "arn")
_SOURCES: Final = ("snapshot_identifier", "restore_to_point_in_time", "s3_import")


@dataclass(frozen=True, slots=True)
class Sort:
    """How the provider spells one of the three services."""

    cluster: str
    instance: str
    engine: str
    """Where none is written."""
    key: str
    parameters: str
    exports: str
    logs: str
    """Where its log groups stand below /aws/."""
    port: int
    snapshots: frozenset[str]


SORTS: Final = (
    Sort(
        "aws_rds_cluster",
        "aws_rds_cluster_instance",
        "aurora",
        "kms_key_id",
        "db_cluster_parameter_group_name",
        "enabled_cloudwatch_logs_exports",
        "rds",
        3306,
        frozenset({"aws_db_cluster_snapshot", "aws_rds_cluster_snapshot_copy"}),
    ),
    Sort(
        "aws_docdb_cluster",
        "aws_docdb_cluster_instance",
        "docdb",
        "kms_key_id",
        "db_cluster_parameter_group_name",
        "enabled_cloudwatch_logs_exports",
        "docdb",
        27017,
        frozenset({"aws_docdb_cluster_snapshot"}),
    ),
    Sort(
        "aws_neptune_cluster",
        "aws_neptune_cluster_instance",
        "neptune",
        "kms_key_arn",
        "neptune_cluster_parameter_group_name",
        "enable_cloudwatch_logs_exports",
        "neptune",
        8182,
        frozenset({"aws_neptune_cluster_snapshot"}),
    ),
)
OF: Final = {kind: sort for sort in SORTS for kind in (sort.cluster, sort.instance)}
"""By the type of the cluster and of its instances."""


def encrypted(cluster: Planned, plan: Plan) -> Maybe[bool]:
    """Whether a cluster's storage is encrypted; one made of another store may take that over."""
    stored = cluster.root.flag("storage_encrypted")
    made = is_given(cluster, *_SOURCES, "replication_source_identifier")
    if made and not (isinstance(stored, Known) and stored.value) and not cluster.root.is_written("storage_encrypted"):
        detail = "it is taken over from what the cluster is made of"
        source = neighbour(plan, cluster, ("replication_source_identifier",), {cluster.type}, NAMES)
        said = source.root.flag("storage_encrypted") if source else None
        if isinstance(said, Known) and said.value:
            return Known(True, said.via)
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, cluster.at("storage_encrypted"), detail)
    # Terraform AWS provider, aws_rds_cluster: false by default, true for engine_mode serverless.
    return defaulted(cluster, "storage_encrypted", text_or(cluster.root, "engine_mode") == "serverless")


def public(database: Planned, plan: Plan, engine: Maybe[str]) -> Maybe[bool]:
    """Whether an instance, or an instance of a cluster, has a public address."""
    sort = OF[database.type]
    if sort.cluster == "aws_docdb_cluster":
        # DocumentDB Developer Guide, "Managing Amazon DocumentDB clusters": a cluster is reached from inside its VPC only.
        return Known(False, database.root.via)
    if database.type == sort.instance:
        return defaulted(database, "publicly_accessible", False)
    if isinstance(engine, Known) and not on_cluster_storage(engine.value):
        detail = "the provider has no argument for the address of a Multi-AZ cluster"
        return Unknown(UnknownReason.KNOWN_AFTER_APPLY, database.root.via, detail)
    children = plan.children(database, sort.instance)
    flags = [defaulted(child, "publicly_accessible", False) for child in children.found]
    for flag in flags:
        if isinstance(flag, Known) and flag.value:
            return flag
    open_ = next((flag for flag in flags if isinstance(flag, Unknown)), children.loose)
    if open_ is None and not database.is_new:
        open_ = elsewhere(database, "further instances of the cluster")
    return open_ or Known(False, database.root.via)


def secondaries(cluster: Planned, plan: Plan) -> tuple[tuple[Planned, ...], Unknown | None]:
    """The other clusters of the same global cluster in this plan, and why there may be more."""
    name = "global_cluster_identifier"
    named = cluster.root.text(name)
    if is_filled_in(cluster, name, found=named) or (isinstance(named, Known) and named.value is None):
        return (), None
    kind = "aws_neptune_global_cluster" if cluster.type == "aws_neptune_cluster" else cluster.type.replace("_cluster", "_global_cluster")
    own = neighbour(plan, cluster, (name,), {kind}, (name, "id"))
    same = tuple(
        one
        for one in plan.by_type.get(cluster.type, ())
        if one is not cluster and not one.is_gone and own is not None and neighbour(plan, one, (name,), {kind}, (name, "id")) is own
    )
    detail = "which other clusters the global cluster has"
    return same, named if isinstance(named, Unknown) and own is None else elsewhere(cluster, detail)
