"""`tierwise scan aws|azure|gcp|plan|inventory`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

import click

from tierwise.cli.finish import finish, leave
from tierwise.cli.forecast import dry_run_option
from tierwise.cli.last import remember
from tierwise.cli.live import Live, resume_option, scan_live
from tierwise.cli.options import Group, Options, progress_for, require, scan_options, source_option, together, utc_now
from tierwise.cli.rescan import asked_since, since_options
from tierwise.cli.sampling import depth_of, import_option, imported, sampling_asked, sampling_options
from tierwise.cli.second import asking, second_options, with_second
from tierwise.cli.settings import asked_of_scan, controls_of, load_gated, load_judging
from tierwise.config import AwsConfig, AzureConfig, Config, GcpConfig
from tierwise.errors import UsageError, unreadable

if TYPE_CHECKING:
    from tierwise.catalogue.controls import Catalogue
    from tierwise.config import Config
    from tierwise.connectors.aws.task import Elsewhere
    from tierwise.connectors.base import Source
    from tierwise.connectors.rescan import Rescan
    from tierwise.connectors.terraform.document import Document
    from tierwise.model.content import Depth
    from tierwise.model.profile import GatePolicy
    from tierwise.scan import Judging, Outcome
    from tierwise.scan.sample import Sampling

_MOST_INPUT: Final = 1 << 30
_ALL: Final = 1 << 30
_LARGE_PLANS: Final = 160 << 20
"""Bytes of plans up to which all that is made of them is held in memory, which takes about four times as much: judging is twice as fast then."""


@click.group(cls=Group)
def scan() -> None:
    """Scan live accounts, Terraform plans or a saved inventory.

    Exit codes: 0 gate passed, 1 gate failed, 2 usage or unreadable input, 3 incomplete, 4 no usable credentials, 70 a bug.
    """


def aws_config(config: AwsConfig, values: Mapping[str, Any]) -> AwsConfig:
    """The settings under the command's own options."""
    inventory = values["inventory"] or config.inventory
    require(inventory or not values["aggregator"], "--aggregator names an aggregator of AWS Config; add --inventory config")
    return AwsConfig(
        role_arns=tuple(values["role_arns"]) or config.role_arns,
        external_id=values["external_id"] or config.external_id,
        organization=values["organization"] or config.organization,
        units=tuple(values["units"]) or config.units,
        exclude=tuple(values["exclude"]) or config.exclude,
        role=values["role"] or config.role,
        accounts=(*values["accounts"], *accounts_in(values["accounts_file"])) or config.accounts,
        inherit_tags=tuple(values["inherit_tags"]) or config.inherit_tags,
        regions=tuple(values["regions"]) or config.regions,
        services=tuple(values["services"]) or config.services,
        requests_per_second=values["max_rate"] or config.requests_per_second,
        endpoint_compat=values["endpoint_compat"] or config.endpoint_compat,
        inventory=inventory,
        aggregator=values["aggregator"] or config.aggregator,
    )


def accounts_in(path: Path | None) -> tuple[str, ...]:
    """The account ids of a file, one a line; what follows `#` is a remark. UsageError where it has none, or something else."""
    if path is None:
        return ()
    try:
        # Windows' editors begin a file with a byte order mark.
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--accounts-file {path}: cannot be read ({unreadable(error)})") from None
    found: list[str] = []
    for number, line in enumerate(lines, 1):
        if account := line.partition("#")[0].strip():
            require(re.fullmatch(r"[0-9]{12}", account), f"{path}:{number}: {account[:40]!r} is not an account id; write its 12 digits")
            found.append(account)
    require(found, f"--accounts-file {path}: there is no account id in it")
    return tuple(found)


aws_options = together(
    click.option("--account", "accounts", multiple=True, help="Only these account ids; default: all that can be reached."),
    click.option("--accounts-file", type=click.Path(path_type=Path), help="The same from a file, one id a line; default: none."),
    click.option("--organization", is_flag=True, help="All accounts of the caller's organisation, each by a role in it (--role)."),
    click.option("--ou", "units", multiple=True, metavar="ID", help="Only accounts below these organisational units; default: all."),
    click.option("--exclude", multiple=True, metavar="ID", help="Leave out these accounts and organisational units; default: none."),
    click.option("--role", default="", metavar="NAME", help="The role's name in each account; default: tierwise-scan with --organization."),
    click.option(
        "--inherit-tags",
        "inherit_tags",
        multiple=True,
        metavar="LEVEL",
        help="Take tags that a resource lacks from its account or unit; default: from neither.",
    ),
    click.option("--region", "regions", multiple=True, help="Only these regions; default: all enabled."),
    click.option("--service", "services", multiple=True, help="Only these services, e.g. s3; default: all."),
    click.option(
        "--role-arn",
        "role_arns",
        multiple=True,
        help="Assume this role; repeat for several accounts. Default: the caller's own account.",
    ),
    click.option("--external-id", default="", help="External id for the roles; default: none."),
    click.option(
        "--max-rate", type=float, default=None, help="Requests a second to S3 per account, other services an eighth; default: 800."
    ),
    click.option(
        "--inventory",
        type=click.Choice(["config"]),
        default=None,
        help="Take what AWS Config records from an aggregator of the caller's account; default: read all from the services.",
    ),
    click.option(
        "--aggregator",
        default="",
        metavar="NAME",
        help="Which aggregator, in whichever scanned region; default: the organisation's, or the first.",
    ),
    click.option("--endpoint-compat", is_flag=True, help="For emulators: rewrites S3 Control's host before signing."),
)
"""Which accounts are read, and how."""


cluster_options = together(
    click.option(
        "--executor",
        type=click.Choice(["threads", "dask"]),
        default="threads",
        help="What reads: threads, or dask: processes; default: threads.",
    ),
    click.option(
        "--scheduler", default="", metavar="ADDRESS", help="A dask scheduler, e.g. tcp://host:8786; default: processes of this machine."
    ),
    click.option("--processes", type=click.IntRange(1, 64), default=None, help="How many of this machine; default: 2."),
)
"""Who makes the reads."""


def elsewhere(config: Config, values: Mapping[str, Any], depth: Depth, held: ExitStack) -> Elsewhere | None:
    """What runs the tasks of a scan, where that is not this process; UsageError where the options do not go together or it cannot be begun."""
    from tierwise.connectors.aws.cluster import Cluster, workers
    from tierwise.connectors.aws.connect import access_of

    dask = values["executor"] == "dask"
    for option, given in (("--scheduler", values["scheduler"]), ("--processes", values["processes"])):
        require(dask or not given, f"{option} speaks of a cluster; add --executor dask")
    require(not (values["scheduler"] and values["processes"]), "--scheduler names workers that are there; leave --processes out")
    if not dask:
        return None
    cluster = Cluster(values["scheduler"], values["processes"] or 2, config.jobs)
    return held.enter_context(workers(cluster, access_of(config.aws, config.jobs, depth)))


@scan.command()
@aws_options
@cluster_options
@resume_option
@dry_run_option
@since_options
@sampling_options
@import_option
@scan_options
def aws(**values: Any) -> None:
    """Scan AWS accounts.

    \b
    tierwise scan aws --region eu-west-2
    tierwise scan aws --role-arn arn:aws:iam::111111111111:role/tierwise --format json=scan.json
    tierwise scan aws --organization --external-id ID --resume auto
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.aws.connect import open_accounts

    options, config = asked_of_scan(values)
    config = replace(config, aws=aws_config(config.aws, values))
    sampling = sampling_asked(config.sampling, values)
    depth = depth_of(sampling)
    live = Live("aws", config.aws, config, options, sampling, imported(values))

    since = asked_since(values)

    def opened(started: datetime, held: ExitStack) -> Sequence[Source]:
        if values["dry_run"]:
            # Who answers in place of the services, and who does the work, is not asked for.
            return open_accounts(replace(config.aws, inventory=""), started, threads=config.jobs, depth=depth)
        away = elsewhere(config, values, depth, held)
        rescan = since.rescan if since is not None else None
        return open_accounts(config.aws, started, threads=config.jobs, depth=depth, elsewhere=away, rescan=rescan)

    scan_live(live, values["resume"], opened, since, dry=values["dry_run"])


def azure_config(config: AzureConfig, values: Mapping[str, Any]) -> AzureConfig:
    """The settings under the command's own options."""
    return AzureConfig(
        tenant=values["tenant"] or config.tenant,
        subscriptions=tuple(values["subscriptions"]) or config.subscriptions,
        management_groups=tuple(values["management_groups"]) or config.management_groups,
        services=tuple(values["services"]) or config.services,
        inherit_tags=tuple(values["inherit_tags"]) or config.inherit_tags,
        cloud=values["cloud"] or config.cloud,
        requests_per_second=values["max_rate"] or config.requests_per_second,
    )


azure_options = together(
    click.option("--tenant", default="", help="Tenant to sign in to; default: the credentials' own."),
    click.option("--subscription", "subscriptions", multiple=True, help="Only these subscription ids; default: all that can be seen."),
    click.option("--management-group", "management_groups", multiple=True, help="Only subscriptions below these; default: all."),
    click.option("--service", "services", multiple=True, help="Only these services, e.g. storage; default: all."),
    click.option(
        "--inherit-tags",
        "inherit_tags",
        multiple=True,
        metavar="LEVEL",
        help="Take tags that a resource lacks from its resource-group or subscription; default: where policy says so.",
    ),
    click.option("--cloud", default="", help="public, government or china; default: public."),
    click.option("--max-rate", type=float, default=None, help="Reads a second per subscription; default: 12.5."),
)
"""Which subscriptions are read, and how."""


def open_azure(
    config: AzureConfig, started: datetime, sampling: Sampling | None = None, rescan: Rescan | None = None
) -> tuple[Source, ...]:
    """The tenant as a source; UsageError where the SDK is not installed."""
    try:
        from tierwise.connectors.azure.connect import open_tenant
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("azure"):
            raise
        raise UsageError("Azure's SDK is not installed: pip install 'tierwise[azure]'") from None
    return open_tenant(config, started, depth=depth_of(sampling), rescan=rescan)


@scan.command()
@azure_options
@resume_option
@dry_run_option
@since_options
@sampling_options
@import_option
@scan_options
def azure(**values: Any) -> None:
    """Scan the subscriptions of an Azure tenant.

    \b
    tierwise scan azure --subscription 00000000-0000-0000-0000-000000000000
    tierwise scan azure --management-group departments --format json=scan.json
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    options, config = asked_of_scan(values)
    config = replace(config, azure=azure_config(config.azure, values))
    sampling = sampling_asked(config.sampling, values)
    live = Live("azure", config.azure, config, options, sampling, imported(values))
    since = asked_since(values)

    def opened(started: datetime, _held: ExitStack) -> Sequence[Source]:
        return open_azure(config.azure, started, sampling, since.rescan if since is not None else None)

    scan_live(live, values["resume"], opened, since, dry=values["dry_run"])


def gcp_config(config: GcpConfig, values: Mapping[str, Any]) -> GcpConfig:
    """The settings under the command's own options; a scope that an option names replaces all scopes of the settings."""
    named = {name: tuple(values[name]) for name in ("projects", "folders", "organizations")}
    if not any(named.values()):
        named = {"projects": config.projects, "folders": config.folders, "organizations": config.organizations}
    return GcpConfig(
        **named,
        services=tuple(values["services"]) or config.services,
        requests_per_second=values["max_rate"] or config.requests_per_second,
    )


gcp_options = together(
    click.option("--project", "projects", multiple=True, help="Only these projects; default: all that can be seen."),
    click.option("--folder", "folders", multiple=True, metavar="NUMBER", help="All projects below these folders."),
    click.option("--organization", "organizations", multiple=True, metavar="NUMBER", help="All projects of these organisations."),
    click.option("--service", "services", multiple=True, help="Only these services, e.g. storage; default: all."),
    click.option("--max-rate", type=float, default=None, help="Requests a second to each service; default: 10."),
)
"""Which projects are read, and how."""


def open_gcp(config: GcpConfig, started: datetime, sampling: Sampling | None = None, rescan: Rescan | None = None) -> tuple[Source, ...]:
    """The projects as a source; UsageError where google-auth is not installed."""
    try:
        from tierwise.connectors.gcp.connect import open_projects
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("google", "requests"):
            raise
        raise UsageError("google-auth is not installed: pip install 'tierwise[gcp]'") from None
    return open_projects(config, started, depth=depth_of(sampling), rescan=rescan)


@scan.command()
@gcp_options
@resume_option
@dry_run_option
@since_options
@sampling_options
@import_option
@scan_options
def gcp(**values: Any) -> None:
    """Scan Google Cloud projects, folders or an organisation.

    \b
    tierwise scan gcp --project records-prod
    tierwise scan gcp --organization 123456789012 --format json=scan.json
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    options, config = asked_of_scan(values)
    config = replace(config, gcp=gcp_config(config.gcp, values))
    sampling = sampling_asked(config.sampling, values)
    live = Live("gcp", config.gcp, config, options, sampling, imported(values))
    since = asked_since(values)
    rescan = since.rescan if since is not None else None
    scan_live(live, values["resume"], lambda started, _: open_gcp(config.gcp, started, sampling, rescan), since, dry=values["dry_run"])


@scan.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--max-input", type=click.IntRange(1), default=_MOST_INPUT, help="Largest input in bytes; default: 1 GiB.")
@source_option
@second_options
@scan_options
def plan(files: tuple[str, ...], max_input: int, **values: Any) -> None:
    """Scan Terraform or OpenTofu plans: the JSON of 'terraform show -json'; '-' reads stdin.

    \b
    terraform show -json plan.bin > plan.json && tierwise scan plan plan.json
    tofu show -json plan.bin | tierwise scan plan -
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.scan import bulk

    with bulk():
        scan_plans(plan_paths(files), max_input, values)


def scan_plans(paths: Sequence[Path | Literal["-"]], max_input: int, values: Mapping[str, Any]) -> NoReturn:
    """Read, judge and report plans."""
    from tierwise.beside import aside
    from tierwise.connectors.terraform.source import read_plans
    from tierwise.shelf import holding

    options, config = asked_of_scan(values)
    with aside(partial(controls_of, config)) as controls_by:
        documents = read_plans(paths, max_input)
        # What comes through a pipe is in memory itself beside all that is made of it.
        size = sum(one.size if one.is_mapped else one.size * 5 // 4 for one in documents)
        with nullcontext() if size > _LARGE_PLANS else holding(_ALL):
            _scan_plans(paths, documents, options, config, values, controls_by)


def _scan_plans(
    paths: Sequence[Path | Literal["-"]],
    documents: Sequence[Document],
    options: Options,
    config: Config,
    values: Mapping[str, Any],
    controls_by: Callable[[], Catalogue],
) -> NoReturn:
    from tierwise.connectors.terraform.source import source_of
    from tierwise.scan import scan as run_scan

    is_state = all(one.kind == "state" for one in documents)
    require(
        not is_state or config.gate_mode != "new",
        "--gate new judges what a plan introduces, and this is a state: nothing in it is new\n"
        "give the plan: terraform show -json plan.bin > plan.json; or judge what stands: --gate full",
    )
    source = source_of(paths, documents)
    asked = asking(values, paths, source)
    judging = load_gated(config, options, controls_by, change=not is_state)
    if is_state:
        judging = replace(judging, gate=gate_of_state(judging.gate))
    progress, started = progress_for(options), utc_now()
    keep = partial(remember, started=started, sources=[judging.mask.text(source.name)], config=config)
    outcome = run_scan([source], judging, started=started, jobs=1, progress=progress, meanwhile=keep)
    leave(finish(with_second(outcome, asked, judging, progress), config, options, keep=False, judging=judging))


def judged_plans(files: Sequence[str], config: Config) -> tuple[Outcome, Judging]:
    """Plans read and judged as the settings say, without a report; nothing is kept."""
    from tierwise.connectors.terraform.source import open_plans
    from tierwise.scan import bulk
    from tierwise.scan import scan as run_scan

    judging = load_judging(config)
    with bulk():
        return run_scan([open_plans(plan_paths(files), _MOST_INPUT)], judging, started=utc_now(), jobs=1), judging


def gate_of_state(gate: GatePolicy) -> GatePolicy:
    """The gate for a state, which brings nothing new: all of it is judged."""
    return replace(gate, mode="full") if gate.mode == "new" else gate


def plan_paths(files: Sequence[str]) -> list[Path | Literal["-"]]:
    """The arguments as paths; '-' is stdin."""
    return ["-" if name == "-" else Path(name) for name in files]


@scan.command()
@click.argument("file", type=click.Path(path_type=Path))
@import_option
@scan_options
def inventory(file: Path, **values: Any) -> None:
    """Judge a saved inventory (or a scan's JSON) again; ages count from when it was taken.

    \b
    tierwise scan aws --save-inventory estate.jsonl
    tierwise scan inventory estate.jsonl --profile iso-27001-2022
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.inventory.files import open_inventory
    from tierwise.scan import bulk
    from tierwise.scan import scan as run_scan

    options, config = asked_of_scan(values)
    with bulk():
        source = open_inventory(file)
        judging = load_gated(config, options)
        progress = progress_for(options)
        keep = partial(remember, started=source.started, sources=[judging.mask.text(source.name)], config=config)
        reported = imported(values)
        outcome = run_scan([source], judging, started=source.started, jobs=1, progress=progress, reported=reported, meanwhile=keep)
        leave(finish(outcome, config, options, keep=False, judging=judging))
