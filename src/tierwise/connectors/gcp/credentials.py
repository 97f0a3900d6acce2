"""How Google Cloud and google-auth say that the caller's credentials do not hold, and what is said of it."""

from __future__ import annotations

from typing import Final

EXPIRED: Final = frozenset({"ACCESS_TOKEN_EXPIRED", "UNAUTHENTICATED", "authError", "ACCOUNT_STATE_INVALID", "HTTP 401"})
"""Codes of a 401 that speaks of the token or of whose it is (google.rpc `ErrorReason`, google.rpc `Code`; `authError` is that of the older services).
google-auth has refreshed the token twice by then (google.auth.transport.requests, `AuthorizedSession.request`). `ACCESS_TOKEN_TYPE_UNSUPPORTED` is none:
one service may take no token of a kind."""
UNRENEWED: Final = frozenset({"RefreshError", "OAuthError", "ReauthFailError", "ReauthSamlChallengeFailError"})
"""What google-auth raises where it gets no new token (google.auth.exceptions): revoked, out of date, or to be signed in for again."""


def ended(code: str) -> str:
    """Cause and fix where credentials do not hold, or no longer do: a code of a service, or the name of what google-auth raised."""
    return (
        f"Google Cloud does not accept the credentials ({code})\n"
        "  they have expired or were revoked: gcloud auth application-default login; in a pipeline, renew the key or federated token"
    )
