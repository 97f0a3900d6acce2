"""What the policies in a draft's documents make necessary to read besides: custom roles that they bind, deny policies where they let everybody in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from tierwise.access import google_deny
from tierwise.access.google_roles import is_predefined
from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import tags
from tierwise.connectors.gcp.above import AUDIENCE, chain_of
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.read import Asset, Read
from tierwise.model import kleene
from tierwise.model.fact import Known, Maybe, Unknown

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

Permits = Maybe[frozenset[str]]
_CUSTOM: Final = re.compile(r"(projects|organizations)/[^/]+/roles/[^/]+\Z")
_PUBLIC: Final = frozenset({"allUsers", "allAuthenticatedUsers"})
_EMPTY: Final = "IAM API v1, Role: nothing that was never set"
_OPEN: Final = frozenset({"access.anonymous_read", "access.anonymous_write", "access.any_authenticated"})
ROLE_OF: Final = {
    level: Read("iam", f"/v1/{level}/{{}}/roles/{{}}", "iam.roles.get", stage=Stage.SURVEY) for level in ("projects", "organizations")
}
_ATTACHED: Final = "/v2/policies/cloudresourcemanager.googleapis.com%2F{}%2F{{}}/denypolicies"
"""IAM API v2, policies: deny policies are named after what they are attached to, as one part of the path."""
LISTS: Final = {
    level: Read("iam", _ATTACHED.format(level), "iam.denypolicies.list", items="policies", query=(("pageSize", "1000"),), opaque=True)
    for level in ("projects", "folders", "organizations")
}
RULES: Final = {level: Read("iam", f"{one.path}/{{}}", "iam.denypolicies.get", opaque=True) for level, one in LISTS.items()}
"""The listing leaves rules out (IAM API v2, `policies.listPolicies`)."""
_ALL: Final = "+"
ROLES: Final = f"{ROLE_OF['projects'].operation}{_ALL}"
DENIALS: Final = f"{LISTS['projects'].operation}{_ALL}"
"""The names under which a draft keeps what is read of all roles that it binds, and of all levels above it."""
CALLS: Final = (*ROLE_OF.values(), *LISTS.values(), *RULES.values())


def role_read(of: str, facts: frozenset[str] = AUDIENCE, stage: Stage = Stage.DETAIL) -> Read:
    """The read of the custom roles that a resource's policies bind, as a read of a collector: after those of the policies."""
    read = ROLE_OF["projects"]
    return Read(read.host, read.path, read.action, of, stage, facts, label=_ALL, make=_roles, late=True)


def deny_read(of: str) -> Read:
    """The read of the deny policies above a resource whose policies let everybody in, as a read of a collector: after those of the policies."""
    read = LISTS["projects"]
    return Read(
        read.host,
        read.path,
        read.action,
        of,
        facts=_OPEN,
        items=read.items,
        label=_ALL,
        opaque=True,
        when=_is_open,
        make=_denials,
        late=True,
    )


def permits(caller: Caller, role: str) -> Permits | None:
    """The permissions of a custom role, read once; None of a role that Google wrote."""
    if not (found := _CUSTOM.match(role)):
        return None
    return _permitted(caller.place.above(f"role:{role}", partial(caller.ask, ROLE_OF[found[1]], values_of(role))))


def permits_in(draft: Draft, role: str) -> Permits | None:
    """The same, of what was read for a draft; None where it was not."""
    kept = draft.docs.get(ROLES)
    if is_predefined(role) or kept is None or isinstance(kept, Unknown):
        return None
    return _permitted((kept.value or {})[role]) if role in (kept.value or {}) else None


def left_in(draft: Draft, service: str) -> tuple[Maybe[bool], Maybe[bool]] | None:
    """Whether everybody still reads, and changes, where a policy lets them; None where no policy does."""
    found = draft.docs.get(DENIALS)
    if found is None or isinstance(found, Unknown):
        return None if found is None else (found, found)
    document = found.value or {}
    return google_deny.left(document["rules"], service, found.via, tags.held(draft), document["unread"])


def _permitted(role: Maybe[Doc | None]) -> Permits:
    """A role that is deleted or disabled gives nothing (IAM documentation, "Create and manage custom roles")."""
    over = fields.flag(role, "deleted", absent=False, because=_EMPTY)
    stage = gcp_terms.is_word(fields.word(role, "stage", absent="", because=_EMPTY), "DISABLED")
    listed = fields.words(role, "includedPermissions", because=gcp_terms.NO_LIST)
    gone = kleene.either(over, stage)
    if isinstance(gone, Unknown):
        return gone
    return listed if isinstance(listed, Unknown) else Known(frozenset(() if gone.value else listed.value), role.via)


def _roles(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    names = sorted({one for one in _texts(draft) if _CUSTOM.match(one)})
    read = {one: caller.place.above(f"role:{one}", partial(caller.ask, ROLE_OF[one.partition("/")[0]], values_of(one))) for one in names}
    return Known(read, ROLE_OF["projects"].via)


def _is_open(draft: Draft) -> bool:
    return any(one in _PUBLIC for one in _texts(draft))


def _denials(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    """The rules of all levels, and why there may be more of them: those that are read may settle it whatever the others say."""
    chain = chain_of(caller)
    if isinstance(chain, Unknown):
        return _unless(chain, "what its project is in")
    rules: list[object] = []
    unread: dict[str, Unknown] = {}
    for node in chain.value:
        found = caller.place.above(f"deny:{node}", partial(_of_node, caller, node))
        if isinstance(found, Unknown):
            unread[node] = found
        else:
            rules += (found.value or {})["rules"]
    why = _unless(next(iter(unread.values())), ", ".join(unread)) if unread else None
    return Known({"rules": rules, "unread": why}, LISTS["projects"].via)


def _unless(why: Unknown, level: str) -> Unknown:
    """What is known all the same where the deny policies of a level could not be read."""
    said = f" ({why.detail})" if why.detail else ""
    return Unknown(
        why.reason, why.via, f"everybody is let in, unless a deny policy of {level} takes that away, which could not be read{said}"
    )


def _of_node(caller: Caller, node: str) -> Maybe[Doc | None]:
    """The rules of all deny policies of a project, a folder or the organisation."""
    level, _, identifier = node.partition("/")
    listed = fields.items(caller.ask(LISTS[level], (identifier,)), "policies")
    if isinstance(listed, Unknown):
        return listed
    rules: list[Mapping[str, object]] = []
    for one in listed.value:
        policy = caller.ask(RULES[level], (identifier, str(one.get("name") or "").rpartition("/")[2]))
        found = fields.items(policy, "rules", because=gcp_terms.NO_LIST)
        if isinstance(found, Unknown):
            return found
        rules += [rule for each in found.value if isinstance(rule := each.get("denyRule"), Mapping)]
    return Known({"rules": rules}, RULES[level].via)


def _texts(draft: Draft) -> Iterator[str]:
    """All texts in a draft's documents, however deep."""
    waiting: list[object] = list(draft.docs.values())
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, Known):
            waiting.append(one.value)
        elif isinstance(one, Asset):
            waiting.append(one.policy)
