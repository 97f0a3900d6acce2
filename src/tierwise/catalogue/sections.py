"""The sections of a profile file: thresholds, tag dictionary, floors, gate and requirements; each laid over the profile it extends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Final

from tierwise.catalogue.controls import KINDS, SEVERITIES
from tierwise.catalogue.reader import TIERS, Reader, did_you_mean
from tierwise.catalogue.yamlfile import Entry, Items, Leaf, Node, Table
from tierwise.model.acceptance import RANKS, AcceptancePolicy
from tierwise.model.control import Control, rests_on_attestation
from tierwise.model.coverage import LeastCoverage
from tierwise.model.profile import CategoryRule, GatePolicy, Parameter, Requirement, Sight, TagKey
from tierwise.model.register import Group, plain_word
from tierwise.model.sensitivity import Category, Marking, Tier

CATEGORIES: Final = {category.value: category for category in Category}
MARKINGS: Final = {marking.value: marking for marking in Marking}
ACCEPTANCE: Final = ("months", "approver", "soon_days")
GATE: Final = ("mode", "fail_on", "unknown_from", "min_coverage", "override_hours", "override_up_to")
SIGHTS: Final = {sight.value.replace(" ", "-"): sight for sight in Sight}
MODES: Final = {mode: mode for mode in ("observe", "new", "full")}
ENVIRONMENTS: Final = ("production", "non-production")
GROUPS: Final = tuple(group.value for group in Group)
PERSONAL_MARKING: Final = "official-sensitive-personal"
"""The marking with the descriptor PERSONAL: its floor is kept among the parameters only, as `marking.official-sensitive-personal`."""
PARAMETERS: Final = (
    "assumed_tier",
    "infer_confidence",
    "aggregation_subjects",
    "aggregation_categories",
    "linkage_sources",
    "identity_kit_basics",
)
"""The numbers that the sensitivity model asks for; a profile that extends none gives all of them."""
MEANINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "tier": (*TIERS, *MARKINGS),
    "marking": (*MARKINGS, *TIERS),
    "handling": GROUPS,
    "subject-groups": GROUPS,
    "categories": tuple(CATEGORIES),
    "environment": ENVIRONMENTS,
    "subjects": (),
    "owner": (),
    "team": (),
    "asset-owner": (),
    "custodian": (),
    "retention": (),
    "retention-schedule": (),
    "reference": (),
    "business-unit": (),
    "region": (),
}
"""The roles that a tag may have, and what its values may mean there."""


def reasoned(reader: Reader, entry: Entry, value: str, what: str) -> tuple[Node | None, str, str]:
    """The value, rationale and source of one number, tier or floor; the reasons are never left out."""
    fields = reader.fields(entry.node, what, (value, "rationale", "source"))
    node = fields[value].node if value in fields else None
    return node, reader.text(fields.get("rationale"), "rationale"), reader.text(fields.get("source"), "source")


def parse_parameters(reader: Reader, entry: Entry | None, base: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Numbers by name over those of the base; `assumed_tier` is written as a tier and kept as its number."""
    found = dict(base)
    for name, given in (reader.table(entry.node, "parameters") if entry else {}).items():
        if name not in PARAMETERS:
            reader.say(given, f"unknown parameter {name!r}{did_you_mean(name, PARAMETERS)}; parameters are {', '.join(PARAMETERS)}")
            continue
        node, rationale, source = reasoned(reader, given, "value", name)
        if node is not None:
            found[name] = Parameter(_parameter(reader, name, node), rationale, source)
    return found


def _parameter(reader: Reader, name: str, node: Node) -> int | float:
    if name == "assumed_tier":
        return int(reader.choice(node, "tier", TIERS) or 0)
    if name != "infer_confidence":
        return reader.whole(node, name, least=1)
    value = reader.number(node, name)
    if value > 1:
        reader.say(node, f"{name} is a confidence from 0 to 1, not {value}")
    return value


def parse_categories(reader: Reader, entry: Entry | None, base: Mapping[Category, CategoryRule]) -> dict[Category, CategoryRule]:
    """Category rules over those of the base, each whole."""
    found = dict(base)
    for name, given in (reader.table(entry.node, "categories") if entry else {}).items():
        if name not in CATEGORIES:
            reader.say(given, f"unknown category {name!r}{did_you_mean(name, CATEGORIES)}; categories are C0 to C6")
            continue
        found[CATEGORIES[name]] = _category(reader, CATEGORIES[name], given.node)
    return found


def _category(reader: Reader, category: Category, node: Node) -> CategoryRule:
    what = f"category {category.value}"
    fields = reader.fields(node, what, ("title", "base", "rationale", "source"), ("to_t3", "to_t4", "variants"))
    numbers = {key: reader.whole(fields[key].node, key, least=1) for key in ("to_t3", "to_t4") if key in fields}
    base = reader.choice(fields["base"].node, "tier", TIERS) if "base" in fields else None
    variants = {
        name: reader.whole(given.node, name, least=1)
        for name, given in (reader.table(fields["variants"].node, "variants") if "variants" in fields else {}).items()
    }
    if "to_t3" in numbers and "to_t4" in numbers and numbers["to_t4"] < numbers["to_t3"]:
        reader.say(fields["to_t4"], f"{what} would reach T4 at fewer people than T3; to_t4 is at least to_t3")
    return CategoryRule(
        category=category,
        title=reader.text(fields.get("title"), "title"),
        base=base if base is not None else Tier.T4,
        to_t3=numbers.get("to_t3"),
        to_t4=numbers.get("to_t4"),
        rationale=reader.text(fields.get("rationale"), "rationale"),
        source=reader.text(fields.get("source"), "source"),
        variants=variants,
    )


def parse_tags(reader: Reader, entry: Entry | None, base: tuple[TagKey, ...]) -> tuple[TagKey, ...]:
    """The tag dictionary: keys over those of the base. A spelling may stand for one key only."""
    found = {tag.key: tag for tag in base}
    table = reader.table(entry.node, "tags") if entry else {}
    for key, given in table.items():
        found[key] = _tag(reader, key, given.node)
    seen: dict[str, str] = {}
    for tag in found.values():
        for spelling in (tag.key, *tag.aliases):
            first = seen.setdefault(plain_word(spelling), f"{tag.key}/{spelling}")
            if first != f"{tag.key}/{spelling}":
                where = table.get(tag.key) or entry
                if where is not None:
                    reader.say(
                        where,
                        f"tag {spelling!r} of {tag.key} is the same as {first.replace('/', ': ')!r} (case and separators do not count); leave it out",
                    )
    return tuple(found.values())


def _tag(reader: Reader, key: str, node: Node) -> TagKey:
    fields = reader.fields(node, f"tag {key!r}", ("role",), ("aliases", "values", "wanted_from"))
    role = reader.text(fields.get("role"), "role")
    if role and role not in MEANINGS:
        reader.say(fields["role"].node, f"unknown role {role!r}{did_you_mean(role, MEANINGS)}; roles are {', '.join(MEANINGS)}")
    values = _meanings(reader, fields["values"], role) if "values" in fields else {}
    wanted = reader.choice(fields["wanted_from"].node, "tier", TIERS) if "wanted_from" in fields else None
    return TagKey(key, reader.words(fields.get("aliases"), "aliases"), role, values, wanted)


def _meanings(reader: Reader, entry: Entry, role: str) -> Mapping[str, str]:
    valid = MEANINGS.get(role, ())
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    for word, given in reader.table(entry.node, "values").items():
        meaning = reader.text(given, f"value {word!r}")
        first = seen.setdefault(plain_word(word), word)
        if first != word:
            reader.say(given, f"value {word!r} is the same as {first!r} (case and separators do not count); leave it out")
        plain = meaning.partition("/")[0] if role == "categories" else meaning
        if role in MEANINGS and meaning and plain not in valid:
            takes = f"; it takes {', '.join(valid)}" if valid else "; its values are free"
            reader.say(given.node, f"{meaning!r} is no meaning for a tag with the role {role}{did_you_mean(meaning, valid)}{takes}")
        found[word] = meaning
    return found


def parse_markings(
    reader: Reader, entry: Entry | None, base: Mapping[Marking, Tier], parameters: dict[str, Parameter]
) -> dict[Marking, Tier]:
    """The tier below which a marking does not let a resource fall; the reasons go to the parameters as `marking.<word>`."""
    found = dict(base)
    for name, given in (reader.table(entry.node, "markings") if entry else {}).items():
        if name not in MARKINGS and name != PERSONAL_MARKING:
            known = (*MARKINGS, PERSONAL_MARKING)
            reader.say(given, f"unknown marking {name!r}{did_you_mean(name, known)}; markings are {', '.join(known)}")
            continue
        tier = _floor(reader, given, f"marking.{name}", parameters)
        if tier is not None and name in MARKINGS:
            found[MARKINGS[name]] = tier
    return found


def parse_kind_floors(reader: Reader, entry: Entry | None, base: Mapping[str, Tier], parameters: dict[str, Parameter]) -> dict[str, Tier]:
    """The tier below which a kind does not fall; the reasons go to the parameters as `kind_floor.<kind>`."""
    found = dict(base)
    for name, given in (reader.table(entry.node, "kind_floors") if entry else {}).items():
        if name not in KINDS:
            reader.say(given, f"unknown kind {name!r}{did_you_mean(name, KINDS)}")
            continue
        tier = _floor(reader, given, f"kind_floor.{name}", parameters)
        if tier is not None:
            found[name] = tier
    return found


def _floor(reader: Reader, entry: Entry, name: str, parameters: dict[str, Parameter]) -> Tier | None:
    node, rationale, source = reasoned(reader, entry, "tier", name)
    tier = reader.choice(node, "tier", TIERS) if node is not None else None
    if tier is not None:
        parameters[name] = Parameter(int(tier), rationale, source)
    return tier


def parse_gate(reader: Reader, entry: Entry | None, base: GatePolicy) -> GatePolicy:
    """The gate policy, field by field over that of the base."""
    gate = base
    fields = reader.fields(entry.node, "gate", (), GATE) if entry else {}
    if "mode" in fields:
        gate = replace(gate, mode=reader.choice(fields["mode"].node, "mode", MODES) or gate.mode)
    if "fail_on" in fields:
        severity = reader.choice(fields["fail_on"].node, "severity", SEVERITIES)
        gate = replace(gate, fail_on=gate.fail_on if severity is None else severity)
    if "unknown_from" in fields:
        node = fields["unknown_from"].node
        never = isinstance(node, Leaf) and node.raw == "never"
        gate = replace(gate, unknown_from=None if never else reader.choice(node, "tier", TIERS))
    if "min_coverage" in fields:
        gate = replace(gate, min_coverage=_min_coverage(reader, fields["min_coverage"].node, gate.min_coverage))
    if "override_hours" in fields:
        gate = replace(gate, override_hours=reader.whole(fields["override_hours"].node, "override_hours"))
    if "override_up_to" in fields:
        tier = reader.choice(fields["override_up_to"].node, "tier", TIERS)
        gate = replace(gate, override_up_to=gate.override_up_to if tier is None else tier)
    return gate


def _min_coverage(reader: Reader, node: Node, base: LeastCoverage) -> LeastCoverage:
    """One share for all tiers, or shares by tier over those of the base; of a higher tier never less than of a lower one."""
    if not isinstance(node, Table):
        return dict.fromkeys(Tier, _share(reader, node))
    found = dict(base) | {tier: _share(reader, given.node) for tier, given in reader.by_tier(node, "min_coverage")}
    for low, high in pairwise(Tier):
        if found[high] < found[low]:
            reader.say(node, f"min_coverage asks less at {high.name} ({found[high]:g}) than at {low.name} ({found[low]:g})")
    return found


def _share(reader: Reader, node: Node) -> float:
    share = reader.number(node, "min_coverage")
    if share > 1:
        reader.say(node, f"min_coverage is a share from 0 to 1, not {share}")
    return float(share)


def parse_acceptance(reader: Reader, entry: Entry | None, base: AcceptancePolicy) -> AcceptancePolicy:
    """The terms for risk acceptances, tier by tier over those of the base; a higher tier is never easier than a lower one."""
    fields = reader.fields(entry.node, "acceptance", (), ACCEPTANCE) if entry else {}
    months, approver = dict(base.months), dict(base.approver)
    for tier, given in reader.by_tier(fields["months"].node, "months") if "months" in fields else ():
        months[tier] = reader.whole(given.node, "months")
    for tier, given in reader.by_tier(fields["approver"].node, "approver") if "approver" in fields else ():
        approver[tier] = reader.choice(given.node, "approver", RANKS) or approver[tier]
    for low, high in pairwise(Tier):
        if entry is not None and (months[high] > months[low] or approver[high] < approver[low]):
            reader.say(
                entry.node, f"an acceptance at {high.name} may not live longer, or be approved by a lower rank, than one at {low.name}"
            )
    soon = reader.whole(fields["soon_days"].node, "soon_days") if "soon_days" in fields else base.soon_days
    return AcceptancePolicy(months, approver, soon)


def parse_requirements(
    reader: Reader, entry: Entry | None, base: tuple[Requirement, ...], controls: Mapping[str, Control]
) -> tuple[Requirement, ...]:
    """A framework's requirements in file order; where none are given, those of the base."""
    if entry is None:
        return base
    return tuple(_requirement(reader, key, given, controls) for key, given in reader.table(entry.node, "requirements").items())


def _requirement(reader: Reader, key: str, entry: Entry, controls: Mapping[str, Control]) -> Requirement:
    fields = reader.fields(entry.node, f"requirement {key!r}", ("title",), ("controls", "attestation", "note", "coverage"))
    named = reader.words(fields.get("controls"), "controls")
    listed = fields["controls"].node if "controls" in fields else None
    for node in listed.items if isinstance(listed, Items) else ():
        known_control(reader, node, node.raw if isinstance(node, Leaf) else "", controls, f"requirement {key}")
    attestation, note = (reader.text(fields.get(name), name) for name in ("attestation", "note"))
    sight = _sight([one for one in named if one in controls], controls, attestation)
    if "coverage" in fields:
        sight = _stated(reader, fields["coverage"], sight, note or attestation) or sight
    elif not named and not attestation and "controls" not in fields:
        reader.say(
            entry, f"requirement {key!r} has neither controls nor an attestation; say what must be attested where no scan can see it"
        )
    return Requirement(key, reader.text(fields.get("title"), "title"), named, attestation, note, sight)


def _sight(named: Sequence[str], controls: Mapping[str, Control], attestation: str) -> Sight:
    """What these controls can show: what is read, what is attested, or both."""
    rests = [rests_on_attestation(controls[one]) for one in named]
    if not rests:
        return Sight.NOT_VISIBLE
    if all(rests):
        return Sight.ATTESTED
    return Sight.PARTLY if attestation or any(rests) else Sight.SCANNED


def _stated(reader: Reader, entry: Entry, most: Sight, why: str) -> Sight | None:
    """The coverage that a file states: what its controls can show, or partly where it says what they leave open."""
    stated = reader.choice(entry.node, "coverage", SIGHTS)
    if stated is None:
        return None
    less = stated is Sight.PARTLY and most is Sight.SCANNED
    if stated is not most and not less:
        reader.say(entry.node, f"its controls show it as {most.value!r}, not {stated.value!r}; change coverage, controls or attestation")
    elif not why and stated in {Sight.PARTLY, Sight.NOT_VISIBLE} and (less or stated is Sight.NOT_VISIBLE):
        reader.say(entry.node, f"coverage {stated.value!r} needs a note that says what the controls leave open, or why none shows it")
    return stated


def known_control(reader: Reader, where: Node | Entry, name: str, controls: Mapping[str, Control], what: str) -> bool:
    """Whether the catalogue has a control; a problem with the nearest one if not."""
    if name in controls:
        return True
    if name:
        reader.say(where, f"unknown control {name!r} in {what}{did_you_mean(name, controls)}")
    return False


def parse_gaps(reader: Reader, entry: Entry | None, base: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, str, str], ...]:
    """Expected gaps with reason and expiry, after those of the base."""
    found = list(base)
    for node in reader.items(entry.node, "expected_gaps") if entry else ():
        fields = reader.fields(node, "an expected gap", ("pattern", "because", "expires"))
        pattern, because, expires = (reader.text(fields.get(key), key) for key in ("pattern", "because", "expires"))
        if "expires" in fields and expires and not _is_date(expires):
            reader.say(fields["expires"].node, f"expires takes a date as 2026-12-31, not {expires!r}")
        found.append((pattern, because, expires))
    return tuple(found)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
