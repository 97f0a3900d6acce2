"""Resources, gaps and estates that the tests of derivation are made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tierwise.derive.d1 import derive_relations
from tierwise.derive.links import Context, resolve
from tierwise.model.fact import AnyFact, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason, Value
from tierwise.model.resource import NO_TAGS, Gap, Kind, Link, Rel, Resource

HOME, AWAY = "111111111111", "222222222222"
LONDON, DUBLIN = "eu-west-2", "eu-west-1"
OURS = Known(frozenset({HOME}))
DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:Get", "s3:Get"))
KEY_ARN = f"arn:aws:kms:{LONDON}:{HOME}:key/00000000-0000-4000-8000-000000000001"


def fact(value: Value | AnyFact) -> AnyFact:
    return value if isinstance(value, Known | Unknown | NotApplicable) else Known(value, Provenance("test"))


def res(
    name: str,
    kind: Kind,
    facts: Mapping[str, Value | AnyFact] | None = None,
    *links: Link,
    account: str = HOME,
    region: str = LONDON,
    tags: Maybe[Mapping[str, str]] = NO_TAGS,
    aliases: tuple[str, ...] = (),
    provider: str = "aws",
) -> Resource:
    made = {each: fact(value) for each, value in (facts or {}).items()}
    return Resource(name, kind, kind.value, provider, account, region, name, tags=tags, facts=made, links=links, aliases=aliases)


def link(rel: Rel, to: str) -> Link:
    return Link(rel, to)


def loose(rel: Rel) -> Link:
    return Link(rel, "", DENIED)


def gap(*kinds: Kind, account: str = HOME, region: str = LONDON, reason: str = "permission-denied") -> Gap:
    return Gap("aws", account, region, "svc", reason, "svc:List", kinds=frozenset(kinds))


def context(
    *gaps: Gap,
    own: Maybe[frozenset[str]] = OURS,
    known: frozenset[str] = frozenset(),
    datasets: Mapping[str, str] | None = None,
) -> Context:
    return Context(gaps, own, known, datasets or {}, date(2026, 1, 2))


def derive(name: str, target: str, resources: list[Resource], ctx: Context | None = None) -> AnyFact:
    return derive_relations(resolve(resources), ctx or context())[target][name]


def value(got: AnyFact) -> object:
    assert isinstance(got, Known), got
    return got.value


def unknown(got: AnyFact) -> Unknown:
    assert isinstance(got, Unknown), got
    return got


def is_unknown(got: AnyFact) -> bool:
    return isinstance(got, Unknown)
