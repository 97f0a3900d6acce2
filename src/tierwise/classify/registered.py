"""Whether the asset register knows a store: by a line that selects it, or by a reference that the store carries."""

from __future__ import annotations

from typing import Final

from tierwise.classify import tags
from tierwise.classify.declared import Declared, declared
from tierwise.model.fact import AnyFact, Known, Provenance, Unknown, UnknownReason
from tierwise.model.profile import Profile
from tierwise.model.register import Register, plain_word
from tierwise.model.resource import Resource

_VIA: Final = Provenance("derived: register and references in tags")
_NONE_GIVEN: Final = Unknown(UnknownReason.NOT_COLLECTED, _VIA, "no asset register was given, so nothing can be looked up in it")


def resolves(resource: Resource, profile: Profile, register: Register) -> AnyFact:
    """Whether the register knows the resource itself: a known truth, or why that cannot be told."""
    if not register.entries:
        return _NONE_GIVEN
    said = declared(resource, tags.dictionary(profile), register)
    lines = [entry for entry in said.entries if entry.describes_data or entry.dataset or entry.references]
    carried = {plain_word(one.written): one.value for one in said.role("reference")}
    dangling = _dangling(said, carried)
    if dangling:
        return Known(value=False, via=Provenance(f"{_VIA.via}: {dangling}"))
    known = {(plain_word(name), plain_word(value)) for entry in register.entries for name, value in entry.references.items()}
    if lines or any((key, plain_word(value)) in known for key, value in carried.items()):
        return Known(value=True, via=_VIA)
    open_ = said.open
    return Unknown(open_.reason, Provenance(_VIA.via, open_.via.action), open_.detail) if open_ else Known(value=False, via=_VIA)


def _dangling(said: Declared, carried: dict[str, str]) -> str:
    """The reference of a tag that the register's line for the resource contradicts; empty where there is none."""
    for entry in said.entries:
        for name, value in entry.references.items():
            key = plain_word(name)
            if key in carried and plain_word(carried[key]) != plain_word(value):
                return f"the tag {name} refers to another entry than {entry.source or 'its line'}"
    return ""
