"""Encryption scopes of a storage account, which have keys of their own: whose keys its blobs are under, and which they are.

A container has a scope for whatever is written without one, and may bar writers from naming another (`denyEncryptionScopeOverride`); a scope that is
disabled is neither read nor written (Azure Storage documentation, encryption scopes for blob storage).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.services.storage_reads import CONTAINERS, SCOPES, is_customers
from tierwise.connectors.azure_terms import PROVIDER_KEY
from tierwise.connectors.declared import Draft
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.resource import Link

_CUSTOMER: Final = "customer"
_OPEN: Final = "Azure Storage documentation, encryption scopes for blob storage: writers may name any scope where that was not barred"


def weakest(draft: Draft) -> Maybe[str]:
    """Whose key is over the blobs of an account that a customer's key is over: Microsoft's, where a container may hold some under a scope of its."""
    scopes = _enabled(draft)
    if isinstance(scopes, Unknown):
        return scopes.within(PROVIDER_KEY, _CUSTOMER)
    sources = {str(one.get("name")): fields.word(fields.inner(scopes, one), "properties", "source") for one in scopes.value}
    weak = {name for name, source in sources.items() if isinstance(source, Known) and not is_customers(source)}
    containers = fields.items(draft.doc(CONTAINERS), "value")
    if isinstance(containers, Unknown) and weak:
        return containers.within(PROVIDER_KEY, _CUSTOMER)
    if isinstance(containers, Known) and any(_admits(one, weak) for one in containers.value if weak):
        return Known(PROVIDER_KEY, scopes.via)
    still = next((source for source in sources.values() if isinstance(source, Unknown)), None)
    return Known(_CUSTOMER, scopes.via) if still is None else still.within(PROVIDER_KEY, _CUSTOMER)


def _enabled(draft: Draft) -> Maybe[list[Mapping[str, Any]]]:
    scopes = fields.items(draft.doc(SCOPES), "value")
    if isinstance(scopes, Unknown):
        return scopes
    states = [fields.word(fields.inner(scopes, one), "properties", "state", absent="Enabled", because=_OPEN) for one in scopes.value]
    on = [
        one for one, state in zip(scopes.value, states, strict=True) if not (isinstance(state, Known) and state.value.lower() == "disabled")
    ]
    return Known(on, scopes.via)


def _admits(container: Mapping[str, Any], scopes: set[str]) -> bool:
    """Whether blobs of a container may be in one of some scopes."""
    default = fields.value(Known(container), "properties", "defaultEncryptionScope")
    barred = fields.flag(Known(container), "properties", "denyEncryptionScopeOverride", absent=False, because=_OPEN)
    return (isinstance(default, Known) and default.value in scopes) or not (isinstance(barred, Known) and barred.value)


def links(draft: Draft) -> tuple[Link, ...]:
    """The keys of its scopes, once they have been read."""
    scopes = _enabled(draft)
    found = [] if isinstance(scopes, Unknown) else scopes.value
    urls = [fields.word(Known(one), "properties", "keyVaultProperties", "keyUri") for one in found]
    return tuple(dict.fromkeys(reach.key_link(url.value) for url in urls if isinstance(url, Known)))
