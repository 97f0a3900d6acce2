"""Builds small plans: values, masks and configuration of each resource in one call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from tierwise.connectors.terraform.document import decode
from tierwise.connectors.terraform.source import open_plans, plan_of, resources
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import Resource

AWS = "registry.terraform.io/hashicorp/aws"


def ref(*names: str) -> dict[str, Any]:
    """An expression with references, as Terraform lists them: the longest first."""
    found: list[str] = []
    for name in names:
        found.append(name)
        parts = name.split(".")
        if parts[0] not in ("var", "local", "each", "count", "module", "data") and len(parts) > 2:
            found.append(".".join(parts[:2]))
        if parts[0] in ("module", "data"):
            found.append(".".join(parts[: 2 if parts[0] == "module" else 3]))
    return {"references": list(dict.fromkeys(found))}


def const(value: object) -> dict[str, Any]:
    return {"constant_value": value}


class PlanBuilder:
    """A plan that grows resource by resource; a module is named by its path, `a` or `a.b`, its instances by `keys`."""

    def __init__(self, *, region: str | None = "eu-west-2", default_tags: Mapping[str, str] | None = None) -> None:
        self.changes: list[dict[str, Any]] = []
        self.root: dict[str, Any] = {}
        self.providers: dict[str, Any] = {"aws": {"name": "aws", "full_name": AWS, "expressions": {}}}
        self.extra: dict[str, Any] = {}
        expressions = self.providers["aws"]["expressions"]
        if region:
            expressions["region"] = const(region)
        if default_tags is not None:
            expressions["default_tags"] = [{"tags": const(dict(default_tags))}]

    def module(
        self, path: str, arguments: Mapping[str, Any] | None = None, *, outputs: Mapping[str, Any] | None = None, **call: Any
    ) -> None:
        found = self._config(path)
        parent, name = self._config(path.rpartition(".")[0]), path.rpartition(".")[2]
        parent["module_calls"][name].update({"expressions": dict(arguments or {}), **call})
        found["outputs"] = {key: {"expression": value} for key, value in (outputs or {}).items()}

    def add(
        self,
        kind: str,
        name: str,
        after: Mapping[str, Any] | None = None,
        *,
        unknown: Any = None,
        sensitive: Any = None,
        expressions: Mapping[str, Any] | None = None,
        actions: Sequence[str] = ("create",),
        before: Mapping[str, Any] | None = None,
        key: int | str | None = None,
        module: str = "",
        module_keys: Sequence[int | str | None] = (),
        mode: str = "managed",
        provider: str = "aws",
        **block: Any,
    ) -> str:
        """Add one instance and return its address."""
        address = self._address(kind, name, key, module, module_keys, mode)
        change = {
            "actions": list(actions),
            "before": before,
            "after": None if "delete" in actions and "create" not in actions else dict(after or {}),
            "after_unknown": deepcopy(unknown) if unknown is not None else {},
            "after_sensitive": sensitive if sensitive is not None else {},
            "before_sensitive": sensitive if sensitive is not None else {},
        }
        entry: dict[str, Any] = {"address": address, "mode": mode, "type": kind, "name": name, "provider_name": AWS, "change": change}
        if key is not None:
            entry["index"] = key
        self.changes.append(entry)
        config = self._config(module)
        known = [one for one in config["resources"] if (one["mode"], one["type"], one["name"]) == (mode, kind, name)]
        if not known and actions != ("delete",):
            config["resources"].append(
                {"address": f"{kind}.{name}", "mode": mode, "type": kind, "name": name, "provider_config_key": provider}
                | {"expressions": dict(expressions or {}), **block}
            )
        return address

    def _address(self, kind: str, name: str, key: int | str | None, module: str, keys: Sequence[int | str | None], mode: str) -> str:
        def bracket(one: int | str | None) -> str:
            return "" if one is None else f"[{json.dumps(one)}]"

        path = module.split(".") if module else []
        parts = [f"module.{one}{bracket(keys[depth] if depth < len(keys) else None)}" for depth, one in enumerate(path)]
        parts.append(("data." if mode == "data" else "") + f"{kind}.{name}{bracket(key)}")
        return ".".join(parts)

    def _config(self, path: str) -> dict[str, Any]:
        found = self.root
        found.setdefault("resources", [])
        for name in path.split(".") if path else []:
            call = found.setdefault("module_calls", {}).setdefault(name, {"expressions": {}})
            found = call.setdefault("module", {})
            found.setdefault("resources", [])
        return found

    def document(self) -> dict[str, Any]:
        return {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": {}},
            "resource_changes": self.changes,
            "configuration": {"provider_config": self.providers, "root_module": self.root},
            **self.extra,
        }

    def write(self, folder: Path, name: str = "plan.json") -> Path:
        path = folder / name
        path.write_text(json.dumps(self.document()), encoding="utf-8")
        return path

    def read(self, folder: Path) -> dict[str, Resource]:
        """The resources by address."""
        return read(self.write(folder))

    def judged(self) -> dict[str, Resource]:
        """The same without a file on the way."""
        document = decode(json.dumps(self.document()).encode(), "plan.json")
        return {one.id: one for one in resources(plan_of(document))}


def read(path: Path) -> dict[str, Resource]:
    return {one.id: one for plan in open_plans([path]).plans for one in resources(plan)}


def known(found: object) -> Any:
    """What is known."""
    assert isinstance(found, Known), found
    return found.value


def why(found: object) -> UnknownReason:
    """Why something is not known."""
    assert isinstance(found, Unknown), found
    return found.reason


def value(resource: Resource, name: str) -> Any:
    """The value of a fact."""
    return known(resource.facts[name])


def reason(resource: Resource, name: str) -> UnknownReason:
    """Why a fact is not known."""
    return why(resource.facts[name])


def last(resource: Resource) -> str:
    """The name at the end of an address."""
    return str(resource.address).rpartition(".")[2]
