from __future__ import annotations

import pytest

from tierwise.catalogue.controls import FAMILIES, parse_control
from tierwise.catalogue.scaffold import new_control
from tierwise.errors import UsageError
from tierwise.model.resource import DATA, HELD, Kind


@pytest.mark.parametrize(
    "kinds",
    [[Kind.OBJECT_STORE], [Kind.USER, Kind.ROLE], [Kind.ACCOUNT], [Kind.KEY], [Kind.AUDIT_TRAIL], sorted(DATA), sorted(HELD)],
    ids=lambda kinds: kinds[0],
)
@pytest.mark.parametrize("family", FAMILIES[:2])
def test_a_new_control_is_valid_as_it_stands(kinds: list[Kind], family: str):
    control = parse_control(new_control("ZZZ-99", family, kinds), f"controls/{family}/ZZZ-99.yaml")
    assert (control.id, control.family, control.applies_to) == ("ZZZ-99", family, tuple(kinds))
    assert {case.expect for case in control.cases} == {"pass", "fail", "unknown"}


@pytest.mark.parametrize(
    ("id_", "family", "kinds", "message"),
    [
        ("zzz-1", "encryption", [Kind.KEY], "three capitals"),
        ("ZZZ-01", "encription", [Kind.KEY], "did you mean 'encryption'"),
        ("ZZZ-01", "encryption", [], "at least one kind"),
        ("ZZZ-01", "encryption", [Kind.NETWORK, Kind.USER], "name fewer kinds"),
    ],
)
def test_what_cannot_be_a_control_is_refused(id_: str, family: str, kinds: list[Kind], message: str):
    with pytest.raises(UsageError, match=message):
        new_control(id_, family, kinds)
