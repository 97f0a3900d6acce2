from __future__ import annotations

from typing import Any

import pytest

from tierwise.access.google_deny import EVERYBODY, left
from tierwise.model.fact import Provenance, Unknown

VIA = Provenance("deny")
ALL = ["storage.googleapis.com/*.*"]
CONDITION = {"expression": "resource.matchTag('1/env', 'prod')"}


def rule(*permissions: str, who: str = EVERYBODY, **more: Any) -> dict[str, Any]:
    return {"deniedPrincipals": [who], "deniedPermissions": list(permissions), **more}


@pytest.mark.parametrize(
    ("rules", "reads", "writes"),
    [
        ([], True, True),
        ([rule(*ALL)], False, False),
        ([rule("storage.googleapis.com/objects.get", "storage.googleapis.com/objects.list")], False, True),
        ([rule("storage.googleapis.com/objects.get"), rule("storage.googleapis.com/objects.list")], False, True),
        ([rule("storage.googleapis.com/objects.*")], False, "?"),
        ([rule("storage.googleapis.com/objects.get")], "?", True),
        ([rule("bigquery.googleapis.com/*.*")], True, True),
        ([rule(*ALL, who="principalSet://goog/cloudIdentityCustomerId/C01Abc35")], True, True),
        ([rule(*ALL, exceptionPrincipals=["principalSet://goog/group/staff@dept.example"])], False, False),
        ([rule(*ALL, exceptionPermissions=["storage.googleapis.com/objects.get"])], "?", False),
        ([rule(*ALL, exceptionPermissions=["storage.googleapis.com/*.*"])], True, True),
        ([rule(*ALL, denialCondition=CONDITION)], "?", "?"),
        ([rule(*ALL, denialCondition=CONDITION), rule(*ALL)], False, False),
        ([{"deniedPrincipals": EVERYBODY, "deniedPermissions": ALL}, {}], True, True),
    ],
)
def test_what_a_deny_policy_leaves_to_everybody(rules, reads, writes):
    assert tuple("?" if isinstance(one, Unknown) else one.value for one in left(rules, "storage", VIA)) == (reads, writes)
