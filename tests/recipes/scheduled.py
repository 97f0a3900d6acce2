"""The recipes for scans that run by themselves, filled in as a user would, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import yaml

from tests.connectors.gcp.cloud import ORGANISATION
from tierwise.cli.schedule import RECIPES, filled, read

DIGEST = "a" * 64
VALUES = {
    "CLIENT_ID": "44444444-4444-4444-4444-444444444444",
    "COMMIT": "7616d80a15cfe6b3a2f2a0e3c4b5d6978695a4b3",
    "EXTERNAL_ID": "tierwise-7f3a",
    "IMAGE": f"registry.example/tierwise@sha256:{DIGEST}",
    "MANAGEMENT_GROUP": "departments",
    "ORG": "example",
    "ORGANIZATION": ORGANISATION,
    "PYTHON_DIGEST": DIGEST,
    "ROLE_ARN": "arn:aws:iam::111111111111:role/tierwise",
    "SERVICE_ACCOUNT": "tierwise@records-prod.iam.gserviceaccount.com",
}
ALL = [(name, cloud) for name, one in RECIPES.items() for cloud in one.clouds]
"""Each recipe with each cloud that it is for."""


def made(name: str, cloud: str = "aws") -> dict[str, str]:
    """A recipe's files for a cloud, by name, with nothing left to fill in."""
    return {file: filled(text, VALUES) for file, text in read(name, cloud).items()}


def lists(node: Any) -> Iterator[list[Any]]:
    """Every list in a document."""
    if isinstance(node, list):
        yield node
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from lists(one)


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms: what they stand for is a value that a test fills in."""


_Template.add_multi_constructor("!", lambda _loader, _suffix, node: f"ref-{node.value}" if isinstance(node.value, str) else "ref")


def command(name: str, cloud: str = "aws") -> list[str]:
    """The scan that a recipe starts: the words after `tierwise`."""
    match name:
        case "kubernetes":
            (words,) = [one for one in lists(list(yaml.safe_load_all(made(name, cloud)["cronjob.yaml"]))) if one[:1] == ["scan"]]
        case "ecs":
            (words,) = [one for one in lists(yaml.load(made(name)["template.yaml"], _Template)) if one[:1] == ["scan"]]
        case "lambda":
            variables = yaml.load(made(name)["template.yaml"], _Template)["Resources"]["Function"]["Properties"]["Environment"]
            scan = re.sub(r"\$\{\w+\}", "ref", variables["Variables"]["TIERWISE_SCAN"].removeprefix("ref-"))
            words = ["scan", *shlex.split(scan), "--resume", "auto"]
        case "systemd":
            (line,) = re.findall(r"^ExecStart=\S+ (.+)$", made(name, cloud)["tierwise.service"].replace("\\\n", " "), re.MULTILINE)
            words = shlex.split(line)
        case "github":
            (workflow,) = made(name, cloud).values()
            (step,) = [one for one in yaml.safe_load(workflow)["jobs"]["scan"]["steps"] if one["name"] == "Scan"]
            (line,) = re.findall(r'^"\$RUNNER_TEMP/tierwise/bin/tierwise" (.+) \|\|', step["run"].replace("\\\n", " "), re.MULTILINE)
            words = shlex.split(re.sub(r"\$(\w+)", lambda found: VALUES.get(found[1], "/data"), line))
        case _:
            raise AssertionError(f"no command of {name} is known here")
    return words
