"""What Cloud KMS says of a key: protection, rotation, who uses and who administers it. Pure; for plans and live keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.google_iam import Binding, Policy, allowed
from tierwise.access.google_roles import touches_data
from tierwise.connectors.gcp_terms import DAY
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason

_LEVELS: Final = {"SOFTWARE": "software", "HSM": "hsm", "HSM_SINGLE_TENANT": "hsm", "EXTERNAL": "external", "EXTERNAL_VPC": "external"}
_GROUPS: Final = ("domain:", "projectOwner:", "projectEditor:", "projectViewer:")


def level(found: Maybe[str]) -> Maybe[str]:
    """A protection level on the vocabulary's scale."""
    if isinstance(found, Unknown):
        return found
    known = _LEVELS.get(found.value.upper())
    return Known(known, found.via) if known else Unknown(UnknownReason.NOT_SUPPORTED, found.via, "not a protection level that is known")


def put_rotation(sheet: FactSheet, purpose: Maybe[str], imported: Maybe[bool | None], period: Maybe[int | None]) -> None:
    """Sets whether and how often a key rotates: only symmetric keys of Cloud KMS's own making do, every `period` seconds."""
    names = ("key.rotation_enabled", "key.rotation_days")
    if isinstance(purpose, Unknown):
        for name in names:
            sheet.put(name, purpose)
        return
    if purpose.value != "ENCRYPT_DECRYPT" or (isinstance(imported, Known) and imported.value):
        why = "its material is imported" if purpose.value == "ENCRYPT_DECRYPT" else f"Cloud KMS does not rotate keys for {purpose.value}"
        for name in names:
            sheet.not_applicable(name, why, purpose.via)
        return
    if isinstance(period, Unknown):
        for name in names:
            sheet.put(name, period)
        return
    sheet.known(names[0], bool(period.value), period.via)
    sheet.known(names[1], -(-period.value // DAY) if period.value else UNLIMITED, period.via)


def put_purge_protected(sheet: FactSheet) -> None:
    """Sets whether somebody can shorten the time before destruction."""
    sheet.constant("key.purge_protected", True, "Cloud KMS, destroy and restore key versions: nobody can shorten the scheduled time")


def put_use(sheet: FactSheet, policy: Policy, inherited: Unknown | None) -> None:
    """Who may decrypt and who may administer; `inherited` is why more may be let in from above than the policy says."""
    deciphering = [one for one in policy.bindings if one.doubt is None and _reads(one)]
    wide = [one.via for one in deciphering if any(_is_many(member.kind, member.shown) for member in one.members)]
    inherited = inherited or policy.more or next((why for one in policy.bindings if (why := _doubt(one)) is not None), None)
    named: AnyFact = Known(False, wide[0]) if wide else inherited or Known(True, policy.via)
    sheet.put("key.decrypt_named_only", named)
    users, admins = set(_members(deciphering)), set(_members(one for one in policy.bindings if one.doubt is None and _administers(one)))
    both = len(users & admins)
    overlap: AnyFact = Known(both, policy.via)
    if inherited is not None:
        overlap = Unknown(inherited.reason, inherited.via, inherited.detail, between=(both, UNLIMITED))
    sheet.put("key.admin_user_overlap", overlap)


def _doubt(binding: Binding) -> Unknown | None:
    """Why a binding may let somebody use the key without that being certain."""
    if binding.doubt is not None:
        return binding.doubt
    reads, _ = allowed(binding, "cloudkms")
    other = isinstance(binding.role, Known) and touches_data(binding.role.value) is False
    if isinstance(reads, Unknown) and not other:
        return reads
    return next((one.why for one in binding.members if one.kind == "open"), None)


def _is_many(kind: str, shown: str) -> bool:
    return kind in ("anyone", "authenticated") or shown.startswith(_GROUPS)


def _reads(binding: Binding) -> bool:
    reads, _ = allowed(binding, "cloudkms")
    return isinstance(reads, Known) and reads.value


def _administers(binding: Binding) -> bool:
    _, writes = allowed(binding, "cloudkms")
    return isinstance(writes, Known) and writes.value


def _members(bindings: Iterator[Binding] | list[Binding]) -> Iterator[str]:
    for binding in bindings:
        yield from (member.identity for member in binding.members if member.identity)
