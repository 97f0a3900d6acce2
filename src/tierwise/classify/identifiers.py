"""Identifiers of people recognised in names, tags and descriptions; ids of detectors only, never what they matched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from tierwise.classify.detector import Detector, Match, all_detectors
from tierwise.classify.names import MAX_TEXT, split_words
from tierwise.classify.sign import Origin, Sign
from tierwise.model.fact import AnyFact, Known, Provenance, Unknown
from tierwise.model.resource import Resource

_VIA: Final = Provenance("derived: detectors over name, tags and description")
_STAFF_KEYS: Final = frozenset(
    [
        "owner",
        "team",
        "contact",
        "maintainer",
        "steward",
        "custodian",
        "support",
        "creator",
        "created",
        "by",
        "author",
        "email",
        "mail",
        "approver",
        "requester",
        "lead",
        "manager",
        "oncall",
        "responsible",
    ]
)
"""A tag of such a key names a member of staff on purpose; an e-mail address there is no personal data of the service."""
CONFIDENCE: Final = 0.8
_MARK: Final = re.compile(r"\[([a-z0-9_]+)( test value)?\]")
STANDS_ALONE: Final = "-"
NEEDS_WORDS: Final = "~"
_KEYED: Final = re.compile(r"\[([a-z0-9_]+)(-test)?([-~])[0-9a-f]{12}\]")
"""What stands for one in a name (`classify/mask.py`)."""


def mark(detector: Detector, match: Match) -> str:
    """What stands for an identifier that is withheld; a text that holds it is recognised as one that holds the identifier."""
    return f"[{detector.id}{' test value' if match is Match.SYNTHETIC else ''}]"


def found_in(resource: Resource) -> Sequence[tuple[Detector, Match, str, str]]:
    """Each detector that recognises something: what it says, the medium, and how a sentence calls the text."""
    tags = tuple(resource.tags.value.items()) if isinstance(resource.tags, Known) else ()
    return _found(resource.name, tags, resource.evidence.description)


@lru_cache(maxsize=32768)
def _found(name: str, tags: tuple[tuple[str, str], ...], description: str) -> tuple[tuple[Detector, Match, str, str], ...]:
    """The same of what people wrote on a resource, which is asked of each several times."""
    found = [(detector, match, "name", "the name") for detector, match in _recognised(name)]
    for key, value in sorted(tags):
        for detector, match in _recognised(f"{key}={value}"):
            if detector.id != "email" or _STAFF_KEYS.isdisjoint(split_words(key)):
                found.append((detector, match, "tag", f"the tag {key!r}"))
    found += [(detector, match, "description", "the description") for detector, match in _recognised(description)]
    return tuple(found)


@lru_cache(maxsize=32768)
def _recognised(text: str) -> tuple[tuple[Detector, Match], ...]:
    if _recognisable().search(text) is None:
        return ()
    text = _KEYED.sub(_example, text)
    found = ((detector, detector.find(text[:MAX_TEXT])) for detector in all_detectors() if detector.find is not None)
    marked = {name: Match.SYNTHETIC if fake else Match.REAL for name, fake in _MARK.findall(text)}
    return tuple((detector, said) for detector, match in found if (said := marked.get(detector.id, match)) is not Match.NO)


@cache
def _recognisable() -> re.Pattern[str]:
    """What a text has in which one of the detectors may find something, or of which one has been withheld."""
    needs = (one.needs for one in all_detectors() if one.find is not None)
    return re.compile("|".join([*dict.fromkeys(needs), _MARK.pattern, _KEYED.pattern]), re.ASCII)


def _example(keyed: re.Match[str]) -> str:
    """An identifier of the kind that is masked: where words around it have to speak of it, they decide as they did on the one that stood there."""
    return _examples().get((keyed[1], bool(keyed[2]), keyed[3] == STANDS_ALONE), keyed[0])


@cache
def _examples() -> dict[tuple[str, bool, bool], str]:
    """By detector, whether from a test range, and whether it is found without words around it."""
    found: dict[tuple[str, bool, bool], str] = {}
    for one in all_detectors():
        if one.find is not None and one.values is not None:
            for fake, examples in ((False, one.values.positives), (True, one.values.synthetic)):
                for example in examples:
                    found.setdefault((one.id, fake, one.find(example) is not Match.NO), example)
    return found


def identifiers(resource: Resource) -> AnyFact:
    """The fact `metadata.identifiers`: detectors that recognise a real identifier in the name, the tags or the description."""
    ids = frozenset(detector.id for detector, match, _, _ in found_in(resource) if match is Match.REAL)
    if isinstance(resource.tags, Unknown):
        return Unknown(resource.tags.reason, resource.tags.via, resource.tags.detail, includes=ids)
    return Known(ids, _VIA)


def identifier_signs(resource: Resource, *, synthetic_counts: bool) -> list[Sign]:
    """Identifiers as evidence of a category; documented test values only where the profile counts them."""
    signs: list[Sign] = []
    for detector, match, medium, where in found_in(resource):
        counts = match is Match.REAL or synthetic_counts
        note = "" if match is Match.REAL else " from a documented test range"
        if not counts:
            note += ", which does not count"
        because = f"{where} holds what looks like {_article(detector.title)}{note} ({detector.category.label})"
        category = detector.category if counts else None
        rule = "identifier" if match is Match.REAL else "identifier-synthetic"
        signs.append(
            Sign(
                Origin.FOUND,
                rule,
                f"{medium} identifier {detector.id}",
                because,
                category,
                medium="value",
                word=detector.id,
                confidence=CONFIDENCE,
            )
        )
    return signs


def _article(title: str) -> str:
    return f"an {title}" if title[0].lower() in "aeio" or title.startswith("NHS") else f"a {title}"
