"""What a subscription's activity log says of changes since a moment: which resources calls to Azure Resource Manager were made to.

The change history of Resource Graph (`resourcechanges`) tells of what the inventory lists alone, which is listed anew by each scan anyway; of settings that
stand in parts of a resource (`blobServices/default`, `firewallRules`) and so are read one by one it knows nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tierwise.connectors.azure.read import Read
from tierwise.connectors.declared import Doc, Stage
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

ACTIVITY: Final = Read(
    "",
    "providers/Microsoft.Insights/eventtypes/management/values",
    "2015-04-01",
    "Microsoft.Insights/eventtypes/values/read",
    Stage.SURVEY,
    listing=True,
    pages=100,
)
"""Every write, deletion and action that was asked of Azure Resource Manager (Azure Monitor REST API, Activity Logs, List); read to its end, or not at all."""
LONGEST: Final = timedelta(days=90)
"""How far back it reaches (Azure Monitor documentation, activity log, retention period)."""
LAG: Final = timedelta(hours=1)
"""How much earlier than the last scan it is asked for: events come up to twenty minutes late (Azure Monitor documentation, log data ingestion time)."""
_WHOLE: Final = 9
"""Parts of the id of a resource that is part of no other, with the empty one before the first slash."""
CHANGED: Final = "changed"


def changes_since(caller: Caller, since: datetime, until: datetime) -> Maybe[Doc | None]:
    """By `CHANGED`, what was changed in a subscription since a moment; why that is not known, where its log could not be read to its end."""
    if until - since > LONGEST - LAG:
        return Unknown(UnknownReason.NOT_COLLECTED, ACTIVITY.via, f"the activity log reaches back {LONGEST.days} days")
    times = f"eventTimestamp ge '{since - LAG:%Y-%m-%dT%H:%M:%SZ}' and eventTimestamp le '{until:%Y-%m-%dT%H:%M:%SZ}'"
    listed = caller.ask(ACTIVITY, f"/subscriptions/{caller.place.id}", query={"$filter": times, "$select": "eventTimestamp,resourceId"})
    if isinstance(listed, Unknown):
        return listed
    events = (listed.value or {}).get("value") or ()
    named = [one.get("resourceId") if isinstance(one, dict) else None for one in events]
    if any(not isinstance(one, str) or not one for one in named):
        return Unknown(UnknownReason.UNPARSABLE, ACTIVITY.via, "an event names no resource")
    return Known({CHANGED: frozenset(map(whole_of, named))}, ACTIVITY.via)


def whole_of(identifier: object) -> str:
    """The id of a resource, without the parts of it or the settings on it that an id may go on with."""
    return "/".join(str(identifier).lower().rstrip("/").split("/")[:_WHOLE])
