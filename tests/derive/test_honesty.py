"""Knowing less never turns one answer into another: it only opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.derive.sample import AWAY, DENIED, DUBLIN, HOME, LONDON, context, gap, link, res
from tierwise.derive.d1 import COMPLETIONS, RULES, derive_relations
from tierwise.derive.d2 import derive_by_tier
from tierwise.derive.links import Context, resolve
from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown, UnknownReason, Value
from tierwise.model.resource import DATA, HELD, Gap, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Classification, PersonalData, Tier, TierInterval, TierState
from tierwise.model.vocabulary import SPECS, FactSpec, FactType, check_fact, facts_of, rank, spec_of

FROM_TEXTS = {"metadata.identifiers", "metadata.key_identifiers", "schema.identifier_keys", "logging.personal_data"}
BY_OTHERS = FROM_TEXTS | {"tags.missing", "acceptance.faults", "linkage.keys_apart", "linkage.joining_principals"}
"""Derived facts that are made outside this package."""
ORG_HOME = "999999999999"
KINDS = (
    Kind.OBJECT_STORE,
    Kind.OBJECT_STORE,
    Kind.RELATIONAL_DB,
    Kind.DOCUMENT_DB,
    Kind.FILE_SHARE,
    Kind.SNAPSHOT,
    Kind.BACKUP_VAULT,
    Kind.BACKUP_PLAN,
    Kind.LOG_STORE,
    Kind.AUDIT_TRAIL,
    Kind.KEY,
    Kind.ACCOUNT,
    Kind.ROLE,
)
RELS = {
    Kind.AUDIT_TRAIL: (Rel.LOGS_TO, Rel.RECORDS),
    Kind.BACKUP_PLAN: (Rel.PROTECTS, Rel.STORES_IN),
    Kind.SNAPSHOT: (Rel.COPY_OF, Rel.BACKUP_OF, Rel.STORES_IN, Rel.USES_KEY),
    Kind.BACKUP_VAULT: (Rel.BACKUP_OF, Rel.USES_KEY),
}
STORE_RELS = (Rel.USES_KEY, Rel.LOGS_TO, Rel.REPLICATES_TO, Rel.EXPORTS_TO)
ENDS = {
    Rel.REPLICATES_TO: DATA,
    Rel.EXPORTS_TO: DATA,
    Rel.USES_KEY: {Kind.KEY},
    Rel.STORES_IN: {Kind.BACKUP_VAULT},
    Rel.LOGS_TO: {Kind.OBJECT_STORE, Kind.LOG_STORE},
}
PATTERNS = {
    Rel.RECORDS: ("records:s3:*", "records:s3:*#read", "records:dynamodb:*#write"),
    Rel.PROTECTS: ("tag:backup=daily", "arn:aws:rds:*"),
}
PRINCIPALS = (AWAY, "333333333333", "*", f"arn:aws:iam::{AWAY}:root")


def identifier(number: int, kind: Kind, account: str, region: str) -> str:
    if kind is Kind.OBJECT_STORE:
        return f"arn:aws:s3:::b{number}"
    service = {Kind.KEY: "kms", Kind.RELATIONAL_DB: "rds"}.get(kind, "svc")
    return f"arn:aws:{service}:{region}:{account}:key/{number}"


@cache
def values(spec: FactSpec) -> st.SearchStrategy[AnyFact]:
    known: st.SearchStrategy[Value]
    match spec.type:
        case FactType.BOOL:
            known = st.booleans()
        case FactType.ENUM:
            known = st.sampled_from(spec.scale)
        case FactType.INT:
            known = st.sampled_from([0, 1, 7, 90])
        case FactType.STRINGS:
            known = st.frozensets(st.sampled_from(spec.scale or PRINCIPALS), max_size=2)
    return known.map(Known)


@st.composite
def estates(draw: st.DrawFn) -> list[Resource]:
    made: list[Resource] = [res("org", Kind.ORGANISATION, account=ORG_HOME, region="global")]
    for number in range(draw(st.integers(2, 7))):
        kind = draw(st.sampled_from(KINDS))
        homes = [HOME, AWAY, ORG_HOME] if kind is Kind.AUDIT_TRAIL else [HOME, AWAY]
        account, region = draw(st.sampled_from(homes)), draw(st.sampled_from([LONDON, DUBLIN]))
        listed = [spec for spec in facts_of(kind) if not spec.derived]
        facts: dict[str, AnyFact] = {spec.name: draw(values(spec)) for spec in listed if spec.name in READ or draw(st.booleans())}
        tags = Known({"backup": "daily"} if draw(st.booleans()) else {})
        made.append(res(identifier(number, kind, account, region), kind, facts, account=account, region=region, tags=tags))
    return [each if each.kind is Kind.ORGANISATION else replace(each, links=draw(links(each, made))) for each in made]


READ = frozenset(
    {
        "access.anonymous_read",
        "access.any_authenticated",
        "access.external_principals",
        "network.public_endpoint",
        "network.ingress_any",
        "encryption.key_custody",
        "logging.control_plane",
        "logging.all_regions",
        "logging.data_read",
        "immutability.mode",
        "retention.backup_days",
    }
)


def could_name(holder: Resource, rel: Rel, other: Resource) -> bool:
    """What the provider allows: keys stay in their region, logs of stores and backup selections in account and region."""
    here = (holder.account, holder.region) == (other.account, other.region)
    if rel is Rel.USES_KEY:
        opened = other.facts["access.external_principals"] != Known(frozenset())
        return here or (holder.region == other.region and opened)
    if rel is Rel.PROTECTS or (rel is Rel.LOGS_TO and holder.kind is not Kind.AUDIT_TRAIL):
        return here
    return True


@st.composite
def links(draw: st.DrawFn, holder: Resource, others: list[Resource]) -> tuple[Link, ...]:
    rels = RELS.get(holder.kind, STORE_RELS if holder.kind in HELD else ())
    found: list[Link] = []
    for _ in range(draw(st.integers(0, 3)) if rels else 0):
        rel = draw(st.sampled_from(rels))
        wanted = ENDS.get(rel, HELD)
        ends = [each.id for each in others if each.kind in wanted and each.id != holder.id and could_name(holder, rel, each)]
        ends += PATTERNS.get(rel, ())
        if rel is Rel.RECORDS and holder.account == ORG_HOME:
            ends.append("records:organisation:*")
        if ends:
            found.append(link(rel, draw(st.sampled_from(ends))))
    return tuple(dict.fromkeys(found))


CLASSIFIED = Classification(Tier.T2, TierInterval(Tier.T2, Tier.T2), TierState.DECLARED, PersonalData.YES, subjects=5)


def derived(resources: list[Resource], ctx: Context) -> Mapping[str, Mapping[str, AnyFact]]:
    estate = resolve(resources)
    first = derive_relations(estate, ctx)
    merged = {each.id: {**each.facts, **first[each.id]} for each in resources}
    second = derive_by_tier(estate, {each.id: CLASSIFIED for each in resources}, merged, ctx)
    return {each.id: {**first[each.id], **second[each.id]} for each in resources}


def complaint(name: str, before: AnyFact, after: AnyFact) -> str:
    """An empty string where the second answer only says less than the first."""
    match before, after:
        case Known(value=old), Known(value=new):
            return "" if old == new else f"{name} flipped from {old!r} to {new!r}"
        case NotApplicable(), NotApplicable():
            return ""
        case NotApplicable(), Unknown():
            return ""
        case Known(value=old), Unknown(between=between, includes=includes):
            if isinstance(old, frozenset):
                return "" if includes <= old else f"{name} claims {includes - old} that was not there"
            spec = spec_of(name)
            inside = between is None or rank(spec, between[0]) <= rank(spec, old) <= rank(spec, between[1])
            return "" if inside else f"{name} was {old!r}, which {between!r} leaves out"
        case Unknown(includes=old_members), Unknown(includes=members):
            return "" if members <= old_members else f"{name} became surer of {members - old_members}"
        case _:
            return f"{name} went from {before!r} to {after!r}"


def check(resources: list[Resource], poorer: list[Resource], *gaps: Gap) -> None:
    rich, poor = derived(resources, context()), derived(poorer, context(*gaps))
    wrong = [
        f"{id_}: {said}" for id_, facts in poor.items() for name, fact in facts.items() if (said := complaint(name, rich[id_][name], fact))
    ]
    assert wrong == []


@settings(max_examples=50, deadline=None)
@given(estates(), st.data())
def test_hiding_facts_only_opens_answers(resources, data):
    poorer = []
    for each in resources:
        hidden = data.draw(st.sets(st.sampled_from(sorted(each.facts)), max_size=3)) if each.facts else set()
        facts = {name: DENIED if name in hidden else fact for name, fact in each.facts.items()}
        poorer.append(replace(each, facts=facts, tags=DENIED if data.draw(st.booleans()) else each.tags))
    check(resources, poorer)


@settings(max_examples=50, deadline=None)
@given(estates(), st.data())
def test_hiding_where_links_lead_only_opens_answers(resources, data):
    poorer = [
        replace(each, links=tuple(Link(one.rel, "", DENIED) if data.draw(st.booleans()) else one for one in each.links))
        for each in resources
    ]
    check(resources, poorer)


@settings(max_examples=50, deadline=None)
@given(estates(), st.sampled_from(KINDS), st.sampled_from([HOME, AWAY, ""]), st.sampled_from([LONDON, DUBLIN, ""]))
def test_adding_a_gap_only_opens_answers(resources, kind, account, region):
    check(resources, resources, gap(kind, account=account, region=region))


@settings(max_examples=50, deadline=None)
@given(estates(), st.sampled_from([kind for kind in KINDS if kind is not Kind.ACCOUNT]), st.sampled_from([HOME, AWAY, ORG_HOME]))
def test_a_listing_denied_leaves_a_gap_and_only_opens_answers(resources, kind, account):
    left = [each for each in resources if each.kind is not kind or each.account != account]
    check(resources, left, gap(kind, account=account, region=""))


@settings(max_examples=50, deadline=None)
@given(estates(), st.sampled_from([None, gap(Kind.OBJECT_STORE), gap(Kind.SNAPSHOT)]))
def test_every_listed_fact_is_derived_and_fits_the_vocabulary(resources, one):
    found = derived(resources, context(*([one] if one else [])))
    for each in resources:
        listed = {spec.name for spec in facts_of(each.kind) if spec.derived}
        assert listed - BY_OTHERS <= set(found[each.id])
        for name, fact in found[each.id].items():
            assert check_fact(name, fact, each.kind) == ""


@settings(max_examples=50, deadline=None)
@given(estates())
def test_deriving_again_from_its_own_result_changes_nothing(resources):
    estate = resolve(resources)
    first = derive_relations(estate, context())
    again = derive_relations(resolve([replace(each, facts={**each.facts, **first[each.id]}) for each in resources]), context())
    for id_, facts in first.items():
        for name, fact in facts.items():
            assert complaint(name, fact, again[id_][name]) == ""
            assert complaint(name, again[id_][name], fact) == ""


def test_every_derived_fact_of_the_vocabulary_has_a_rule():
    assert {spec.name for spec in SPECS if spec.derived == "D1"} - FROM_TEXTS == set(RULES)
    for kind, rules in COMPLETIONS.items():
        assert all(kind in spec_of(name).kinds for name in rules)


def test_what_is_derived_says_by_which_rule():
    estate = resolve([res("s", Kind.OBJECT_STORE), res("k", Kind.KEY), res("r", Kind.ROLE)])
    for facts in derive_relations(estate, context()).values():
        for name, fact in facts.items():
            assert fact.via.via.startswith("derived: "), name


def test_an_internal_error_in_a_listing_reads_as_an_api_error():
    facts = derive_relations(resolve([res("l", Kind.LOG_STORE)]), context(gap(Kind.AUDIT_TRAIL, reason="internal-error")))
    fact = facts["l"]["logging.audit_store"]
    assert isinstance(fact, Unknown)
    assert fact.reason is UnknownReason.API_ERROR
