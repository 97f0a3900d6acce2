"""What IAM bindings on whole projects, folders and organisations give: administration, escalation, data. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tierwise.access import google_permissions
from tierwise.access.google_iam import Binding, either
from tierwise.access.google_roles import ADMIN, ESCALATING, SERVICES, is_predefined, is_wide, touches_data
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason

_CUSTOM: Final = "what a role of the project's own permits is not read"


def judged(binding: Binding, names: frozenset[str], permissions: frozenset[str]) -> Maybe[bool]:
    """Whether a role is one of those, or permits one of those; a role that Google did not write and that is not at hand may be as strong."""
    if binding.permits is not None:
        permits = binding.permits
        return permits if isinstance(permits, Unknown) else Known(bool(permits.value & permissions), permits.via)
    if isinstance(binding.role, Unknown):
        return binding.role
    if not is_predefined(binding.role.value):
        return Unknown(UnknownReason.NOT_SUPPORTED, binding.via, f"{binding.role.value}: {_CUSTOM}")
    return Known(binding.role.value.removeprefix("roles/") in names, binding.via)


def admin(bindings: Iterable[Binding], via: Provenance) -> Maybe[bool]:
    """Whether one of the roles may do everything, or give it."""
    return either([judged(one, ADMIN, google_permissions.ADMIN) for one in bindings], via)


def escalation(bindings: Iterable[Binding], via: Provenance) -> Maybe[bool]:
    """Whether one of the roles leads to more."""
    return either([judged(one, ESCALATING, google_permissions.ESCALATING) for one in bindings], via)


def on_data(binding: Binding) -> Maybe[bool]:
    """Whether a role gives data."""
    if binding.permits is not None:
        permits = binding.permits
        return permits if isinstance(permits, Unknown) else Known(google_permissions.touches_data(permits.value), permits.via)
    if isinstance(binding.role, Unknown):
        return binding.role
    found = touches_data(binding.role.value)
    if found is None:
        return Unknown(UnknownReason.NOT_SUPPORTED, binding.via, f"{binding.role.value}: its permissions are not known")
    return Known(found, binding.via)


def wide(binding: Binding) -> Maybe[bool]:
    """Whether a role gives every action on data; one that Google did not write names its permissions one by one."""
    if binding.permits is not None:
        return binding.permits if isinstance(binding.permits, Unknown) else Known(False, binding.permits.via)
    if isinstance(binding.role, Known) and is_predefined(binding.role.value):
        return Known(is_wide(binding.role.value), binding.via)
    return on_data(binding)


def bound(bindings: Iterable[Binding], via: Provenance) -> Maybe[bool]:
    """Whether every grant on data carries a condition."""
    still: Unknown | None = None
    for one in bindings:
        data = on_data(one)
        if data == Known(False, data.via) or one.conditioned == Known(True, one.conditioned.via):
            continue
        unknown = next((part for part in (data, one.conditioned) if isinstance(part, Unknown)), None)
        if unknown is None:
            return Known(False, one.via)
        still = unknown
    return still or Known(True, via)


def read_services(binding: Binding) -> frozenset[str]:
    """The services whose data a role reads."""
    if isinstance(binding.permits, Known):
        return google_permissions.read_services(binding.permits.value)
    if not isinstance(binding.role, Known) or not is_predefined(binding.role.value):
        return frozenset()
    name = binding.role.value.removeprefix("roles/")
    return frozenset(service for service, roles in SERVICES.items() if name in roles.reads)


def put_privilege(sheet: FactSheet, bindings: tuple[Binding, ...], lost: Unknown | None, via: Provenance) -> None:
    """Sets what bindings on a project, a folder or an organisation give; `lost` is why there may be more of them."""
    found: dict[str, Maybe[bool]] = {
        "privilege.admin": admin(bindings, via),
        "privilege.escalation": escalation(bindings, via),
        "privilege.wildcard_data_actions": either([wide(one) for one in bindings], via),
        # A binding on a project, a folder or an organisation is on all data inside it.
        "privilege.wildcard_data_resources": either([on_data(one) for one in bindings], via),
    }
    for name, fact in found.items():
        sheet.put(name, lost if lost is not None and not (isinstance(fact, Known) and fact.value) else fact)
    kept = bound(bindings, via)
    sheet.put("privilege.condition_bound", lost if lost is not None and not (isinstance(kept, Known) and not kept.value) else kept)
    sheet.not_applicable("privilege.inline_wildcard", "a binding stands by itself", via)


def put_judged_on_bindings(sheet: FactSheet) -> None:
    """Sets what a service account does not have of its own."""
    judged = "Google Cloud IAM: nothing is written into a service account; what its bindings give is judged on each binding"
    for name in (
        "privilege.escalation",
        "privilege.inline_wildcard",
        "privilege.wildcard_data_actions",
        "privilege.wildcard_data_resources",
    ):
        sheet.constant(name, False, judged)
    sheet.constant("privilege.condition_bound", True, judged)
