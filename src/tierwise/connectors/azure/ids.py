"""Ids of Azure Resource Manager, which mean the same in any case: one spelling for each, and what an id says by itself."""

from __future__ import annotations

import re
from typing import Final

_SUBSCRIPTION: Final = re.compile(r"/?subscriptions/([^/]+)", re.IGNORECASE)
_GROUP: Final = re.compile(r"/?subscriptions/[^/]+/resourcegroups/([^/]+)", re.IGNORECASE)


def same(identifier: object) -> str:
    """The one spelling of an id: lower case, with a leading and without a trailing slash; empty for none.

    Resource Graph and the resource providers spell resource groups and types differently for one and the same resource.
    """
    text = str(identifier or "").strip().strip("/").lower()
    return f"/{text}" if text else ""


def subscription_of(identifier: str) -> str:
    """The subscription that an id names, or an empty string."""
    found = _SUBSCRIPTION.match(identifier)
    return found[1].lower() if found else ""


def group_of(identifier: str) -> str:
    """The resource group that an id names, or an empty string."""
    found = _GROUP.match(identifier)
    return found[1].lower() if found else ""


def parent_of(identifier: str, levels: int = 1) -> str:
    """The id of what a child is part of: each level is a type and a name."""
    return "/".join(identifier.split("/")[: -2 * levels])
