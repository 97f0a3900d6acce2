"""Applies a control's snippet to a planned resource, as an author would: values, blocks, and resources beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tierwise.model.snippet import Argument, Item, Snippet

NAME: Final = "x"
PROVIDERS: Final = {
    "aws": {"region": const("eu-west-2")},
    "azurerm": {},
    "google": {"project": const("records-prod"), "region": const("europe-west2")},
}
KEYS: Final[Mapping[str, Mapping[str, Any]]] = {
    "aws_kms_key": {"enable_key_rotation": True, "deletion_window_in_days": 30, "key_usage": "ENCRYPT_DECRYPT"},
    "azurerm_key_vault": {"name": "vault", "location": "uksouth", "sku_name": "premium", "purge_protection_enabled": True},
    "azurerm_key_vault_key": {"name": "key", "key_type": "RSA-HSM"},
    "azurerm_disk_encryption_set": {"name": "set", "location": "uksouth", "encryption_type": "EncryptionAtRestWithCustomerKey"},
    "google_kms_crypto_key": {"name": "key", "rotation_period": "7776000s"},
}
"""What the words in capitals stand for, where something else has to be in the plan."""
WORDS: Final = {"TIER": "T3", "PERIOD": "P7Y", "TEAM": "records", "ROLE": "head-of-records"}
"""What they stand for inside a text."""


@dataclass(slots=True)
class Written:
    """Values of a block with the arguments that are references, and so known only after apply."""

    values: dict[str, Any] = field(default_factory=dict)
    unknown: dict[str, Any] = field(default_factory=dict)
    expressions: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Written:
        """Plain values."""
        return cls(deepcopy(dict(values)), {}, {name: _expression(value) for name, value in values.items()})

    def put(self, items: Sequence[Item], kind: str) -> None:
        """Write arguments and blocks over what is there."""
        for one in items:
            if isinstance(one, Argument):
                self._argument(one, kind)
            elif one.is_map:
                self.values[one.name] = {**(self.values.get(one.name) or {}), **{each.name: _literal(each) for each in one.items}}
                self.expressions[one.name] = const(self.values[one.name])
            else:
                inner = Written.of((self.values.get(one.name) or [{}])[0])
                inner.put(one.items, kind)
                self.values[one.name], self.unknown[one.name], self.expressions[one.name] = (
                    [inner.values],
                    [inner.unknown],
                    [inner.expressions],
                )

    def _argument(self, one: Argument, kind: str) -> None:
        if re.match(r"(?:[a-z]\w*\.[A-Z]+|SELF)\b", one.value):
            self.values.pop(one.name, None)
            self.unknown[one.name] = True
            self.expressions[one.name] = ref(one.value.replace("SELF", f"{kind}.{NAME}"))
        else:
            self.values[one.name] = _literal(one)
            self.expressions[one.name] = const(self.values[one.name])


def _literal(one: Item) -> Any:
    assert isinstance(one, Argument), one
    return json.loads(re.sub("|".join(WORDS), lambda match: WORDS[match[0]], one.value))


def _expression(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return [{name: _expression(inner) for name, inner in one.items()} for one in value]
    return const(value)


def plan_of(kind: str, values: Mapping[str, Any], snippet: Snippet, beside: Mapping[str, Mapping[str, Any]], folder: Path) -> Path:
    """The plan of one resource of a type with the snippet applied, and of what stands beside it."""
    plan = PlanBuilder()
    provider = kind.partition("_")[0]
    plan.providers = {
        provider: {"name": provider, "full_name": f"registry.terraform.io/hashicorp/{provider}", "expressions": PROVIDERS[provider]}
    }
    own = Written.of(values)
    own.put(snippet.own, kind)
    made = {kind: own}
    for other, others in beside.items():
        made[other] = Written.of({name: value for name, value in others.items() if not _refers(value)})
        made[other].put([Argument(name, value.removeprefix("=")) for name, value in others.items() if _refers(value)], kind)
    for one in snippet.beside:
        made.setdefault(one.type, Written()).put(one.items, kind)
    needed = sorted({found for written in made.values() for found in _words(written.expressions)})
    labelled = [
        *((type_, NAME, written) for type_, written in made.items()),
        *((type_, word, Written.of(KEYS.get(type_, {}))) for type_, word in needed),
    ]
    for type_, label, written in labelled:
        unknown = {**{name: True for name in ("id", "arn") if name not in written.values}, **written.unknown}
        plan.add(type_, label, written.values, unknown=unknown, expressions=written.expressions, provider=provider)
    return plan.write(folder)


def _refers(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _words(value: Any) -> Iterator[tuple[str, str]]:
    """The types and words in capitals that references name."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "references":
                yield from ((found[1], found[2]) for one in inner if (found := re.match(r"([a-z]\w*)\.([A-Z]+)\b", one)))
            else:
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
