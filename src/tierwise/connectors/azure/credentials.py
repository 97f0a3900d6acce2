"""How Azure and its SDK say that the caller's credentials do not hold, and what is said of it."""

from __future__ import annotations

from typing import Final

EXPIRED: Final = frozenset({"ExpiredAuthenticationToken", "InvalidAuthenticationToken", "AuthenticationFailed"})
"""Codes of a 401 that speaks of the token and of nothing that it was to read (Azure Resource Manager documentation, "Common deployment errors";
Microsoft Graph documentation, "Resolve authorization errors"). `InvalidAuthenticationTokenTenant` is none: a subscription may move to another tenant by itself."""
OTHER_TENANT: Final = "InvalidAuthenticationTokenTenant"
UNRENEWED: Final = frozenset({"CredentialUnavailableError", "ClientAuthenticationError", "AuthenticationRequiredError"})
"""What azure-identity raises where it has no token to give (azure.identity, `_exceptions.py`; azure.core, `ClientAuthenticationError`)."""


def ended(code: str) -> str:
    """Cause and fix where credentials that held do so no longer."""
    if code in UNRENEWED:
        return (
            f"the Azure credentials have expired or were revoked, and give no new token ({code})\n"
            "  sign in again: az login; in a pipeline, renew the client's secret, certificate or federated token"
        )
    return f"Azure does not accept the credentials ({code})\n  they have expired or are of another tenant: az login --tenant TENANT"
