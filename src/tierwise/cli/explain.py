"""`tierwise explain`: why this tier, why this bar, what would fix it, who can say otherwise."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from tierwise.cli.files import emit
from tierwise.cli.last import last_shown
from tierwise.cli.options import audience_option, inventory_option, judging_options, options_from, use_color, width
from tierwise.errors import UsageError


@click.command()
@click.argument("what", metavar="RESOURCE|FINGERPRINT|CONTROL")
@inventory_option
@audience_option
@judging_options
def explain(what: str, inventory: Path | None, **values: Any) -> None:
    """Explain a resource (by id or name) or a finding of the last scan, or a control.

    \b
    tierwise explain patient-records
    tierwise explain ENC-02
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.cli.masking import mask_of_user
    from tierwise.reports.base import View
    from tierwise.reports.explain import explain_control, explain_finding, explain_resource

    options = options_from(values)
    view = View(color=use_color(options), width=width())
    control = _control(what)
    if control is not None:
        emit(explain_control(control, view))
        return
    result, seen, audience = last_shown(options, inventory)
    view = replace(view, audience=audience)
    finding = next((one for one in seen.findings if one.fingerprint == what), None)
    if finding is not None:
        emit(explain_finding(finding, seen, view))
        return
    mask = mask_of_user()
    called = {what, mask.text(what), mask.text(what, staff=True)}
    pairs = zip(result.resources, seen.resources, strict=True)
    found = [shown for one, shown in pairs if not called.isdisjoint((one.id, one.name, one.address or "", *one.aliases))]
    if not found:
        near = get_close_matches(what, [one.name for one in seen.resources], n=3, cutoff=0.5)
        raise UsageError(
            f"no resource, finding or control {what!r} in the last scan" + (f"; did you mean {', '.join(near)}?" if near else "")
        )
    for resource in found:
        emit(explain_resource(resource, seen, view))


def _control(what: str) -> Any:
    from tierwise.catalogue.controls import load_catalogue

    return load_catalogue().controls.get(what.upper())
