"""The benchmark's generated tables, a few of them: what holds there at any seed holds in every run of the tests."""

from __future__ import annotations

from functools import cache

from benchmarks import departments
from benchmarks.classification import of_file
from benchmarks.corpora import SETTLED, Case, cases
from tests.classify.profiles import PROFILE
from tierwise.classify.content import Column, examine
from tierwise.classify.found import content_signs
from tierwise.classify.weigh import weigh
from tierwise.model.detection import Detection


@cache
def examined() -> list[tuple[Case, list[Detection]]]:
    """The tables, and what is found in each."""
    return [(case, examine([Column(one.name, one.values) for one in case.columns])) for case in cases(20261127, 96)]


def test_no_table_of_things_is_raised() -> None:
    raised = [
        [(one.name, one.family) for one in case.columns]
        for case, found in examined()
        if case.things and weigh(tuple(content_signs(found, 3, synthetic_counts=True)), PROFILE).state is not None
    ]
    assert raised == []


def test_columns_of_people_are_found_and_no_others_are_taken_for_them() -> None:
    true = {(case.name, one.name, one.label) for case, _ in examined() for one in case.columns if one.label in SETTLED}
    said = {
        (case.name, str(one.column), one.detector)
        for case, found in examined()
        for one in found
        if one.confidence >= PROFILE.infer_confidence and one.detector in SETTLED
    }
    assert len(true) > 50
    assert len(said - true) <= 0.02 * len(said)
    assert len(true - said) <= 0.05 * len(true)


def test_no_table_comes_out_more_than_one_tier_too_low() -> None:
    for case, found in examined():
        weighed = weigh(tuple(content_signs(found, 3, synthetic_counts=True)), PROFILE)
        assert case.tier - (1 if weighed.state is None else weighed.outcome.tier) <= 1, [(one.name, one.label) for one in case.columns]


def test_files_as_departments_write_them_come_out_at_their_tier() -> None:
    for file in departments.files(20261127, 46):
        seen, tier = of_file(file, PROFILE)
        assert tier == file.tier, (file.name, file.form, seen)
        told = {one.name: one.label for one in file.columns if one.label in SETTLED}
        assert {name: label for name, label in told.items() if label not in seen[name]} == {}, (file.name, file.form)
        assert {name: labels for name, labels in seen.items() if labels & set(SETTLED) and name not in told} == {}, (file.name, file.form)
