from __future__ import annotations

from functools import cache

import pytest

from tests.classify.calibrated import Row, evidence_of, rows
from tests.classify.profiles import PROFILE, one
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import load_profile
from tierwise.model.profile import Profile
from tierwise.model.sensitivity import Tier

ROWS = rows()


@cache
def shipped() -> Profile:
    return load_profile("uk-gov-personal-data", load_catalogue([]))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_everyday_datasets_get_the_tier_that_common_sense_gives_them(row: Row) -> None:
    resource, register, corrections = evidence_of(row)
    found = one(resource, register, corrections)
    assert found.tier is row.tier, [step.because for step in found.trace]
    if row.state:
        assert found.state.value == row.state


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_the_shipped_profile_agrees_with_the_calibration(row: Row) -> None:
    resource, register, corrections = evidence_of(row)
    found = one(resource, register, corrections, profile=shipped())
    assert found.tier is row.tier, [step.because for step in found.trace]


def test_the_table_is_wide_enough_and_every_row_is_explained() -> None:
    assert len(ROWS) >= 40
    assert len({row.what for row in ROWS}) == len(ROWS)
    assert {row.tier for row in ROWS} == set(Tier)
    for row in ROWS:
        resource, register, corrections = evidence_of(row)
        found = one(resource, register, corrections, profile=PROFILE)
        assert found.trace, row.what
        assert any(step.tier == row.tier for step in found.trace), f"no step of {row.what!r} gives {row.tier.label}"
