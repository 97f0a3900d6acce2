from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.sample import changed, marked, sample_catalogue
from tierwise.catalogue import profiles
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.implication import implies
from tierwise.catalogue.profiles import apply_profile, load_profile, parse_profile, shipped_profiles
from tierwise.catalogue.sections import MEANINGS, PARAMETERS
from tierwise.catalogue.shipped import shipped_dir, yaml_files
from tierwise.errors import CatalogueError
from tierwise.model.acceptance import STANDARD
from tierwise.model.control import Compare, Op, Severity, facts_in
from tierwise.model.profile import GatePolicy, Profile, Sight
from tierwise.model.register import plain_word
from tierwise.model.sensitivity import Category, Marking, Tier
from tierwise.model.vocabulary import is_attested

LABEL = "profiles/mine.yaml"
MINE = """\
id: mine
title: Our own
description: Ours.
extends: uk-gov-personal-data
requirements:
  R1: {title: One, controls: [ENC-01]}
"""


@pytest.fixture(autouse=True)
def base_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default profile over the two sample controls: its requirements are cut to those."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    shipped = shipped_dir("profiles") / "uk-gov-personal-data.yaml"
    text = shipped.read_text(encoding="utf-8")
    head = text[: text.index("requirements:\n")]
    (folder / shipped.name).write_text(head + "requirements: {P1: {title: First, controls: [ENC-01, ENC-04]}}\n", encoding="utf-8")
    monkeypatch.setattr(profiles, "shipped_dir", lambda name: folder)


def parse(text: str) -> Profile:
    return parse_profile(text, LABEL, sample_catalogue())


def problems_of(text: str) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        parse(text)
    return caught.value.problems


def test_a_profile_reuses_thresholds_tags_and_gate_of_the_one_it_extends():
    base = load_profile("uk-gov-personal-data", sample_catalogue())
    mine = parse(
        MINE
        + "gate: {mode: new, unknown_from: T3}\nparameters:\n  assumed_tier: {value: T3, rationale: we are a hospital, source: our board}\n"
    )
    assert mine.categories == base.categories
    assert mine.tags == base.tags
    assert mine.acceptance == STANDARD
    assert parse(MINE + "acceptance: {months: {T4: 1}}\n").acceptance.months == {**STANDARD.months, Tier.T4: 1}
    assert mine.gate == GatePolicy("new", base.gate.fail_on, Tier.T3, base.gate.min_coverage)
    assert parse(MINE + "gate: {min_coverage: 0.5}\n").gate.min_coverage == dict.fromkeys(Tier, 0.5)
    assert parse(MINE + "gate: {min_coverage: {T4: 0.99}}\n").gate.min_coverage == {**base.gate.min_coverage, Tier.T4: 0.99}
    assert (base.assumed_tier, mine.assumed_tier) == (Tier.T2, Tier.T3)
    assert mine.parameters["assumed_tier"].rationale == "we are a hospital"
    assert [requirement.id for requirement in mine.requirements] == ["R1"]


@pytest.mark.parametrize(
    ("mapping", "sight"),
    [
        ("controls: [ENC-01]", Sight.SCANNED),
        ("controls: [ENC-01], attestation: x", Sight.PARTLY),
        ("attestation: x", Sight.NOT_VISIBLE),
        ("controls: [ENC-01], coverage: scanned", Sight.SCANNED),
        ("controls: [ENC-01], coverage: partly, note: half of it", Sight.PARTLY),
        ("controls: [ENC-01], coverage: partly, attestation: the rest", Sight.PARTLY),
        ("coverage: not-visible, note: nobody reads it", Sight.NOT_VISIBLE),
    ],
)
def test_a_requirement_tells_the_most_that_its_controls_can_show(mapping: str, sight: Sight):
    (one,) = parse(MINE.replace("controls: [ENC-01]", mapping)).requirements
    assert one.sight is sight


def test_requirements_that_are_not_given_come_from_the_base():
    text = MINE[: MINE.index("requirements")]
    assert [requirement.id for requirement in parse(text).requirements] == ["P1"]


def test_a_stricter_rung_is_conjoined_and_a_severity_raised():
    mine = parse(MINE + "tighten: {ENC-04: {T4: {key.rotation_days: {at-most: 90}}}}\nseverity: {ENC-04: {T4: high}}\n")
    catalogue = sample_catalogue()
    applied = {control.id: control for control in apply_profile(catalogue, mine)}
    assert applied["ENC-04"].extra == {Tier.T4: (Compare("key.rotation_days", Op.AT_MOST, 90),)}
    assert applied["ENC-04"].ladder == catalogue.controls["ENC-04"].ladder
    assert applied["ENC-04"].severity == {Tier.T2: Severity.LOW, Tier.T3: Severity.MEDIUM, Tier.T4: Severity.HIGH}
    assert applied["ENC-01"] is catalogue.controls["ENC-01"]


def test_rungs_of_the_base_and_of_the_profile_both_stay(tmp_path: Path):
    folder = tmp_path / "profiles"
    (folder / "middle.yaml").write_text(
        MINE.replace("id: mine", "id: middle")
        + "tighten: {ENC-04: {T3: {key.rotation_days: {at-most: 180}}}}\nseverity: {ENC-04: {T4: high}}\ndeselect: {ENC-01: disks are destroyed}\n",
        encoding="utf-8",
    )
    mine = parse(
        MINE.replace("uk-gov-personal-data", "middle")
        + "tighten: {ENC-04: {T3: {key.state: enabled}, T4: {key.rotation_days: {at-most: 90}}}}\n"
    )
    (control,) = apply_profile(sample_catalogue(), mine)
    (third,) = control.extra[Tier.T3]
    assert implies([third], Compare("key.rotation_days", Op.AT_MOST, 180))
    assert implies([third], Compare("key.state", Op.IS, "enabled"))
    assert control.severity[Tier.T4] is Severity.HIGH
    assert mine.deselected == {"ENC-01": "disks are destroyed"}


def test_a_deselected_control_is_left_out_with_its_reason():
    mine = parse(MINE + "deselect: {ENC-04: keys live elsewhere}\n")
    assert mine.deselected == {"ENC-04": "keys live elsewhere"}
    assert [control.id for control in apply_profile(sample_catalogue(), mine)] == ["ENC-01"]


@given(tier=st.sampled_from(["T2", "T3", "T4"]), days=st.integers(0, 364), severity=st.sampled_from(["high", "critical"]))
def test_a_profile_never_loosens(tier: str, days: int, severity: str):
    base = parse_profile_once()
    before = sample_catalogue()
    text = MINE.replace("extends: uk-gov-personal-data\n", "")
    mine = parse_profile(
        text
        + f"tighten: {{ENC-04: {{{tier}: {{key.rotation_days: {{at-most: {days}}}}}}}}}\nseverity: {{ENC-04: {{T4: {severity}}}}}\n"
        + base,
        LABEL,
        before,
    )
    for control in apply_profile(before, mine):
        original = before.controls[control.id]
        assert control.ladder == original.ladder
        for at in Tier:
            own = [rung for t, rung in original.ladder.items() if t <= at]
            effective = own + [rung for t, rungs in control.extra.items() if t <= at for rung in rungs]
            assert all(implies(effective, rung) for rung in own)
        assert all(control.severity[at] >= severity_before for at, severity_before in original.severity.items())
        severities = [control.severity[at] for at in sorted(control.severity)]
        assert severities == sorted(severities)


def parse_profile_once() -> str:
    """The model sections that a profile of its own needs, as text."""
    parameters = "".join(f"  {name}: {{value: {'T2' if name == 'assumed_tier' else 1}, rationale: r, source: s}}\n" for name in PARAMETERS)
    categories = "".join(f"  {category.value}: {{title: t, base: T2, rationale: r, source: s}}\n" for category in Category)
    return f"framework: f\nsource: s\nparameters:\n{parameters}categories:\n{categories}tags: {{}}\nmarkings: {{}}\nkind_floors: {{}}\n"


# What is added to the profile, with `¦` where the fault is, and the message.
FAULTS = [
    ("¦gates: x\n", "unknown key 'gates' in a profile; did you mean 'gate'?"),
    ("tighten: {¦ENC-4: {T4: {key.rotation_days: {at-most: 90}}}}\n", "unknown control 'ENC-4' in tighten; did you mean 'ENC-04'?"),
    (
        "tighten: {ENC-04: {¦T4: {key.rotation_days: {at-most: 365}}}}\n",
        "ENC-04 already asks at T4 for: key.rotation_days at most 365; leave it out",
    ),
    (
        "tighten: {ENC-04: {T4: {key.rotation_days: {at-least: ¦90}}}}\n",
        "at-least does not go with key.rotation_days in ENC-04 at T4: its low end is better; did you mean 'at-most'?",
    ),
    ("tighten: {ENC-04: {T4: {¦encryption.at_rest: true}}}\n", "encryption.at_rest in ENC-04 at T4 is not listed for key; leave them out"),
    (
        "tighten: {ENC-04: {¦T1: {key.rotation_days: {at-most: 90}}}}\n",
        "ENC-04 has no rung at T1 yet; give its severity at T1 under 'severity'",
    ),
    (
        "tighten: {ENC-04: {¦T7: {key.rotation_days: {at-most: 90}}}}\n",
        "unknown tier 'T7' in tighten ENC-04; did you mean 'T4'?; tiers are T0 to T4",
    ),
    ("severity: {¦ENC-04: {T3: low}}\n", "severity of ENC-04 at T3 is medium and may only be raised, not set to low"),
    ("severity: {¦ENC-04: {T3: critical}}\n", "severity of ENC-04 would fall from critical at T3 to medium at T4; raise T4 too"),
    ("¦severity: {ENC-04: {T1: low}}\n", "severity of ENC-04 at T1 has no rung to go with; tighten the control there or leave it out"),
    ("severity: {¦ENC-4: {T3: high}}\n", "unknown control 'ENC-4' in severity; did you mean 'ENC-04'?"),
    ("deselect: {ENC-04: ¦''}\n", "deselect ENC-04 says why in its value, which takes a text that is not empty"),
    ("deselect: {¦ENC-40: no}\n", "unknown control 'ENC-40' in deselect; did you mean 'ENC-04'?"),
    (
        "deselect: {ENC-04: no keys}\ntighten: {¦ENC-04: {T4: {key.rotation_days: {at-most: 90}}}}\n",
        "ENC-04 stands under deselect and under tighten; choose one",
    ),
    ("gate: {mode: ¦ful}\n", "unknown mode 'ful'; did you mean 'full'?; it takes observe, new, full"),
    ("gate: {min_coverage: ¦2}\n", "min_coverage is a share from 0 to 1, not 2"),
    ("gate: {min_coverage: {T4: ¦2}}\n", "min_coverage is a share from 0 to 1, not 2"),
    ("gate: {min_coverage: ¦{T4: 0.5}}\n", "min_coverage asks less at T4 (0.5) than at T3 (0.9)"),
    ("gate: {min_coverage: {¦T9: 0.5}}\n", "unknown tier 'T9' in min_coverage; did you mean 'T4'?; tiers are T0 to T4"),
    ("acceptance: ¦{months: {T4: 7}}\n", "an acceptance at T4 may not live longer, or be approved by a lower rank, than one at T3"),
    ("acceptance: ¦{approver: {T1: siro}}\n", "an acceptance at T2 may not live longer, or be approved by a lower rank, than one at T1"),
    ("acceptance: {approver: {T4: ¦boss}}\n", "unknown approver 'boss'; it takes service-owner, asset-owner, deputy-siro, siro"),
    ("acceptance: {¦month: {T4: 1}}\n", "unknown key 'month' in acceptance; did you mean 'months'?"),
    ("gate: {¦failon: high}\n", "unknown key 'failon' in gate; did you mean 'fail_on'?"),
    (
        "parameters: {¦assumedtier: {value: T2, rationale: r, source: s}}\n",
        "unknown parameter 'assumedtier'; did you mean 'assumed_tier'?; parameters are ",
    ),
    ("parameters: {assumed_tier: {value: ¦2, rationale: r, source: s}}\n", "unknown tier '2'"),
    ("parameters: {infer_confidence: {value: ¦70, rationale: r, source: s}}\n", "infer_confidence is a confidence from 0 to 1, not 70"),
    ("parameters: {aggregation_subjects: ¦{value: 5, source: s}}\n", "aggregation_subjects has no 'rationale'; add it"),
    ("categories: {¦C9: {title: t, base: T2, rationale: r, source: s}}\n", "unknown category 'C9'"),
    ("categories: {C1: ¦{title: t, base: T2, rationale: r}}\n", "category C1 has no 'source'; add it"),
    (
        "categories: {C1: {title: t, base: T2, to_t3: 10, ¦to_t4: 5, rationale: r, source: s}}\n",
        "category C1 would reach T4 at fewer people than T3; to_t4 is at least to_t3",
    ),
    ("tags: {x: {role: ¦ownr}}\n", "unknown role 'ownr'; did you mean 'owner'?; roles are "),
    (
        "tags: {¦x: {role: owner, aliases: [Data_Classification]}}\n",
        "tag 'Data_Classification' of x is the same as 'data-classification: data-classification'",
    ),
    ("tags: {x: {role: tier, values: {a: ¦T9}}}\n", "'T9' is no meaning for a tag with the role tier; did you mean 'T4'?"),
    ("tags: {x: {role: owner, values: {a: ¦b}}}\n", "'b' is no meaning for a tag with the role owner; its values are free"),
    (
        "tags: {x: {role: tier, values: {a b: T1, ¦A-B: T2}}}\n",
        "value 'A-B' is the same as 'a b' (case and separators do not count); leave it out",
    ),
    ("markings: {¦oficial: {tier: T1, rationale: r, source: s}}\n", "unknown marking 'oficial'; did you mean 'official'?"),
    ("kind_floors: {¦secrets: {tier: T1, rationale: r, source: s}}\n", "unknown kind 'secrets'; did you mean 'secret'?"),
    ("expected_gaps: [{pattern: a/*, because: b, expires: ¦soon}]\n", "expires takes a date as 2026-12-31, not 'soon'"),
    ("synthetic_counts: ¦yes\n", "synthetic_counts takes true or false, not 'yes'"),
    ("own_accounts: [a, ¦a]\n", "'a' stands twice in own_accounts"),
]


@pytest.mark.parametrize(("added", "message"), FAULTS, ids=[entry[1][:60] for entry in FAULTS])
def test_a_fault_in_a_profile_is_told_with_file_line_column(added: str, message: str):
    text, line, column = marked(MINE + added)
    (problem,) = problems_of(text)
    assert problem.startswith(f"{LABEL}:{line}:{column}: {message}")


REPLACED = [
    ("id: mine", "id: ¦other", "id 'other' does not match the file name 'mine.yaml'; did you mean 'mine'?"),
    ("extends: uk-gov-personal-data", "extends: ¦uk-gov", "unknown profile 'uk-gov' in extends; did you mean 'uk-gov-personal-data'?"),
    ("extends: uk-gov-personal-data", "¦extends: mine", "profile 'mine' extends itself by way of mine; end the circle"),
    ("[ENC-01]", "[¦ENC-1]", "unknown control 'ENC-1' in requirement R1; did you mean 'ENC-01'?"),
    ("R1: {title: One, controls: [ENC-01]}", "¦R1: {title: One}", "requirement 'R1' has neither controls nor an attestation"),
    ("controls: [ENC-01]}", "controls: [ENC-01], coverage: ¦attested}", "its controls show it as 'scanned', not 'attested'"),
    ("controls: [ENC-01]}", "controls: [ENC-01], coverage: ¦not-visible, note: x}", "its controls show it as 'scanned', not 'not visible'"),
    ("controls: [ENC-01]}", "controls: [ENC-01], attestation: x, coverage: ¦scanned}", "its controls show it as 'partly', not 'scanned'"),
    ("controls: [ENC-01]}", "controls: [ENC-01], coverage: ¦partly}", "coverage 'partly' needs a note"),
    ("controls: [ENC-01]}", "coverage: ¦not-visible}", "coverage 'not visible' needs a note"),
    (
        "controls: [ENC-01]}",
        "controls: [ENC-01], coverage: ¦whole}",
        "unknown coverage 'whole'; it takes scanned, partly, attested, not-visible",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), REPLACED, ids=[entry[2][:60] for entry in REPLACED])
def test_a_fault_in_what_a_profile_must_have_is_told(old: str, new: str, message: str):
    text, line, column = marked(changed(old, new, MINE))
    (problem,) = problems_of(text)
    assert problem.startswith(f"{LABEL}:{line}:{column}: {message}")


def test_a_profile_that_extends_none_gives_the_whole_model():
    (first, *rest) = problems_of(MINE.replace("extends: uk-gov-personal-data\n", ""))
    assert first == f"{LABEL}:1:1: a profile has no 'framework'; add it"
    assert {problem.split("'")[1] for problem in rest} == {"source", "parameters", "categories", "tags", "markings", "kind_floors"}


def test_an_unknown_profile_name_comes_with_the_nearest():
    with pytest.raises(CatalogueError, match="unknown profile 'uk-gov-personal-dat'; did you mean 'uk-gov-personal-data'"):
        load_profile("uk-gov-personal-dat", sample_catalogue())


def test_a_profile_is_found_by_path(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    assert load_profile(path, sample_catalogue()).id == "mine"
    assert load_profile(str(path), sample_catalogue()).path == path.as_posix()


def test_every_role_of_a_tag_that_classification_reads_is_known():
    assert {"tier", "marking", "categories", "subjects", "owner", "environment", "retention", "handling", "subject-groups"} <= set(MEANINGS)


class TestShipped:
    """The profiles that come with tierwise, over the controls that do."""

    @pytest.fixture(autouse=True)
    def real(self, base_profile: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()

    def test_all_are_there(self):
        assert set(shipped_profiles()) == {
            "cis-aws-6.0",
            "ncsc-bulk-personal-data",
            "ncsc-caf-3.2",
            "ncsc-caf-4.0",
            "nist-800-53-r5",
            "uk-gov-personal-data",
            "ncsc-cloud-security-principles",
            "uk-gdpr-security-evidence",
            "iso-27001-2022",
        }

    @pytest.mark.parametrize("name", shipped_profiles())
    def test_every_control_that_a_profile_names_exists(self, name: str):
        catalogue = load_catalogue()
        profile = load_profile(name, catalogue)
        named = {control for requirement in profile.requirements for control in requirement.controls}
        assert named | set(profile.deselected) | set(profile.tightened) | set(profile.severity) <= set(catalogue.controls)

    def test_every_control_gives_evidence_of_some_principle(self):
        catalogue = load_catalogue()
        principles = load_profile("uk-gov-personal-data", catalogue).requirements
        assert {control for principle in principles for control in principle.controls} == set(catalogue.controls)

    def test_the_ten_principles_are_cited_by_title_only(self):
        profile = load_profile("uk-gov-personal-data", load_catalogue())
        assert [requirement.id for requirement in profile.requirements] == [f"P{number}" for number in range(1, 11)]
        assert all(
            requirement.note.startswith("Mapped to the principle's title; clause-level mapping pending.")
            for requirement in profile.requirements
        )

    def test_what_no_scan_can_see_says_what_must_be_attested_or_why_nothing_shows_it(self):
        catalogue = load_catalogue()
        for name in shipped_profiles():
            for requirement in load_profile(name, catalogue).requirements:
                assert requirement.controls or requirement.attestation or requirement.note, f"{name} {requirement.id}"

    def test_frameworks_that_are_listed_whole_have_the_ids_of_their_version(self):
        """Counted in the sources that the files cite: contributing outcomes by principle, recommendations by section, measures."""
        catalogue = load_catalogue()
        ids = {name: [one.id for one in load_profile(name, catalogue).requirements] for name in shipped_profiles()}
        parts = {
            name: Counter(re.match(r"[A-D]?\d", one)[0] for one in found) for name, found in ids.items() if re.match("ncsc-caf|cis", name)
        }
        shared = {"A1": 3, "A3": 1, "B1": 2, "B2": 4, "B3": 5, "B4": 4, "B5": 3, "B6": 2, "D1": 3, "D2": 2}
        assert parts["ncsc-caf-3.2"] == {**shared, "A2": 2, "A4": 1, "C1": 5, "C2": 2}
        assert parts["ncsc-caf-4.0"] == {**shared, "A2": 3, "A4": 2, "C1": 6, "C2": 1}
        assert parts["cis-aws-6.0"] == {"2": 21, "3": 9, "4": 9, "5": 16, "6": 8}
        assert ids["ncsc-bulk-personal-data"] == [f"M{number}" for number in range(1, 16)]

    def test_ids_of_nist_have_its_form_and_stand_in_its_order(self):
        ids = [one.id for one in load_profile("nist-800-53-r5", load_catalogue()).requirements]
        parts = [re.fullmatch(r"([A-Z]{2})-([1-9]\d?)(?:\(([1-9]\d?)\))?", one) for one in ids]
        assert all(parts)
        keys = [(one[1], int(one[2]), int(one[3] or 0)) for one in parts if one]
        assert keys == sorted(keys)

    def test_what_is_not_visible_is_never_called_seen(self):
        """The coverage of a requirement rests on its controls: none, attested ones, or scanned ones."""
        catalogue = load_catalogue()
        for name in shipped_profiles():
            for one in load_profile(name, catalogue).requirements:
                rests = {any(map(is_attested, facts_in(rung))) for id_ in one.controls for rung in catalogue.controls[id_].ladder.values()}
                told: dict[Sight, list[set[bool]]] = {
                    Sight.NOT_VISIBLE: [set()],
                    Sight.ATTESTED: [{True}],
                    Sight.SCANNED: [{False}],
                    Sight.PARTLY: [{False}, {True, False}],
                }
                assert rests in told[one.sight], f"{name} {one.id}"

    def test_no_profile_claims_compliance_or_a_requirement_of_the_guidance(self):
        for path in yaml_files(shipped_dir("profiles")):
            text = path.read_text(encoding="utf-8").lower()
            assert "complian" not in text
            assert "guidance requires" not in text
            assert "should be secret" not in text

    def test_the_thresholds_are_those_of_the_sensitivity_model(self):
        profile = load_profile("uk-gov-personal-data", load_catalogue())
        rules = {category.value: (rule.base.name, rule.to_t3, rule.to_t4) for category, rule in profile.categories.items()}
        assert rules == {
            "C0": ("T1", None, None),
            "C1": ("T2", 100_000, 10_000_000),
            "C2": ("T2", 1_000, 1_000_000),
            "C3": ("T3", None, 100_000),
            "C4": ("T3", None, 1_000),
            "C5": ("T4", None, None),
            "C6": ("T3", None, None),
        }
        assert profile.categories[Category.C3].variants == {"criminal": 10_000, "location": 10_000, "children": 10_000}
        assert (profile.assumed_tier, profile.infer_confidence) == (Tier.T2, 0.7)
        assert profile.parameters["aggregation_subjects"].value == 10_000
        assert profile.kind_floors == {"secret": Tier.T2}
        assert not profile.synthetic_counts

    def test_every_number_has_a_rationale_and_a_source(self):
        profile = load_profile("uk-gov-personal-data", load_catalogue())
        assert all(given.rationale and given.source for given in profile.parameters.values())
        assert all(rule.rationale and rule.source for rule in profile.categories.values())

    @pytest.mark.parametrize(
        ("key", "role"),
        [
            ("DataClassification", "tier"),
            ("data_class", "tier"),
            ("Sensitivity", "tier"),
            ("data-marking", "marking"),
            ("data-categories", "categories"),
            ("DataSubjects", "subjects"),
            ("Owner", "owner"),
            ("data-owner", "asset-owner"),
            ("infrastructure-support", "team"),
            ("iar-id", "reference"),
            ("retention-period", "retention"),
            ("Environment", "environment"),
            ("EnvironmentType", "environment"),
            ("is-production", "environment"),
            ("business-unit", "business-unit"),
            ("Programme", "business-unit"),
            ("Product", "reference"),
            ("source-code", "reference"),
        ],
    )
    def test_the_tag_keys_in_use_are_known(self, key: str, role: str):
        profile = load_profile("uk-gov-personal-data", load_catalogue())
        roles = {plain_word(spelling): tag.role for tag in profile.tags for spelling in (tag.key, *tag.aliases)}
        assert roles[plain_word(key)] == role

    def test_a_marking_is_never_read_as_a_tier(self):
        profile = load_profile("uk-gov-personal-data", load_catalogue())
        words = {plain_word(value) for tag in profile.tags if tag.role == "tier" for value in tag.values}
        assert not {plain_word(marking.value) for marking in Marking} & words
        assert Marking.OFFICIAL not in profile.markings
        assert profile.markings[Marking.OFFICIAL_SENSITIVE] is Tier.T2
        assert profile.parameters["marking.official-sensitive-personal"].value == 3
