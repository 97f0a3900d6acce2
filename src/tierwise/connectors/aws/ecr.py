"""Private image registries of ECR: where images lie and under which key; layers are never pulled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.declared import Draft
from tierwise.model.fact import AnyFact
from tierwise.model.resource import Kind, Resource

LIST = Read("ecr", "DescribeRepositories", "ecr:DescribeRepositories", kinds=frozenset({Kind.REGISTRY}), links=True)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the repositories of one region."""
    for item in caller.listing(LIST, "repositories"):
        arn, name = str(item["repositoryArn"]), str(item["repositoryName"])
        # AES256 (keys of S3) names no key; KMS without a key uses the AWS managed key aws/ecr (API Reference, EncryptionConfiguration).
        key = (item.get("encryptionConfiguration") or {}).get("kmsKey")
        resource = Resource(
            arn,
            Kind.REGISTRY,
            "ecr.repository",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=caller.tags_of(arn),
            links=keys.key_links(str(key) if key else None),
            aliases=(name, str(item.get("repositoryUri", name))),
        )
        yield Draft(resource)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """Registries have no facts of their own in the vocabulary: they are listed for their names, tags and keys."""
    return draft.resource.facts


COLLECTOR = Collector("ecr", (LIST,), survey, facts)
