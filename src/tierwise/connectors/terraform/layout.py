"""The configuration and the instances of a plan, indexed for resolving references: what is declared where, and what exists under which key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import msgspec

from tierwise.connectors.terraform.address import Address, Index, ModuleInstance
from tierwise.connectors.terraform.document import Document, block_of, decoded, modules_of
from tierwise.connectors.terraform.shapes import (
    ConfigModule,
    ConfigResource,
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
    resources: Blocks
    instances: Instances
    variables: Mapping[str, VariableValue] = field(repr=False)
    told: Mapping[str, str] = field(repr=False, default_factory=dict)
    """The types of resources that are told in the words of another provider, by address."""
    merged: Mapping[str, str] = field(repr=False, default_factory=dict)
    """Of those that are told as a part of another resource, the address of that."""

    def holding(self, places: Iterable[tuple[str, Address]]) -> Layout:
        """The same configuration with other resources (address, place)."""
        instances = Instances()
        for address, place in places:
            instances.add(address, place)
        return replace(self, instances=instances)

    def resource(self, place: Address) -> ConfigResource | None:
        """The block that a resource comes from."""
        return self.resources.of(path_of(place.module), (place.mode, place.type, place.name))

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


class Blocks:
    """The resource blocks of a configuration by module and name. They are kept as slices of the file and decoded each time that one is looked at."""

    def __init__(self) -> None:
        self._slices: dict[ModulePath, dict[str, msgspec.Raw]] = {}
        self.provider_keys: dict[str, str] = {}
        """The keys of the providers that blocks name, each once."""
        self._last: tuple[tuple[ModulePath, Name] | None, ConfigResource | None] = (None, None)

    def add(self, path: ModulePath, slices: Iterable[msgspec.Raw], where: str) -> None:
        """The blocks of a module; InputError for the first that is none."""
        module = self._slices.setdefault(path, {})
        for number, raw in enumerate(slices):
            block: ConfigResource = decoded(raw, ConfigResource, f"{where}[{number}]")
            module[_spelt((block.mode or "managed", block.type or "", block.name or ""))] = raw
            if block.provider_config_key:
                self.provider_keys.setdefault(block.provider_config_key, block.provider_config_key)

    def names(self) -> Iterator[tuple[ModulePath, str, str]]:
        """The module, type and name of each block of a managed resource."""
        for path, module in self._slices.items():
            for spelt in module:
                kind, _, name = spelt.partition(".")
                if "." not in name:
                    yield path, kind, name

    def of(self, path: ModulePath, name: Name) -> ConfigResource | None:
        """The block of a name in a module."""
        if (path, name) != self._last[0]:
            raw = self._slices.get(path, {}).get(_spelt(name))
            self._last = (path, name), None if raw is None else msgspec.json.decode(raw, type=ConfigResource)
        return self._last[1]


class Instances:
    """The addresses of a plan by module instance, name and key."""

    def __init__(self) -> None:
        self._found: dict[ModuleInstance, dict[str, str | dict[Index, str]]] = {}
        self.module_keys: dict[tuple[ModuleInstance, str], dict[Index, None]] = defaultdict(dict)
        """The keys under which a module is called."""

    def add(self, address: str, place: Address) -> None:
        """One more resource."""
        module = self._found.get(place.module)
        if module is None:
            module = self._found[place.module] = {}
            for depth, (name, key) in enumerate(place.module):
                self.module_keys[place.module[:depth], name][key] = None
        spelt = _spelt((place.mode, place.type, place.name))
        known = module.get(spelt)
        if known is None and place.index is None:
            # Most resources of a large plan have one instance without a key, whose address at the root is the name: no dictionary is needed.
            module[address if spelt == address else spelt] = address
        else:
            several: dict[Index, str] = known if isinstance(known, dict) else {} if known is None else {None: known}
            several[place.index] = address
            module[spelt] = several

    def of(self, module: ModuleInstance, name: Name) -> Mapping[Index, str]:
        """Key to address of a resource in a module instance."""
        found = self._found.get(module, {}).get(_spelt(name), {})
        return {None: found} if isinstance(found, str) else found

    def modules(self) -> Iterable[ModuleInstance]:
        """The module instances in which there is something."""
        return self._found.keys()

    def kinds(self) -> frozenset[str]:
        """The types that there is something of, `data.T` for data sources."""
        return frozenset(name.rpartition(".")[0] for module in self._found.values() for name in module)


def _spelt(name: Name) -> str:
    mode, kind, called = name
    return f"{kind}.{called}" if mode == "managed" else f"{mode}.{kind}.{called}"


def lay_out(document: Document) -> Layout:
    """Index the configuration of a document; its resources are added as they are read."""
    configuration = document.configuration
    modules: dict[ModulePath, ConfigModule] = {}
    calls: dict[ModulePath, ModuleCall] = {}
    resources = Blocks()
    for path, module in modules_of(configuration):
        modules[path] = module
        resources.add(path, module.resources or (), block_of(document.name, path))
        calls |= {(*path, name): call for name, call in (module.module_calls or {}).items()}
    return Layout(modules, calls, resources, Instances(), document.variables)
