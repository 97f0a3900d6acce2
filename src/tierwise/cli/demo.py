"""`tierwise demo`: the sample department and the sample plan, scanned as anything else is; no cloud, no network, no credentials."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from shutil import which
from typing import TYPE_CHECKING, Any

import click

from tierwise.cli.files import emit
from tierwise.cli.finish import EXIT_BUG, finish
from tierwise.cli.keeping import NOWHERE
from tierwise.cli.options import Options, options_from, output_options, progress_for
from tierwise.cli.settings import load_config, load_judging
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.config import Config
    from tierwise.model.finding import Finding, ScanResult
    from tierwise.scan import Judging, Outcome

_MOST = 6
_SETTLED_BY_APPLY = ("known-after-apply", "unresolved-reference")


@click.command()
@click.option("--live-only", is_flag=True, help="Only the department's accounts, not the plan.")
@click.option("--plan-only", is_flag=True, help="Only the plan: its full report.")
@click.option(
    "--history",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also keep the runs of this and the two weeks before in DIR/history.db, and write DIR/report.html of them.",
)
@output_options
def demo(live_only: bool, plan_only: bool, folder: Path | None, **values: Any) -> None:
    """Scan a sample government department in AWS, Azure and Google Cloud, and a sample Terraform plan.

    Everything is invented and runs in this process. The exit code is 0 whatever is found.

    \b
    tierwise demo
    tierwise demo --format json=demo.json
    tierwise demo --history sample
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    if live_only and plan_only:
        raise UsageError("--live-only and --plan-only exclude each other; give one or neither")
    if plan_only and folder is not None:
        raise UsageError("--history keeps runs of the accounts, which --plan-only leaves out; give one of the two")
    if not plan_only:
        require_sample()
    options = options_from(values)
    shown = not options.quiet and not options.formats
    if shown:
        emit(_OPENING)
    crashed = False
    if not plan_only:
        live, config, judging = _live(options)
        if folder is not None:
            options, config = _with_weeks(live, config, judging, options, folder)
        crashed = finish(live, config, options, judging=judging) == EXIT_BUG
        if shown:
            emit(_clouds_text(live.result))
    if not live_only:
        plan, config, judging = _plan(options)
        if plan_only:
            crashed = finish(plan, config, options, judging=judging) == EXIT_BUG
        elif shown:
            emit(_plan_text(plan.result))
    if shown:
        emit(_CLOSING if not plan_only else _PLAN_CLOSING)
        emit(way_in(Path(sys.argv[0])))
        if folder is not None:
            emit(_HISTORY.format(page=folder / _PAGE, store=folder / _STORE))
    sys.exit(EXIT_BUG if crashed else 0)


_NEEDED = {"moto": "moto", "azure.core": "azure-core", "google.auth": "google-auth", "requests": "requests"}
"""Packages by the module that the sample imports of them."""


def require_sample() -> None:
    """UsageError where what emulates the clouds is not installed."""
    for needed, name in _NEEDED.items():
        if not _is_installed(needed):
            raise UsageError(f"the sample needs {name}, which is not installed\n  install it: pip install 'tierwise[demo]'")


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a module's parent
        return False


_OPENING = """\
A sample: the Department of Civic Services, invented, in an AWS account that is emulated in this process, and in an
Azure subscription and a Google Cloud project whose answers are recorded. Nothing leaves this machine; the scan, the
controls and the report are those of real accounts.

"""
_CLOSING = """
Where to go from here
  tierwise explain dcs-patient-records    why this bucket is T3 although its tag says internal, and what would fix it
  tierwise fixes                          the changes that close most of what was found
  tierwise classify suggest               the register lines that would settle the stores nobody has classified
  tierwise scan aws --region eu-west-2    your own account, read only; 'tierwise permissions aws' prints the policy it needs
  tierwise scan azure, tierwise scan gcp  the same for your own subscriptions and projects
"""
_PAGE, _STORE = "report.html", "history.db"
_HISTORY = """
Three weekly runs are in {page}: open it in a browser
  tierwise history --store {store}
  tierwise diff --store {store}
"""
_PLAN_CLOSING = """
Where to go from here
  terraform show -json plan.bin > plan.json && tierwise scan plan plan.json
"""


def way_in(script: Path) -> str:
    """How the shell comes to find the command that the lines above it name; empty where it does."""
    activate = script.parent / "activate"
    if which("tierwise") is not None or not activate.is_file():
        return ""
    return f"  {f'. {quote(str(activate))}':<38}  first, so that your shell finds tierwise; or write {quote(str(script))} in its place\n"


def sample_config(options: Options, register: Path | None = None, acceptances: Path | None = None) -> Config:
    """The user's choice of outputs over the sample's own profile and files: what the sample shows does not depend on where it is run."""
    from tierwise.config import DEFAULT_PROFILE

    config = load_config(options)
    return replace(
        config,
        store=options.store or NOWHERE,
        profile=DEFAULT_PROFILE,
        controls=(),
        register=str(register or ""),
        corrections="",
        acceptances=str(acceptances or ""),
    )


def _live(options: Options) -> tuple[Outcome, Config, Judging]:
    from tierwise.demo.estate import sample_estate
    from tierwise.scan import scan

    with sample_estate() as (sources, register, acceptances, started):
        config = sample_config(options, register, acceptances)
        judging = load_judging(config)
        # One thread: moto answers in this process, so more would only take turns, and the order of what is found stays the same.
        return scan(sources, judging, started=started, jobs=1, progress=progress_for(options)), config, judging


def _with_weeks(live: Outcome, config: Config, judging: Judging, options: Options, folder: Path) -> tuple[Options, Config]:
    """Keep the weeks before in a new store; the options and settings by which the run itself is kept there and shown on a page."""
    from tierwise.cli.keeping import keeping_of
    from tierwise.connectors.base import Item, Organisation
    from tierwise.demo.dates import STARTED
    from tierwise.demo.weeks import weeks_before
    from tierwise.scan import scan

    for file in folder.glob(f"{_STORE}*"):
        file.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    config = replace(config, store=str(folder / _STORE))
    found = live.collected
    others: tuple[Item, ...] = (*found.gaps, *found.outcomes, *found.regions, Organisation(found.organisation))
    for started, sources in weeks_before(found.resources.values(), others, live.result.run.sources, STARTED):
        outcome = scan(sources, judging, started=started, jobs=1)
        keeping = keeping_of(outcome, config, options, judging)
        if keeping is not None:
            keeping.save(outcome.result)
    formats = (*(options.formats or ("console",)), f"html={(folder / _PAGE).resolve()}")
    return replace(options, formats=formats), config


def _plan(options: Options) -> tuple[Outcome, Config, Judging]:
    from tierwise.connectors.terraform.source import open_plans
    from tierwise.demo.dates import STARTED
    from tierwise.demo.estate import PLAN
    from tierwise.scan import scan

    config = sample_config(options)
    judging = load_judging(config)
    return scan([open_plans([PLAN])], judging, started=STARTED, jobs=1), config, judging


_COMPARED = ("EXP-01", "ENC-02", "ENC-11", "OWN-03", "LOG-02")
_CLOUDS = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}


def _clouds_text(result: ScanResult) -> str:
    """How some controls judge the same kind of thing in each cloud."""
    return "\n".join(_clouds_lines(result)) + "\n"


def _clouds_lines(result: ScanResult) -> Iterator[str]:
    from tierwise.model.finding import Verdict

    cloud = {one.id: one.provider for one in result.resources}
    sizes = Counter(cloud.values())
    titles: dict[str, str] = {}
    counts: Counter[tuple[str, str, Verdict]] = Counter()
    for one in result.findings:
        titles[one.control] = one.title
        counts[one.control, cloud[one.resource], one.verdict] += 1
    yield ""
    yield "The same controls in each cloud (failed/unknown/passed)"
    yield _row("", (f"{name} ({sizes[key]})" for key, name in _CLOUDS.items()))
    for control in _COMPARED:
        each = ([counts[control, key, one] for one in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)] for key in _CLOUDS)
        yield _row(f"{titles[control]} ({control})", ("/".join(map(str, cell)) for cell in each))


def _row(title: str, cells: Iterable[str]) -> str:
    return f"  {title:<58}" + "".join(f"{cell:>18}" for cell in cells)


def _plan_text(result: ScanResult) -> str:
    """The plan's report in short: the worst of what it would build, and what only apply will show."""
    return "\n".join(_plan_lines(result)) + "\n"


def _plan_lines(result: ScanResult) -> Iterator[str]:
    from tierwise.model.finding import Findings, Verdict

    findings = Findings.of(result.findings)
    fails = [one for one in findings.problems if one.verdict is Verdict.FAIL]
    verdicts = findings.verdicts
    yield ""
    yield f"The same controls on a Terraform plan, before anything is built ({len(result.resources)} resources)"
    yield f"{len(fails)} failed, {verdicts[Verdict.UNKNOWN]} unknown, {verdicts[Verdict.PASS]} passed, {verdicts[Verdict.NOT_APPLICABLE]} not applicable"
    worst = sorted(fails, key=lambda one: (-one.severity, -one.tier, one.resource, one.control))
    yield from (f"  {one.severity.word:<8} {_where(one)}: {one.title} ({one.control})" for one in worst[:_MOST])
    if len(worst) > _MOST:
        yield f"           and {len(worst) - _MOST} more"
    later = sorted(
        (one for one in findings.problems if one.verdict is Verdict.UNKNOWN and _open(one)),
        key=lambda one: (-one.severity, -one.tier, one.resource, one.control),
    )
    yield from (f"  unknown  {_where(one)}: {one.title} ({one.control}): the plan does not tell {_open(one)}" for one in later[:2])
    yield f"  {'tierwise demo --plan-only':<38}  shows it in full"


def _where(finding: Finding) -> str:
    return f"{finding.resource} ({finding.tier.label})"


def _open(finding: Finding) -> str:
    """The attribute that only apply settles, or an empty string."""
    return next((part.via or part.fact for part in finding.unknowns if part.reason in _SETTLED_BY_APPLY), "")
