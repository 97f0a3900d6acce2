"""Which resources a `reads` link names, where it names them by service or by pattern and not by id.

`reads:*:*` is all data of the principal's account, `reads:<service>:*` all of one service there (by the service in ARNs),
`reads-like:<pattern>` what a pattern with `*` and `?` matches there. Another account's stores need that store's own policy, which says so itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from tierwise.access.pattern import covers
from tierwise.model.resource import HELD, Kind, Resource

SERVICE: Final = "reads:"
RECORDED: Final = "records:"
"""The same in what a trail records."""
LIKE: Final = "reads-like:"
_PLANNED: Final[Mapping[str, str]] = {
    "aws_s3_": "s3",
    "aws_db_": "rds",
    "aws_rds_": "rds",
    "aws_dynamodb_": "dynamodb",
    "aws_redshift_": "redshift",
    "aws_elasticache_": "elasticache",
    "aws_opensearch_": "es",
    "aws_efs_": "elasticfilesystem",
    "aws_ebs_": "ec2",
    "aws_kms_": "kms",
    "aws_secretsmanager_": "secretsmanager",
    "aws_ssm_": "ssm",
    "aws_sqs_": "sqs",
    "aws_sns_": "sns",
    "aws_kinesis_": "kinesis",
    "aws_cloudwatch_log_": "logs",
    "aws_backup_": "backup",
    "google_storage_": "storage",
    "google_bigquery_": "bigquery",
    "google_kms_": "cloudkms",
    "google_secret_manager_": "secretmanager",
    "google_pubsub_": "pubsub",
    "google_spanner_": "spanner",
    "google_bigtable_": "bigtable",
    "google_compute_": "compute",
    "storage.googleapis.com/": "storage",
    "bigquery.googleapis.com/": "bigquery",
    "cloudkms.googleapis.com/": "cloudkms",
    "secretmanager.googleapis.com/": "secretmanager",
    "pubsub.googleapis.com/": "pubsub",
    "spanner.googleapis.com/": "spanner",
    "bigtableadmin.googleapis.com/": "bigtable",
    "compute.googleapis.com/": "compute",
}
"""Service in ARNs, or in Google's role names, by the beginning of Terraform's type names or of Google's asset types."""
_READ: Final = HELD | {Kind.KEY}
_Home: TypeAlias = tuple[str, str]


class Readable:
    """What can be read, by account, for links that do not name one resource."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._accounts: dict[_Home, int] = {}
        self._services: dict[tuple[_Home, str], list[int]] = defaultdict(list)
        self._ids: dict[_Home, list[tuple[str, int]]] = defaultdict(list)
        for place, resource in enumerate(resources):
            home = (resource.provider, resource.account)
            if resource.kind is Kind.ACCOUNT:
                self._accounts[home] = place
            elif resource.kind in _READ:
                identifiers = [one for one in (resource.id, *resource.aliases) if one.startswith("arn:")] or [resource.id]
                self._services[home, _service(identifiers[0], resource.type)].append(place)
                self._ids[home].extend((one, place) for one in dict.fromkeys(identifiers))
        for listed in self._ids.values():
            listed.sort()

    def places(self, reader: Resource, target: str) -> Sequence[int]:
        """The places of the resources that a link of this reader names by service or pattern; none for a link by id."""
        home = (reader.provider, reader.account)
        if target.startswith(LIKE):
            return self._matching(home, target.removeprefix(LIKE))
        if not target.startswith(SERVICE):
            return ()
        service = target.removeprefix(SERVICE).partition(":")[0]
        if service != "*":
            return self._services.get((home, service), ())
        # The account has the highest tier inside it, so that one edge stands for all of them.
        account = self._accounts.get(home)
        return (account,) if account is not None else tuple(dict.fromkeys(place for _, place in self._ids.get(home, ())))

    def _matching(self, home: _Home, pattern: str) -> tuple[int, ...]:
        prefix = pattern.split("*", 1)[0].split("?", 1)[0]
        listed = self._ids.get(home, [])
        found: list[int] = []
        for identifier, place in listed[bisect_left(listed, (prefix, -1)) :]:
            if not identifier.startswith(prefix):
                break
            if covers(pattern, identifier):
                found.append(place)
        return tuple(found)


def _service(identifier: str, type_: str) -> str:
    """The service of an ARN; of a planned resource, whose ARN is made by apply, that of its type."""
    parts = identifier.split(":", 3)
    if len(parts) == 4 and parts[0] == "arn":
        return parts[2]
    return next((service for stem, service in _PLANNED.items() if type_.startswith(stem)), "")
