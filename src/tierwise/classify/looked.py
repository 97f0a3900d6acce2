"""Facts from what was looked at: identifiers that are keys of tables or of objects, and personal data in what is logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from tierwise.classify.content import COUNTS, PEOPLE
from tierwise.classify.detector import Detector, all_detectors
from tierwise.classify.schema import column_detectors
from tierwise.model.content import IN_KEYS, Depth, Found
from tierwise.model.detection import Strength
from tierwise.model.fact import AnyFact, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.register import parse_category
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Category

_KEYS: Final = Provenance("derived: names of key columns and sampled values")
_PATHS: Final = Provenance("derived: keys of objects")
_LOGGED: Final = Provenance("derived: samples and findings of other tools")
_PLANNED: Final = NotApplicable("a plan has no content", Provenance("derived: the plan"))
_CALLERS: Final = frozenset({"ip_address"})
"""What every log of requests holds and is kept for."""
_SEVERAL: Final = frozenset({"payment_card", "iban", "bank_account", "sort_code", "vehicle_registration", "vat_number"})


@cache
def one_each() -> frozenset[str]:
    """Detectors of identifiers that a person has one of; cards and accounts are held by the dozen."""
    return frozenset(one.id for one in all_detectors() if one.category.category is Category.C2) - _SEVERAL


@cache
def _known() -> dict[str, Detector]:
    return {one.id: one for one in all_detectors()}


def certain(found: Iterable[Found]) -> Iterator[Found]:
    """What counts of what was found: beyond doubt, and not from test ranges alone."""
    return (one for one in found if one.detection.confidence >= COUNTS and one.detection.real and one.detection.detector in _known())


def identifier_keys(resource: Resource) -> AnyFact:
    """`schema.identifier_keys`."""
    evidence = resource.evidence
    keys = [one for one in evidence.columns if one.key]
    named = {each.id for one in keys for each in column_detectors(one.name, one.type) if each.id in one_each()}
    places = {one.name for one in keys}
    seen = {one.detection.detector for one in certain(evidence.found) if one.detection.column in places}
    ids = frozenset(named | (seen & one_each()))
    if evidence.unread:
        one = evidence.unread[0]
        return Unknown(one.reason, Provenance(_KEYS.via, one.via.action), one.detail, includes=ids)
    if not keys and not evidence.columns:
        return Unknown(UnknownReason.NOT_SUPPORTED, _KEYS, "which columns are keys is not read here", includes=ids)
    return Known(ids, _KEYS)


def key_identifiers(resource: Resource) -> AnyFact:
    """`metadata.key_identifiers`."""
    evidence = resource.evidence
    if resource.address is not None:
        return _PLANNED
    seen = (one.detection for one in certain(evidence.found) if one.place == IN_KEYS)
    ids = frozenset(one.detector for one in seen if one.strength is not Strength.WEAK and _known()[one.detector].find is not None)
    if evidence.looked is not Depth.METADATA:
        return Known(ids, _PATHS)
    denied = next((one for one in evidence.unread if one.via.via.startswith("sample:")), None)
    if denied is not None:
        return Unknown(denied.reason, Provenance(_PATHS.via, denied.via.action), denied.detail, includes=ids)
    return Unknown(
        UnknownReason.NOT_COLLECTED, _PATHS, "keys of objects are looked at where that is asked for (--sample-names)", includes=ids
    )


def logged_people(resource: Resource, delivered: AnyFact, audit: AnyFact) -> AnyFact:
    """`logging.personal_data`; `delivered` is whether a log goes to a bucket, `audit` whether an audit log does."""
    if resource.kind is not Kind.LOG_STORE and isinstance(delivered, Known) and not delivered.value:
        return NotApplicable("no log goes here", _LOGGED)
    if resource.address is not None:
        return _PLANNED
    evidence = resource.evidence
    # An audit log is there to name who acted.
    wanted = PEOPLE - {Category.C1} if isinstance(audit, Known) and audit.value is True else PEOPLE
    inside = (one.detection.detector for one in certain(evidence.found) if one.place != IN_KEYS)
    ids = frozenset(word for word in (*inside, *evidence.external) if word not in _CALLERS and _category(word) in wanted)
    if resource.kind is not Kind.LOG_STORE and isinstance(delivered, Unknown):
        return Unknown(delivered.reason, Provenance(_LOGGED.via, delivered.via.action), delivered.detail)
    if evidence.looked is Depth.CONTENT:
        return Known(ids, _LOGGED)
    detail = (
        "entries of log stores are not looked into here; what another tool found is read with --import-findings"
        if resource.kind is Kind.LOG_STORE
        else "what is logged here is looked into where that is asked for (--sample-content)"
    )
    return Unknown(UnknownReason.NOT_COLLECTED, _LOGGED, detail, includes=ids)


def _category(word: str) -> Category | None:
    category = parse_category(word)
    if category is not None:
        return category.category
    detector = _known().get(word)
    return None if detector is None else detector.category.category
