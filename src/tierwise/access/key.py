"""Who may use a key and who may administer it, by its key policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.access.document import UNDETERMINED, Policy
from tierwise.access.grant import Outcome, judge
from tierwise.access.privilege import allows_everywhere
from tierwise.access.statement import Grantee, Sort, allows, denies, grantees
from tierwise.access.truth import NO, OPEN, UNDETERMINED_DETAIL, YES, Truth, as_fact, both, either, negate, truth
from tierwise.model.fact import UNLIMITED, Known, Maybe, Provenance, Unknown, UnknownReason

_DECRYPT: Final = ("kms:Decrypt",)
_USE: Final = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:Sign",
    "kms:GenerateMac",
)
_ADMINISTER: Final = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial")


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Who may do what with a key; principals are texts of the policy, without the own account's root and services."""

    decrypt_named_only: Maybe[bool]
    admins: frozenset[str]
    users: frozenset[str]
    overlap: Maybe[int]
    """How many principals may both administer and use the key; not known where principals or actions are not."""
    delegates_decrypt: Maybe[bool]
    """Whether the key policy leaves decryption to the account's IAM policies."""


@dataclass(frozen=True, slots=True)
class _Holder:
    grantee: Grantee
    own_root: Truth
    """Whether the principal is the key's own account, which leaves the rest to IAM."""
    decrypts: Outcome
    uses: Truth
    administers: Truth


def key_use(policy: Policy, *, account: str, via: Provenance, identity_policies: Sequence[Policy] | None = None) -> KeyUse:
    """Who may use and administer a key by its policy.

    Where the policy delegates decryption to IAM (the account's root, as in the default key policy), `identity_policies` decides: all
    identity policies of the account. Without them, whether only named principals decrypt is not known.
    """
    holders = tuple(_holders(policy, account))
    delegated = either(*(both(one.own_root, one.decrypts.granted, one.decrypts.unconditioned) for one in holders))
    named = [one for one in holders if one.own_root is not YES and one.grantee.sort is not Sort.SERVICE]
    admins = frozenset(one.grantee.text for one in named if one.administers is YES and UNDETERMINED not in one.grantee.text)
    users = frozenset(one.grantee.text for one in named if one.uses is YES and UNDETERMINED not in one.grantee.text)
    certain = len(admins & users)
    settled = all(UNDETERMINED not in one.grantee.text and OPEN not in (one.uses, one.administers) for one in named)
    settled = settled and not any(one.own_root is OPEN for one in named)
    return KeyUse(
        decrypt_named_only=_named_only(named, delegated, identity_policies, via),
        admins=admins,
        users=users,
        overlap=Known(certain, via)
        if settled
        else Unknown(UnknownReason.KNOWN_AFTER_APPLY, via, UNDETERMINED_DETAIL, between=(certain if account else 0, UNLIMITED)),
        delegates_decrypt=as_fact(delegated, via),
    )


def _holders(policy: Policy, account: str) -> Iterator[_Holder]:
    denials = tuple(one for one in policy.statements if denies(one) is not NO)
    for statement in policy.statements:
        if allows(statement) is NO:
            continue
        for grantee in grantees(statement):
            decrypts, uses, administers = (judge(statement, grantee, denials, wanted, account) for wanted in (_DECRYPT, _USE, _ADMINISTER))
            own = both(_is_root(grantee), OPEN if not account else truth(grantee.sort is Sort.UNREAD or grantee.name == account))
            yield _Holder(grantee, own, decrypts, uses.granted, administers.granted)


def _is_root(grantee: Grantee) -> Truth:
    """Whether the principal is a whole account."""
    if grantee.sort is Sort.UNREAD or (grantee.sort is Sort.ACCOUNT and grantee.text.endswith(f":{UNDETERMINED}")):
        return OPEN
    return truth(grantee.sort is Sort.ACCOUNT and (grantee.text == grantee.name or grantee.text.endswith(":root")))


def _named_only(named: Sequence[_Holder], delegated: Truth, identity_policies: Sequence[Policy] | None, via: Provenance) -> Maybe[bool]:
    wide = either(*(_wide(one) for one in named))
    if wide is YES or delegated is NO:
        return as_fact(negate(wide), via)
    if identity_policies is None:
        detail = "the key policy leaves decryption to the account's IAM policies, which were not all read"
        return Unknown(UnknownReason.NOT_COLLECTED, via, detail)
    by_identity = both(delegated, either(*(allows_everywhere([one], "kms:Decrypt") for one in identity_policies)))
    return as_fact(negate(either(wide, by_identity)), via)


def _wide(holder: _Holder) -> Truth:
    """Whether a grant of decryption goes to everyone or to a whole account, with nothing that says who in it."""
    match holder.grantee.sort:
        case Sort.ANYONE:
            return holder.decrypts.granted
        case Sort.ACCOUNT:
            return both(_is_root(holder.grantee), negate(holder.own_root), holder.decrypts.granted, holder.decrypts.unconditioned)
        case Sort.UNREAD:
            return both(holder.decrypts.granted, OPEN)
        case _:
            return NO
