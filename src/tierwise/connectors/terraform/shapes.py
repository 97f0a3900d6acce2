"""The JSON of `terraform show -json` as typed structs; values stay raw until one resource is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

Expression: TypeAlias = Mapping[str, Any]
"""A leaf (`{"constant_value": ...}`, `{"references": [...]}`, `{}`) or the expressions of a block by argument."""
Index: TypeAlias = int | str | None
NOTHING: Final = msgspec.Raw(b"{}")
NULL: Final = msgspec.Raw(b"null")


class Typed(msgspec.Struct, frozen=True):
    """Of an entry of any section, what tells its type."""

    address: str | None = None
    type: str | None = None


class ChangeEntry(msgspec.Struct, frozen=True):
    """One entry of `resource_changes`."""

    address: str = ""
    previous_address: str | None = None
    module_address: str | None = None
    mode: str | None = None
    type: str | None = None
    name: str | None = None
    index: int | str | float | None = None
    provider_name: str | None = None
    deposed: str | None = None
    action_reason: str | None = None
    change: msgspec.Raw = NOTHING


class Called(msgspec.Struct, frozen=True):
    """What an entry of `resource_changes`, or a resource of the values, is called by."""

    address: str = ""
    module_address: str | None = None
    mode: str | None = None
    type: str | None = None
    name: str | None = None
    index: int | str | float | None = None
    deposed: str | None = None
    deposed_key: str | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody could say anything of, before anything is made of a file that is full of it."""
        if not self.address and not self.type:
            raise ValueError("a resource with neither an address nor a type")


class CalledModule(msgspec.Struct, frozen=True):
    """A module of `planned_values` or of a state, by what its resources are called."""

    address: str | None = None
    resources: list[Called] | None = None
    child_modules: list[CalledModule] | None = None


class CalledValues(msgspec.Struct, frozen=True):
    """A values representation by what its resources are called."""

    root_module: CalledModule | None = None


class DeferredChange(msgspec.Struct, frozen=True):
    """A change that the plan puts off to a later round."""

    reason: str | None = None
    resource_change: ChangeEntry | None = None


class Change(msgspec.Struct, frozen=True):
    """What happens to one resource."""

    actions: list[str] | None = None
    before: msgspec.Raw = NOTHING
    after: Any = None
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    importing: Any = None


class ValuesResource(msgspec.Struct, frozen=True):
    """One resource of `planned_values`, `prior_state` or a state."""

    address: str = ""
    mode: str | None = None
    type: str | None = None
    name: str | None = None
    index: int | str | float | None = None
    provider_name: str | None = None
    values: msgspec.Raw = NULL
    sensitive_values: msgspec.Raw = NULL
    deposed_key: str | None = None


class ValuesModule(msgspec.Struct, frozen=True):
    """A module of `planned_values`, `prior_state` or a state."""

    address: str | None = None
    resources: list[msgspec.Raw] | None = None
    """Each a `ValuesResource`."""
    child_modules: list[ValuesModule] | None = None


class Values(msgspec.Struct, frozen=True):
    """A values representation."""

    root_module: ValuesModule | None = None


class State(msgspec.Struct, frozen=True):
    """A state: the document itself, or a plan's `prior_state`."""

    values: Values | None = None


class ConfigResource(msgspec.Struct, frozen=True):
    """A resource block."""

    mode: str | None = None
    type: str | None = None
    name: str | None = None
    provider_config_key: str | None = None
    expressions: dict[str, Any] | None = None
    count_expression: dict[str, Any] | None = None
    for_each_expression: dict[str, Any] | None = None


class Output(msgspec.Struct, frozen=True):
    """A module's output."""

    expression: dict[str, Any] | None = None


class Variable(msgspec.Struct, frozen=True):
    """A module's variable."""

    default: Any = None
    sensitive: bool | None = None


class ModuleCall(msgspec.Struct, frozen=True):
    """A module block."""

    expressions: dict[str, Any] | None = None
    count_expression: dict[str, Any] | None = None
    for_each_expression: dict[str, Any] | None = None
    module: ConfigModule | None = None


class ConfigModule(msgspec.Struct, frozen=True):
    """What a module's files say."""

    resources: list[msgspec.Raw] | None = None
    """Each a `ConfigResource`."""
    module_calls: dict[str, ModuleCall] | None = None
    variables: dict[str, Variable] | None = None
    outputs: dict[str, Output] | None = None


class ProviderConfig(msgspec.Struct, frozen=True):
    """A provider block."""

    name: str | None = None
    alias: str | None = None
    module_address: str | None = None
    version_constraint: str | None = None
    expressions: dict[str, Any] | None = None


class Configuration(msgspec.Struct, frozen=True):
    """What the configuration says, before any value."""

    provider_config: dict[str, ProviderConfig] | None = None
    root_module: ConfigModule | None = None


class VariableValue(msgspec.Struct, frozen=True):
    """The value of a root variable: plain text even for a sensitive one."""

    value: Any = None
