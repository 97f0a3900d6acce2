"""Parameters of the Parameter Store that are kept as secrets; plain ones are configuration, and no value is looked at."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import custody, elsewhere, key_links, put_policy, word
from tierwise.model.fact import FactSheet, Known
from tierwise.model.resource import Kind, Resource

PARAMETER: Final = "aws_ssm_parameter"
_PLAIN: Final = frozenset({"String", "StringList"})


def convert(parameter: Planned, plan: Plan) -> Resource | None:
    """A planned parameter of type SecureString, or one whose type is not known yet."""
    kind = parameter.root.text("type")
    if isinstance(kind, Known) and kind.value in _PLAIN:
        return None
    sheet = FactSheet()
    if isinstance(kind, Known):
        sheet.constant("encryption.at_rest", True, "Systems Manager User Guide, SecureString parameters are encrypted with a KMS key")
        # Without a key of one's own: aws/ssm (API Reference, PutParameter, KeyId).
        sheet.put("encryption.key_custody", custody(plan, parameter, ("key_id",), without="provider-managed"))
    else:
        sheet.put("encryption.at_rest", kind)
        sheet.put("encryption.key_custody", kind)
    sheet.constant("recovery.soft_delete_days", 0, "Systems Manager API Reference, DeleteParameter: deletion is immediate")
    # Only advanced parameters can be shared (User Guide, "Working with shared parameters"), by a policy that no Terraform type writes.
    tier = word(parameter, "tier", "Standard")
    alone = parameter.is_new or (isinstance(tier, Known) and tier.value == "Standard")
    policy = Known(None, tier.via) if alone else elsewhere(parameter, "with whom the parameter is shared")
    grants = put_policy(plan, parameter, policy, "ssm", sheet, Kind.SECRET)
    name = text_or(parameter.root, "name")
    return plan.resource(
        parameter,
        Kind.SECRET,
        name or parameter.place.name,
        sheet.facts,
        links=key_links(plan, parameter, ("key_id",)),
        aliases=(text_or(parameter.root, "arn"), name),
        description=text_or(parameter.root, "description"),
        grants=grants,
    )


CONVERTER = Converter(frozenset({PARAMETER}), convert, reads=KEY_TYPES)
