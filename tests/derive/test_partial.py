from __future__ import annotations

from tierwise.derive.partial import derived, open_fact
from tierwise.model.fact import Provenance, Unknown, UnknownReason


def test_a_rule_over_its_own_results_is_named_once_with_all_reads_below():
    first, second = derived("trails", "trail-a"), derived("trails", "trail-b")
    assert derived("trails", first, second).via == "derived: trails from trail-a, trail-b"
    assert derived("trails", derived("trails")).via == "derived: trails"
    assert derived("zones", first).via == "derived: zones from trails from trail-a"


def test_an_open_fact_that_is_derived_again_keeps_the_action_that_settles_it():
    denied = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("cloudtrail:DescribeTrails", "cloudtrail:DescribeTrails"))
    again = open_fact("trails", open_fact("trails", denied))
    assert again.via == Provenance("derived: trails from cloudtrail:DescribeTrails", "cloudtrail:DescribeTrails")
