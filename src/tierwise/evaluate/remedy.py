"""Which part of a control's remedy is about a resource: of several services, what is about one begins a sentence with its name (`RDS: ...`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_END: Final = re.compile(r"(?<=[\w)\]\"'}])\. (?=[A-Z])")
_LABEL: Final = re.compile(r"[^:.;(]{1,90}(?:\([^)]{1,60}\))?(?=: )")
_AZURE_CACHE: Final = "microsoft.cache/"
_MEMORYSTORE: Final = ("redis.", "memcache.", "memorystore.")
SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "AlloyDB": ("alloydb.",),
    "Azure SQL": ("microsoft.sql/",),
    "BigQuery": ("bigquery.",),
    "Bigtable": ("bigtableadmin.",),
    "Cloud SQL": ("sqladmin.",),
    "Cloud Storage": ("storage.",),
    "CloudWatch Logs": ("logs.",),
    "Cosmos DB": ("microsoft.documentdb/",),
    "Data Explorer": ("microsoft.kusto/",),
    "Disks": ("microsoft.compute/", "compute."),
    "DynamoDB": ("dynamodb.",),
    "EBS": ("ec2.",),
    "ElastiCache": ("elasticache.",),
    "Event Hubs": ("microsoft.eventhub/",),
    "File shares": ("microsoft.storage/",),
    "Filestore": ("file.",),
    "Firestore": ("firestore.",),
    "Kinesis": ("kinesis.",),
    "Log Analytics": ("microsoft.operationalinsights/",),
    "Log buckets": ("logging.",),
    "Memorystore": _MEMORYSTORE,
    "MySQL": ("microsoft.dbformysql/", "sqladmin."),
    "OpenSearch": ("opensearch.",),
    "PostgreSQL": ("microsoft.dbforpostgresql/", "sqladmin."),
    "Pub/Sub": ("pubsub.",),
    "Queue": ("sqs.",),
    "RDS": ("rds.",),
    "Redis": (_AZURE_CACHE, *_MEMORYSTORE),
    "Redshift": ("redshift.",),
    "Role": ("iam.role",),
    "S3": ("s3.",),
    "SQS": ("sqs.",),
    "Secret Manager": ("secretmanager.",),
    "Secrets Manager": ("secretsmanager.",),
    "Service Bus": ("microsoft.servicebus/",),
    "Spanner": ("spanner.",),
    "Storage": ("microsoft.storage/",),
    "secret": ("secretsmanager.",),
    "topic": ("sns.",),
}
"""What remedies call services, and how the types of their resources begin, in lower case."""
_NAMED: Final = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(SERVICES, key=len, reverse=True)))})\b")


def sentences(text: str) -> list[str]:
    """The sentences of a remedy, without full stops; an end inside a command's argument is none."""
    return [one.rstrip(".") for one in _END.split(" ".join(text.split()))]


@lru_cache(4096)
def remedy_for(text: str, type_: str) -> str:
    """A control's remedy without the sentences that are about other services than that of the resource's type; all of it where nothing would be left."""
    told = sentences(text)
    kept = [one for one in told if _is_about(one, type_.lower())]
    return text if len(kept) in (0, len(told)) else f"{'. '.join(kept)}."


def _is_about(sentence: str, type_: str) -> bool:
    label = _LABEL.match(sentence)
    named = _NAMED.findall(label[0]) if label is not None else []
    return not named or any(type_.startswith(SERVICES[one]) for one in named)
