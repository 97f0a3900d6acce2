"""Every name that a converter or a join asks for is one that the provider publishes, in one of its versions that are supported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.connectors.terraform.names import EVERYWHERE, FOLDER, FORMS, asked, full_plan, judged_types, paths_of, provider_of, published
from tests.shared import shared_path
from tierwise.connectors.terraform.assemble import IDENTITY
from tierwise.connectors.terraform.converter import converters, kept_types
from tierwise.connectors.terraform.planned import Node
from tierwise.connectors.terraform.providers import CLOUDS
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.errors import InputError
from tierwise.model.fact import Known

NEWEST: Final = {"aws": 6, "azuread": 3, "azurerm": 4, "google": 6}
RENAMED: Final[dict[str, dict[str, dict[str, str]]]] = yaml.safe_load(
    (Path(__file__).parents[3] / "tools" / "terraform_types.yaml").read_text(encoding="utf-8")
)["renamed"]


@pytest.fixture(scope="module")
def names() -> set[tuple[str, str]]:
    """What converters ask for over plans with all that the providers publish, and over the real plans."""
    with asked() as found:
        for kind in judged_types():
            for form in FORMS:
                for alone in (True, False):
                    full_plan(kind, form, alone=alone).judged()
        for path in sorted(shared_path("plans", "files").rglob("*.json")):
            for one in _read(path):
                assert one.id
    return {(kind, name) for kind, name in found if name.split(".", maxsplit=1)[0] not in EVERYWHERE.get(provider_of(kind), set())}


def _read(path: Path) -> Iterator[Any]:
    try:
        plans = open_plans([path]).plans
    except InputError:
        return
    for plan in plans:
        yield from resources(plan)


def families() -> dict[str, set[str]]:
    """For each type, the types that the same converter reads in the same way."""
    found: dict[str, set[str]] = {}
    for one in converters().values():
        family = one.types | {
            child.type for children in (one.children, *(each for _, each in one.others)) for child in children if not child.shared
        }
        for kind in family:
            found.setdefault(kind, set()).update(family)
    return found


def is_in_a_map(kind: str, name: str) -> bool:
    """Whether a name is a key of a map: its block has no names of its own."""
    above = name.rpartition(".")[0]
    paths = published().get(kind, {})
    return above in paths and not any(path.startswith(f"{above}.") for path in paths)


def test_every_name_that_is_asked_for_is_published(names):
    family = families()
    wrong = [
        f"{kind}: {name}"
        for kind, name in sorted(names)
        if not any(name in published().get(one, {}) or is_in_a_map(one, name) for one in {kind, *family.get(kind, ())})
    ]
    assert wrong == []


def test_the_names_that_the_newest_version_lacks_are_in_the_table_of_renames(names):
    old = {
        (kind, name)
        for kind, name in names
        if (majors := published().get(kind, {}).get(name))
        and NEWEST[provider_of(kind)] not in majors
        and any(NEWEST[provider_of(kind)] in others for others in published()[kind].values())
    }
    told = {(kind, name) for kind, renames in RENAMED.items() for name in renames}
    assert {one for one in old if not any(one[0] == kind and f"{one[1]}.".startswith(f"{name}.") for kind, name in told)} == set()
    assert told <= old, "a rename that nobody reads any more"


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, renames in RENAMED.items() for name in renames])
def test_a_rename_leads_to_a_name_that_is_published(kind, name):
    now = RENAMED[kind][name]["now"]
    newest = NEWEST[provider_of(kind)]
    there = published()[kind].get(now) or frozenset().union(*published().get(now, {}).values())
    assert newest in there
    assert newest not in published()[kind][name]
    assert RENAMED[kind][name]["source"]


def test_every_type_that_is_looked_at_is_published():
    assert (kept_types(CLOUDS) | {IDENTITY}) - set(published()) == set(), f"run tools/provider_names.py to write {FOLDER} anew"


def test_what_a_join_names_is_published_of_child_and_parent():
    def have(kind: str, path: str) -> bool:
        return ".".join(step for step in path.split(".") if not step.isdecimal()) in published()[kind]

    wrong = []
    for one in converters().values():
        for parents, children in ((one.types, one.children), *((frozenset({parent}), children) for parent, children in one.others)):
            for child in children:
                if not any(have(child.type, name) for name in (child.attribute, *child.older)):
                    wrong.append(f"{child.type}: {child.attribute}")
                wrong += [f"{parent}: one of {child.keys}" for parent in parents if not any(have(parent, key) for key in child.keys)]
    assert wrong == []


def test_the_written_form_of_names_is_read_back():
    assert list(paths_of("acl versioning(enabled mfa(on)) website")) == [
        "acl", "versioning", "versioning.enabled", "versioning.mfa", "versioning.mfa.on", "website",
    ]  # fmt: skip


def test_what_a_node_is_asked_for_is_heard_without_its_numbers():
    node = Node('module.m["a.b"].data.aws_kms_key.k[0]', {"multi_region": [{"primary": "x"}]})
    with asked() as found:
        assert node.text("multi_region", 0, "primary") == Known("x", node.at("multi_region", 0, "primary"))
        assert not node.is_written("mispelt")
    assert found == {("data.aws_kms_key", "multi_region.primary"), ("data.aws_kms_key", "mispelt")}
    assert not is_in_a_map("data.aws_kms_key", "mispelt")
