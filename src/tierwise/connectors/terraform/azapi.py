"""What a plan makes or changes through the AzAPI provider, whose bodies are those of Azure's own calls.

Types that AzureRM has too are told in its words (`azapi_words.py`), so that its converters judge them: every argument for which the body's field is
known here, and nothing else, so that what is left out is not known (`not-collected`), never AzureRM's default. What sets arguments of another
resource (`azapi_update_resource`, `.../blobServices`) is laid over it, be it AzureRM's or AzAPI's. The rest is not read, and told: each that may
hold data as a gap, each that may set a part of another resource at that resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
from msgspec import structs

from tierwise.connectors.terraform.azapi_words import STAYS_OPEN, WORDS, Field, Words
from tierwise.connectors.terraform.converter import joins
from tierwise.connectors.terraform.document import decoded
from tierwise.connectors.terraform.plan import Plan, grouped
from tierwise.connectors.terraform.planned import Node, Planned, Was
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.connectors.terraform.shapes import NULL, Expression
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import ALL_KINDS, Kind

RESOURCE: Final = "azapi_resource"
_CHANGED, _CALL = "azapi_update_resource", "azapi_resource_action"
TYPES: Final = frozenset({RESOURCE, _CHANGED, _CALL, "azapi_data_plane_resource"})
_KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    "microsoft.authorization/roleassignments": frozenset({Kind.POLICY}),
    "microsoft.authorization/roledefinitions": frozenset({Kind.POLICY}),
    "microsoft.cache/redis": frozenset({Kind.CACHE}),
    "microsoft.cache/redisenterprise": frozenset({Kind.CACHE}),
    "microsoft.compute/disks": frozenset({Kind.BLOCK_VOLUME}),
    "microsoft.compute/snapshots": frozenset({Kind.SNAPSHOT}),
    "microsoft.dataprotection/backupvaults": frozenset({Kind.BACKUP_VAULT}),
    "microsoft.dbformysql/flexibleservers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.dbforpostgresql/flexibleservers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.documentdb/databaseaccounts": frozenset({Kind.DOCUMENT_DB}),
    "microsoft.documentdb/mongoclusters": frozenset({Kind.DOCUMENT_DB}),
    "microsoft.eventhub/namespaces": frozenset({Kind.STREAM}),
    "microsoft.keyvault/managedhsms": frozenset({Kind.KEY}),
    "microsoft.keyvault/vaults": frozenset({Kind.KEY, Kind.SECRET}),
    "microsoft.kusto/clusters": frozenset({Kind.WAREHOUSE}),
    "microsoft.netapp/netappaccounts": frozenset({Kind.FILE_SHARE}),
    "microsoft.operationalinsights/workspaces": frozenset({Kind.LOG_STORE}),
    "microsoft.recoveryservices/vaults": frozenset({Kind.BACKUP_VAULT}),
    "microsoft.search/searchservices": frozenset({Kind.SEARCH_INDEX}),
    "microsoft.servicebus/namespaces": frozenset({Kind.QUEUE}),
    "microsoft.sql/managedinstances": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.sql/servers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.storage/storageaccounts": frozenset({Kind.OBJECT_STORE, Kind.FILE_SHARE}),
    "microsoft.synapse/workspaces": frozenset({Kind.WAREHOUSE}),
}
"""Types of Azure's Resource Manager (lower case), with all that stands inside them, and what they hold."""


_WHOLE: Final = (RESOURCE, _CHANGED)
_GIVEN: Final = ("name", "location", "tags")
"""Arguments of the provider's own that AzureRM has by the same names; where nobody writes them, the body may."""
_SERVICE: Final = 2
"""How many segments of its id a part has that is none by itself: `/blobServices/default`."""
_READS: Final = frozenset({"GET", "HEAD", "POST"})
"""The methods of an action that list keys, start and stop; POST where none is written (AzAPI provider documentation, azapi_resource_action)."""


def _type_of(one: Planned) -> str:
    """The type in Azure, lower case and without the version; empty where it is not known."""
    named = one.root.text("type")
    return (named.value or "").partition("@")[0].lower() if isinstance(named, Known) else ""


def told(plan: Plan) -> Plan:
    """The plan with what AzureRM has too as resources of its types, and with what is not read as a loose end of those that it may be part of."""
    every = [one for kind in _WHOLE for one in plan.by_type.get(kind, ()) if _type_of(one) in WORDS]
    if every:
        made = {one.address: _told(one, plan) for one in every if one.type == RESOURCE and not WORDS[_type_of(one)].part}
        plan = _with(plan, made, {address: one.type for address, one in made.items()})
        plan = _laid_over(plan, [one for one in every if one.address not in made])
    unread = [one for kind in _WHOLE for one in plan.by_type.get(kind, ()) if not one.is_gone]
    elsewhere = {key: why for one in unread for key, why in _loose(one, plan)}
    elsewhere |= {key: why for one in every if not one.is_gone for key, why in _opened(one)}
    return replace(plan, elsewhere={**plan.elsewhere, **elsewhere}) if elsewhere else plan


def _with(plan: Plan, made: Mapping[str, Planned], types: Mapping[str, str]) -> Plan:
    """The plan with some resources in the place of those of their addresses."""
    by_type = {kind: tuple(one for one in several if one.address not in made) for kind, several in plan.by_type.items()}
    for kind, several in grouped(made.values(), lambda one: one.type).items():
        by_type[kind] = (*by_type.get(kind, ()), *several)
    by_address = {address: made.get(address, one) for address, one in plan.by_address.items()}
    return replace(plan, by_type=by_type, by_address=by_address, layout=replace(plan.layout, told={**plan.layout.told, **types}))


def _told(one: Planned, plan: Plan) -> Planned:
    words = WORDS[_type_of(one)]
    was = one.was
    if was is not None:
        before = _words(_before(one, plan), words, new=False)
        was = Was(msgspec.Raw(msgspec.json.encode(before.values)), before.sensitive, was.previous_address, was.detail)
    node = _words(one.root, words, new=one.is_new).node(one.address, UnknownReason.NOT_COLLECTED)
    return replace(one, place=structs.replace(one.place, type=words.type), node=node, shelf=None, raw=None, was=was, called=one.type)


def _before(one: Planned, plan: Plan) -> Node:
    was = one.was or Was(NULL, None)
    return Node(one.address, decoded(was.value, object, f"{plan.document.name}: {one.address}: before"), None, was.sensitive)


def _laid_over(plan: Plan, parts: Sequence[Planned]) -> Plan:
    """The plan with what sets arguments of other resources at these; what it sets of a resource that the plan does not have is told as that."""
    made: dict[str, Planned] = {}
    types: dict[str, str] = {}
    merged: dict[str, str] = {}
    # An update that goes takes back nothing (AzAPI provider documentation, azapi_update_resource).
    for one in (each for each in parts if not each.is_gone):
        words = WORDS[_type_of(one)]
        own = _sets(one)
        parents, sure = _set_by(one, own, words, plan)
        for address in parents:
            made[address] = _over(made.get(address) or plan.by_address[address], one, words, plan, sure=sure)
        if sure:
            types[one.address] = words.type
            if parents:
                merged[one.address] = parents[0]
            else:
                made[one.address] = _outside(one, own, words, plan)
    over = _with(plan, made, types)
    read = {one.address for one in parts} - made.keys()
    left = {kind: tuple(one for one in over.by_type.get(kind, ()) if one.address not in read) for kind in _WHOLE}
    return replace(over, by_type={**over.by_type, **left}, layout=replace(over.layout, merged=merged))


def _sets(one: Planned) -> Maybe[object]:
    """The id of the resource whose arguments one sets, as AzureRM has it."""
    found = one.root.get("resource_id") if one.type == _CHANGED else Known(None)
    own = _id(one.root) if isinstance(found, Known) and not found.value else found
    if not isinstance(own, Known) or not isinstance(own.value, str):
        return own
    return Known(_cut(own.value, _SERVICE if WORDS[_type_of(one)].part else 0), own.via)


def _set_by(one: Planned, own: Maybe[object], words: Words, plan: Plan) -> tuple[tuple[str, ...], bool]:
    """The resources of the plan whose arguments one sets, and whether these are all for certain."""
    there = [each for each in plan.by_type.get(words.type, ()) if not each.is_gone]
    if isinstance(own, Known) and own.value:
        name = "id" if words.part else words.id
        return tuple(each.address for each in there if _known(each.root.text(name)) == str(own.value).lower()), True
    whole = one.type == _CHANGED and not words.part
    path = "resource_id" if one.root.is_written("resource_id") else "name" if whole else "parent_id"
    way = plan.resolve(one, one.root, (path,), {words.type})
    if isinstance(way, Resolved):
        return (way.address,), True
    elsewhere = path != "name" and isinstance(way, Unresolved) and way.elsewhere
    return (() if elsewhere else tuple(each.address for each in there)), elsewhere


def _outside(one: Planned, own: Maybe[object], words: Words, plan: Plan) -> Planned:
    """A resource that the plan does not have, with what one sets of it: all else is not known."""
    given = {words.id: own.value, "name": str(own.value).rpartition("/")[2]} if isinstance(own, Known) and own.value else {}
    made, was = _words(one.root, words, new=False, given=False), one.was
    if was is not None:
        before = _words(_before(one, plan), words, new=False, given=False)
        was = Was(msgspec.Raw(msgspec.json.encode(before.values | given)), before.sensitive, was.previous_address, was.detail)
    made.values |= given
    node = made.node(one.address, UnknownReason.NOT_COLLECTED)
    actions = ("update",) if one.is_new else one.actions
    place = structs.replace(one.place, type=words.type)
    return replace(one, place=place, actions=actions, node=node, shelf=None, raw=None, was=was, called=one.type)


def _over(parent: Planned, one: Planned, words: Words, plan: Plan, *, sure: bool) -> Planned:
    """A resource with the arguments that another sets of it, before the plan and after it."""
    # A call that makes a part of what is new leaves the rest of that part at what the service documents; an update leaves it alone.
    made = _words(one.root, words, new=words.part and one.type == RESOURCE and one.is_new and parent.is_new, given=False)
    node, was = (made if sure else made.hidden()).over(parent.root), parent.was
    if parent.is_there and one.is_touched:
        where = f"{plan.document.name}: {parent.address}: before"
        before = Node(parent.address, decoded(was.value, object, where), None, was.sensitive) if was else parent.root
        if one.was is not None:
            before = _words(_before(one, plan), words, new=False, given=False).over(before)
        was = before.as_it_was(was)
    return replace(parent, node=node, shelf=None, raw=None, was=was)


@dataclass(slots=True)
class _Words:
    """The values of a resource in AzureRM's words, the masks of what is not known and of what is sensitive, and what is written for what is not known."""

    values: dict[str, object] = field(default_factory=dict)
    unknown: dict[str, object] = field(default_factory=dict)
    sensitive: dict[str, object] = field(default_factory=dict)
    written: dict[str, object] = field(default_factory=dict)

    def node(self, address: str, omits: UnknownReason | None) -> Node:
        """As the values of a resource."""
        return Node(address, self.values, self.unknown, self.sensitive, omits, self.written)

    def hidden(self) -> _Words:
        """The same where it may be of another resource: none of it is known."""
        every = {**self.values, **self.unknown, **self.sensitive}
        return _Words({}, dict.fromkeys(every, True), {}, self.written | {name: {} for name in every})

    def over(self, node: Node) -> Node:
        """Laid over the values of a resource; of a block, only the arguments that it has."""
        return node.overlaid(self.values, self.unknown, self.sensitive, self.written)

    def take(self, argument: str, found: Unknown, expression: Expression | None) -> None:
        """Note an argument that is not known."""
        (self.sensitive if found.reason is UnknownReason.REDACTED else self.unknown)[argument] = True
        self.written[argument] = expression or {}


def _words(root: Node, words: Words, *, new: bool, given: bool = True) -> _Words:
    """What a resource says in AzureRM's words."""
    made = _Words()
    body, written = root.parsed("body"), root.expression("body")
    # What is written to be kept out of the plan lies over the body, and nobody sees it (AzAPI provider documentation, sensitive_body).
    new = new and not root.is_written("sensitive_body")
    if given:
        every = [*((name, _given(root, body, name), name) for name in _GIVEN), (words.id, _id(root), "name")]
        every += [(words.above, _above(root, words), "parent_id")] if words.above else []
        for argument, found, source in every:
            if isinstance(found, Unknown):
                made.take(argument, found, root.expression(source))
            else:
                made.values[argument] = found.value
        made.values |= words.always
    if isinstance(body, Unknown):
        for one in words.fields:
            made.take(one.argument, body, written)
    else:
        _read(words.fields, body.value, made, new=new, written=written)
    return made


def _read(fields: Iterable[Field], node: Node, made: _Words, *, new: bool, written: Expression | None) -> None:
    """Read the fields of a body, or of an object in it."""
    for one in fields:
        found: Maybe[object] = _blocks(one, node, new=new, written=written) if one.parts else node.get(*one.path)
        if isinstance(found, Unknown):
            made.take(one.argument, found, written)
        elif isinstance(found.value, list) and one.parts:
            blocks: list[_Words] = found.value
            made.values[one.argument] = [each.values for each in blocks]
            made.unknown[one.argument] = [each.unknown for each in blocks]
            made.sensitive[one.argument] = [each.sensitive for each in blocks]
            made.written[one.argument] = [each.written for each in blocks]
        elif found.value is not None:
            try:
                made.values[one.argument] = one.make(found.value)
            except (KeyError, TypeError, AttributeError, IndexError, ValueError):
                # A value that the service does not have is left out, so that it is not known.
                made.written[one.argument] = {}
        elif new and one.absent is not STAYS_OPEN:
            made.values[one.argument] = one.absent
        else:
            made.written[one.argument] = {}


def _blocks(one: Field, node: Node, *, new: bool, written: Expression | None) -> Maybe[object]:
    """The blocks at a path, None where nothing is there."""
    found = node.blocks(*one.path)
    if isinstance(found, Unknown):
        return found
    name, wanted = one.only
    made: list[_Words] = []
    for block in found.value:
        has = block.text(*name.split(".")) if name else Known(wanted)
        if isinstance(has, Unknown):
            return has
        if (has.value or "").lower() == wanted:
            made.append(_Words())
            _read(one.parts, block, made[-1], new=new, written=written)
    return Known(made if found.value else None, found.via)


def _given(root: Node, body: Maybe[Node], name: str) -> Maybe[object]:
    found = root.get(name)
    unwritten = root.is_computed(name) if isinstance(found, Unknown) else found.value is None
    return body.value.get(name) if unwritten and isinstance(body, Known) else found


def _above(root: Node, words: Words) -> Maybe[object]:
    """The id of what it is in, as AzureRM has it."""
    found = root.text("parent_id")
    return Known(_cut(found.value, words.levels), found.via) if isinstance(found, Known) and found.value else found


def _cut(text: str, levels: int) -> str:
    return text.rstrip("/").rsplit("/", levels)[0] if levels else text.rstrip("/")


def _id(root: Node) -> Maybe[object]:
    """The id, which is known before it is made where what it is in is (Resource Manager documentation, resource ids)."""
    found, above, kind, name = root.get("id"), *(root.text(one) for one in ("parent_id", "type", "name"))
    if isinstance(found, Known) and found.value:
        return found
    if not (_known(above) and _known(kind) and isinstance(name, Known) and name.value):
        return found
    spelt = _known(kind).partition("@")[0]
    inside = spelt.count("/") > 1 and f"/providers/{spelt.partition('/')[0]}/" in _known(above)
    return Known(f"{_known(above)}/{spelt.rpartition('/')[2] if inside else f'providers/{spelt}'}/{name.value}", found.via)


def _opened(one: Planned) -> Iterator[tuple[tuple[str, str], Unknown]]:
    """The parts of a resource that its own body sets in a field that is not read."""
    body = one.root.parsed("body")
    for kind, path in WORDS[_type_of(one)].opens.items():
        found = body if isinstance(body, Unknown) else body.value.get(*path)
        if isinstance(found, Unknown) or found.value is not None:
            yield (one.address, kind), Unknown(UnknownReason.NOT_SUPPORTED, one.at("body"), f"{'.'.join(path)} is not read")


def _loose(one: Planned, plan: Plan) -> Iterator[tuple[tuple[str, str], Unknown]]:
    """The parts of resources that a call which is not read may set."""
    kind = _type_of(one)
    for above, words in WORDS.items():
        if words.above or words.part or (kind and not kind.startswith(f"{above}/")):
            continue
        why = Unknown(UnknownReason.NOT_SUPPORTED, one.root.via, f"{one.address} may set it by a call that is not read")
        for address in _parents(one, words.type, plan) if kind else (each.address for each in plan.by_type.get(words.type, ())):
            for kinds, children in joins(plan.clouds):
                if words.type in kinds:
                    yield from (((address, child.type), why) for child in children)


def _parents(one: Planned, kind: str, plan: Plan) -> Iterator[str]:
    """The resources of a type that one below or above them may be part of: the one that its `parent_id` leads to, else all."""
    path = "resource_id" if one.root.is_written("resource_id") else "parent_id"
    way, named = plan.resolve(one, one.root, (path,), {kind}), one.root.text(path)
    for parent in plan.by_type.get(kind, ()):
        own = parent.root.text("id")
        if isinstance(way, Resolved):
            if way.address == parent.address:
                yield parent.address
        else:
            ids = f"{_known(named)}/", f"{_known(own)}/"
            if "/" in ids or ids[0].startswith(ids[1]) or ids[1].startswith(ids[0]):
                yield parent.address


def _known(text: Maybe[str | None]) -> str:
    return (text.value or "").lower() if isinstance(text, Known) else ""


def unread(plan: Plan) -> Iterator[tuple[Planned, str, frozenset[Kind]]]:
    """The resources whose bodies may decide something, with their type in Azure and the kinds of which they are; a type that is not known may be any."""
    for kind in sorted(TYPES):
        for one in plan.by_type.get(kind, ()):
            named = one.root.text("type")
            if one.is_gone or one.address not in plan.judged or (kind == _CALL and _reads(one)):
                continue
            if isinstance(named, Unknown):
                yield one, "a type that is not known yet", ALL_KINDS
                continue
            spelt = (named.value or "").partition("@")[0]
            kinds = _KINDS.get("/".join(spelt.lower().split("/")[:2]), frozenset())
            if kinds:
                yield one, spelt, kinds


def _reads(call: Planned) -> bool:
    method = call.root.text("method")
    return isinstance(method, Known) and (method.value or "POST").upper() in _READS
