"""The tier function with evidence from content beside the rest: monotone, independent of order, deterministic, at least the maximum of its parts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.classify.profiles import COUNTING_SYNTHETIC, PROFILE
from tierwise.classify.content import Column, examine, scan_text
from tierwise.classify.detector import all_detectors
from tierwise.classify.found import content_signs
from tierwise.classify.names import name_signs
from tierwise.classify.schema import column_signs
from tierwise.classify.sign import Sign
from tierwise.classify.text import PURE, accelerated
from tierwise.classify.weigh import Weighed, weigh
from tierwise.model.detection import Detection
from tierwise.model.profile import Profile
from tierwise.model.resource import Column as Schema
from tierwise.model.sensitivity import Tier

WITH_VALUES = [one for one in all_detectors() if one.values is not None]


@st.composite
def detections(draw: st.DrawFn) -> Detection:
    detector = draw(st.sampled_from(WITH_VALUES))
    assert detector.values is not None
    checked = draw(st.integers(0, 500))
    hits = draw(st.integers(0, checked))
    synthetic = draw(st.sampled_from([0, hits]))
    sure = draw(st.sampled_from([0.5, 0.6, 0.75, 0.8, 0.9, 0.98]))
    return Detection(detector.id, draw(st.sampled_from([None, "a", "b"])), hits, checked, synthetic, hits, sure, detector.values.strength)


FOUND = st.lists(detections(), max_size=5)
OTHER = st.lists(
    st.sampled_from(
        [
            *name_signs("patient-export", "name", "the name"),
            *name_signs("staff clinical", "tag", "the tag"),
            *column_signs([Schema("t", "email"), Schema("t", "sex"), Schema("t", "postcode"), Schema("t", "dob", "date")], 3),
        ]
    ),
    max_size=3,
)


def _weighed(found: list[Detection], other: list[Sign], profile: Profile = PROFILE) -> Weighed:
    return weigh((*content_signs(found, 3, synthetic_counts=profile.synthetic_counts), *other), profile)


def _tier(weighed: Weighed) -> Tier:
    return Tier.T0 if weighed.state is None else weighed.outcome.tier


@settings(max_examples=80, deadline=None)
@given(FOUND, FOUND, OTHER, OTHER)
def test_more_evidence_never_lowers_and_together_it_gives_at_least_the_maximum(
    one: list[Detection], other: list[Detection], signs: list[Sign], more: list[Sign]
) -> None:
    union = _weighed([*one, *other], [*signs, *more])
    parts = _weighed(one, signs), _weighed(other, more)
    assert _tier(union) >= max(map(_tier, parts))
    assert union.personal >= any(part.personal for part in parts)
    assert _tier(_weighed(one, signs, COUNTING_SYNTHETIC)) >= _tier(parts[0])


@settings(max_examples=60, deadline=None)
@given(FOUND, OTHER, st.randoms())
def test_the_order_of_the_evidence_changes_nothing(found: list[Detection], signs: list[Sign], random) -> None:
    shuffled, mixed = list(found), list(signs)
    random.shuffle(shuffled)
    random.shuffle(mixed)
    first, second = _weighed(found, signs), _weighed(shuffled, mixed)
    assert (first.outcome, first.confidence, first.personal, first.at_risk) == (
        second.outcome,
        second.confidence,
        second.personal,
        second.at_risk,
    )


VALUES = st.lists(
    st.sampled_from(
        [text for one in WITH_VALUES if one.values for text in (*one.values.positives, *one.values.synthetic, *one.values.negatives)]
    )
    | st.text(max_size=12),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["nhs_number", "c1", "order_no", "dob", "email", None]), VALUES), max_size=3), st.randoms())
def test_rows_may_come_in_any_order_and_columns_of_any_text_are_judged(table: list[tuple[str | None, list[str]]], random) -> None:
    shuffled = [(name, random.sample(values, len(values)) if name is not None else values) for name, values in table]
    assert examine([Column(*one) for one in shuffled]) == examine([Column(*one) for one in table])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(max_size=12) | VALUES.map(lambda texts: " ".join(texts).encode(errors="replace")), max_size=12), st.booleans())
def test_both_engines_find_the_same_in_any_bytes(parts: list[bytes], exhaustive: bool) -> None:
    data = b" ".join(parts)
    assert scan_text(data, engine=accelerated(), exhaustive=exhaustive) == scan_text(data, engine=PURE, exhaustive=exhaustive)
