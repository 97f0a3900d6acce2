"""An AWS Config aggregator: what it recorded of many accounts' resources, a hundred an answer, and where it lags or lacks something."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.recorded import AGGREGATORS, PAGE, SELECT, STATUS, Recorded
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import ReadOutcome

_LATE: Final = ("FAILED", "OUTDATED")
"""States of a source (the service's model, `AggregatedSourceStatusType`) in which what the aggregator has of it is not what there is."""
_WAY: Final = (
    "make one in the account that scans: aws configservice put-configuration-aggregator --configuration-aggregator-name org "
    "--organization-aggregation-source RoleArn=ROLE,AllAwsRegions=true"
)
_SHOWN: Final = 3


@dataclass(slots=True)
class Aggregator:
    """One aggregator, asked by the caller's own credentials; several accounts may be read at once."""

    name: str
    caller: Caller
    late: frozenset[tuple[str, str]] = frozenset()
    """Accounts and regions whose items are not used; an organisation's id stands for all of its accounts."""
    told: list[str] = field(default_factory=list)
    """What must be said of it."""
    taken: Counter[str] = field(default_factory=Counter)
    """How many resources of a type were as it had recorded them."""
    lacking: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How many, by type, account and region, it had nothing of."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def items(self, caller: Caller, recorded: Recorded) -> Maybe[Doc | None]:
        """What it has of a type in the caller's account: items as JSON by ARN, read once."""

        def make() -> Maybe[Doc | None]:
            # Asked where the aggregator is, counted where it is asked for; where it fails nothing is missing, for everything is read then.
            asked = replace(self.caller, account=caller.account, counts=Counter(), failures=[], until=caller.until)
            found: dict[str, str] = {}
            try:
                for text in asked.listing(
                    SELECT, "Results", ConfigurationAggregatorName=self.name, Expression=recorded.expression(caller.account), Limit=PAGE
                ):
                    item = json.loads(text)
                    datetime.fromisoformat(item["configurationItemCaptureTime"])
                    if not self._is_late(caller.account, str(item.get("awsRegion"))):
                        found[str(item["arn"])] = text
            except ListingFailedError as failed:
                return Unknown(UnknownReason(failed.gap.reason), SELECT.via, failed.gap.detail)
            except (ValueError, KeyError, TypeError):
                return Unknown(UnknownReason.UNPARSABLE, SELECT.via)
            finally:
                caller.counts.update({key: number for key, number in asked.counts.items() if key[1] == "ok"})
            return Known(found, SELECT.via)

        return caller.once_per_account(f"{SELECT.operation}:{recorded.type}", make)

    def item(self, caller: Caller, recorded: Recorded, arn: str) -> Mapping[str, Any] | None:
        """What it has of one resource; None where it has nothing that can be used."""
        found = self.items(caller, recorded)
        text = (found.value or {}).get(arn) if isinstance(found, Known) else None
        with self._lock:
            if text is None:
                self.lacking[recorded.type, caller.account, caller.region] += 1
                if isinstance(found, Unknown) and (said := f"could not be asked ({found.detail or found.reason.value})") not in self.told:
                    self.told.append(said)
                return None
            self.taken[recorded.type] += 1
        made: dict[str, Any] = json.loads(text)
        return made

    def _is_late(self, account: str, region: str) -> bool:
        return any((of, where) in self.late for of in (account, "") for where in (region, ""))

    def remarks(self) -> Iterator[str]:
        """What came of it, a line for each thing that is to be known."""
        for said in self.told:
            yield f"AWS Config aggregator {self.name} {said}: what it does not tell was read directly"
        for kind in sorted({*self.taken, *(one for one, _, _ in self.lacking)}):
            lost = {(account, region): number for (one, account, region), number in sorted(self.lacking.items()) if one == kind}
            if lost:
                places = ", ".join(f"{account}/{region}" for account, region in list(lost)[:_SHOWN])
                more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
                yield (
                    f"AWS Config aggregator {self.name} lacks {sum(lost.values())} of {sum(lost.values()) + self.taken[kind]} of type {kind}, "
                    f"which were read directly (in {places}{more})"
                )

    def outcomes(self) -> Iterator[ReadOutcome]:
        """What came of the calls by which it was found."""
        return self.caller.outcomes()


def look_for(caller: Caller, name: str) -> Aggregator | str:
    """The aggregator of that name, or of the whole organisation, or the first; where there is none, or it cannot be asked, why and what helps."""
    if not name:
        try:
            every = list(caller.listing(AGGREGATORS, "ConfigurationAggregators"))
        except ListingFailedError as failed:
            return f"no AWS Config aggregator could be looked for ({failed.gap.detail or failed.gap.reason}): allow {AGGREGATORS.action}"
        every.sort(key=lambda one: ("OrganizationAggregationSource" not in one, str(one["ConfigurationAggregatorName"])))
        if not every:
            return f"there is no AWS Config aggregator in {caller.region}: {_WAY}"
        name = str(every[0]["ConfigurationAggregatorName"])
    try:
        late = list(
            caller.listing(STATUS, "AggregatedSourceStatusList", ConfigurationAggregatorName=name, UpdateStatus=list(_LATE), Limit=PAGE)
        )
    except ListingFailedError as failed:
        if failed.gap.detail == "NoSuchConfigurationAggregatorException":
            return f"there is no AWS Config aggregator {name!r} in {caller.region}: {_WAY}"
        return (
            f"whether AWS Config aggregator {name} lags could not be read ({failed.gap.detail or failed.gap.reason}): allow {STATUS.action}"
        )
    # What fails of the organisation itself is true of all of its accounts.
    places = [("" if one.get("SourceType") == "ORGANIZATION" else str(one["SourceId"]), str(one.get("AwsRegion") or "")) for one in late]
    told = [f"lags in {len(places)} of its accounts and regions ({_shown(places)})"] if places else []
    return Aggregator(name, caller, frozenset(places), told)


def _shown(places: list[tuple[str, str]]) -> str:
    named = [f"{account or 'the organisation'}/{region or 'all regions'}" for account, region in sorted(set(places))]
    return ", ".join(named[:_SHOWN]) + (f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else "")
