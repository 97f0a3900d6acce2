"""Whether Google's people need the organisation's approval to reach a project's data: Access Approval, of the project or of what is above it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.declared import Doc, Draft
from tierwise.connectors.gcp.above import PROJECT_TYPE, chain_of
from tierwise.connectors.gcp.read import Read
from tierwise.model.fact import Known, Maybe, Unknown

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

APPROVAL: Final = "account.support_access_controlled"
_FACTS: Final = frozenset({APPROVAL})
_UNSET: Final = "Access Approval API, accessApprovalSettings: no service and no ancestor is enrolled where nothing was set"


def _read(level: str) -> Read:
    return Read(
        "accessapproval",
        f"/v1/{level}/{{}}/accessApprovalSettings",
        "accessapproval.settings.get",
        PROJECT_TYPE,
        facts=_FACTS,
        absent=frozenset({"NOT_FOUND"}),
        make=_once,
        when=_everywhere if level == "projects" else _nowhere,
    )


def _everywhere(_draft: Draft) -> bool:
    return True


def _nowhere(_draft: Draft) -> bool:
    """Folders and organisations are asked for their projects, never as a read of their own."""
    return False


def _once(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    """The settings of the nearest level that has some; none where no level has."""
    chain = chain_of(caller)
    if isinstance(chain, Unknown):
        return chain
    for node in (f"projects/{caller.place.number or caller.place.id}", *chain.value[1:]):
        level, _, identifier = node.partition("/")
        found = caller.place.above(f"approval:{node}", partial(caller.ask, _OF[level], (identifier,)))
        if isinstance(found, Unknown) or found.value is not None:
            return found
    return Known({}, SETTINGS.via)


_OF: Final = {level: _read(level) for level in ("projects", "folders", "organizations")}
SETTINGS: Final = _OF["projects"]
READS: Final = tuple(_OF.values())


def required(settings: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether at least one service is enrolled here or above (`enrolledAncestor`)."""
    services = fields.items(settings, "enrolledServices", because=_UNSET)
    above = fields.flag(settings, "enrolledAncestor", absent=False, because=_UNSET)
    if isinstance(services, Unknown):
        return services
    return above if isinstance(above, Unknown) or above.value else Known(bool(services.value), services.via)
