"""What looking at content found, as signs of categories; places and counts, never values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tierwise.classify.content import COUNTS
from tierwise.classify.detector import Detector, all_detectors
from tierwise.classify.schema import identity_kit
from tierwise.classify.sign import WEAK, Origin, Sign
from tierwise.model.detection import Detection

_MEDIUM: Final = "content"


def content_signs(detections: Iterable[Detection], basics: int, *, synthetic_counts: bool, place: str = "") -> list[Sign]:
    """What the detections of one table or object say; `place` is how its masked name is written, `basics` as for schemas.

    What is possible and no more is weak evidence; what rests on test ranges speaks of no category unless they count.
    """
    known = {detector.id: detector for detector in all_detectors()}
    signs: list[Sign] = []
    columns: dict[str, str] = {}
    for one in sorted(detections, key=lambda one: (one.column or "", one.detector)):
        detector = known.get(one.detector)
        if detector is None:
            continue
        counts = one.real or synthetic_counts
        signs.append(_sign(one, detector, place, counts=counts))
        if counts:
            columns.setdefault(one.detector, one.column or "text")
    kit = identity_kit(place, columns, basics, medium=_MEDIUM)
    return [*signs, kit] if kit is not None else signs


def _sign(one: Detection, detector: Detector, place: str, *, counts: bool) -> Sign:
    where = f"the column {_inside(place, one.column)!r}" if one.column is not None else f"the text {place!r}" if place else "the text"
    possible = one.confidence < COUNTS
    tail = ", which counts only with evidence of another kind" if possible else ""
    if not counts:
        tail = ", all from a documented test range, which does not count"
    because = f"{where} holds what looks like {detector.title} ({_counted(one)}; {detector.category.label}){tail}"
    rule = "content-synthetic" if not counts else "content-possible" if possible else "content"
    return Sign(
        Origin.FOUND,
        rule,
        f"content {_inside(place, one.column)}".rstrip(),
        because,
        detector.category if counts else None,
        medium=_MEDIUM,
        word=detector.id,
        confidence=WEAK if possible else one.confidence,
        weak=possible,
    )


def _inside(place: str, column: str | None) -> str:
    return ".".join(part for part in (place, column) if part)


def _counted(one: Detection) -> str:
    kinds = " and ".join(one.evidence)
    if not one.hits:
        return f"by its {kinds}"
    chance = f", where chance gives {one.chance:.1%}" if 0 < one.chance < 1 else ""
    return f"{one.hits:,} of {one.checked:,} values{chance}; by {kinds}"
