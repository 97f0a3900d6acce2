"""Control files: finding them, parsing them, and telling everything that is wrong with them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tierwise.catalogue.cases import parse_cases
from tierwise.catalogue.implication import conjuncts, implies
from tierwise.catalogue.predicates import Context, parse_predicate
from tierwise.catalogue.reader import TIERS, Reader, did_you_mean
from tierwise.catalogue.shipped import shipped_dir, yaml_files
from tierwise.catalogue.snippets import parse_snippets
from tierwise.catalogue.yamlfile import Entry, Node, Table, load
from tierwise.errors import CatalogueError
from tierwise.model.control import Control, Predicate, Severity, facts_in
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier
from tierwise.model.snippet import Snippet
from tierwise.model.vocabulary import is_attested
from tierwise.model.words import describe

FAMILIES: Final = (
    "encryption",
    "exposure",
    "access",
    "logging",
    "retention",
    "resilience",
    "ownership",
    "sharing",
    "linkage",
    "identifiers",
    "supply",
    "location",
    "marking",
    "scan",
    "incident",
    "lawful",
    "individuals",
    "people",
)
DIALECTS: Final = ("aws", "azure", "gcp", "terraform", "register")
"""Of remediations: the sources' own words; `register` is for datasets, which the asset register makes."""
REQUIRED: Final = ("id", "title", "family", "applies_to", "ladder", "severity", "rationale", "remediation", "source", "cases")
OPTIONAL: Final = ("danger", "cause", "when")
SEVERITIES: Final = {severity.word: severity for severity in Severity}
KINDS: Final = {kind.value: kind for kind in Kind}
ID: Final = re.compile(r"[A-Z]{3}-[0-9]{2}\Z", re.ASCII)
_CAUSE: Final = re.compile(r"[a-z]+(?:-[a-z]+)*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All controls that a run may use, by id, sorted."""

    controls: Mapping[str, Control]


def load_catalogue(extra_dirs: Sequence[Path] = ()) -> Catalogue:
    """The shipped controls and those of further folders. CatalogueError with every problem of every file, one a line."""
    found: dict[str, Control] = {}
    problems: list[str] = []
    for label, path in _files(extra_dirs):
        try:
            control = parse_control(path, label)
        except CatalogueError as error:
            problems.extend(error.problems)
            continue
        first = found.get(control.id)
        if first is not None:
            problems.append(f"{label}:1:1: control {control.id} is already defined in {first.path}; give this one an id of its own")
        else:
            found[control.id] = control
    if problems:
        raise CatalogueError(problems)
    return Catalogue(dict(sorted(found.items())))


def _files(extra_dirs: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    shipped = shipped_dir("controls")
    for path in yaml_files(shipped):
        yield f"controls/{path.relative_to(shipped).as_posix()}", path
    for folder in extra_dirs:
        if not folder.is_dir():
            raise CatalogueError([f"{folder}:1:1: not a folder; give a folder of control files"])
        files = yaml_files(folder)
        if not files:
            raise CatalogueError([f"{folder}:1:1: no control file is in it or below it; they are called FAMILY/ID.yaml"])
        for path in files:
            yield path.as_posix(), path


def parse_control(source: Path | str, label: str) -> Control:
    """One control from a file or text; the label stands in messages, and its last two parts name the family and the id."""
    reader = Reader(label)
    control = _control(reader, load(source, label))
    if reader.problems or control is None:
        raise CatalogueError(reader.problems)
    return control


def _control(reader: Reader, node: Node) -> Control | None:
    entries = reader.fields(node, "a control", REQUIRED, OPTIONAL)
    applies_to = _kinds(reader, entries.get("applies_to"))
    ladder = _ladder(reader, entries.get("ladder"), applies_to)
    when = None
    if "when" in entries:
        when = parse_predicate(reader, entries["when"].node, Context("when", applies_to, rung=False))
    if "ladder" in entries:
        check_source(reader, entries["ladder"], [*ladder.values(), *([when] if when else [])])
        _check_redundant(reader, entries["ladder"], ladder, when)
    control = Control(
        id=_id(reader, entries.get("id")),
        title=reader.text(entries.get("title"), "title"),
        family=_family(reader, entries.get("family")),
        applies_to=applies_to,
        ladder=ladder,
        severity=_severity(reader, entries.get("severity"), entries.get("ladder")),
        rationale=reader.text(entries.get("rationale"), "rationale"),
        remediation=_remediation(reader, entries.get("remediation"), datasets=applies_to == (Kind.DATASET,)),
        snippets=_snippets(reader, entries.get("remediation")),
        source=reader.text(entries.get("source"), "source"),
        when=when,
        cause=_cause(reader, entries.get("cause")),
        danger=reader.flag(entries.get("danger"), "danger", default=False),
        cases=parse_cases(reader, entries.get("cases"), applies_to, ladder, node),
        path=reader.name,
    )
    return None if reader.problems else control


def _id(reader: Reader, entry: Entry | None) -> str:
    if entry is None:
        return ""
    name = reader.text(entry, "id")
    stem = Path(reader.name).stem
    if name and not ID.match(name):
        reader.say(entry.node, f"id {name!r} is not three capitals, a hyphen and two digits, as ENC-01")
    elif name and name != stem:
        reader.say(entry.node, f"id {name!r} does not match the file name {Path(reader.name).name!r}; did you mean {stem!r}?")
    return name


def _family(reader: Reader, entry: Entry | None) -> str:
    if entry is None:
        return ""
    name = reader.text(entry, "family")
    folder = Path(reader.name).parent.name
    if name and name not in FAMILIES:
        reader.say(entry.node, f"unknown family {name!r}{did_you_mean(name, FAMILIES)}; families are {', '.join(FAMILIES)}")
    elif name and name != folder:
        reader.say(entry.node, f"family {name!r} does not match the folder {folder!r}; move the file or change the family")
    return name


def _kinds(reader: Reader, entry: Entry | None) -> tuple[Kind, ...]:
    if entry is None:
        return ()
    found: list[Kind] = []
    nodes = reader.items(entry.node, "applies_to")
    for node in nodes:
        kind = reader.choice(node, "kind", KINDS)
        if kind is not None and kind in found:
            reader.say(node, f"{kind.value!r} stands twice in applies_to")
        elif kind is not None:
            found.append(kind)
    if not nodes:
        reader.say(entry.node, "applies_to names no kind")
    return tuple(found)


def _ladder(reader: Reader, entry: Entry | None, kinds: Sequence[Kind]) -> Mapping[Tier, Predicate]:
    ladder: dict[Tier, Predicate] = {}
    if entry is None:
        return ladder
    rungs = list(reader.by_tier(entry.node, "ladder"))
    if not rungs:
        reader.say(entry.node, "the ladder has no rung")
    if [tier for tier, _ in rungs] != sorted(tier for tier, _ in rungs):
        reader.say(entry.node, "rungs stand in ascending order of tiers")
    for tier, rung in sorted(rungs):
        parsed = parse_predicate(reader, rung.node, Context(f"rung {tier.name}", kinds))
        if parsed is not None:
            ladder[tier] = parsed
    return ladder


def check_source(reader: Reader, where: Entry, predicates: Sequence[Predicate]) -> None:
    """A control rests on what was read or on what was attested, so that its verdicts can be counted apart."""
    named = {name for one in predicates for name in facts_in(one)}
    attested = {name for name in named if is_attested(name)}
    if attested and named - attested:
        both = f"{min(attested)} is attested and {min(named - attested)} is read"
        reader.say(where, f"{both}; judge them by two controls, so that what was attested is never counted as read")


def _check_redundant(reader: Reader, entry: Entry, ladder: Mapping[Tier, Predicate], when: Predicate | None) -> None:
    rungs = {tier.name: rung for tier, rung in ladder.items()}
    places = reader.table(entry.node, "ladder")
    known: list[tuple[str, Predicate]] = [("'when'", when)] if when else []
    for name, rung in rungs.items():
        lower = [predicate for _, predicate in known]
        by = " and ".join(label for label, _ in known)
        for part in conjuncts(rung):
            if implies(lower, part):
                reader.say(places[name], f"rung {name} repeats what already follows from {by}: {describe(part)}; leave it out")
        known.append((f"rung {name}", rung))


def _severity(reader: Reader, entry: Entry | None, ladder: Entry | None) -> Mapping[Tier, Severity]:
    if entry is None:
        return {}
    before = len(reader.problems)
    found = parse_severities(reader, entry.node)
    if len(reader.problems) > before:
        return found
    rungs = [TIERS[key] for key in ladder.node.entries if key in TIERS] if ladder and isinstance(ladder.node, Table) else []
    if not rungs:
        return found
    wanted = [tier for tier in Tier if tier >= min(rungs)]
    if sorted(found) != wanted:
        names = ", ".join(tier.name for tier in wanted)
        reader.say(
            entry,
            f"severity takes exactly the tiers from the first rung to T4: {names}; not {', '.join(t.name for t in sorted(found)) or 'none'}",
        )
    for lower, upper in zip(sorted(found), sorted(found)[1:], strict=False):
        if found[upper] < found[lower]:
            reader.say(
                entry, f"severity falls from {found[lower].word} at {lower.name} to {found[upper].word} at {upper.name}; it may only rise"
            )
    return found


def parse_severities(reader: Reader, node: Node) -> dict[Tier, Severity]:
    """A mapping from tier to severity."""
    found: dict[Tier, Severity] = {}
    for tier, entry in reader.by_tier(node, "severity"):
        severity = reader.choice(entry.node, "severity", SEVERITIES)
        if severity is not None:
            found[tier] = severity
    return found


def _remediation(reader: Reader, entry: Entry | None, *, datasets: bool) -> Mapping[str, str]:
    if entry is None:
        return {}
    required, optional = (("register",), ()) if datasets else (("aws", "terraform"), ("azure", "gcp", "hcl"))
    fields = reader.fields(entry.node, "remediation", required, optional)
    return {key: reader.text(fields[key], f"remediation {key}") for key in DIALECTS if key in fields}


def _snippets(reader: Reader, entry: Entry | None) -> Mapping[str, Snippet]:
    fields = entry.node.entries if entry is not None and isinstance(entry.node, Table) else {}
    return parse_snippets(reader, fields.get("hcl"))


def _cause(reader: Reader, entry: Entry | None) -> str:
    name = reader.text(entry, "cause")
    if entry and name and not _CAUSE.match(name):
        reader.say(entry.node, f"cause {name!r} is not in lower-case words joined by hyphens")
    return name
