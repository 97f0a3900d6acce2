"""What stands above a resource: its project, folders and organisation, their IAM policies, audit configurations and organisation policies.

Each document is read once in a run. Where the scope is a folder or the organisation, the inventory gives those of all levels inside it; what is
above a project that is scanned by itself and lies in folders comes from the organisation's inventory too, so that its depth costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp.assets import ORG_POLICIES, POLICIES, TYPES, asset_of
from tierwise.connectors.gcp.ids import relative
from tierwise.connectors.gcp.place import FOLDER, ORGANISATION, Place, parent_of
from tierwise.connectors.gcp.read import Asset, Read
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

AUDIENCE: Final = frozenset(
    {
        "access.anonymous_read",
        "access.anonymous_write",
        "access.any_authenticated",
        "access.external_principals",
        "access.external_conditioned",
    }
)
RECORDED: Final = frozenset({"logging.data_read", "logging.data_write"})
_LEVELS: Final = ("projects", "folders", "organizations")
IAM_OF: Final[Mapping[str, Read]] = {
    level: Read("cloudresourcemanager", f"/v3/{level}/{{}}:getIamPolicy", f"resourcemanager.{level}.getIamPolicy", post=True)
    for level in _LEVELS
}
OWN_POLICIES: Final = Read(
    "orgpolicy", "/v2/projects/{}/policies", "orgpolicy.policies.list", items="policies", query=(("pageSize", "1000"),)
)
EFFECTIVE: Final = Read("orgpolicy", "/v2/projects/{}/policies/{}:getEffectivePolicy", "orgpolicy.policy.get")
"""What a constraint comes to on a project, by all policies on and above it with their conditions: one call, however deep the project is."""
PUBLIC_ACCESS: Final = "storage.publicAccessPrevention"
TLS: Final = "gcp.restrictTLSVersion"
DOMAINS: Final = "iam.allowedPolicyMemberDomains"
MEMBERS: Final = "iam.managed.allowedPolicyMembers"
"""Domain restricted sharing, by its older list and by the managed constraint that takes its place (Organization Policy documentation)."""
CALLS: Final = (*IAM_OF.values(), OWN_POLICIES, EFFECTIVE, FOLDER, ORGANISATION)
PROJECT_TYPE: Final = "cloudresourcemanager.googleapis.com/Project"
_NODES: Final[tuple[str, ...]] = (
    PROJECT_TYPE,
    "cloudresourcemanager.googleapis.com/Folder",
    "cloudresourcemanager.googleapis.com/Organization",
)
"""The types of all levels, that of projects first."""


def iam_read(of: str, facts: frozenset[str], stage: Stage = Stage.DETAIL) -> Read:
    """The read of the IAM policies above a resource, as a read of a collector."""
    read = IAM_OF["projects"]
    return Read(read.host, read.path, read.action, of, stage, facts, post=True, label="+", make=_iam)


def org_read(of: str, facts: frozenset[str]) -> Read:
    """The read of what the organisation policies on and above a resource's project come to, as a read of a collector."""
    return Read(EFFECTIVE.host, EFFECTIVE.path, EFFECTIVE.action, of, facts=facts, label="+", make=_org)


def members_read(of: str, facts: frozenset[str]) -> Read:
    """The read of whether members of other organisations may be granted anything, as a read of a collector."""
    return Read(EFFECTIVE.host, EFFECTIVE.path, EFFECTIVE.action, of, facts=facts, label="+members", make=_members)


def own_org_read(of: str, facts: frozenset[str]) -> Read:
    """The same, with what the project itself has apart from what is above it."""
    read = OWN_POLICIES
    return Read(read.host, read.path, read.action, of, facts=facts, items=read.items, query=read.query, label="+", make=_own_org)


def node_policy(caller: Caller, node: str) -> Maybe[Doc | None]:
    """The IAM policy of one level, read from Resource Manager once."""
    level, _, identifier = node.partition("/")
    if level not in IAM_OF:
        return Unknown(UnknownReason.UNPARSABLE, IAM_OF["projects"].via, "not a project, a folder or an organisation")
    return caller.place.above(_direct(node), partial(caller.ask, IAM_OF[level], (identifier,)))


def keep_policies(place: Place, projects: Iterable[Asset]) -> None:
    """Have the policies of projects, which the inventory gave, read already; `place` is any of the run."""
    for one in projects:
        if one.policy is not None:
            place.above(_direct(node_of(one.name, one.ancestors)), partial(_given, one.policy))


def _given(policy: Maybe[Doc]) -> Maybe[Doc | None]:
    return policy


def _direct(node: str) -> str:
    return f"iam:{node}:direct"


def levels_of(doc: Maybe[Doc | None]) -> Maybe[list[tuple[str, Maybe[Doc | None]]]]:
    """The levels of a chain, the nearest first, each with its document or why that is unknown."""
    if isinstance(doc, Unknown):
        return doc
    return Known((doc.value or {}).get("levels", []), doc.via)


def domain_of(doc: Maybe[Doc | None]) -> Maybe[str]:
    """The primary domain of the organisation at the end of a chain; empty where there is none."""
    if isinstance(doc, Unknown):
        return doc
    found: Maybe[str] = (doc.value or {}).get("domain", Known("", doc.via))
    return found


def _iam(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    del draft
    return caller.place.above(f"iam:{caller.place.name}", partial(_iam_levels, caller))


def _iam_levels(caller: Caller) -> Maybe[Doc | None]:
    chain, via = chain_of(caller), IAM_OF["projects"].via
    if isinstance(chain, Unknown):
        return chain
    scope, types = caller.place.scope, _NODES
    if not _is_wide(scope) and len(chain.value) > 2:
        # One listing of what is above all projects costs less than a call for each folder, and is made once for all of them.
        scope, types = chain.value[-1], _NODES[1:]
    listed = _listed(caller, POLICIES, scope, types)
    inside = chain.value[len(_NODES) - len(types) : chain.value.index(scope) + 1] if listed is not None and scope in chain.value else ()
    # A level of the scope that the inventory does not name has no policy.
    none: Maybe[Doc | None] = Known({}, POLICIES.via)
    levels = [(node, (listed or {}).get(node, none) if node in inside else node_policy(caller, node)) for node in chain.value]
    return Known({"levels": levels, "domain": _domain(caller, chain.value[-1])}, via)


def _org(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    del draft
    return caller.place.above(f"org:{caller.place.name}", partial(_org_levels, caller, (PUBLIC_ACCESS, TLS)))


def _members(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    del draft
    return caller.place.above(f"members:{caller.place.name}", partial(_org_levels, caller, (DOMAINS, MEMBERS)))


def _own_org(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """What is set on the project comes first; what is effective after it came from above, unless the project has set it."""
    found = _org(caller, draft)
    if isinstance(found, Unknown) or found.via == ORG_POLICIES.via:
        return found
    own = caller.ask(OWN_POLICIES, (caller.place.number or caller.place.id,))
    return own if isinstance(own, Unknown) else Known({"levels": [(caller.place.name, own), *(found.value or {})["levels"]]}, own.via)


def _org_levels(caller: Caller, constraints: Iterable[str]) -> Maybe[Doc | None]:
    """One level, of what holds on the project; none where the inventory has all levels and no policy for any of the constraints.

    The inventory writes policies in version 1, which has no conditions: it tells that there is one, and never what it says
    (Cloud Asset API, `GoogleCloudOrgpolicyV1Policy`).
    """
    chain, listed = chain_of(caller), _listed(caller, ORG_POLICIES, caller.place.scope, _NODES)
    if listed is not None and isinstance(chain, Known) and chain.value[-1] == caller.place.scope:
        named = {name for node in chain.value for name in _constraints(listed.get(node))}
        # What is no name may be any.
        constraints = [one for one in constraints if one in named or "" in named]
        if not constraints:
            return Known({"levels": []}, ORG_POLICIES.via)
    effective: list[Doc] = []
    for constraint in constraints:
        found = caller.ask(EFFECTIVE, (caller.place.number or caller.place.id, constraint))
        if isinstance(found, Unknown):
            return found
        effective.append(found.value or {})
    return Known({"levels": [(caller.place.name, Known({"policies": effective}, EFFECTIVE.via))]}, EFFECTIVE.via)


def _constraints(level: Maybe[Doc | None] | None) -> Iterator[str]:
    """The constraints for which the inventory has a policy of a level."""
    document = level.value if isinstance(level, Known) else None
    names = (one.get("constraint") for one in (document or {}).get("policies", ()))
    yield from (name.rpartition("/")[2] if isinstance(name, str) else "" for name in names)


def _domain(caller: Caller, root: str) -> Maybe[str]:
    """An organisation is named after its primary domain (Resource Manager, `organizations`, displayName)."""
    level, _, identifier = root.partition("/")
    if level != "organizations":
        return Known("", ORGANISATION.via)
    found = caller.place.above(f"organisation:{root}", partial(caller.ask, ORGANISATION, (identifier,)))
    return found if isinstance(found, Unknown) else Known(str((found.value or {}).get("displayName") or "").lower(), found.via)


def chain_of(caller: Caller) -> Maybe[tuple[str, ...]]:
    """The project, the folders that it is in and the organisation; unknown where a folder's parent cannot be read."""
    place = caller.place
    if place.ancestors:
        return Known(place.ancestors)
    chain = [place.name]
    parent = place.parent
    while parent and parent not in chain:
        chain.append(parent)
        level, _, identifier = parent.partition("/")
        if level != "folders":
            break
        found = place.above(f"folder:{identifier}", partial(caller.ask, FOLDER, (identifier,)))
        if isinstance(found, Unknown):
            return found
        parent = parent_of(found.value or {})
    return Known(tuple(chain))


def _is_wide(scope: str) -> bool:
    """Whether a scope is a folder or an organisation, in which there are levels."""
    return bool(scope) and not scope.startswith("projects/")


def _listed(caller: Caller, read: Read, scope: str, types: tuple[str, ...]) -> Mapping[str, Maybe[Doc | None]] | None:
    """What the inventory says of all levels inside a scope that is a folder or the organisation; None where it cannot be asked."""
    if not _is_wide(scope):
        return None
    more = tuple((TYPES, one) for one in types)
    found = caller.place.above(f"{read.label}:{scope}:{len(types)}", partial(_nodes, caller, read, scope, more))
    return found.value or {} if isinstance(found, Known) else None


def _nodes(caller: Caller, read: Read, scope: str, more: tuple[tuple[str, str], ...]) -> Maybe[Doc | None]:
    answer = caller.ask(read, tuple(scope.split("/", 1)), more=more)
    if isinstance(answer, Unknown) or answer.value is None:
        return answer
    found: dict[str, Any] = {}
    for one in answer.value[read.items]:
        asset = asset_of(one, read.via, read.via)
        told = Known({"policies": list(asset.org)}, read.via) if read is ORG_POLICIES else asset.policy
        found[node_of(asset.name, asset.ancestors)] = told if told is not None else Known({}, read.via)
    return Known(found, read.via)


def node_of(name: str, ancestors: tuple[str, ...]) -> str:
    """A level as chains name it, which is by number: the first of a level's own ancestors is itself."""
    return ancestors[0] if ancestors else relative(name)
