from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tierwise.connectors import gcp_perimeter
from tierwise.model.fact import Known, Unknown, UnknownReason

SERVICE, NODES = "storage.googleapis.com", ("projects/1001", "folders/7")
LEVELS: Mapping[str, Any] = {
    "office": {"conditions": [{"ipSubnetworks": ["192.0.2.0/24"]}]},
    "anywhere": {"conditions": [{"ipSubnetworks": ["0.0.0.0/1", "128.0.0.0/1"]}]},
    "staff": {"conditions": [{"ipSubnetworks": ["0.0.0.0/0"], "members": ["user:a@dept.example"]}]},
    "managed": {"conditions": [{"devicePolicy": {"requireScreenlock": True}}]},
    "both": {"conditions": [{"ipSubnetworks": ["0.0.0.0/0"]}, {"regions": ["GB"]}]},
    "either": {"combiningFunction": "OR", "conditions": [{"regions": ["GB"]}, {"ipSubnetworks": ["::/0"]}]},
    "above": {"conditions": [{"requiredAccessLevels": ["accessPolicies/1/accessLevels/office"]}]},
    "loop": {"conditions": [{"requiredAccessLevels": ["accessPolicies/1/accessLevels/loop"]}]},
    "not": {"conditions": [{"ipSubnetworks": ["192.0.2.0/24"], "negate": True}]},
    "wrong": {"conditions": [{"ipSubnetworks": ["here"]}]},
}
ANY, ALL = {"identityType": "ANY_IDENTITY"}, [{"serviceName": "*"}]
METHODS = [{"serviceName": SERVICE, "methodSelectors": [{"method": "google.storage.objects.get"}]}]


def perimeter(**status: object) -> dict[str, Any]:
    return {"name": "accessPolicies/1/servicePerimeters/p", "status": {"resources": ["projects/1001"], "restrictedServices": [SERVICE], **status}}  # fmt: skip


def ingress(level: str = "*", *, who: Mapping[str, Any] = ANY, to: object = "*", does: object = ALL, **more: object) -> dict[str, Any]:
    source = {"accessLevel": level if level == "*" else f"accessPolicies/1/accessLevels/{level}"}
    return {"ingressFrom": {"sources": [source], **who}, "ingressTo": {"resources": [to], "operations": does, **more}}


def egress(to: str = "*", *, who: Mapping[str, Any] = ANY, does: object = ALL) -> dict[str, Any]:
    return {"egressFrom": who, "egressTo": {"resources": [to], "operations": does}}


def said(fact: Known[bool] | Unknown) -> object:
    return "?" if isinstance(fact, Unknown) else fact.value


def edge(*perimeters: dict[str, Any], levels: Mapping[str, Any] = LEVELS) -> tuple[object, object]:
    every: list[Mapping[str, Any]] = [{"name": f"accessPolicies/1/accessLevels/{name}", "basic": basic} for name, basic in levels.items()]
    listed = Known(every)
    found = gcp_perimeter.edge_of(SERVICE, NODES, Known(list(perimeters)), gcp_perimeter.levels_of(listed))
    return said(found.inward), said(found.outward)


@pytest.mark.parametrize(
    ("one", "inward", "outward"),
    [
        ({"spec": perimeter()["status"], "useExplicitDryRunSpec": True}, False, False),
        ({**perimeter(), "perimeterType": "PERIMETER_TYPE_BRIDGE"}, False, False),
        (perimeter(), True, True),
        (perimeter(resources=["projects/1002"]), False, False),
        (perimeter(resources=["folders/7"]), True, True),
        (perimeter(restrictedServices=["bigquery.googleapis.com"]), False, False),
        (perimeter(resources="projects/1001"), "?", "?"),
        (perimeter(ingressPolicies=[ingress()]), False, True),
        (perimeter(ingressPolicies=[ingress(who={"identities": ["user:a@dept.example"]})]), True, True),
        (perimeter(ingressPolicies=[ingress(to="projects/1002")]), True, True),
        (perimeter(ingressPolicies=[ingress(to="projects/1001")]), False, True),
        (perimeter(ingressPolicies=[ingress("office")]), True, True),
        (perimeter(ingressPolicies=[ingress("anywhere")]), False, True),
        (perimeter(ingressPolicies=[ingress(does=[{"serviceName": "bigquery.googleapis.com"}])]), True, True),
        (perimeter(ingressPolicies=[ingress(does=[{"serviceName": SERVICE, "methodSelectors": [{"method": "*"}]}])]), False, True),
        (perimeter(ingressPolicies=[ingress(does=METHODS)]), "?", True),
        (perimeter(ingressPolicies=[ingress(does=[], roles=["roles/storage.objectViewer"])]), "?", True),
        (perimeter(ingressPolicies=[{"ingressFrom": {"sources": [{"resource": "projects/1002"}], **ANY}, "ingressTo": {"resources": ["*"], "operations": ALL}}]), True, True),
        (perimeter(egressPolicies=[egress()]), True, False),
        (perimeter(egressPolicies=[egress("projects/2002")]), True, True),
        (perimeter(egressPolicies=[egress(who={"identities": ["user:a@dept.example"]})]), True, True),
        (perimeter(egressPolicies=[egress(does=METHODS)]), True, "?"),
        (perimeter(egressPolicies={"egressFrom": ANY}), True, "?"),
    ],
)  # fmt: skip
def test_what_is_enforced_around_the_project_and_has_no_wide_exception_keeps_in_and_out(one, inward, outward):
    assert edge(one) == (inward, outward)


@pytest.mark.parametrize(
    ("level", "inward"),
    [
        ("office", True),
        ("anywhere", False),
        ("staff", True),
        ("managed", True),
        ("both", True),
        ("either", False),
        ("above", True),
        ("loop", "?"),
        ("not", "?"),
        ("wrong", "?"),
        ("gone", "?"),
    ],
)
def test_an_access_level_that_any_address_meets_opens_the_perimeter(level, inward):
    assert edge(perimeter(accessLevels=[f"accessPolicies/1/accessLevels/{level}"])) == (inward, True)


def test_an_access_level_that_is_an_expression_is_open():
    listed: list[Mapping[str, Any]] = [{"name": "l", "custom": {"expr": {"expression": "true"}}}]
    assert gcp_perimeter.levels_of(Known(listed))("l").reason is UnknownReason.NOT_SUPPORTED


def test_one_perimeter_of_several_is_enough_and_none_is_no_perimeter():
    assert edge(perimeter(resources=["projects/1002"]), perimeter()) == (True, True)
    assert edge() == (False, False)


def test_what_could_not_be_read_leaves_both_sides_open():
    lost = Unknown(UnknownReason.PERMISSION_DENIED)
    found = gcp_perimeter.edge_of(SERVICE, NODES, lost, gcp_perimeter.levels_of(lost))
    assert (found.inward, found.outward, found.closed) == (lost, lost, lost)
    unlisted = gcp_perimeter.levels_of(lost)
    named = gcp_perimeter.edge_of(SERVICE, NODES, Known([perimeter(accessLevels=["l"])]), unlisted)
    assert (said(named.inward), said(named.outward), said(named.closed)) == ("?", True, "?")


@pytest.mark.parametrize(
    ("status", "needed"),
    [
        ({}, False),
        ({"accessLevels": ["l"]}, True),
        ({"ingressPolicies": [ingress()]}, False),
        ({"ingressPolicies": [ingress("office")]}, True),
        ({"ingressPolicies": 3}, True),
    ],
)
def test_access_levels_are_needed_where_a_perimeter_names_one(status, needed):
    assert gcp_perimeter.named_levels(Known([perimeter(**status)])) is needed
