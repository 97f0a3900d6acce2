from __future__ import annotations

import pytest

from tierwise.access.google_iam import Binding, bindings_in
from tierwise.access.google_member import Home
from tierwise.access.google_tags import holds
from tierwise.model.fact import Known, Provenance, Unknown, UnknownReason

VIA = Provenance("policy")
DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("tags", "listEffectiveTags"))
NEAR, ABOVE = Known({"1/env": "prod"}), Known({"1/env": "test", "1/team": "records"})


@pytest.mark.parametrize(
    ("expression", "levels", "said"),
    [
        ("resource.matchTag('1/env', 'prod')", [NEAR], True),
        ('resource.matchTag("1/env", "test")', [NEAR], False),
        ("resource.matchTag('1/env', 'test')", [NEAR, ABOVE], False),
        ("resource.matchTag('1/env', 'test')", [ABOVE], True),
        ("resource.matchTag('1/env', 'prod')", [], False),
        ("resource.hasTagKey('1/team')", [NEAR, ABOVE], True),
        ("resource.hasTagKey('1/team')", [NEAR], False),
        ("!resource.hasTagKey('1/team')", [NEAR], True),
        ("resource.matchTag('1/env','prod') && !resource.hasTagKey('1/team')", [NEAR, ABOVE], False),
        ("resource.matchTag('1/env','prod') && resource.hasTagKey('1/x') || resource.hasTagKey('1/team')", [NEAR, ABOVE], True),
        ("resource.matchTag('1/env', 'prod')", [NEAR, DENIED], True),
        ("resource.matchTag('1/team', 'records')", [NEAR, DENIED], "?"),
        ("resource.matchTag('1/env', 'test') && resource.hasTagKey('1/team')", [NEAR, DENIED], False),
        ("resource.matchTagId('tagKeys/1', 'tagValues/2')", [NEAR], None),
        ("resource.matchTag('1/env', 'prod') && request.time < timestamp('2030-01-01T00:00:00Z')", [NEAR], None),
        ("!(resource.matchTag('1/env', 'prod') && resource.hasTagKey('1/x'))", [NEAR], None),
        ("'a' == ' && resource.matchTag('1/env', 'test') && '", [NEAR], None),
        ("resource.matchTag('1/env', 'prod')" * 200, [NEAR], None),
        ("", [NEAR], None),
        (None, [NEAR], None),
    ],
)
def test_a_condition_on_tags_holds_by_the_nearest_of_each_key(expression, levels, said):
    found = holds({"expression": expression}, levels, VIA)
    assert (found if found is None else "?" if isinstance(found, Unknown) else found.value) == said


@pytest.mark.parametrize("value", ["prod", "test"])
def test_a_binding_whose_condition_does_not_hold_gives_nothing(value):
    home = Home(lambda _: False, lambda _: False, lambda _: DENIED)
    policy = {"bindings": [{"role": "roles/a", "members": ["user:a@x.example"], "condition": {"expression": f"resource.matchTag('1/env', '{value}')"}}]}  # fmt: skip
    read, denied, not_asked = (list(bindings_in(policy, home, VIA, levels)) for levels in ((NEAR,), (DENIED,), None))
    assert len(read) == (value == "prod")
    assert [one.doubt for one in denied if isinstance(one, Binding)] == [DENIED]
    assert [(one.doubt, one.conditioned) for one in not_asked if isinstance(one, Binding)] == [(None, Known(True, VIA))]
