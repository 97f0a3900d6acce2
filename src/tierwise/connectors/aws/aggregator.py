"""An AWS Config aggregator: what it recorded of many accounts' resources, a hundred an answer, and where it lags or lacks something."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from tierwise.connectors.aws.calls import Caller, ListingFailedError, is_closed
from tierwise.connectors.aws.read import Read
from tierwise.connectors.aws.recorded import AGGREGATORS, PAGE, SELECT, STATUS, Recorded, captured
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import ReadOutcome

_LATE: Final = ("FAILED", "OUTDATED")
"""States of a source (the service's model, `AggregatedSourceStatusType`) in which what the aggregator has of it is not what there is."""
_WAY: Final = (
    "make one in the account that scans: aws configservice put-configuration-aggregator --configuration-aggregator-name org "
    "--organization-aggregation-source RoleArn=ROLE,AllAwsRegions=true"
)
_WHY: Final = "aws configservice describe-configuration-aggregator-sources-status --configuration-aggregator-name"
_NOT_THERE: Final = "NoSuchConfigurationAggregatorException"
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
    has: Counter[str] = field(default_factory=Counter)
    """How many resources of a type it has in the accounts in which it was asked for them."""
    lacking: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    """What was looked for and it does not have, by type, account and region."""
    made: dict[str, datetime] = field(default_factory=dict)
    """When a resource was made, by its service: what was recorded before that is of another that had its name."""
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
            with self._lock:
                self.has[recorded.type] += len(found)
            return Known(found, SELECT.via)

        return caller.once_per_account(f"{SELECT.operation}:{recorded.type}", make)

    def item(self, caller: Caller, recorded: Recorded, arn: str) -> Mapping[str, Any] | None:
        """What it has of one resource; None where it has nothing that can be used."""
        if self._is_late(caller.account, caller.region):
            return None
        found = self.items(caller, recorded)
        text = (found.value or {}).get(arn) if isinstance(found, Known) else None
        if text is not None and not self._is_of_another(arn, told := json.loads(text)):
            item: dict[str, Any] = told
            return item
        with self._lock:
            if isinstance(found, Unknown):
                self._tell(f"could not be asked {_why(SELECT.action, found.reason, found.detail)}; what it would tell was read directly")
            else:
                self.lacking.setdefault((recorded.type, caller.account, caller.region), set()).add(arn)
        return None

    def _is_of_another(self, arn: str, item: Mapping[str, Any]) -> bool:
        made, captured_at = self.made.get(arn), datetime.fromisoformat(item["configurationItemCaptureTime"])
        return made is not None and (captured_at if captured_at.tzinfo else captured_at.replace(tzinfo=UTC)) < made

    def _is_late(self, account: str, region: str) -> bool:
        return any((of, where) in self.late for of in (account, "") for where in (region, ""))

    def _tell(self, said: str) -> None:
        if said not in self.told:
            self.told.append(said)

    def remarks(self) -> Iterator[str]:
        """What came of it, a line for each thing that is to be known."""
        for said in self.told:
            yield f"AWS Config aggregator {self.name} {said}"
        for kind in sorted({one for one, _, _ in self.lacking}):
            lost = {(account, region): len(arns) for (one, account, region), arns in sorted(self.lacking.items()) if one == kind}
            yield (
                f"AWS Config aggregator {self.name} has {self.has[kind]:,} of type {kind} and lacks {sum(lost.values()):,}, which were read "
                f"directly (in {_shown(list(lost))}); where that lasts, let the recorder there record the type, and the aggregator collect it"
            )

    def outcomes(self) -> Iterator[ReadOutcome]:
        """What came of the calls by which it was found."""
        return self.caller.outcomes()


@dataclass(slots=True)
class Answers:
    """What an aggregator tells of one collector's resources, in place of the calls for each of them; each caller has its own."""

    aggregator: Aggregator
    recorded: Recorded
    _last: tuple[str, Mapping[str, Any] | None] = ("", None)
    """Of the resource that was asked for last, which others ask for again at once: its ARN and item."""

    def note_made(self, arn: str, when: datetime | None) -> None:
        """Note when a resource was made that is listed now; what a service does not tell is not held against it."""
        if when is not None:
            self.aggregator.made[arn] = when

    def item(self, caller: Caller, arn: str) -> Mapping[str, Any] | None:
        """What there is of a resource; None where there is nothing that can be used."""
        if self._last[0] != arn:
            self._last = arn, self.aggregator.item(caller, self.recorded, arn)
        return self._last[1]

    def answer(self, caller: Caller, read: Read, arn: str) -> Known[Doc | None] | None:
        """The answer of a call about a resource; None where it is to be made."""
        words = self.recorded.answers.get(read.operation)
        if words is None or (item := self.item(caller, arn)) is None or (doc := words(item)) is None:
            return None
        return Known(doc, captured(item))

    def answers(self, caller: Caller, draft: Draft) -> Iterator[tuple[str, Maybe[Doc | None]]]:
        """All that it tells of a resource, by operation."""
        item = self.item(caller, draft.resource.id)
        if item is None:
            return
        for operation, words in self.recorded.answers.items():
            if (doc := words(item)) is not None:
                yield operation, Known(doc, captured(item))


def look_for(callers: Iterable[Caller], name: str) -> Aggregator | str:
    """The aggregator of that name, or of the whole organisation, or the first, in the first region that has one; where none has, or it cannot be asked, why and what helps.

    `callers` has one for each region, the caller's own first; the others are asked where that has none.
    """
    empty: list[str] = []
    refused: dict[str, str] = {}
    for caller in callers:
        try:
            found = _in_region(caller, name)
        except ListingFailedError as failed:
            refused[caller.region] = _why(failed.gap.action, failed.gap.reason, failed.gap.detail)
            if len(refused) == 1 and not empty and not is_closed(failed.gap.reason, failed.gap.detail):
                break
            continue
        if found is not None:
            if empty or refused:
                spared = _some([*empty, *refused])
                found.told.append(f"is in {caller.region}; AWS_DEFAULT_REGION={caller.region} spares looking for it in {spared}")
            return found
        empty.append(caller.region)
    unasked = f"AWS Config could not be asked for an aggregator in {_some([*refused])} {next(iter(refused.values()))}" if refused else ""
    which = f"there is no AWS Config aggregator{f' {name!r}' if name else ''} in {_some(empty)}" if empty else ""
    return f"{' and '.join(filter(None, (which, unasked)))}; AWS_DEFAULT_REGION says where to look first, or {_WAY}"


def _in_region(caller: Caller, name: str) -> Aggregator | None:
    """The aggregator of a region, where it has one; ListingFailedError where it cannot be asked."""
    if not name:
        every = list(caller.listing(AGGREGATORS, "ConfigurationAggregators"))
        every.sort(key=lambda one: ("OrganizationAggregationSource" not in one, str(one["ConfigurationAggregatorName"])))
        if not every:
            return None
        name = str(every[0]["ConfigurationAggregatorName"])
    try:
        late = list(
            caller.listing(STATUS, "AggregatedSourceStatusList", ConfigurationAggregatorName=name, UpdateStatus=list(_LATE), Limit=PAGE)
        )
    except ListingFailedError as failed:
        if failed.gap.detail == _NOT_THERE:
            return None
        raise
    # What fails of the organisation itself is true of all of its accounts.
    places = sorted(
        {("" if one.get("SourceType") == "ORGANIZATION" else str(one["SourceId"]), str(one.get("AwsRegion") or "")) for one in late}
    )
    told = [f"lags in {len(places)} of its accounts and regions ({_shown(places)}), which were read directly; why: {_WHY} {name}"]
    return Aggregator(name, caller, frozenset(places), told if places else [])


def _why(action: str, reason: str, detail: str) -> str:
    """Why a call has failed, and what mends it where that is a permission."""
    needs = f"; allow {action}" if reason == UnknownReason.PERMISSION_DENIED else ""
    return f"({detail or reason}{needs})"


def _shown(places: list[tuple[str, str]]) -> str:
    return _some([f"{account or 'the organisation'}/{region or 'all regions'}" for account, region in places])


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
