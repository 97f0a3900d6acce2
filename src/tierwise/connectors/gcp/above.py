"""What stands above a resource: its project, folders and organisation, their IAM policies, audit configurations and organisation policies.

Each document is read once in a run. Where the scope is a folder or the organisation, the inventory gives those of all levels inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp.assets import ORG_POLICIES, POLICIES, TYPES, asset_of
from tierwise.connectors.gcp.ids import relative
from tierwise.connectors.gcp.place import FOLDER, ORGANISATION, parent_of
from tierwise.connectors.gcp.read import Read
from tierwise.model.fact import Known, Maybe, Unknown

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
ORG_OF: Final[Mapping[str, Read]] = {
    level: Read("orgpolicy", f"/v2/{level}/{{}}/policies", "orgpolicy.policies.list", items="policies", query=(("pageSize", "1000"),))
    for level in _LEVELS
}
CALLS: Final = (*IAM_OF.values(), *ORG_OF.values(), FOLDER, ORGANISATION)
_LISTING: Final[Mapping[str, Read]] = {"iam": POLICIES, "org": ORG_POLICIES}
_NODES: Final = tuple(f"cloudresourcemanager.googleapis.com/{one}" for one in ("Project", "Folder", "Organization"))


def iam_read(of: str, facts: frozenset[str], stage: Stage = Stage.DETAIL) -> Read:
    """The read of the IAM policies above a resource, as a read of a collector."""
    read = IAM_OF["projects"]
    return Read(read.host, read.path, read.action, of, stage, facts, post=True, label="+", make=_iam)


def org_read(of: str, facts: frozenset[str]) -> Read:
    """The read of the organisation policies on and above a resource's project, as a read of a collector."""
    read = ORG_OF["projects"]
    return Read(read.host, read.path, read.action, of, facts=facts, items=read.items, query=read.query, label="+", make=_org)


def node_policy(caller: Caller, node: str) -> Maybe[Doc | None]:
    """The IAM policy of one level, read from Resource Manager once."""
    level, _, identifier = node.partition("/")
    return caller.place.above(f"iam:{node}:direct", partial(caller.ask, IAM_OF[level], (identifier,)))


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
    return caller.place.above(f"iam:{caller.place.name}", partial(_levels, caller, "iam"))


def _org(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    del draft
    return caller.place.above(f"org:{caller.place.name}", partial(_levels, caller, "org"))


def _levels(caller: Caller, what: str) -> Maybe[Doc | None]:
    chain = chain_of(caller)
    if isinstance(chain, Unknown):
        return chain
    reads = IAM_OF if what == "iam" else ORG_OF
    listed = _listed(caller, what)
    inside = chain.value[: chain.value.index(caller.place.scope) + 1] if listed is not None and caller.place.scope in chain.value else ()
    listed = listed or {}
    levels: list[tuple[str, Maybe[Doc | None]]] = []
    for node in chain.value:
        # A level of the scope that the inventory does not name has no policy.
        levels.append(
            (node, listed.get(node) or (Known({}, _LISTING[what].via) if node in inside else _of_node(caller, node, what, reads)))
        )
    domain = _domain(caller, chain.value[-1]) if what == "iam" else Known("")
    return Known({"levels": levels, "domain": domain}, reads["projects"].via)


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


def _of_node(caller: Caller, node: str, what: str, reads: Mapping[str, Read]) -> Maybe[Doc | None]:
    level, _, identifier = node.partition("/")
    read = reads[level]
    return caller.place.above(f"{what}:{node}:direct", partial(caller.ask, read, (identifier,)))


def _listed(caller: Caller, what: str) -> Mapping[str, Maybe[Doc | None]] | None:
    """What the inventory says of all levels inside a scope that is a folder or the organisation; None where it cannot be asked."""
    scope = caller.place.scope
    if not scope or scope.startswith("projects/"):
        return None
    more = tuple((TYPES, one) for one in _NODES)
    found = caller.place.above(f"{what}:nodes:{scope}", partial(_nodes, caller, _LISTING[what], scope, more))
    return found.value or {} if isinstance(found, Known) else None


def _nodes(caller: Caller, read: Read, scope: str, more: tuple[tuple[str, str], ...]) -> Maybe[Doc | None]:
    answer = caller.ask(read, tuple(scope.split("/", 1)), more=more)
    if isinstance(answer, Unknown) or answer.value is None:
        return answer
    found: dict[str, Any] = {}
    for one in answer.value[read.items]:
        asset = asset_of(one, read.via, read.via)
        document: Doc | None = (
            {"policies": list(asset.org)} if read is ORG_POLICIES else asset.policy.value if isinstance(asset.policy, Known) else {}
        )
        found[node_of(asset.name, asset.ancestors)] = Known(document, read.via)
    return Known(found, read.via)


def node_of(name: str, ancestors: tuple[str, ...]) -> str:
    """A level as chains name it, which is by number: the first of a level's own ancestors is itself."""
    return ancestors[0] if ancestors else relative(name)
