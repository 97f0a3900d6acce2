"""Service accounts with their keys, the bindings on their project and above that name them, and who may act as them.

Membership in groups is not read: a binding that names a group is judged by itself, and not on the accounts in the group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.google_iam import Binding, external_conditioned, external_of, grants_of
from tierwise.access.google_privilege import admin, put_judged_on_bindings
from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Draft, Stage
from tierwise.connectors.gcp import iam
from tierwise.connectors.gcp.above import AUDIENCE, domain_of, iam_read, levels_of
from tierwise.connectors.gcp.bound import role_read
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp.services.resourcemanager import policy_id
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "iam.googleapis.com/ServiceAccount"
_TRUST: Final = AUDIENCE & {"access.external_principals", "access.external_conditioned"}
_NOW: Final = "now"
_UNSET: Final = "IAM API v1, ServiceAccount: empty where it was never set"
LIST: Final = Read(
    "iam",
    "/v1/projects/{}/serviceAccounts",
    "iam.serviceAccounts.list",
    stage=Stage.SURVEY,
    items="accounts",
    query=(("pageSize", "100"),),
    kinds=frozenset({Kind.ROLE}),
)
IAM: Final = Read(
    "iam",
    "/v1/projects/{}/serviceAccounts/{}:getIamPolicy",
    "iam.serviceAccounts.getIamPolicy",
    TYPE,
    facts=_TRUST,
    query=(("options.requestedPolicyVersion", "3"),),
    post=True,
)
KEYS: Final = Read(
    "iam",
    "/v1/projects/{}/serviceAccounts/{}/keys",
    "iam.serviceAccountKeys.list",
    TYPE,
    facts=frozenset({"credential.active_keys", "credential.oldest_key_days"}),
    query=(("keyTypes", "USER_MANAGED"),),
)
ABOVE: Final = iam_read(TYPE, _TRUST | {"privilege.admin"}, Stage.SURVEY)
ROLES: Final = role_read(TYPE, frozenset({"privilege.admin"}), Stage.SURVEY)
ACCOUNT: Final = Row(
    TYPE,
    frozenset({Kind.ROLE}),
    (LIST,),
    lambda doc, _place: f"//iam.googleapis.com/{doc.get('name')}",
    IAM,
    frozenset({"privilege.admin"}),
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per account, named after its address: the inventory may name it after its number."""
    place = caller.place
    email = fields.word(asset.data, "email", absent="", because=_UNSET)
    number = fields.word(asset.data, "uniqueId", absent="", because=_UNSET)
    named = email.value if isinstance(email, Known) and email.value else asset.name.rpartition("/")[2]
    texts = [fields.word(asset.data, one, absent="", because=_UNSET) for one in ("displayName", "description")]
    asset = replace(asset, name=f"//iam.googleapis.com/projects/{place.id}/serviceAccounts/{named}")
    aliases = (named, f"serviceAccount:{named}", number.value if isinstance(number, Known) else "")
    draft = drafted(place, declared, asset, Kind.ROLE, name=named.partition("@")[0], aliases=aliases, labels=None)
    about = " ".join(one.value for one in texts if isinstance(one, Known) and one.value)
    draft.resource = replace(draft.resource, evidence=replace(draft.resource.evidence, description=about))
    draft.docs[iam.PLACE] = Known({"place": place, _NOW: caller.now})
    yield draft


def _own(draft: Draft) -> Iterator[tuple[str, int, Binding] | Unknown]:
    """The bindings that name the account, each with its level and how many of its role came before it."""
    member = f"serviceAccount:{draft.resource.id.rpartition('/')[2]}"
    levels = levels_of(draft.doc(ABOVE))
    if isinstance(levels, Unknown):
        yield levels
        return
    for node, told in levels.value:
        policy = iam.resolved(draft, iam.policy_in(draft, told, iam.home_of(iam.place_in(draft), Known(""), told.via)))
        seen: dict[str, int] = {}
        for one in policy.bindings:
            role = one.role.value if isinstance(one.role, Known) else ""
            seen[role] = seen.get(role, 0) + 1
            if any(each.identity == member for each in one.members):
                yield node, seen[role], one
        if policy.more is not None:
            yield policy.more


def links(draft: Draft) -> tuple[Link, ...]:
    """The bindings that name it."""
    found: list[Link] = []
    for one in _own(draft):
        if isinstance(one, Unknown):
            found.append(Link(Rel.ATTACHES, "", one))
        elif one[0].startswith("projects/"):
            role = one[2].role.value if isinstance(one[2].role, Known) else ""
            found.append(Link(Rel.ATTACHES, policy_id(f"//cloudresourcemanager.googleapis.com/{one[0]}", role, one[1])))
    return tuple(found)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an account that its documents so far allow."""
    sheet, own = FactSheet(), list(_own(draft))
    via = draft.doc(ABOVE).via
    rights = admin([one[2] for one in own if not isinstance(one, Unknown)], via)
    lost = next((one for one in own if isinstance(one, Unknown)), None)
    sheet.put("privilege.admin", lost if lost is not None and not (isinstance(rights, Known) and rights.value) else rights)
    put_judged_on_bindings(sheet)
    _keys(draft, sheet)
    idle = "when it was used is told by Policy Analyzer's activities, which are not read"
    sheet.put("credential.idle_days", Unknown(UnknownReason.NOT_COLLECTED, ACCOUNT.via, idle))
    trust = iam.own_policy(draft, IAM, ABOVE, iam.place_in(draft))
    sheet.put("access.external_principals", external_of(trust))
    sheet.put("access.external_conditioned", external_conditioned(trust))
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """Who may act as it."""
    document = draft.doc(IAM)
    home = iam.home_of(iam.place_in(draft), domain_of(draft.doc(ABOVE)), document.via)
    return tuple(grants_of(iam.policy_in(draft, document, home)))


def _keys(draft: Draft, sheet: FactSheet) -> None:
    """Keys that somebody holds: not disabled, not expired."""
    listed = fields.items(draft.doc(KEYS), "keys", because=gcp_terms.NO_LIST)
    now = fields.value(draft.docs.get(iam.PLACE, Unknown(UnknownReason.NOT_COLLECTED)), _NOW)
    names = ("credential.active_keys", "credential.oldest_key_days")
    if isinstance(listed, Unknown) or isinstance(now, Unknown):
        for name in names:
            sheet.put(name, next(one for one in (listed, now) if isinstance(one, Unknown)))
        return
    if not all(isinstance(one.get("disabled"), bool | None) for one in listed.value):
        for name in names:
            sheet.put(name, Unknown(UnknownReason.UNPARSABLE, listed.via, "a key that is neither disabled nor not"))
        return
    active = [one for one in listed.value if one.get("disabled") is not True and not _is_over(one, now.value)]
    sheet.known(names[0], len(active), listed.via)
    ages = [_age(one.get("validAfterTime"), now.value) for one in active]
    if not ages:
        sheet.not_applicable(names[1], "the account has no keys", listed.via)
    else:
        sheet.put(names[1], _oldest(ages, listed.via))


def _oldest(ages: list[int | None], via: Provenance) -> Maybe[int]:
    known = [age for age in ages if age is not None]
    if len(known) < len(ages):
        return Unknown(UnknownReason.UNPARSABLE, via, "a key does not say when it was made")
    return Known(max(known), via)


def _is_over(key: Mapping[str, Any], now: datetime) -> bool:
    until = _time(key.get("validBeforeTime"))
    return until is not None and until < now


def _age(text: object, now: datetime) -> int | None:
    made = _time(text)
    return max(0, (now - made).days) if made is not None else None


def _time(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


COLLECTOR = Collector("iam", (ACCOUNT,), (IAM, KEYS, ABOVE, ROLES), survey, facts, links, grants)
