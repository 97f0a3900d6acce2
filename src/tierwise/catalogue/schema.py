"""JSON Schemas for control, profile and attestation files, made from the vocabulary and the model, for completion in editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, assert_never

from tierwise.catalogue import attestations
from tierwise.catalogue.attestations import SECTION
from tierwise.catalogue.cases import EXPECT, REASONS
from tierwise.catalogue.controls import DIALECTS, FAMILIES, ID, KINDS, OPTIONAL, REQUIRED, SEVERITIES
from tierwise.catalogue.predicates import EVIDENCE_ONLY, NAMED, ops_of
from tierwise.catalogue.profiles import ALWAYS, FRAMEWORK, MODEL
from tierwise.catalogue.profiles import OPTIONAL as PROFILE_OPTIONAL
from tierwise.catalogue.reader import TIERS
from tierwise.catalogue.sections import CATEGORIES, MARKINGS, MEANINGS, MODES, PARAMETERS, PERSONAL_MARKING, SIGHTS
from tierwise.catalogue.snippets import TYPE
from tierwise.model.acceptance import RANKS
from tierwise.model.attestation import GROUPED, TOPICS
from tierwise.model.control import Op
from tierwise.model.vocabulary import SPECS, FactSpec, FactType

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
Schema: TypeAlias = dict[str, Json]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPE: Final[Schema] = {"pattern": f"^{TYPE.pattern[:-2]}$"}
_TEXT: Final[Schema] = {"type": ["string", "number"], "minLength": 1}


def control_schema() -> Schema:
    """The schema of `controls/<family>/<ID>.yaml`."""
    properties: Schema = {
        "id": {"type": "string", "pattern": f"^{ID.pattern[:-2]}$"},
        "title": _TEXT,
        "family": _words(FAMILIES),
        "applies_to": {"type": "array", "items": _words(KINDS), "minItems": 1, "uniqueItems": True},
        "ladder": _by_tier(_ref("rung")),
        "severity": _by_tier(_words(SEVERITIES)),
        "rationale": _TEXT,
        "remediation": {
            "anyOf": [
                _table({**dict.fromkeys(DIALECTS[:-1], _TEXT), "hcl": _map(_TEXT, names=_TYPE)}, ("aws", "terraform")),
                _table({DIALECTS[-1]: _TEXT}, (DIALECTS[-1],)),
            ]
        },
        "source": _TEXT,
        "cases": {"type": "array", "items": _ref("case"), "minItems": 3},
        "danger": {"type": "boolean"},
        "cause": {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"},
        "when": _ref("guard"),
    }
    return _document("control", properties, REQUIRED, OPTIONAL, {**_predicate_defs(), **_case()})


def profile_schema(control_ids: Iterable[str]) -> Schema:
    """The schema of `profiles/<id>.yaml`; the ids complete the names of controls, and others stay allowed."""
    control: Schema = {"anyOf": [_words(control_ids), {"type": "string", "pattern": f"^{ID.pattern[:-2]}$"}]}
    number: Schema = {"type": "number", "minimum": 0}
    share: Schema = {**number, "maximum": 1}
    floor = _reasoned("tier", _words(TIERS))
    properties: Schema = {
        "id": {"type": "string"},
        **dict.fromkeys(("title", "description", *FRAMEWORK, "extends"), _TEXT),
        "parameters": _table({name: _reasoned("value", _words(TIERS) if name == "assumed_tier" else number) for name in PARAMETERS}, ()),
        "categories": _table({name: _ref("category") for name in CATEGORIES}, ()),
        "tags": _map(_ref("tag")),
        "markings": _table(dict.fromkeys((*MARKINGS, PERSONAL_MARKING), floor), ()),
        "kind_floors": _table(dict.fromkeys(KINDS, floor), ()),
        "requirements": _map(
            _table(
                {"title": _TEXT, "controls": _list(control), "attestation": _TEXT, "note": _TEXT, "coverage": _words(SIGHTS)}, ("title",)
            )
        ),
        "deselect": _map(_TEXT, names=control),
        "tighten": _map(_by_tier(_ref("rung")), names=control),
        "severity": _map(_by_tier(_words(SEVERITIES)), names=control),
        "gate": _table(
            {
                "mode": _words(MODES),
                "fail_on": _words(SEVERITIES),
                "unknown_from": _words((*TIERS, "never")),
                "min_coverage": {"anyOf": [share, _by_tier(share)]},
                "override_hours": {"type": "integer", "minimum": 0},
                "override_up_to": _words(TIERS),
            },
            (),
        ),
        "acceptance": _table(
            {
                "months": _by_tier({"type": "integer", "minimum": 0}),
                "approver": _by_tier(_words(RANKS)),
                "soon_days": {"type": "integer", "minimum": 0},
            },
            (),
        ),
        "own_accounts": _list(_TEXT),
        "known_principals": _list(_TEXT),
        "expected_gaps": {
            "type": "array",
            "items": _table(dict.fromkeys(("pattern", "because", "expires"), _TEXT), ("pattern", "because", "expires")),
        },
        "synthetic_counts": {"type": "boolean"},
    }
    defs: Schema = {**_predicate_defs(), "category": _category(), "tag": _tag()}
    schema = _document("profile", properties, ALWAYS, (*FRAMEWORK, *MODEL, *PROFILE_OPTIONAL), defs)
    schema["anyOf"] = [{"required": ["extends"]}, {"required": [*FRAMEWORK, *MODEL]}]
    return schema


def attestation_schema() -> Schema:
    """The schema of a file of attested evidence."""
    day: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    scope: Schema = {
        **_table({"dataset": _TEXT, "account": _TEXT, "organisation": {"const": True}}, ()),
        "minProperties": 1,
        "maxProperties": 1,
    }
    entry = _table(
        {
            "about": _words(TOPICS),
            "scope": scope,
            **dict.fromkeys(("statement", "evidence", "maker", "role", "approver"), _TEXT),
            "made": day,
            "file": _TEXT,
            "sha256": {"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"},
            "expires": day,
            "group": _TEXT,
            "members": {"type": "integer", "minimum": 1},
            **dict.fromkeys(("roster", "rejected"), _TEXT),
        },
        attestations.REQUIRED,
    )
    entry["dependentRequired"] = {"file": ["sha256"]}
    grouped: Schema = {"properties": {"about": _words(sorted(GROUPED))}}
    entry["if"] = grouped
    entry["then"] = {"required": ["group", "members"]}
    return _document("attestations", {SECTION: {"type": "array", "items": _ref("attestation")}}, (SECTION,), (), {"attestation": entry})


def _document(name: str, properties: Schema, required: Iterable[str], optional: Iterable[str], defs: Schema) -> Schema:
    known = {*required, *optional}
    if known != set(properties):
        raise ValueError(f"the schema of a {name} and its parser differ: {sorted(known ^ set(properties))}")
    body = _table(properties, tuple(required))
    return {"$comment": "", "$schema": DIALECT, "title": f"tierwise {name}", **body, "$defs": defs}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _words(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "uniqueItems": True}


def _table(properties: Mapping[str, Json], required: Iterable[str]) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


def _map(values: Schema, names: Schema | None = None) -> Schema:
    found: Schema = {"type": "object", "additionalProperties": values}
    if names is not None:
        found["propertyNames"] = names
    return found


def _by_tier(values: Schema) -> Schema:
    return {**_table(dict.fromkeys(TIERS, values), ()), "minProperties": 1}


def _reasoned(key: str, value: Schema) -> Schema:
    return _table({key: value, "rationale": _TEXT, "source": _TEXT}, (key, "rationale", "source"))


def _category() -> Schema:
    people: Schema = {"type": "integer", "minimum": 1}
    fields: Schema = {
        "title": _TEXT,
        "base": _words(TIERS),
        "to_t3": people,
        "to_t4": people,
        "variants": _map(people),
        "rationale": _TEXT,
        "source": _TEXT,
    }
    return _table(fields, ("title", "base", "rationale", "source"))


def _tag() -> Schema:
    values = _map({"type": ["string", "number"]})
    return _table({"role": _words(MEANINGS), "aliases": _list(_TEXT), "values": values, "wanted_from": _words(TIERS)}, ("role",))


def _predicate_defs() -> Schema:
    return {**_predicate("rung", rung=True), **_predicate("guard", rung=False)}


def _predicate(name: str, *, rung: bool) -> Schema:
    facts = [spec for spec in SPECS if not (rung and spec.name.startswith(EVIDENCE_ONLY))]
    compared: Schema = {spec.name: {**_ref(_shape(name, spec)), "description": spec.meaning} for spec in facts}
    groups: list[Json] = [{**_table({key: {"type": "array", "items": _ref(name), "minItems": 2}}, (key,))} for key in ("all", "any")]
    shapes: Schema = {_shape(name, spec): _compare(spec, rung=rung) for spec in facts}
    return {name: {"anyOf": [{**_table(compared, ()), "minProperties": 1}, *groups, _table({"holds": _holds()}, ("holds",))]}, **shapes}


def _shape(name: str, spec: FactSpec) -> str:
    """One name for all facts that are written alike."""
    return ".".join(
        (name, spec.type.value, spec.better.value, *("-".join(spec.scale),) * bool(spec.scale), *("na",) * (name == "case" and spec.na))
    )


def _holds() -> Schema:
    (name,) = NAMED
    facts, numbers = NAMED[name]
    named: list[str] = [spec.name for spec in SPECS if spec.type is FactType.INT]
    fields: Schema = {
        "name": {"const": name},
        **{key: _words(named) for key in facts},
        **{key: {"type": "integer", "minimum": 0} for key in numbers},
    }
    return _table(fields, ("name", *facts))


def _compare(spec: FactSpec, *, rung: bool) -> Schema:
    ops = ops_of(spec, rung=rung)
    options: list[Json] = [_table({op.value: _operand(spec, op)}, (op.value,)) for op in ops]
    return {"anyOf": [_value(spec), *options] if Op.IS in ops else options}


def _operand(spec: FactSpec, op: Op) -> Schema:
    match op:
        case Op.EMPTY:
            return {"type": "boolean"}
        case Op.ONE_OF | Op.NONE_OUTSIDE | Op.INCLUDES:
            return {"type": "array", "items": _member(spec), "minItems": 1}
        case Op.IS | Op.IS_NOT | Op.AT_LEAST | Op.AT_MOST:
            return _value(spec)
        case _:
            assert_never(op)


def _member(spec: FactSpec) -> Schema:
    return _scale(spec.scale) if spec.scale else _TEXT


def _scale(scale: Iterable[str]) -> Schema:
    """Words of a scale; a version such as 1.2 may also stand as a number."""
    words = list(scale)
    return {"enum": [*words, *(float(word) for word in words if word.replace(".", "", 1).isdigit())]}


def _value(spec: FactSpec) -> Schema:
    match spec.type:
        case FactType.BOOL:
            return {"type": "boolean"}
        case FactType.INT:
            return {"anyOf": [{"type": "integer"}, {"const": "unlimited"}]}
        case FactType.ENUM:
            return _scale(spec.scale)
        case FactType.STRINGS:
            return {"type": "array", "items": _member(spec)}
        case _:
            assert_never(spec.type)


def _case() -> Schema:
    facts: Schema = {spec.name: _ref(_shape("case", spec)) for spec in SPECS}
    fields: Schema = {"name": _TEXT, "tier": _words(TIERS), "facts": _table(facts, ()), "expect": _words(EXPECT), "kind": _words(KINDS)}
    return {"case": _table(fields, ("name", "tier", "facts", "expect")), **{_shape("case", spec): _case_fact(spec) for spec in SPECS}}


def _case_fact(spec: FactSpec) -> Schema:
    extras: Schema = {}
    if spec.type is FactType.STRINGS:
        extras["includes"] = _value(spec)
    elif spec.type is not FactType.BOOL:
        extras["between"] = {"type": "array", "items": _value(spec), "minItems": 2, "maxItems": 2}
    options: list[Json] = [_value(spec), _table({"unknown": _words(REASONS), **extras}, ("unknown",))]
    if spec.na:
        options.append(_table({"not-applicable": _TEXT}, ("not-applicable",)))
    return {"anyOf": options}
