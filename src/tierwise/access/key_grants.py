"""Whom the grants of a KMS key let in beside its key policy; each grant in the shape in which ListGrants answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from tierwise.access.audience import Audience
from tierwise.access.key import KeyUse
from tierwise.model.fact import Fact, Known, Maybe, NotApplicable, Provenance, Unknown

KeyGrant: TypeAlias = Mapping[str, Any]
_USES: Final = frozenset({"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "Sign", "GenerateMac"})


def grant_audience(listed: Maybe[Sequence[KeyGrant]], account: str, via: Provenance) -> Audience:
    """Whom a key's grants let in: they name one principal each, never everyone."""
    no = Known(False, via)
    if isinstance(listed, Unknown):
        return Audience(no, no, no, listed, listed)
    outside = [(name, one) for one in listed.value if (name := _account_of(grantee(one))) not in ("", account)]
    conditioned: Fact[bool] = NotApplicable("no grant names another account", via)
    if outside:
        conditioned = Known(all(is_constrained(one) for _, one in outside), via)
    return Audience(no, no, no, Known(frozenset(name for name, _ in outside), via), conditioned)


def grantee(grant: KeyGrant) -> str:
    """The principal that a grant names."""
    return str(grant.get("GranteePrincipal", ""))


def _account_of(principal: str) -> str:
    """The account of a grantee's ARN; empty for AWS services, which are named by host."""
    parts = principal.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" else ""


def is_constrained(grant: KeyGrant) -> bool:
    """Whether it holds for some encryption context only."""
    return any((grant.get("Constraints") or {}).values())


def named_only(by_policy: Maybe[bool], listed: Maybe[Sequence[KeyGrant]], account: str, via: Provenance) -> Maybe[bool]:
    """Decryption by policy and by grants; a grant to the root of another account lets in whomever that account chooses."""
    if isinstance(by_policy, Known) and not by_policy.value:
        return by_policy
    if isinstance(listed, Unknown):
        return listed
    for one in listed.value:
        if "Decrypt" in (one.get("Operations") or ()) and grantee(one).endswith(":root") and _account_of(grantee(one)) != account:
            return Known(False, via)
    return by_policy


def overlap(use: KeyUse, listed: Maybe[Sequence[KeyGrant]]) -> Maybe[int]:
    """Principals that administer by policy and use by policy or grant."""
    by_policy = use.overlap
    if isinstance(by_policy, Unknown):
        return by_policy
    if isinstance(listed, Unknown):
        return Unknown(listed.reason, listed.via, listed.detail, between=(by_policy.value, max(by_policy.value, len(use.admins))))
    granted = frozenset(grantee(one) for one in listed.value if _uses(one.get("Operations") or ()))
    return Known(len(use.admins & (use.users | granted)), by_policy.via)


def _uses(operations: Iterable[str]) -> bool:
    return any(one in _USES or one.startswith("GenerateDataKey") for one in operations)
