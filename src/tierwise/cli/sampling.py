"""The options that let a scan look into stores, and what they ask for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tierwise.cli.options import together
from tierwise.config import SamplingConfig
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.connectors.reported import Reported
    from tierwise.model.content import Depth
    from tierwise.scan.sample import Sampling

_PLATFORM: Final = "AWS_EXECUTION_ENV"
"""Set by Lambda, ECS, CodeBuild and CloudShell (AWS SDKs reference, and each service's list of variables), which also set AWS_REGION to where they run."""


sampling_options = together(
    click.option("--sample-names", is_flag=True, help="Also list object keys, which can be personal data themselves; default: no."),
    click.option("--sample-content", is_flag=True, help="Also read a bounded sample of content; default: no."),
    click.option(
        "--processing-location", default="", metavar="PLACE", help="Region or country where this runs; default: what the platform says."
    ),
    click.option("--sample-dry-run", is_flag=True, help="Only say what would be read and what that costs; default: no."),
)
"""The options that say how deeply stores are looked into."""


import_option = together(
    click.option(
        "--import-findings",
        "imports",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="What Macie, Sensitive Data Protection or Purview found in the stores, as they export it; repeatable. Default: none.",
    ),
)
"""The option that brings findings of other tools."""


def imported(values: Mapping[str, Any]) -> tuple[Reported, ...]:
    """What the named files say; InputError where one is no export."""
    from tierwise.connectors.reported import read_reported

    return tuple(read_reported(path) for path in values["imports"])


def depth_of(sampling: Sampling | None) -> Depth:
    """How deeply the guard lets a scan look; a dry run reads nothing."""
    from tierwise.model.content import Depth

    return Depth.METADATA if sampling is None or sampling.dry_run else sampling.depth


def sampling_asked(config: SamplingConfig, values: Mapping[str, Any]) -> Sampling | None:
    """What is asked for, or None; UsageError where content would be read from a place that nobody knows."""
    from tierwise.content.blob import MIB
    from tierwise.content.budget import Limits
    from tierwise.model.content import Depth
    from tierwise.scan.sample import Sampling

    if not (values["sample_names"] or values["sample_content"]):
        if values["sample_dry_run"]:
            raise UsageError("--sample-dry-run says what --sample-names or --sample-content would read; give one of them")
        return None
    stated = values["processing_location"] or config.processing_location
    location = stated or (os.environ.get("AWS_REGION", "") if os.environ.get(_PLATFORM) else "")
    if not location:
        raise UsageError(
            "content is read only from a place that is allowed for it, and nothing tells where this runs\n"
            "state it: --processing-location eu-west-2 (a region or a country), or processing-location under [sampling] in tierwise.toml"
        )
    limits = Limits(objects=config.objects, bytes=config.megabytes * MIB, requests=config.requests, seconds=config.seconds)
    depth = Depth.CONTENT if values["sample_content"] else Depth.NAMES
    return Sampling(depth, location, bool(stated), limits, values["sample_dry_run"])
