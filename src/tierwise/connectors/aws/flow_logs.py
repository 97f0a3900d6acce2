"""Whether every network of an account keeps flow logs: VPCs by themselves, or by a log of each of their subnets."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import whole
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.kleene import all_of

FLOW_LOGS: Final = "network.flow_logs"
_FACTS: Final = frozenset({FLOW_LOGS})
_ACTIVE: Final = "ACTIVE"


def _networks(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    """Whether all networks of each scanned region are logged, by region."""
    answers = {place.region: _region(place) for place in caller.everywhere()}
    return Known(answers, LOGS.via) if answers else Unknown(UnknownReason.NOT_COLLECTED, LOGS.via, "no scanned region is open")


def _region(place: Caller) -> Maybe[bool]:
    vpcs, logs = whole(place, VPCS, "Vpcs"), whole(place, LOGS, "FlowLogs")
    if isinstance(vpcs, Unknown):
        return vpcs
    if isinstance(logs, Unknown):
        return logs
    # EC2 API, FlowLog: a log is of a VPC, a subnet or a network interface, and ACTIVE while it is published.
    logged = {str(one.get("ResourceId")) for one in (logs.value or {})["FlowLogs"] if one.get("FlowLogStatus") == _ACTIVE}
    without = {str(one.get("VpcId")) for one in (vpcs.value or {})["Vpcs"]} - logged
    if not without:
        return Known(True, LOGS.via)
    subnets = whole(place, SUBNETS, "Subnets")
    if isinstance(subnets, Unknown):
        return subnets
    # A VPC without subnets carries no traffic.
    return Known(
        all(str(one.get("SubnetId")) in logged for one in (subnets.value or {})["Subnets"] if one.get("VpcId") in without), LOGS.via
    )


VPCS: Final = Read("ec2", "DescribeVpcs", "ec2:DescribeVpcs", Stage.DETAIL, _FACTS)
SUBNETS: Final = Read("ec2", "DescribeSubnets", "ec2:DescribeSubnets", Stage.DETAIL, _FACTS)
LOGS: Final = Read("ec2", "DescribeFlowLogs", "ec2:DescribeFlowLogs", Stage.DETAIL, _FACTS, make=_networks)
READS: Final = (VPCS, SUBNETS, LOGS)


def kept(regions: Maybe[Doc | None]) -> Maybe[bool]:
    """True where every scanned region says so, false where one denies it."""
    return regions if isinstance(regions, Unknown) else all_of(*(regions.value or {}).values())
