"""What a principal's policies let it read, as links of the relation `reads`; the connector does not know other services' resources.

A link's target is one of:
- `reads:*:*`                 all data of the account (every service)
- `reads:<service>:*`         all of one service in the account, by the service's name in ARNs (`reads:s3:*`)
- `reads-like:<ARN pattern>`  whatever the pattern with `*` and `?` matches in the account (`reads-like:arn:aws:s3:::payments-*`)
- an ARN                      that one store (a bucket, not its objects; a table, not its indexes)
Policy variables stand for anything. A grant is left out only where one unconditional Deny takes in the whole of it; conditions and permissions
boundaries are not counted as limits, so that exposure is never understated. A customer-managed policy carries its own links, and whoever attaches
it, or belongs to a group, takes them over along `attaches` and `member-of`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from tierwise.access.actions import DATA_READS
from tierwise.access.document import Policy, Statement
from tierwise.access.pattern import is_whole_service, is_wild, matches_everything, overlaps, widen_variables
from tierwise.access.statement import allows, covers_action, covers_resource, denies, granted_resources, grants
from tierwise.access.truth import NO, YES
from tierwise.model.resource import Link, Rel

ALL: Final = "reads:*:*"
_PARTS: Final = {
    "dynamodb": re.compile(r"(?<=:table/)([^/]+)/(?:index|stream|backup|export)/.*$"),
    "kinesis": re.compile(r"(?<=:stream/)([^/]+)/consumer/.*$"),
    "logs": re.compile(r"(?<=:log-group:)([^:]+):.*$"),
}


def read_links(policies: Iterable[Policy], limits: Iterable[Policy] = ()) -> tuple[Link, ...]:
    """The links of policies written in one place, in order and without doubles; `limits` are all that apply, for their denials."""
    written = tuple(policies)
    denials = [one for policy in (*written, *limits) for one in policy.statements if denies(one) is YES and not one.conditions]
    found = sorted(_targets(written, denials))
    return tuple(Link(Rel.READS, target) for target in found)


def whole_service(*services: str) -> tuple[Link, ...]:
    """Links to all of some services; of all where the name is `*`."""
    return tuple(Link(Rel.READS, f"reads:{service}:*") for service in sorted(services))


def _targets(policies: Sequence[Policy], denials: Sequence[Statement]) -> frozenset[str]:
    found: set[str] = set()
    for statement in (one for policy in policies for one in policy.statements if allows(one) is not NO):
        if _is_everything(statement) and not any(covers_action(one, "*") is YES and covers_resource(one, "*") is YES for one in denials):
            return frozenset({ALL})
        for service in DATA_READS:
            found |= _of_service(service, statement, denials)
    wide = {target.split(":")[1] for target in found if target.startswith("reads:")}
    return frozenset(target for target in found if target.startswith("reads:") or _service(target) not in wide)


def _is_everything(statement: Statement) -> bool:
    """Whether a statement allows all actions (or all but some) on everything."""
    actions = bool(statement.not_actions) or any(matches_everything(action) for action in statement.actions)
    return actions and any(matches_everything(resource) for resource in granted_resources(statement))


def _of_service(service: str, statement: Statement, denials: Sequence[Statement]) -> set[str]:
    found: set[str] = set()
    for action, resource, named in grants(statement, DATA_READS[service]):
        pattern = widen_variables(resource)
        if named is NO or not _of(service, pattern):
            continue
        if any(covers_action(one, action) is YES and covers_resource(one, resource) is YES for one in denials):
            continue
        found.add(_target(service, pattern))
    return found


def _of(service: str, resource: str) -> bool:
    """Whether a resource pattern can name a store of the service.

    NOTE: a database login (`rds-db:connect`) names the database by an id that its ARN does not have: only `all of them` is followed.
    """
    named = _service(resource)
    return named == service or (is_wild(named) and overlaps(named, service))


def _target(service: str, resource: str) -> str:
    if is_whole_service(resource) or is_wild(_service(resource)):
        return f"reads:{service}:*"
    store = resource
    if service == "s3" and ":accesspoint/" not in resource:
        store = resource.split("/", 1)[0]
    elif service in _PARTS:
        store = _PARTS[service].sub(r"\1", resource)
    return f"reads-like:{store}" if is_wild(store) else store


def _service(target: str) -> str:
    """The service in an ARN's pattern; `*` where a star stands before it (`arn:aws*`), nothing where it is no ARN."""
    parts = target.removeprefix("reads-like:").split(":", 3)
    if len(parts) > 2:
        return parts[2]
    return "*" if is_wild(parts[-1]) else ""
