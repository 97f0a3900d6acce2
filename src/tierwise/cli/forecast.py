"""`--dry-run`: what a scan is going to call, before it does; only what finds its accounts is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from tierwise.cli.files import write_atomically
from tierwise.cli.keeping import open_kept, series_of
from tierwise.cli.options import F, parse_formats
from tierwise.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tierwise.cli.live import Live
    from tierwise.connectors.base import Source
    from tierwise.connectors.declared import Declared
    from tierwise.model.history import KeptRun
    from tierwise.reports.forecast import Calls, Forecast, Need
    from tierwise.scan import Judging

_BY_SERVICES: Final = "that run asked the services for all; an aggregator of AWS Config spares calls for single resources"
_BY_CONFIG: Final = "that run took what AWS Config records from an aggregator; without --inventory config there are more calls"
_FINDS: Final = {
    "aws": (
        "sts:GetCallerIdentity",
        "organizations:List* and Describe* with --organization",
        "sts:AssumeRole for each --role-arn, with --organization for the caller's own account",
    ),
    "azure": ("Resource Graph: subscriptions and management groups",),
    "gcp": ("cloudresourcemanager: projects and folders",),
}
"""By which calls the accounts, subscriptions and projects of a scan are found."""


def dry_run_option(command: F) -> F:
    """The option that says what a scan is going to call."""
    option = click.option(
        "--dry-run",
        is_flag=True,
        help="Only say which calls the scan is going to make, how long they take and what they cost; default: scan.",
    )
    return option(command)


def tell(live: Live, judging: Judging, sources: Sequence[Source], *, since: bool = False) -> None:
    """Print, or write, what a scan of these sources is going to call."""
    from tierwise.reports.forecast import forecast_json, forecast_text

    told = _forecast(live, judging, sources, since=since)
    for name, path in parse_formats(live.options, ("console", "json")):
        made = forecast_json(told) if name == "json" else forecast_text(told)
        if path is not None:
            write_atomically(path, made.encode())
        elif not live.options.quiet:
            click.echo(made, nl=False)


def _forecast(live: Live, judging: Judging, sources: Sequence[Source], *, since: bool) -> Forecast:
    from tierwise.reports.forecast import Calls, Forecast
    from tierwise.store.read import last_named

    names = [judging.mask.text(one.name) for one in sources]
    found = _FINDS[live.command]
    series = live.options.series or series_of(names, judging.profile.id, live.config, live.options)
    try:
        with open_kept(live.config.store).reading() as connection:
            run, made, remark = _alike(live, connection, last_named(connection, series))
    except StoreError:
        run, made, remark = None, {}, ""
    if run is None:
        return Forecast(names, found, needs=tuple(_needs(live, judging)))
    rate = _rates(live)
    calls = [
        Calls(account, _service(operation), operation, number, rate(operation)) for (account, operation), number in sorted(made.items())
    ]
    return Forecast(names, found, run.id, run.day, calls, spared=_spared(live.command, calls) if since else None, remark=remark)


def _alike(live: Live, connection: Connection, last: KeptRun | None) -> tuple[KeptRun | None, dict[tuple[str, str], int], str]:
    """The last run that read as the next one does, and its calls; else the last that read everything itself, and what is otherwise then.

    A run that took over what an earlier one had read does not say what a scan calls.
    """
    from tierwise.connectors.aws.recorded import SELECT
    from tierwise.store.read import calls_of, run_before

    recorded = live.command == "aws" and getattr(live.scope, "inventory", "") == "config"
    other: tuple[KeptRun | None, dict[tuple[str, str], int], str] = None, {}, ""
    run = last
    while run is not None:
        made = calls_of(connection, run)
        operations = {operation for _, operation in made}
        if _history(live.command) not in operations:
            if (SELECT.via.via in operations) is recorded:
                return run, made, ""
            if other[0] is None:
                other = run, made, _BY_SERVICES if recorded else _BY_CONFIG
        run = run_before(connection, run)
    return other


def _spared(command: str, calls: Sequence[Calls]) -> int:
    """The calls for single resources of whose answers the history of changes tells."""
    told = {read.via.via for read in _told(command)}
    return sum(one.number for one in calls if one.operation in told)


def _told(command: str) -> Iterator[Declared]:
    """The reads that are not made of a resource that has not changed."""
    match command:
        case "aws":
            from tierwise.connectors.aws.collectors import collectors as of_aws

            yield from (read for one in of_aws() if one.history is not None for read in one.reads if read.params is not None)
        case "azure":
            from tierwise.connectors.azure.collectors import collectors as of_azure
            from tierwise.connectors.azure.unchanged import reads_told

            yield from (read for one in of_azure() for read in reads_told(one))
        case _:
            from tierwise.connectors.gcp.collectors import collectors as of_gcp

            yield from (read for one in of_gcp() if one.history is not None for read in one.history.reads)


def _history(command: str) -> str:
    """The call by which a scan with `--since` asks what has changed."""
    match command:
        case "aws":
            from tierwise.connectors.aws.history import LOOKUP as OF_AWS

            return OF_AWS.via.via
        case "azure":
            from tierwise.connectors.azure.history import ACTIVITY as OF_AZURE

            return OF_AZURE.via.via
        case _:
            from tierwise.connectors.gcp.history import LOG as OF_GCP

            return OF_GCP.via.via


def _rates(live: Live) -> Any:
    """The ceiling of a call, by its operation."""
    from functools import partial

    match live.command:
        case "aws":
            from tierwise.connectors.aws.session import rate_of as of_aws

            return partial(of_aws, live.scope.requests_per_second)
        case "azure":
            from tierwise.connectors.azure.session import rate_of as of_azure

            return partial(of_azure, live.scope.requests_per_second)
        case _:
            from tierwise.connectors.gcp.session import rate_of as of_gcp

            return partial(of_gcp, live.scope.requests_per_second)


def _needs(live: Live, judging: Judging) -> Iterator[Need]:
    """What the declarations say of each service that is scanned."""
    from tierwise.connectors.declared import Stage
    from tierwise.derive.needs import own_needs
    from tierwise.evaluate.compiled import compile_control
    from tierwise.model.sensitivity import Tier
    from tierwise.reports.forecast import Need

    wanted = own_needs(frozenset(name for one in judging.controls for name in compile_control(one).facts[Tier.T4]))
    reads: dict[str, list[tuple[Declared, bool]]] = {}
    for read, alone in _declared(live.command, frozenset(one.lower() for one in live.scope.services)):
        reads.setdefault(_service(read.via.via), []).append((read, alone))
    for service, own in sorted(reads.items()):
        each = [read for read, alone in own if alone]
        least = sum(read.stage is Stage.SURVEY for read in each)
        most = sum(read.stage is Stage.SURVEY or bool(read.facts & wanted) for read in each)
        yield Need(service, len(own) - len(each), least, most)


def _service(operation: str) -> str:
    """The service of an operation: what comes before the colon, and in Azure, where that is the way, the first part of what comes after."""
    way, _, rest = operation.partition(":")
    return rest.split("/")[0] or way if way in ("arm", "graph") else way


def _declared(command: str, services: frozenset[str]) -> Iterable[tuple[Any, bool]]:
    """The declared reads of the services that are scanned, of all where none is named, and whether each is made for a resource of its own."""
    match command:
        case "aws":
            from tierwise.connectors.aws.collectors import collectors

            chosen = (collector for collector in collectors() if not services or collector.service in services)
            reads = dict.fromkeys(read for collector in chosen for read in collector.reads)
            return [(read, read.params is not None) for read in reads]
        case "azure":
            from tierwise.connectors.azure.collectors import declared_reads as of_azure

            return [(read, bool(getattr(read, "of", ""))) for read in of_azure(services)]
        case _:
            from tierwise.connectors.gcp.collectors import declared_reads as of_gcp

            return [(read, bool(getattr(read, "of", ""))) for read in of_gcp(services)]
