"""Policy documents of a plan: parsed where known, rebuilt from the data source's statements where a part is known only after apply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from tierwise.access.document import UNDETERMINED, Policy, PolicyError, parse_policy
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

DOCUMENT: Final = "data.aws_iam_policy_document"
_NO_POLICY: Final = frozenset({"", "{}", "null"})


def policy_at(plan: Plan, planned: Planned, node: Node, *path: Step) -> Maybe[Policy | None]:
    """The policy that an argument holds; None where it is absent."""
    text = node.text(*path)
    if isinstance(text, Known):
        return parsed(text.value, text.via)
    if text.reason is not UnknownReason.KNOWN_AFTER_APPLY:
        return text
    way = plan.resolve(planned, node, path, {DOCUMENT})
    source = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if source is None:
        return text
    try:
        return Known(parse_policy(rebuilt(source)), Provenance(f"{text.via.via} from {source.address}"))
    except PolicyError as error:
        return Unknown(UnknownReason.UNPARSABLE, text.via, str(error))


def parsed(text: str | None, via: Provenance) -> Maybe[Policy | None]:
    """The policy of a text; unknown where it is no policy. The detail never repeats the text."""
    if text is None or text.strip() in _NO_POLICY:
        return Known(None, via)
    try:
        return Known(parse_policy(text), via)
    except PolicyError as error:
        return Unknown(UnknownReason.UNPARSABLE, via, str(error))


def rebuilt(source: Planned) -> dict[str, object]:
    """The document of an `aws_iam_policy_document`, with `UNDETERMINED` in place of what is not known."""
    statements: list[object] = []
    for name in ("source_json", "source_policy_documents"):
        statements += _merged(source, name)
    own = source.root.blocks("statement")
    statements += [UNDETERMINED] if isinstance(own, Unknown) else [_statement(one) for one in own.value]
    for name in ("override_json", "override_policy_documents"):
        for one in _merged(source, name):
            sid = one.get("Sid") if isinstance(one, dict) else None
            if sid:
                statements = [each for each in statements if not (isinstance(each, dict) and each.get("Sid") == sid)]
            statements.append(one)
    return {"Version": "2012-10-17", "Statement": statements}


def _merged(source: Planned, name: str) -> list[object]:
    """The statements of the documents that an argument merges in."""
    given = source.root.texts(name)
    if isinstance(given, Unknown):
        return [UNDETERMINED]
    found: list[object] = [UNDETERMINED] if given.value.open else []
    for text in given.value.known:
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            found.append(UNDETERMINED)
            continue
        listed = inner.get("Statement", []) if isinstance(inner, dict) else UNDETERMINED
        found += listed if isinstance(listed, list) else [listed]
    return found


def _statement(node: Node) -> dict[str, object]:
    sid, effect = node.text("sid"), node.text("effect")
    statement: dict[str, object] = {"Effect": (effect.value or "Allow") if isinstance(effect, Known) else UNDETERMINED}
    if isinstance(sid, Known) and sid.value:
        statement["Sid"] = sid.value
    for name, element in (("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"), ("not_resources", "NotResource")):
        if values := _texts(node, name):
            statement[element] = values
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        found = _principals(node, name)
        if found is not None:
            statement[element] = found
    conditions = node.blocks("condition")
    if isinstance(conditions, Unknown):
        statement["Condition"] = UNDETERMINED
    elif conditions.value:
        statement["Condition"] = _conditions(conditions.value)
    if "Action" not in statement and "NotAction" not in statement:
        statement["Action"] = UNDETERMINED
    return statement


def _texts(node: Node, name: str) -> list[str]:
    """The values of a list; one that is null in a list that has an unknown part is not known."""
    values = node.texts(name)
    if isinstance(values, Unknown):
        return [UNDETERMINED]
    return [*values.value.known, *([UNDETERMINED] if values.value.open else [])]


def _principals(node: Node, name: str) -> object:
    blocks = node.blocks(name)
    if isinstance(blocks, Unknown):
        return UNDETERMINED if name == "principals" else {"AWS": UNDETERMINED}
    if not blocks.value:
        return None
    found: dict[str, list[str]] = {}
    for one in blocks.value:
        kind = one.text("type")
        identifiers = _texts(one, "identifiers")
        if isinstance(kind, Unknown) or kind.value is None:
            return UNDETERMINED
        if kind.value == "*":
            return "*"
        found.setdefault(kind.value, []).extend(identifiers)
    return found


def _conditions(blocks: Sequence[Node]) -> dict[str, object]:
    found: dict[str, dict[str, list[str]]] = {}
    for one in blocks:
        test, variable = one.text("test"), one.text("variable")
        operator = test.value if isinstance(test, Known) and test.value else UNDETERMINED
        key = variable.value if isinstance(variable, Known) and variable.value else UNDETERMINED
        found.setdefault(operator, {}).setdefault(key, []).extend(_texts(one, "values"))
    return dict(found)
