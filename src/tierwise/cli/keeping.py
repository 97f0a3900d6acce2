"""Keeps a scan's run in the store: where, under which series, and what is said where it cannot be kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from shlex import quote
from typing import TYPE_CHECKING, Final

from msgspec import structs

from tierwise.cli.files import data_dir
from tierwise.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tierwise.cli.options import Options
    from tierwise.config import Config
    from tierwise.model.control import Control
    from tierwise.model.finding import Finding, ScanResult
    from tierwise.model.history import DayPoint
    from tierwise.model.resource import Resource
    from tierwise.scan import Judging, Outcome
    from tierwise.store.connect import Store

NOWHERE: Final = "none"
_LIVE: Final = ("aws", "azure", "gcp")
_LONGEST: Final = 120


def open_kept(where: str, *, create: bool = False) -> Store:
    """The store that is named, or the one in the user's data directory."""
    from tierwise.store.connect import open_store

    if where == NOWHERE:
        raise StoreError("--store none keeps nothing, so there is nothing to look at; leave it out or name a store")
    return open_store(where, data_dir() / "store.db", create=create)


def see_to(config: Config) -> None:
    """Before a scan begins: see that a store that was asked for can be written."""
    if config.store in ("", NOWHERE):
        return
    open_kept(config.store, create=True).close()


@dataclass(frozen=True, slots=True)
class Keeping:
    """One run on its way into the store."""

    where: str
    series: str
    controls: Mapping[str, Control]
    asked: bool
    """Whether someone named the store; if not, a run that cannot be kept is a warning."""
    days: int
    """How long it is kept with everything, and the longest of it for how many months."""
    months: int

    def dated(self, result: ScanResult) -> ScanResult:
        """The result with when each of its problems was first seen; as it is where the store cannot tell."""
        from tierwise.cli.complaints import complain
        from tierwise.model.finding import PROBLEMS, Findings
        from tierwise.store.read import came_back, first_seen

        try:
            store = open_kept(self.where, create=True)
            with store.reading() as connection:
                seen, back = first_seen(connection, self.series), came_back(connection, self.series)
        except StoreError as error:
            complain(str(error))
            return result

        def date_one(one: Finding) -> Finding:
            if one.verdict not in PROBLEMS:
                return one
            print_ = one.fingerprint
            return structs.replace(one, first_seen=seen.get(print_, result.run.started), back=back.get(print_, ""))

        return replace(result, findings=Findings.of(result.findings).told(date_one))

    def earlier(self, most: int = 12) -> tuple[DayPoint, ...]:
        """The last days of the same series; empty where the store cannot tell, which `dated` has said."""
        from tierwise.store.read import trend_named

        try:
            store = open_kept(self.where, create=True)
            with store.reading() as connection:
                return trend_named(connection, self.series, most)
        except StoreError:
            return ()

    def save(self, result: ScanResult) -> bool:
        """Keep the run; False where someone named the store and it could not be kept."""
        from tierwise.cli.complaints import complain
        from tierwise.model.history import Retention
        from tierwise.store.prune import tidy
        from tierwise.store.save import save

        try:
            store = open_kept(self.where, create=True)
            save(store, result, series=self.series, controls=self.controls)
        except StoreError as error:
            complain(f"run {result.run.id} is not in the store: {error}\n{self._way_back()}")
            return not self.asked
        try:
            tidy(store, Retention(self.days, self.months), date.fromisoformat(result.run.started[:10]))
        except StoreError as error:
            complain(
                f"run {result.run.id} is kept, and what is older than its time is still there: {error}\ndrop it later: tierwise store prune"
            )
        return True

    def _way_back(self) -> str:
        """How the run comes into the store later; without a password, which the environment or a file holds."""
        from tierwise.store.connect import shown

        last = data_dir() / "last.jsonl"
        if not last.is_file():
            return "its reports are written; when that is mended, scan again"
        where = shown(self.where) if self.where else str(data_dir() / "store.db")
        again = f"tierwise scan inventory {quote(str(last))} --store {quote(where)} --series {quote(self.series)}"
        return f"it is not lost: when that is mended, run {again}"


def keeping_of(outcome: Outcome, config: Config, options: Options, judging: Judging | None) -> Keeping | None:
    """How a scan is kept; None where it is not: live scans are unless someone says no, others where a store is named."""
    result = outcome.result
    live = all(name.partition(":")[0] in _LIVE for name in result.run.sources)
    if judging is None or config.store == NOWHERE or not (config.store or live):
        return None
    controls = {one.id: one for one in judging.controls}
    series = options.series or series_name(outcome, config, options)
    return Keeping(config.store, series, controls, bool(config.store), config.keep_days, config.keep_months)


def series_name(outcome: Outcome, config: Config, options: Options) -> str:
    """What runs of the same sources, scope, profile and choice of controls have in common, in words."""
    result = outcome.result
    return series_of(result.run.sources, result.run.profile, config, options, result.resources)


def series_of(sources: Sequence[str], profile: str, config: Config, options: Options, resources: Sequence[Resource] = ()) -> str:
    """The same before there is a result: an inventory's places are those of its resources."""
    words = [*dict.fromkeys(_places(sources, config, resources)), f"profile={profile}"]
    if options.control:
        words.append(f"controls={','.join(sorted(options.control))}")
    name = " ".join(words)
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _places(sources: Sequence[str], config: Config, resources: Sequence[Resource]) -> Iterator[str]:
    for source in sources:
        kind = source.partition(":")[0]
        match kind:
            case "aws":
                # What was asked for, not what answered: an account that cannot be reached today is not another estate.
                accounts = sorted({one.split(":")[4] for one in config.aws.role_arns if one.count(":") >= 4})
                yield from (f"aws:{account}" for account in accounts) if accounts else (source,)
                yield from _scope(accounts=config.aws.accounts, regions=config.aws.regions, services=config.aws.services)
            case "azure":
                yield source
                azure = config.azure
                yield from _scope(subscriptions=azure.subscriptions, groups=azure.management_groups, services=azure.services)
            case "gcp":
                yield kind
                gcp = config.gcp
                yield from _scope(projects=gcp.projects, folders=gcp.folders, organizations=gcp.organizations, services=gcp.services)
            case "inventory":
                yield from sorted({f"{one.provider}:{one.account}" for one in resources if one.account}) or (source,)
            case _:
                yield source


def _scope(**chosen: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{name}={','.join(sorted(values))}" for name, values in chosen.items() if values)
