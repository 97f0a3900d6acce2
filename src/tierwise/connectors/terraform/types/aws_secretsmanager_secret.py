"""Secrets of Secrets Manager with their policy and replicas; their values are never looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import custody, is_filled_in, key_links, policy_of, put_policy
from tierwise.model.fact import FactSheet, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

SECRET: Final = "aws_secretsmanager_secret"
POLICY: Final = f"{SECRET}_policy"


def convert(secret: Planned, plan: Plan) -> Resource:
    """A planned secret."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, "Secrets Manager User Guide, secret encryption: values are always encrypted with a KMS key")
    # Without a key of one's own: aws/secretsmanager (Secrets Manager API Reference, CreateSecret, KmsKeyId).
    sheet.put("encryption.key_custody", custody(plan, secret, ("kms_key_id",), without="provider-managed"))
    # `recovery_window_in_days` is what a destroy by Terraform asks for; whoever else deletes the secret chooses again.
    sheet.put(
        "recovery.soft_delete_days",
        Unknown(
            UnknownReason.NOT_SUPPORTED, secret.at("recovery_window_in_days"), "the recovery window is chosen at deletion", between=(7, 30)
        ),
    )
    grants = put_policy(plan, secret, policy_of(plan, secret, POLICY, "policy"), "secretsmanager", sheet, Kind.SECRET)
    name = text_or(secret.root, "name")
    return plan.resource(
        secret,
        Kind.SECRET,
        name or text_or(secret.root, "name_prefix") or secret.place.name,
        sheet.facts,
        links=(*key_links(plan, secret, ("kms_key_id",)), *_replicas(secret, plan, name)),
        aliases=(text_or(secret.root, "arn"), text_or(secret.root, "id"), name),
        description=text_or(secret.root, "description"),
        grants=grants,
    )


def _replicas(secret: Planned, plan: Plan, name: str) -> Iterator[Link]:
    blocks = secret.root.blocks("replica")
    if isinstance(blocks, Unknown):
        if not is_filled_in(secret, "replica", found=blocks):
            yield Link(Rel.REPLICATES_TO, "", blocks)
        return
    for block in blocks.value:
        region = block.text("region")
        if isinstance(region, Unknown):
            yield Link(Rel.REPLICATES_TO, "", region)
        elif region.value:
            # A replica keeps the name of its primary (User Guide, "Replicate secrets across Regions"); it is never in the plan itself.
            account = plan.providers.account(secret)
            yield Link(Rel.REPLICATES_TO, f"arn:aws:secretsmanager:{region.value}:{account}:secret:{name or secret.address}")


CONVERTER = Converter(frozenset({SECRET}), convert, (Child(POLICY, "secret_arn", ("arn", "id")),), KEY_TYPES | {DOCUMENT})
