"""The configuration and the instances of a plan, indexed for resolving references: what is declared where, and what exists under which key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tierwise.connectors.terraform.address import Address, Index, ModuleInstance
from tierwise.connectors.terraform.shapes import (
    ConfigModule,
    ConfigResource,
    Configuration,
    Expression,
    ModuleCall,
    VariableValue,
)

ModulePath: TypeAlias = tuple[str, ...]
"""The names of the module calls from the root down, without keys."""
Name: TypeAlias = tuple[str, str, str]
"""(mode, type, name)"""


def path_of(module: ModuleInstance) -> ModulePath:
    """The configuration's path of a module instance."""
    return tuple(name for name, _ in module)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the configuration declares and which instances the plan has."""

    modules: Mapping[ModulePath, ConfigModule]
    calls: Mapping[ModulePath, ModuleCall]
    """By the path of the module that is called."""
    resources: Mapping[tuple[ModulePath, Name], ConfigResource]
    instances: Mapping[tuple[ModuleInstance, Name], Mapping[Index, str]]
    """Key to address, for each resource of each module instance."""
    module_keys: Mapping[tuple[ModuleInstance, str], tuple[Index, ...]]
    """The keys under which a module is called."""
    variables: Mapping[str, VariableValue] = field(repr=False)

    def holding(self, places: Iterable[tuple[str, Address]]) -> Layout:
        """The same configuration with other resources (address, place)."""
        instances, keys = _instances(places)
        return replace(self, instances=instances, module_keys=keys)

    def resource(self, place: Address) -> ConfigResource | None:
        """The block that a resource comes from."""
        return self.resources.get((path_of(place.module), (place.mode, place.type, place.name)))

    def argument(self, module: ModuleInstance, variable: str) -> Expression | None:
        """What a module is given for a variable."""
        call = self.calls.get(path_of(module))
        found = (call.expressions or {}).get(variable) if call else None
        return found if isinstance(found, Mapping) else None

    def output(self, path: ModulePath, name: str) -> Expression | None:
        """What a module gives out under a name."""
        module = self.modules.get(path)
        output = (module.outputs or {}).get(name) if module else None
        return output.expression if output else None

    def constant(self, module: ModuleInstance, expression: Expression | None) -> object:
        """The value of a constant, or of a variable that leads to one; None where it is neither or is sensitive."""
        for _ in range(100):
            if expression is None:
                return None
            if "constant_value" in expression:
                return expression["constant_value"]
            names = [str(one) for one in expression.get("references") or ()]
            if len(names) != 1 or not names[0].startswith("var.") or "[" in names[0] or names[0].count(".") != 1:
                return None
            variable = names[0].removeprefix("var.")
            if self._is_sensitive(path_of(module), variable):
                return None
            if not module:
                return self._root_value(variable)
            given = self.argument(module, variable)
            if given is None:
                return self._default(path_of(module), variable)
            module, expression = module[:-1], given
        return None

    def _is_sensitive(self, path: ModulePath, variable: str) -> bool:
        module = self.modules.get(path)
        found = (module.variables or {}).get(variable) if module else None
        return bool(found and found.sensitive)

    def _root_value(self, variable: str) -> object:
        value = self.variables.get(variable)
        return value.value if value is not None and value.value is not None else self._default((), variable)

    def _default(self, path: ModulePath, variable: str) -> object:
        module = self.modules.get(path)
        found = (module.variables or {}).get(variable) if module else None
        return found.default if found else None


def lay_out(configuration: Configuration, places: Iterable[tuple[str, Address]], variables: Mapping[str, VariableValue]) -> Layout:
    """Index a configuration and the resources (address, place) that a plan has."""
    modules: dict[ModulePath, ConfigModule] = {}
    calls: dict[ModulePath, ModuleCall] = {}
    resources: dict[tuple[ModulePath, Name], ConfigResource] = {}
    waiting: list[tuple[ModulePath, ConfigModule]] = [((), configuration.root_module or ConfigModule())]
    while waiting:
        path, module = waiting.pop()
        modules[path] = module
        for one in module.resources or ():
            resources[path, (one.mode or "managed", one.type or "", one.name or "")] = one
        for name, call in (module.module_calls or {}).items():
            calls[(*path, name)] = call
            if call.module is not None:
                waiting.append(((*path, name), call.module))
    return Layout(modules, calls, resources, *_instances(places), variables)


def _instances(
    places: Iterable[tuple[str, Address]],
) -> tuple[Mapping[tuple[ModuleInstance, Name], Mapping[Index, str]], Mapping[tuple[ModuleInstance, str], tuple[Index, ...]]]:
    instances: dict[tuple[ModuleInstance, Name], dict[Index, str]] = defaultdict(dict)
    keys: dict[tuple[ModuleInstance, str], dict[Index, None]] = defaultdict(dict)
    for address, place in places:
        instances[place.module, (place.mode, place.type, place.name)][place.index] = address
        for depth, (name, key) in enumerate(place.module):
            keys[place.module[:depth], name][key] = None
    return instances, {where: tuple(found) for where, found in keys.items()}
