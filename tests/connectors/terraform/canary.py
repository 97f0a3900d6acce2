"""Plants texts in the places of a plan that are sensitive, and finds them again in whatever form they come out.

A canary begins with letters, which neither URLs nor HTML nor JSON encode, and goes on with what each of them does encode.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

Path = tuple[str | int, ...]
_MARK: Final = "canaryq"
_DERIVED: Final = ("tags_all", "effective_labels", "terraform_labels")
"""What providers compute from `tags` and `labels`; Terraform does not mark it where it marks those (hashicorp/terraform
`internal/plans/objchange`: marks of the configuration are put back on the paths that it has)."""


@dataclass(slots=True)
class Planter:
    """Makes canaries, each its own."""

    random: Random
    canaries: list[str] = field(default_factory=list)

    def canary(self) -> str:
        self.canaries.append(f"{_MARK}{len(self.canaries):05d}/&é<{self.random.randrange(10**6):06d}")
        return self.canaries[-1]

    def plan(self, document: dict[str, Any]) -> dict[str, Any]:
        """The same plan or state with canaries in values that it marks as sensitive."""
        made = copy.deepcopy(document)
        for one in made.get("resource_changes") or ():
            self._change(one["change"])
        for section in ("planned_values", "prior_state"):
            values = (made.get(section) or {}).get("values", made.get(section)) or {}
            self._values(values)
        if "values" in made:
            self._values(made["values"])
        made["resource_drift"] = [copy.deepcopy(one) for one in (made.get("resource_changes") or ())[:3]]
        for one in made["resource_drift"]:
            one["change"]["actions"] = ["update"]
            self._change(one["change"])
        if "configuration" in made:
            self._configuration(made)
        return made

    def _change(self, change: dict[str, Any]) -> None:
        if isinstance(change.get("after"), dict):
            change["after_sensitive"] = self._marked(change["after"], change.get("before"))
        if isinstance(change.get("before"), dict):
            change["before_sensitive"] = self._marked(change["before"], None)

    def _values(self, values: dict[str, Any]) -> None:
        values.setdefault("outputs", {})["secret"] = {"sensitive": True, "value": {"deep": [self.canary()]}}
        waiting = [values.get("root_module") or {}]
        while waiting:
            module = waiting.pop()
            waiting += module.get("child_modules") or []
            for one in module.get("resources") or ():
                if isinstance(one.get("values"), dict):
                    one["sensitive_values"] = self._marked(one["values"], None)

    def _configuration(self, document: dict[str, Any]) -> None:
        root = document["configuration"].setdefault("root_module", {})
        root.setdefault("variables", {})["secret"] = {"sensitive": True, "default": self.canary()}
        document.setdefault("variables", {})["secret"] = {"value": self.canary()}
        document.setdefault("output_changes", {})["secret"] = {
            "actions": ["create"], "before": self.canary(), "after": self.canary(), "before_sensitive": True, "after_sensitive": True,
        }  # fmt: skip
        for provider in document["configuration"].setdefault("provider_config", {"aws": {"name": "aws"}}).values():
            written = provider.setdefault("expressions", {})
            written["secret_key"] = {"constant_value": self.canary()}
            written["assume_role"] = [{"external_id": {"constant_value": self.canary()}, "role_arn": {"references": ["var.secret"]}}]
            written["default_tags"] = [{"tags": {"references": ["var.secret"]}}]

    def _marked(self, value: dict[str, Any], twin: Any) -> Any:
        """Put canaries into a value, and into its twin where that holds the same; the mask says where."""
        if self.random.random() < 0.1:
            for path in list(_texts(value)):
                self._set(value, twin, path)
            return True
        mask: dict[str, Any] = {}
        for name in [one for one in value if one not in _DERIVED]:
            if self.random.random() < 0.15:
                mask[name] = True
                for path in list(_texts(value[name])):
                    self._set(value, twin, (name, *path))
            elif (paths := list(_texts(value[name]))) and self.random.random() < 0.4:
                path = self.random.choice(paths)
                mask[name] = _nested(path)
                self._set(value, twin, (name, *path))
        return mask

    def _set(self, value: Any, twin: Any, path: Path) -> None:
        was = _get(value, path)
        if not path or _MARK in was:
            return
        canary = self.canary()
        _put(value, path, canary)
        if twin is not None and _get(twin, path) == was:
            _put(twin, path, canary)
        if len(path) == 1 and isinstance(was, str) and len(was) > 5:
            for name, text in value.items():
                if name != path[0] and isinstance(text, str) and was in text:
                    value[name] = text.replace(was, canary)
        if path[0] in ("tags", "labels"):
            for name in _DERIVED:
                if _get(value, (name, *path[1:])) is not None:
                    _put(value, (name, *path[1:]), canary)


def _texts(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))


def _nested(path: Path) -> Any:
    if not path:
        return True
    step, rest = path[0], _nested(path[1:])
    return {step: rest} if isinstance(step, str) else [{}] * step + [rest]


def _get(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _put(value: Any, path: Path, text: str) -> None:
    _get(value, path[:-1])[path[-1]] = text


def leaked(output: bytes) -> list[str]:
    """What stands around each canary in some bytes, plain or encoded."""
    return [output[max(0, one.start() - 80) : one.end() + 40].decode("utf-8", "replace") for one in _FORMS.finditer(output)]


def _forms() -> Iterator[bytes]:
    """The mark that all canaries begin with, as it stands in plain text, in base64 at any distance from its beginning, and in hex."""
    raw = _MARK.encode()
    yield re.escape(raw)
    yield raw.hex().encode()
    for shift in range(3):
        # Of each six bits those count that hold nothing of what stands before or after.
        first, last = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
        yield base64.b64encode(bytes(shift) + raw + bytes(2))[first:last]


_FORMS: Final = re.compile(b"|".join(_forms()), re.IGNORECASE)
