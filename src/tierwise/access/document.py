"""Policy documents as AWS writes them, parsed into statements; what a plan does not know yet is marked, not guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import msgspec

UNDETERMINED: Final = "${tierwise:undetermined}"
"""Stands in a planned document where a value is known only after apply, alone or inside a longer text."""

MAX_BYTES: Final = 1 << 20
MAX_STATEMENTS: Final = 2_000
MAX_VALUE: Final = 8_192
_SHORT: Final = 2_048
"""IAM's own limits are far lower (20 KB for a bucket policy); these keep a hostile document from stalling a scan."""

_STATEMENT_ELEMENTS: Final = frozenset(
    {"sid", "effect", "principal", "notprincipal", "action", "notaction", "resource", "notresource", "condition"}
)
_PRINCIPAL_TYPES: Final = {"aws": "AWS", "service": "Service", "federated": "Federated", "canonicaluser": "CanonicalUser"}


class PolicyError(ValueError):
    """A document that is not a policy; the message says where and why."""


class Condition(msgspec.Struct, frozen=True, gc=False):
    """One key under one operator; its values are alternatives."""

    operator: str
    key: str
    values: tuple[str, ...]


class Statement(msgspec.Struct, frozen=True, gc=False):
    """One statement. Values wholly or partly undetermined are left out of actions and resources, and stay in principals and conditions."""

    effect: str
    principals: tuple[tuple[str, str], ...] | None
    """(type, value): `("AWS", "*")`, `("Service", "logging.s3.amazonaws.com")`; None where there is no Principal element."""
    not_principals: tuple[tuple[str, str], ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    undetermined: frozenset[str] = frozenset()
    """Names of the elements (`Principal`, `Action`...) with a value that is not known yet."""


class Policy(msgspec.Struct, frozen=True, gc=False):
    """A policy document."""

    statements: tuple[Statement, ...]
    version: str = ""


def parse_policy(document: str | bytes | Mapping[str, object]) -> Policy:
    """The policy in a document: JSON text (plain or URL-encoded, as IAM returns it) or parsed JSON. PolicyError where it is none."""
    if isinstance(document, str) and len(document) <= _SHORT:
        return _parsed(document)
    return _policy(document if isinstance(document, Mapping) else _load(document))


@lru_cache(maxsize=1024)
def _parsed(document: str) -> Policy:
    """The same of a text; trust and key policies are alike in a whole estate."""
    return _policy(_load(document))


def _policy(document: Mapping[str, object]) -> Policy:
    root = _lowered(document, "the policy")
    raw = root.get("statement")
    if raw is None:
        raise PolicyError("the policy has no Statement")
    listed = list(raw) if isinstance(raw, Sequence) and not isinstance(raw, str | bytes) else [raw]
    if len(listed) > MAX_STATEMENTS:
        raise PolicyError(f"the policy has {len(listed)} statements; at most {MAX_STATEMENTS} are read")
    version = root.get("version", "")
    return Policy(tuple(_statement(one, f"statement {n}") for n, one in enumerate(listed, 1)), version if isinstance(version, str) else "")


def _load(document: str | bytes) -> Mapping[str, object]:
    if len(document) > MAX_BYTES:
        raise PolicyError(f"the policy is {len(document)} bytes long; at most {MAX_BYTES} are read")
    try:
        text = document.decode("utf-8-sig") if isinstance(document, bytes) else document.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise PolicyError(f"the policy is not UTF-8 (byte {error.start})") from error
    if text.lstrip().startswith("%"):
        text = unquote(text)
    try:
        loaded: object = json.loads(text, object_pairs_hook=_once)
    except RecursionError as error:
        raise PolicyError("the policy is nested too deeply") from error
    except PolicyError:
        raise
    except ValueError as error:
        raise PolicyError(f"the policy is not JSON: {error}") from error
    if not isinstance(loaded, Mapping):
        raise PolicyError("the policy is not a JSON object")
    return loaded


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise PolicyError(f"the policy names {next(name for name in names if names.count(name) > 1)!r} twice in one place")
    return result


def _lowered(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict | Mapping):
        raise PolicyError(f"{where} is not a JSON object")
    result = {str(name).lower(): inner for name, inner in value.items()}
    if len(result) != len(value):
        raise PolicyError(f"{where} names an element twice")
    return result


def _statement(raw: object, where: str) -> Statement:
    if raw == UNDETERMINED:
        return Statement(UNDETERMINED, (("AWS", UNDETERMINED),), undetermined=frozenset({"Effect", "Principal", "Action", "Resource"}))
    elements = _lowered(raw, where)
    if strange := sorted(set(elements) - _STATEMENT_ELEMENTS):
        raise PolicyError(f"{where} has an element that IAM does not know: {strange[0]!r}")
    if ("action" in elements) == ("notaction" in elements):
        raise PolicyError(f"{where} needs exactly one of Action and NotAction")
    for one, other in (("principal", "notprincipal"), ("resource", "notresource")):
        if one in elements and other in elements:
            raise PolicyError(f"{where} has both {one!r} and {other!r}")
    open_elements: set[str] = set()

    def texts(name: str) -> tuple[str, ...]:
        values = _texts(elements[name.lower()], f"{where}, {name}") if name.lower() in elements else ()
        known = tuple(value for value in values if UNDETERMINED not in value)
        if len(known) != len(values):
            open_elements.add(name)
        return known

    principals = _principals(elements["principal"], f"{where}, Principal") if "principal" in elements else None
    not_principals = _principals(elements["notprincipal"], f"{where}, NotPrincipal") if "notprincipal" in elements else ()
    if "notprincipal" in elements and not not_principals:
        raise PolicyError(f"{where} has a NotPrincipal that names nobody")
    conditions = _conditions(elements.get("condition"), f"{where}, Condition")
    effect = _effect(elements.get("effect"), where)
    open_elements |= {
        name
        for name, values in (
            ("Effect", [effect]),
            ("Principal", [value for _, value in principals or ()]),
            ("NotPrincipal", [value for _, value in not_principals]),
            ("Condition", [text for one in conditions for text in (one.operator, one.key, *one.values)]),
        )
        if any(UNDETERMINED in value for value in values)
    }
    sid = elements.get("sid")
    actions, not_actions, resources, not_resources = texts("Action"), texts("NotAction"), texts("Resource"), texts("NotResource")
    return Statement(
        effect=effect,
        principals=principals,
        not_principals=not_principals,
        actions=actions,
        not_actions=not_actions,
        resources=resources,
        not_resources=not_resources,
        conditions=conditions,
        sid=sid if isinstance(sid, str) else "",
        undetermined=frozenset(open_elements),
    )


def _effect(value: object, where: str) -> str:
    if value == UNDETERMINED:
        return UNDETERMINED
    effect = value.capitalize() if isinstance(value, str) else ""
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{where} has the Effect {value!r}; it is Allow or Deny")
    return effect


def _principals(value: object, where: str) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        if value not in ("*", UNDETERMINED):
            raise PolicyError(f"{where} is {value[:40]!r}; a text there is '*'")
        return (("AWS", value),)
    found: list[tuple[str, str]] = []
    for kind, inner in _lowered(value, where).items():
        name = _PRINCIPAL_TYPES.get(kind)
        if name is None:
            raise PolicyError(f"{where} has a type of principal that IAM does not know: {kind!r}")
        found += [(name, text) for text in _texts(inner, where)]
    return tuple(found)


def _conditions(value: object, where: str) -> tuple[Condition, ...]:
    if value is None:
        return ()
    if value == UNDETERMINED:
        return (Condition(UNDETERMINED, "", ()),)
    found: list[Condition] = []
    for operator, keys in _lowered(value, where).items():
        if keys == UNDETERMINED:
            found.append(Condition(UNDETERMINED, "", ()))
            continue
        found += [Condition(operator, key, _texts(inner, where)) for key, inner in _lowered(keys, where).items()]
    return tuple(found)


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
    return tuple(_text(one, where) for one in values)


def _text(value: object, where: str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str() if len(value) <= MAX_VALUE:
            return value
        case str():
            raise PolicyError(f"{where} has a value of {len(value)} characters; at most {MAX_VALUE} are read")
        case _:
            raise PolicyError(f"{where} has a value that is neither text, number nor bool")
