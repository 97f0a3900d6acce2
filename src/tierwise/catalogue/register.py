"""Reads the asset register (YAML or CSV) and the files of corrections, attestations and acceptances; tells every problem with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from tierwise.catalogue.reader import TIERS, Reader, did_you_mean, shown
from tierwise.catalogue.spreadsheet import FIELDS, PRINCIPAL, SELECTORS, csv_nodes, csv_text
from tierwise.catalogue.yamlfile import Entry, Node, Table, load
from tierwise.errors import CatalogueError
from tierwise.model.acceptance import RANKS
from tierwise.model.marking import parse_marking
from tierwise.model.register import (
    EVIDENCE_RULES,
    AcceptanceRule,
    Attestation,
    AttestationKind,
    Correction,
    Corrections,
    DataCategory,
    Group,
    KnownPrincipal,
    Register,
    RegisterEntry,
    Selector,
    duration_days,
    parse_category,
)
from tierwise.model.sensitivity import Marking, PersonalData

_ENVIRONMENTS: Final = {word: word for word in ("production", "non-production")}
_GROUPS: Final = {group.value: group for group in Group}
_PERSONAL: Final = {word.value: word for word in PersonalData}
_KINDS: Final = {kind.value: kind for kind in AttestationKind}
_DECISIONS: Final = ("corrections", "attestations", "acceptances")
T = TypeVar("T")


def load_register(path: Path) -> Register:
    """The register of a YAML file, or of a CSV file by its ending. CatalogueError with every problem, one a line."""
    label = path.as_posix()
    node = csv_nodes(csv_text(path, label), label) if path.suffix.lower() == ".csv" else load(path, label)
    return parse_register(node, label)


def parse_register(node: Node, label: str) -> Register:
    """A register from a document that is already read."""
    reader = Reader(label)
    fields = reader.fields(node, "a register", ("entries",), ("known_principals", "tiers_only"))
    tiers_only = reader.flag(fields.get("tiers_only"), "tiers_only", default=False)
    entries = tuple(_entry(reader, one) for one in members_of(reader, fields.get("entries"), "entries"))
    principals = _principals(reader, fields.get("known_principals"))
    _check_twins(reader, fields.get("entries"), entries)
    if tiers_only:
        _check_tiers_only(reader, fields)
    if reader.problems:
        raise CatalogueError(reader.problems)
    return Register(entries, principals, tiers_only)


def _check_tiers_only(reader: Reader, fields: Mapping[str, Entry]) -> None:
    """A register of tiers only has nothing else: half of the rest would be taken for all of it."""
    if "known_principals" in fields:
        reader.say(fields["known_principals"], "a register of tiers_only has no known_principals; take tiers_only out, or these")
    for node in members_of(Reader(reader.name), fields.get("entries"), "entries"):
        for key, entry in (node.entries if isinstance(node, Table) else {}).items():
            if key not in {"select", "tier"}:
                reader.say(entry, f"an entry of a register of tiers_only has select and tier alone, and no {key}")


def load_corrections(path: Path) -> Corrections:
    """The corrections and attestations of a file. CatalogueError with every problem, one a line."""
    reader = Reader(path.as_posix())
    fields = _decisions(reader, path)
    corrections = tuple(_correction(reader, one) for one in members_of(reader, fields.get("corrections"), "corrections"))
    attestations = tuple(_attestation(reader, one) for one in members_of(reader, fields.get("attestations"), "attestations"))
    if reader.problems:
        raise CatalogueError(reader.problems)
    return Corrections(corrections, attestations)


def load_acceptances(path: Path) -> tuple[AcceptanceRule, ...]:
    """The risk acceptances of a file. CatalogueError with every problem, one a line."""
    reader = Reader(path.as_posix())
    fields = _decisions(reader, path)
    acceptances = tuple(_acceptance(reader, one) for one in members_of(reader, fields.get("acceptances"), "acceptances"))
    if reader.problems:
        raise CatalogueError(reader.problems)
    return acceptances


def _decisions(reader: Reader, path: Path) -> Mapping[str, Entry]:
    return reader.fields(load(path, reader.name), "a file of decisions", (), _DECISIONS)


def members_of(reader: Reader, entry: Entry | None, what: str) -> tuple[Node, ...]:
    """The members of a list that may be left out."""
    return reader.items(entry.node, what) if entry is not None else ()


def place_of(reader: Reader, node: Node) -> str:
    """`file:line`; an absolute path is cut to its name, since it stands in reports that others read."""
    name = Path(reader.name).name if Path(reader.name).is_absolute() else reader.name
    return f"{name}:{node.line}"


def _entry(reader: Reader, node: Node) -> RegisterEntry:
    fields = reader.fields(node, "a register entry", ("select",), FIELDS)
    given = fields.get
    if fields and not any(key in FIELDS for key in fields):
        reader.say(node, "a register entry says nothing; give it a tier, categories, an owner or another field")
    marking, personal = _marking(reader, given("marking"))
    return RegisterEntry(
        selector=_selector(reader, given("select")),
        dataset=reader.text(given("dataset"), "dataset"),
        tier=_choice(reader, given("tier"), "tier", TIERS),
        categories=_categories(reader, given("categories")),
        subjects=_whole(reader, given("subjects"), "subjects"),
        groups=frozenset(_choices(reader, given("groups"), "group", _GROUPS)),
        controllers=_whole(reader, given("controllers"), "controllers") or 0,
        linked=reader.flag(given("linked"), "linked", default=False),
        marking=marking,
        marking_personal=personal,
        personal_data=_choice(reader, given("personal_data"), "personal_data", _PERSONAL),
        owner=reader.text(given("owner"), "owner"),
        team=reader.text(given("team"), "team"),
        asset_owner=reader.text(given("asset_owner"), "asset_owner"),
        custodian=reader.text(given("custodian"), "custodian"),
        retention_days=_duration(reader, given("retention")),
        retention_schedule=reader.text(given("retention_schedule"), "retention_schedule"),
        environment=_choice(reader, given("environment"), "environment", _ENVIRONMENTS) or "",
        references=_references(reader, given("references")),
        regions=reader.words(given("regions"), "regions"),
        principals=_principals(reader, given("known_principals")),
        source=place_of(reader, node),
    )


def _selector(reader: Reader, entry: Entry | None) -> Selector:
    if entry is None:
        return Selector()
    fields = reader.fields(entry.node, "select", (), SELECTORS)
    if not fields and isinstance(entry.node, Table):
        reader.say(entry.node, f"select chooses nothing; give at least one of {', '.join(SELECTORS)}")
    parts = {key: reader.text(fields.get(key), key) for key in SELECTORS}
    tag = None
    if parts["tag"]:
        key, equals, value = parts["tag"].partition("=")
        if equals and key.strip() and value.strip():
            tag = (key.strip(), value.strip())
        else:
            reader.say(fields["tag"].node, f"tag takes key=value, not {parts['tag']!r}")
    return Selector(parts["id"], parts["name"], tag, parts["project"], parts["account"], parts["unit"])


def _choice(reader: Reader, entry: Entry | None, what: str, valid: Mapping[str, T]) -> T | None:
    return reader.choice(entry.node, what, valid) if entry is not None else None


def _choices(reader: Reader, entry: Entry | None, what: str, valid: Mapping[str, T]) -> Iterator[T]:
    for node in members_of(reader, entry, f"{what}s"):
        found = reader.choice(node, what, valid)
        if found is not None:
            yield found


def _whole(reader: Reader, entry: Entry | None, what: str) -> int | None:
    return reader.whole(entry.node, what) if entry is not None else None


def _categories(reader: Reader, entry: Entry | None) -> tuple[DataCategory, ...]:
    found: list[DataCategory] = []
    for node in members_of(reader, entry, "categories"):
        category = parse_category(reader.word(node, "a category"))
        if category is None:
            reader.say(node, f"unknown category {shown(node)}; categories are C0 to C6, or with a variant such as C3/criminal")
        elif category not in found:
            found.append(category)
    return tuple(found)


def _marking(reader: Reader, entry: Entry | None) -> tuple[Marking, bool]:
    text = reader.text(entry, "marking")
    parsed = parse_marking(text) if text else None
    if entry is not None and text and parsed is None:
        reader.say(entry.node, f"{text!r} is no protective marking; write for example OFFICIAL-SENSITIVE [PERSONAL]")
    return (parsed.level, parsed.personal) if parsed else (Marking.NONE, False)


def _duration(reader: Reader, entry: Entry | None) -> float | None:
    text = reader.text(entry, "retention")
    days = duration_days(text) if text else None
    if entry is not None and text and days is None:
        reader.say(entry.node, f"retention takes an ISO-8601 duration such as P7Y or P90D, or 'unlimited', not {text!r}")
    return days


def read_date(reader: Reader, entry: Entry | None, what: str) -> date:
    """A day as ISO 8601 writes it; `date.min` where there is none."""
    text = reader.text(entry, what)
    if entry is None or not text:
        return date.min
    try:
        return date.fromisoformat(text)
    except ValueError:
        reader.say(entry.node, f"{what} takes a date such as 2027-01-31, not {text!r}")
        return date.min


def _references(reader: Reader, entry: Entry | None) -> Mapping[str, str]:
    if entry is None:
        return {}
    return {key: reader.text(value, f"reference {key!r}") for key, value in reader.table(entry.node, "references").items()}


def _principals(reader: Reader, entry: Entry | None) -> tuple[KnownPrincipal, ...]:
    return tuple(_principal(reader, node) for node in members_of(reader, entry, "known_principals"))


def _principal(reader: Reader, node: Node) -> KnownPrincipal:
    fields = reader.fields(node, "a known principal", PRINCIPAL)
    account, agreement = reader.text(fields.get("account"), "account"), reader.text(fields.get("agreement"), "agreement")
    return KnownPrincipal(account, agreement, read_date(reader, fields.get("expires"), "expires"), place_of(reader, node))


def _check_twins(reader: Reader, entry: Entry | None, entries: tuple[RegisterEntry, ...]) -> None:
    first: dict[Selector, str] = {}
    for node, found in zip(members_of(Reader(reader.name), entry, "entries"), entries, strict=True):
        if found.selector != Selector() and first.setdefault(found.selector, found.source) != found.source:
            reader.say(node, f"{found.selector.words} is already selected at {first[found.selector]}; keep one entry")


def _correction(reader: Reader, node: Node) -> Correction:
    required = ("resource", "rule", "source", "reason", "approver", "expires")
    fields = reader.fields(node, "a correction", required)
    text = {key: reader.text(fields.get(key), key) for key in required}
    if text["rule"] and text["rule"] not in EVIDENCE_RULES:
        hint = did_you_mean(text["rule"], EVIDENCE_RULES)
        reader.say(fields["rule"].node, f"unknown rule {text['rule']!r}{hint}; 'tierwise explain' names the rule of each piece of evidence")
    if text["source"] and not text["source"].strip("*? "):
        reader.say(fields["source"].node, "source names one piece of evidence; a pattern that matches everything would remove all of it")
    expires = read_date(reader, fields.get("expires"), "expires")
    return Correction(text["resource"], text["rule"], text["source"], text["reason"], text["approver"], expires, place_of(reader, node))


def _attestation(reader: Reader, node: Node) -> Attestation:
    scopes = ("resource", "dataset", "account")
    fields = reader.fields(node, "an attestation", ("kind", "reason", "approver", "expires"), scopes)
    text = {key: reader.text(fields.get(key), key) for key in ("reason", "approver", *scopes)}
    if isinstance(node, Table) and not any(text[scope] for scope in scopes):
        reader.say(node, f"an attestation says what it is about: {', '.join(scopes)}")
    return Attestation(
        kind=_choice(reader, fields.get("kind"), "kind", _KINDS) or AttestationKind.PSEUDONYMISED,
        reason=text["reason"],
        approver=text["approver"],
        expires=read_date(reader, fields.get("expires"), "expires"),
        resource=text["resource"],
        dataset=text["dataset"],
        account=text["account"],
        file=place_of(reader, node),
    )


def _acceptance(reader: Reader, node: Node) -> AcceptanceRule:
    scopes = ("control", "resource", "fingerprint")
    fields = reader.fields(
        node, "an acceptance", ("reason", "owner", "approver"), (*scopes, "expires", "planned", "role", "created", "evidence")
    )
    text = {key: reader.text(fields.get(key), key) for key in ("reason", "owner", "approver", *scopes)}
    if isinstance(node, Table) and not (text["fingerprint"] or (text["control"] and text["resource"])):
        reader.say(node, "an acceptance names a fingerprint, or a control and a resource")
    ticket, expires = _end(reader, node, fields)
    created = read_date(reader, fields.get("created"), "created") if "created" in fields else None
    if created is not None and date.min < expires < created:
        reader.say(fields["created"].node, "created lies after the day on which it ends")
    return AcceptanceRule(
        text["reason"],
        text["owner"],
        text["approver"],
        expires,
        text["control"],
        text["resource"],
        text["fingerprint"],
        place_of(reader, node),
        created,
        _choice(reader, fields.get("role"), "role", RANKS),
        reader.text(fields.get("evidence"), "evidence"),
        ticket,
    )


def _end(reader: Reader, node: Node, fields: Mapping[str, Entry]) -> tuple[str, date]:
    """The ticket of a planned fix, or none, and the day on which an acceptance ends; it says one of the two."""
    if isinstance(node, Table) and ("expires" in fields) == ("planned" in fields):
        reader.say(node, "an acceptance has either 'expires' or 'planned' (ticket and date)")
    if "planned" not in fields:
        return "", read_date(reader, fields.get("expires"), "expires")
    planned = reader.fields(fields["planned"].node, "planned", ("ticket", "date"))
    return reader.text(planned.get("ticket"), "ticket"), read_date(reader, planned.get("date"), "date")
