"""Whether the condition of a policy of Google holds by the tags of what it is asked for. Pure: condition and tags in, answer out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tierwise.model import kleene
from tierwise.model.fact import Known, Maybe, Provenance, Unknown

_TEXT: Final = r"(?:'[^'\\]*'|\"[^\"\\]*\")"
_CALL: Final = rf"!?\s*resource\.(?:matchTag\(\s*{_TEXT}\s*,\s*{_TEXT}\s*\)|hasTagKey\(\s*{_TEXT}\s*\))"
_WHOLE: Final = re.compile(rf"\s*{_CALL}\s*(?:(?:&&|\|\|)\s*{_CALL}\s*)*")
_EACH: Final = re.compile(rf"(\|\|)|({_CALL})")
_TEXTS: Final = re.compile(_TEXT)
_LONGEST: Final = 4096


def holds(condition: object, levels: Iterable[Maybe[Mapping[str, str]]], via: Provenance) -> Maybe[bool] | None:
    """Whether a condition that asks for tags alone holds: unknown where a tag that decides could not be read; None of any other condition.

    `levels` are values by the namespaced names of their keys, the nearest level first; a tag of a nearer one takes the place of one further up.
    IAM documentation, "Resource tags" in the attribute reference of conditions: `resource.matchTag(KEY, VALUE)` and `resource.hasTagKey(KEY)`.
    """
    expression = condition.get("expression") if isinstance(condition, Mapping) else None
    if not isinstance(expression, str) or len(expression) > _LONGEST or not _WHOLE.fullmatch(expression):
        return None
    known = tuple(levels)
    either: list[list[Maybe[bool]]] = [[]]
    for found in _EACH.finditer(expression):
        if found[1]:
            either.append([])
        else:
            either[-1].append(_asked(found[2], known, via))
    return kleene.either(*(kleene.all_of(*each) for each in either))


def _asked(call: str, levels: tuple[Maybe[Mapping[str, str]], ...], via: Provenance) -> Maybe[bool]:
    key, *value = (one[1:-1] for one in _TEXTS.findall(call))
    tag = _tag(key, levels, via)
    met = tag if isinstance(tag, Unknown) else Known(tag.value == value[0] if value else tag.value is not None, tag.via)
    return kleene.negated(met) if call.startswith("!") else met


def _tag(key: str, levels: tuple[Maybe[Mapping[str, str]], ...], via: Provenance) -> Maybe[str | None]:
    for level in levels:
        if isinstance(level, Unknown):
            return level
        if key in level.value:
            return Known(level.value[key], level.via)
    return Known(None, via)
