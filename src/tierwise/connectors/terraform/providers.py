"""What the provider blocks of a configuration say of the resources under them: region, account, default tags."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tierwise.connectors.terraform.address import ModuleInstance
from tierwise.connectors.terraform.layout import Layout
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.shapes import Configuration, Expression, ProviderConfig
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

_CLOUDS = (("aws_", "aws"), ("awscc_", "aws"), ("azurerm_", "azure"), ("azuread_", "azure"), ("azapi_", "azure"), ("google_", "gcp"))
CLOUDS = frozenset(cloud for _, cloud in _CLOUDS)
_SUBSCRIPTION = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})(?:/|\Z)", re.IGNORECASE)
_ACCOUNT = re.compile(r"\d{12}\Z")


def cloud_of(kind: str) -> str:
    """The cloud of a Terraform type: `aws`, `azure`, `gcp`, or an empty string."""
    return next((cloud for prefix, cloud in _CLOUDS if kind.startswith(prefix)), "")


def clouds_in(texts: Iterable[str]) -> frozenset[str]:
    """The clouds that types in these texts (addresses, types) may be of: one too many costs time only."""
    open_ = dict(_CLOUDS)
    found: set[str] = set()
    for text in texts:
        for prefix in [prefix for prefix in open_ if prefix in text]:
            found.add(open_.pop(prefix))
        if len(found) == len(CLOUDS):
            break
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Providers:
    """The provider blocks, and the account that each is known to work in."""

    layout: Layout
    blocks: Mapping[tuple[tuple[str, ...], str], ProviderConfig] = field(repr=False)
    accounts: Mapping[str, str]
    """Provider key to account, where a data source of the plan names it."""
    memo: dict[tuple[str, ModuleInstance, str], str] = field(repr=False, compare=False, default_factory=dict)
    """Region, account and so on that provider blocks give, which only spares working them out again for each resource."""

    def region(self, planned: Planned) -> str:
        """The region of a resource; empty where the plan does not say."""
        for attribute in ("region", "location"):
            own = planned.root.text(attribute)
            if isinstance(own, Known) and own.value:
                return own.value.lower().replace(" ", "") if attribute == "location" else own.value
        return self._of_block(planned, "region", self._region) or _arn_part(planned, 3)

    def _region(self, planned: Planned) -> str:
        region = self._constant(planned, "region")
        return region if isinstance(region, str) else ""

    def account(self, planned: Planned) -> str:
        """The account (subscription) of a resource; empty where the plan does not say."""
        if cloud_of(planned.type) == "azure":
            return self._subscription(planned)
        return _arn_part(planned, 4) or self._of_block(planned, "account", self._account)

    def _account(self, planned: Planned) -> str:
        if account := self.accounts.get(planned.provider, ""):
            return account
        allowed = self._constant(planned, "allowed_account_ids")
        if isinstance(allowed, list) and len(allowed) == 1 and _ACCOUNT.match(str(allowed[0])):
            return str(allowed[0])
        roles = self._expression(planned, "assume_role")
        role = self.layout.constant(self._module(planned), _inner(roles, "role_arn"))
        parts = role.split(":") if isinstance(role, str) else []
        return parts[4] if len(parts) > 5 and _ACCOUNT.match(parts[4]) else ""

    def _subscription(self, planned: Planned) -> str:
        own = planned.root.text("id")
        found = _SUBSCRIPTION.match(own.value or "") if isinstance(own, Known) else None
        return found[1].lower() if found else self._of_block(planned, "subscription", self._configured_subscription)

    def _configured_subscription(self, planned: Planned) -> str:
        configured = self._constant(planned, "subscription_id")
        return configured.lower() if isinstance(configured, str) else ""

    def _of_block(self, planned: Planned, what: str, make: Callable[[Planned], str]) -> str:
        """What a provider block gives to each resource under it in a module."""
        key = planned.provider, planned.module, what
        if key not in self.memo:
            self.memo[key] = make(planned)
        return self.memo[key]

    def versions(self, planned: Planned) -> str:
        """The version constraint of a resource's provider; empty where there is none."""
        block = self._block(planned)[1]
        return (block.version_constraint or "") if block else ""

    def default_tags(self, planned: Planned, via: Provenance) -> Maybe[Mapping[str, str]]:
        """The tags that the provider block adds to every resource."""
        written = self._expression(planned, "default_tags")
        if written is None:
            return Known({}, via)
        tags = self.layout.constant(self._module(planned), _inner(written, "tags"))
        if isinstance(tags, Mapping):
            return Known({str(key): str(value) for key, value in tags.items()}, via)
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, "the provider's default tags cannot be told from the plan")

    def setting(self, planned: Planned, name: str) -> object:
        """The constant that a resource's provider block has for an argument, or None."""
        return self._constant(planned, name)

    def _block(self, planned: Planned) -> tuple[ModuleInstance, ProviderConfig | None]:
        path, name = split_key(planned.provider)
        for depth in range(len(path), -1, -1):
            found = self.blocks.get((path[:depth], name))
            if found is not None:
                return planned.module[:depth], found
        return (), None

    def _module(self, planned: Planned) -> ModuleInstance:
        return self._block(planned)[0]

    def _expression(self, planned: Planned, name: str) -> object:
        block = self._block(planned)[1]
        return (block.expressions or {}).get(name) if block else None

    def _constant(self, planned: Planned, name: str) -> object:
        expression = self._expression(planned, name)
        return self.layout.constant(self._module(planned), expression) if isinstance(expression, Mapping) else None


def split_key(key: str) -> tuple[tuple[str, ...], str]:
    """The module path and the name of a provider key: `module.x.module.y:aws.west`, `x:aws`, `aws`."""
    before, colon, name = key.rpartition(":")
    if not colon:
        return (), key
    parts = before.split(".")
    if parts[0] == "module" and len(parts) % 2 == 0:
        parts = parts[1::2]
    return tuple(part.split("[", 1)[0] for part in parts if part), name


def only_keys(layout: Layout, configuration: Configuration) -> Mapping[str, str]:
    """The key of each provider of which the configuration has one block, by the provider's short name.

    It is that of a resource whose own block is gone from the configuration, because the plan deletes it or lets it go.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for key in (*(configuration.provider_config or {}), *layout.resources.provider_keys):
        found[split_key(key)[1].partition(".")[0]].add(key)
    return {name: next(iter(keys)) for name, keys in found.items() if len(keys) == 1}


def read_providers(layout: Layout, configuration: Configuration, accounts: Mapping[str, str]) -> Providers:
    """The provider blocks of a configuration by module path and name."""
    blocks = {split_key(key): one for key, one in (configuration.provider_config or {}).items()}
    return Providers(layout, blocks, accounts)


def _inner(block: object, name: str) -> Expression | None:
    """An argument of the one block of its kind."""
    one = block[0] if isinstance(block, list) and block else block
    found = one.get(name) if isinstance(one, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _arn_part(planned: Planned, number: int) -> str:
    arn = planned.root.text("arn")
    parts = arn.value.split(":") if isinstance(arn, Known) and arn.value else []
    found = parts[number] if len(parts) > 5 else ""
    return found if number != 4 or _ACCOUNT.match(found) else ""
