"""Profile files: parsing them over the profile they extend, and applying one to the catalogue so that it can only tighten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from tierwise.catalogue import sections
from tierwise.catalogue.controls import Catalogue, check_source, parse_severities
from tierwise.catalogue.implication import conjuncts, implies
from tierwise.catalogue.predicates import Context, parse_predicate
from tierwise.catalogue.reader import Reader, did_you_mean
from tierwise.catalogue.shipped import shipped_dir, yaml_files
from tierwise.catalogue.yamlfile import Entry, Node, load
from tierwise.errors import CatalogueError
from tierwise.model.acceptance import STANDARD
from tierwise.model.control import All, Control, Predicate, Severity
from tierwise.model.profile import GatePolicy, Profile
from tierwise.model.sensitivity import Category, Tier
from tierwise.model.words import describe

ALWAYS: Final = ("id", "title", "description")
FRAMEWORK: Final = ("framework", "source")
MODEL: Final = ("parameters", "categories", "tags", "markings", "kind_floors", "requirements")
OPTIONAL: Final = (
    "deselect",
    "tighten",
    "severity",
    "gate",
    "acceptance",
    "own_accounts",
    "known_principals",
    "expected_gaps",
    "synthetic_counts",
    "extends",
)


def shipped_profiles() -> tuple[str, ...]:
    """The ids of the profiles that come with tierwise."""
    return tuple(path.stem for path in yaml_files(shipped_dir("profiles")))


def load_profile(ref: str | Path, catalogue: Catalogue) -> Profile:
    """A shipped profile by its id, or one from a file. CatalogueError with every problem, one a line."""
    return _load(ref, catalogue, ())


def _load(ref: str | Path, catalogue: Catalogue, chain: tuple[str, ...]) -> Profile:
    path, label = _find(ref)
    return parse_profile(path, label, catalogue, chain)


def _find(ref: str | Path) -> tuple[Path, str]:
    shipped = {path.stem: path for path in yaml_files(shipped_dir("profiles"))}
    if isinstance(ref, str) and ref in shipped:
        return shipped[ref], f"profiles/{shipped[ref].name}"
    path = Path(ref)
    if isinstance(ref, str) and len(path.parts) < 2 and path.suffix not in {".yaml", ".yml"} and not path.is_file():
        raise CatalogueError(
            [f"{ref}:1:1: unknown profile {ref!r}{did_you_mean(ref, shipped)}; profiles are {', '.join(shipped)}, or give a file"]
        )
    return path, path.as_posix()


def parse_profile(source: Path | str, label: str, catalogue: Catalogue, chain: tuple[str, ...] = ()) -> Profile:
    """One profile from a file or text; `chain` names the profiles that led here by `extends`."""
    reader = Reader(label)
    node = load(source, label)
    base = _base(reader, node, catalogue, chain)
    profile = _profile(reader, node, base, catalogue)
    if reader.problems:
        raise CatalogueError(reader.problems)
    return profile


def _base(reader: Reader, node: Node, catalogue: Catalogue, chain: tuple[str, ...]) -> Profile | None:
    entry = reader.table(node, "a profile").get("extends")
    if entry is None:
        return None
    name = reader.text(entry, "extends")
    own = Path(reader.name).stem
    if name in {*chain, own}:
        raise CatalogueError(
            [
                f"{reader.name}:{entry.line}:{entry.column}: profile {name!r} extends itself by way of {' and '.join((*chain, own))}; end the circle"
            ]
        )
    shipped = shipped_profiles()
    if name not in shipped:
        problem = f"unknown profile {name!r} in extends{did_you_mean(name, shipped)}; profiles are {', '.join(shipped)}"
        raise CatalogueError([f"{reader.name}:{entry.node.line}:{entry.node.column}: {problem}"])
    return _load(name, catalogue, (*chain, own))


def _profile(reader: Reader, node: Node, base: Profile | None, catalogue: Catalogue) -> Profile:
    required = ALWAYS if base else (*ALWAYS, *FRAMEWORK, *MODEL)
    entries = reader.fields(node, "a profile", required, tuple(key for key in (*FRAMEWORK, *MODEL, *OPTIONAL) if key not in required))
    get = entries.get
    parameters = sections.parse_parameters(reader, get("parameters"), base.parameters if base else {})
    categories = sections.parse_categories(reader, get("categories"), base.categories if base else {})
    if base is None:
        _check_whole(reader, entries, parameters, categories)
    markings = sections.parse_markings(reader, get("markings"), base.markings if base else {}, parameters)
    floors = sections.parse_kind_floors(reader, get("kind_floors"), base.kind_floors if base else {}, parameters)
    deselected = {**(base.deselected if base else {}), **_deselect(reader, get("deselect"), catalogue)}
    severity = _severity(reader, get("severity"), catalogue, base.severity if base else {})
    tightened = _tighten(reader, get("tighten"), catalogue, base.tightened if base else {}, severity)
    _check_selection(reader, entries, deselected, tightened, severity, catalogue)
    return Profile(
        id=_id(reader, get("id")),
        title=reader.text(get("title"), "title"),
        description=reader.text(get("description"), "description"),
        framework=reader.text(get("framework"), "framework") or (base.framework if base else ""),
        source=reader.text(get("source"), "source") or (base.source if base else ""),
        assumed_tier=Tier(int(parameters["assumed_tier"].value)) if "assumed_tier" in parameters else Tier.T4,
        infer_confidence=float(parameters["infer_confidence"].value) if "infer_confidence" in parameters else 0.0,
        categories=categories,
        parameters=parameters,
        tags=sections.parse_tags(reader, get("tags"), base.tags if base else ()),
        markings=markings,
        kind_floors=floors,
        deselected=deselected,
        tightened=tightened,
        severity=severity,
        gate=sections.parse_gate(reader, get("gate"), base.gate if base else GatePolicy()),
        acceptance=sections.parse_acceptance(reader, get("acceptance"), base.acceptance if base else STANDARD),
        requirements=sections.parse_requirements(reader, get("requirements"), base.requirements if base else (), catalogue.controls),
        own_accounts=frozenset(reader.words(get("own_accounts"), "own_accounts")) | (base.own_accounts if base else frozenset()),
        known_principals=frozenset(reader.words(get("known_principals"), "known_principals"))
        | (base.known_principals if base else frozenset()),
        expected_gaps=sections.parse_gaps(reader, get("expected_gaps"), base.expected_gaps if base else ()),
        synthetic_counts=reader.flag(get("synthetic_counts"), "synthetic_counts", default=base.synthetic_counts if base else False),
        path=reader.name,
    )


def _id(reader: Reader, entry: Entry | None) -> str:
    name = reader.text(entry, "id")
    stem = Path(reader.name).stem
    if entry is not None and name and name != stem:
        reader.say(entry.node, f"id {name!r} does not match the file name {Path(reader.name).name!r}; did you mean {stem!r}?")
    return name


def _check_whole(
    reader: Reader, entries: Mapping[str, Entry], parameters: Mapping[str, object], categories: Mapping[Category, object]
) -> None:
    missing = [name for name in sections.PARAMETERS if name not in parameters]
    if missing and "parameters" in entries:
        reader.say(entries["parameters"], f"parameters have no {', '.join(missing)}; add them, or extend a profile that has them")
    absent = [category.value for category in Category if category not in categories]
    if absent and "categories" in entries:
        reader.say(entries["categories"], f"categories have no {', '.join(absent)}; add them, or extend a profile that has them")


def _deselect(reader: Reader, entry: Entry | None, catalogue: Catalogue) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, given in (reader.table(entry.node, "deselect") if entry else {}).items():
        if sections.known_control(reader, given, name, catalogue.controls, "deselect"):
            found[name] = reader.word(given.node, f"deselect {name} says why in its value, which")
    return found


def _severity(
    reader: Reader, entry: Entry | None, catalogue: Catalogue, base: Mapping[str, Mapping[Tier, Severity]]
) -> dict[str, Mapping[Tier, Severity]]:
    found = dict(base)
    for name, given in (reader.table(entry.node, "severity") if entry else {}).items():
        if not sections.known_control(reader, given, name, catalogue.controls, "severity"):
            continue
        before = {**catalogue.controls[name].severity, **base.get(name, {})}
        raised = parse_severities(reader, given.node)
        for tier, severity in raised.items():
            if tier in before and severity <= before[tier]:
                reader.say(
                    given, f"severity of {name} at {tier.name} is {before[tier].word} and may only be raised, not set to {severity.word}"
                )
        merged = {**before, **raised}
        for lower, upper in zip(sorted(merged), sorted(merged)[1:], strict=False):
            if merged[upper] < merged[lower]:
                reader.say(
                    given,
                    f"severity of {name} would fall from {merged[lower].word} at {lower.name} to {merged[upper].word} at {upper.name}; raise {upper.name} too",
                )
        found[name] = {**base.get(name, {}), **raised}
    return found


def _tighten(
    reader: Reader,
    entry: Entry | None,
    catalogue: Catalogue,
    base: Mapping[str, Mapping[Tier, Predicate]],
    severity: Mapping[str, Mapping[Tier, Severity]],
) -> dict[str, Mapping[Tier, Predicate]]:
    found = dict(base)
    for name, given in (reader.table(entry.node, "tighten") if entry else {}).items():
        if sections.known_control(reader, given, name, catalogue.controls, "tighten"):
            rungs = _tighter_rungs(reader, given, catalogue.controls[name], base.get(name, {}), severity.get(name, {}))
            found[name] = {tier: _both(base.get(name, {}).get(tier), rungs.get(tier)) for tier in sorted({*base.get(name, {}), *rungs})}
    return found


def _both(first: Predicate | None, second: Predicate | None) -> Predicate:
    parts = [part for predicate in (first, second) if predicate is not None for part in conjuncts(predicate)]
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _tighter_rungs(
    reader: Reader, entry: Entry, control: Control, base: Mapping[Tier, Predicate], severity: Mapping[Tier, Severity]
) -> dict[Tier, Predicate]:
    found: dict[Tier, Predicate] = {}
    for tier, given in reader.by_tier(entry.node, f"tighten {control.id}"):
        rung = parse_predicate(reader, given.node, Context(f"{control.id} at {tier.name}", control.applies_to))
        if rung is None:
            continue
        in_force = [predicate for ladder in (control.ladder, base) for at, predicate in ladder.items() if at <= tier]
        if implies(in_force, rung):
            reader.say(given, f"{control.id} already asks at {tier.name} for: {describe(rung)}; leave it out")
        unrated = [at.name for at in Tier if tier <= at and at not in control.severity and at not in severity]
        if unrated:
            reader.say(given, f"{control.id} has no rung at {tier.name} yet; give its severity at {', '.join(unrated)} under 'severity'")
        check_source(reader, given, [*control.ladder.values(), rung])
        found[tier] = rung
    return found


def _check_selection(
    reader: Reader,
    entries: Mapping[str, Entry],
    deselected: Mapping[str, str],
    tightened: Mapping[str, object],
    severity: Mapping[str, Mapping[Tier, Severity]],
    catalogue: Catalogue,
) -> None:
    for section in ("tighten", "severity"):
        for name, given in (reader.table(entries[section].node, section) if section in entries else {}).items():
            if name in deselected:
                reader.say(given, f"{name} stands under deselect and under {section}; choose one")
    for name, raised in severity.items():
        if name in catalogue.controls and name not in tightened:
            idle = [tier.name for tier in raised if tier not in catalogue.controls[name].severity]
            if idle and "severity" in entries:
                reader.say(
                    entries["severity"],
                    f"severity of {name} at {', '.join(idle)} has no rung to go with; tighten the control there or leave it out",
                )


def apply_profile(catalogue: Catalogue, profile: Profile) -> tuple[Control, ...]:
    """The selected controls, with the profile's stricter rungs as `extra` and its severities laid over theirs."""
    return tuple(_applied(control, profile) for name, control in catalogue.controls.items() if name not in profile.deselected)


def _applied(control: Control, profile: Profile) -> Control:
    rungs, raised = profile.tightened.get(control.id, {}), profile.severity.get(control.id, {})
    if not rungs and not raised:
        return control
    severity = {
        tier: max(at[tier] for at in (control.severity, raised) if tier in at)
        for tier in Tier
        if tier in control.severity or tier in raised
    }
    return replace(control, extra={tier: (*control.extra.get(tier, ()), rung) for tier, rung in rungs.items()}, severity=severity)
