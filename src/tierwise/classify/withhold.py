"""Identifiers that people wrote into names, tags, descriptions and schemas are withheld from everything that comes after: the detector's name stands for them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from tierwise.classify.content import masked
from tierwise.classify.identifiers import found_in, mark
from tierwise.classify.mask import Mask
from tierwise.model.fact import Known
from tierwise.model.resource import EMPTY_EVIDENCE, Inherited, Resource

_TOKEN: Final = re.compile(r"\S*[0-9@]\S*(?:\s+\S*[0-9@]\S*)*")
"""A run of words that have a digit or an at sign; what is left of a text are words of the language."""
_LONG: Final = re.compile(r"(?:\d\D?){6}")
"""Six digits: no detector takes a shorter number for an identifier by its value alone."""
_WORD: Final = re.compile(r"\S*\d\S*")


def withhold(resource: Resource, mask: Mask) -> Resource:
    """The resource without the identifiers in its names, ids, texts and columns; the same object where there are none. Doing it twice changes nothing.

    What stands for one is recognised as evidence of it, so that a saved inventory is judged as the scan was.
    """
    marks: dict[str, str] = {}
    for detector, match, _, where in found_in(resource):
        marks.setdefault(where, mark(detector, match))
    columns = tuple(
        replace(one, table=_name(one.table), name=_name(one.name), labels=tuple(map(_name, one.labels)))
        for one in resource.evidence.columns
    )
    if isinstance(resource.tags, Known):
        tags = {_without(key, marks, key): _without(value, marks, key) for key, value in resource.tags.value.items()}
        if tags != resource.tags.value:
            resource = replace(resource, tags=Known(tags, resource.tags.via))
    rows = tuple((_name(table), count) for table, count in resource.evidence.rows)
    if (columns, rows) != (resource.evidence.columns, resource.evidence.rows):
        resource = replace(resource, evidence=replace(resource.evidence, columns=columns, rows=rows))
    if resource.evidence.inherited:
        taken = tuple(_taken(one, mask) for one in resource.evidence.inherited)
        if taken != resource.evidence.inherited:
            resource = replace(resource, evidence=replace(resource.evidence, inherited=taken))
    if "the description" in marks and resource.evidence != EMPTY_EVIDENCE:
        text = _TOKEN.sub(marks["the description"], resource.evidence.description)
        resource = replace(resource, evidence=replace(resource.evidence, description=text))
    return mask.resource(resource)


_name = lru_cache(maxsize=32768)(masked)


def _taken(one: Inherited, mask: Mask) -> Inherited:
    """Tags of an account or a unit; mail addresses in them are its owners', as on resources."""
    source = mask.text(one.source)
    if not isinstance(one.tags, Known):
        return Inherited(source, one.tags)
    tags = {_possible(mask.text(key, staff=True)): _possible(mask.text(value, staff=True)) for key, value in one.tags.value.items()}
    return Inherited(source, Known(tags, one.tags.via))


def _without(text: str, marks: dict[str, str], key: str) -> str:
    mine = marks.get(f"the tag {key!r}")
    return _possible(text) if mine is None else _TOKEN.sub(mine, text)


@lru_cache(maxsize=32768)
def _possible(text: str) -> str:
    """The text without words that may be identifiers by their value alone; what stands for them is no evidence."""
    if _LONG.search(text) is None:
        return text
    return _WORD.sub(lambda found: masked(found[0]).replace("]", "?]") if masked(found[0]) != found[0] else found[0], text)
