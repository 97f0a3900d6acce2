"""`tierwise explain`: why this tier, why this bar, what would fix it, who can say otherwise."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from tierwise.cli.common import emit, judging_options, last_outcome, options_from, use_color
from tierwise.errors import UsageError


@click.command()
@click.argument("what", metavar="RESOURCE|FINGERPRINT|CONTROL")
@click.option("--inventory", type=click.Path(path_type=Path), help="A saved inventory or scan JSON; default: the last scan.")
@judging_options
def explain(what: str, inventory: Path | None, **values: Any) -> None:
    """Explain a resource (by id or name) or a finding of the last scan, or a control.

    \b
    tierwise explain patient-records
    tierwise explain ENC-02
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.reports.base import View
    from tierwise.reports.explain import explain_control, explain_finding, explain_resource

    options = options_from(values)
    view = View(color=use_color(options))
    control = _control(what)
    if control is not None:
        emit(explain_control(control, view))
        return
    result = last_outcome(options, inventory).result
    finding = next((one for one in result.findings if one.fingerprint == what), None)
    if finding is not None:
        emit(explain_finding(finding, result, view))
        return
    found = [one for one in result.resources if what in (one.id, one.name, one.address or "", *one.aliases)]
    if not found:
        near = get_close_matches(what, [one.name for one in result.resources], n=3, cutoff=0.5)
        raise UsageError(
            f"no resource, finding or control {what!r} in the last scan" + (f"; did you mean {', '.join(near)}?" if near else "")
        )
    for resource in found:
        emit(explain_resource(resource, result, view))


def _control(what: str) -> Any:
    from tierwise.catalogue.controls import load_catalogue

    return load_catalogue().controls.get(what.upper())
