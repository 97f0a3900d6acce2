from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalogue.sample import CONTROL, KEY_CONTROL, KEY_LABEL, LABEL, changed, marked, problems_of, write
from tierwise.catalogue import controls
from tierwise.catalogue.controls import load_catalogue, parse_control
from tierwise.errors import CatalogueError
from tierwise.model.control import All as AllOf
from tierwise.model.control import AnyOf, Case, Compare, Holds, Op, Severity
from tierwise.model.fact import UNLIMITED, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier

T1 = "{encryption.at_rest: true}\n"
OBJECT = "[object-store, relational-db]"


def test_a_control_is_parsed_whole():
    control = parse_control(CONTROL, LABEL)
    assert control.id == "ENC-01"
    assert control.applies_to == (Kind.OBJECT_STORE, Kind.RELATIONAL_DB)
    assert control.ladder == {
        Tier.T1: Compare("encryption.at_rest", Op.IS, operand=True),
        Tier.T3: Compare("encryption.key_custody", Op.AT_LEAST, "customer"),
    }
    assert control.severity == {Tier.T1: Severity.LOW, Tier.T2: Severity.MEDIUM, Tier.T3: Severity.HIGH, Tier.T4: Severity.CRITICAL}
    assert control.cases[2] == Case("denied", Tier.T1, {"encryption.at_rest": Unknown(UnknownReason.PERMISSION_DENIED)}, "unknown")
    assert control.path == LABEL
    assert not control.danger


def test_groups_named_predicates_sets_and_unlimited_are_parsed():
    text = changed(
        T1,
        "{any: [{access.public_blocked: true}, {all: [{location.jurisdictions: {none-outside: [GB]}}, {access.external_principals: {empty: true}}]}]}\n",
    )
    text = text.replace("[object-store, relational-db]", "[object-store]").replace(
        "{encryption.key_custody: {at-least: customer}}",
        "{holds: {name: within, fact: retention.delete_after_days, of: retention.declared_days, plus: 90}}",
    )
    control = parse_control(text, LABEL)
    assert control.ladder[Tier.T1] == AnyOf(
        (
            Compare("access.public_blocked", Op.IS, operand=True),
            AllOf(
                (
                    Compare("location.jurisdictions", Op.NONE_OUTSIDE, frozenset({"GB"})),
                    Compare("access.external_principals", Op.EMPTY, operand=True),
                )
            ),
        )
    )
    assert control.ladder[Tier.T3] == Holds(
        "within", (("fact", "retention.delete_after_days"), ("of", "retention.declared_days"), ("times", 1), ("plus", 90))
    )


def test_facts_side_by_side_are_a_conjunction_and_an_all_inside_an_all_is_the_same_conjunction():
    side = parse_control(changed(T1, "{encryption.at_rest: true, access.anonymous_read: false}\n"), LABEL)
    group = parse_control(
        changed(T1, "{all: [{encryption.at_rest: true}, {all: [{access.anonymous_read: false}]}]}\n").replace(
            "{all: [{access.anonymous_read: false}]}", "{access.anonymous_read: false}"
        ),
        LABEL,
    )
    assert side.ladder[Tier.T1] == group.ladder[Tier.T1]
    assert isinstance(side.ladder[Tier.T1], AllOf)


def test_a_version_written_as_a_number_is_the_word_of_the_scale():
    control = parse_control(changed(T1, "{transport.min_tls: {at-least: 1.2}}\n"), LABEL)
    assert control.ladder[Tier.T1] == Compare("transport.min_tls", Op.AT_LEAST, "1.2")


def test_a_case_may_say_unlimited_not_applicable_between_and_includes():
    text = changed(
        "{key.rotation_days: unlimited}", '{key.rotation_days: unlimited, key.rotation_enabled: {not-applicable: "imported"}}', KEY_CONTROL
    )
    text = text.replace("{unknown: permission-denied}", "{unknown: throttled, between: [400, unlimited]}")
    text = text.replace(
        "{key.rotation_days: 365}, expect",
        "{key.rotation_days: 365, access.external_principals: {unknown: api-error, includes: [x]}}, expect",
    )
    cases = parse_control(text, KEY_LABEL).cases
    assert cases[0].facts["access.external_principals"] == Unknown(UnknownReason.API_ERROR, includes=frozenset({"x"}))
    assert cases[1].facts == {"key.rotation_days": Known(UNLIMITED), "key.rotation_enabled": NotApplicable("imported")}
    assert cases[2].facts["key.rotation_days"] == Unknown(UnknownReason.THROTTLED, between=(400, UNLIMITED))


# What stands as the first rung, with `¦` where the fault is, and the message.
PREDICATES = [
    ("{¦encryption.at_rst: true}", "unknown fact 'encryption.at_rst' in rung T1; did you mean 'encryption.at_rest'?"),
    ("{¦zzz: true}", "unknown fact 'zzz' in rung T1"),
    ("{encryption.at_rest: ¦no}", "encryption.at_rest takes true or false, not 'no'; did you mean 'false'?"),
    ("{encryption.at_rest: ¦[true]}", "encryption.at_rest takes true or false, not a list"),
    (
        "{encryption.at_rest: {at-least: ¦true}}",
        "at-least does not go with encryption.at_rest in rung T1, which is true or false; it takes is, is-not",
    ),
    (
        "{encryption.key_custody: {at-least: ¦custmer}}",
        "'custmer' is not on the scale of encryption.key_custody; did you mean 'customer'? (provider-owned < provider-managed < customer)",
    ),
    (
        "{encryption.key_custody: {at-most: ¦customer}}",
        "at-most does not go with encryption.key_custody in rung T1: its high end is better; did you mean 'at-least'?",
    ),
    (
        "{access.audience: {at-least: ¦account}}",
        "at-least does not go with access.audience in rung T1: its low end is better; did you mean 'at-most'?",
    ),
    (
        "{classification.declared: {at-least: ¦T2}}",
        "at-least does not go with classification.declared in rung T1: neither end of it is better; it takes is, is-not, one-of",
    ),
    (
        "{encryption.at_rest: {includes: ¦[x]}}",
        "includes does not go with encryption.at_rest in rung T1, which is true or false; it takes is, is-not",
    ),
    (
        "{access.external_principals: {at-most: ¦3}}",
        "at-most does not go with access.external_principals in rung T1, which is a set of words; it takes none-outside, includes, empty",
    ),
    ("{access.external_principals: {empty: ¦0}}", "empty takes true or false, not '0'"),
    ("{access.external_principals: {includes: ¦x}}", "includes takes a list of words for access.external_principals, not 'x'"),
    ("{access.external_principals: {includes: ¦[]}}", "includes takes a list of words for access.external_principals, not an empty list"),
    (
        "{ownership.roles: {includes: [¦ownr]}}",
        "'ownr' is not on the scale of ownership.roles; did you mean 'owner'? (owner < team < asset-owner < custodian)",
    ),
    ("{ownership.roles: {includes: [¦true]}}", "ownership.roles takes words, not 'true'"),
    (
        "{encryption.key_custody: {¦atleast: customer}}",
        "unknown operator 'atleast' in rung T1; did you mean 'at-least'?; operators are is, is-not, at-least, at-most, one-of, none-outside, includes, empty",
    ),
    (
        "{encryption.key_custody: ¦{is: customer, is-not: provider-owned}}",
        "encryption.key_custody in rung T1 takes exactly one operator, not 2",
    ),
    (
        "{¦key.state: enabled}",
        "key.state in rung T1 is not listed for object-store, relational-db; leave them out of applies_to or write a control of their own",
    ),
    ("{¦volume.bytes: 5}", "volume.bytes is evidence for classification and never stands in a rung"),
    ("¦{}", "rung T1 is empty; name a fact"),
    ("¦true", "rung T1 takes a mapping of facts, or one of all, any, holds; not 'true'"),
    ("{any: ¦[{encryption.at_rest: true}]}", "'any' in rung T1 takes at least two parts; with one, write it alone"),
    ("{all: ¦{encryption.at_rest: true}}", "'all' in rung T1 takes a list"),
    (
        "{¦any: [{encryption.at_rest: true}, {access.anonymous_read: false}], access.anonymous_write: false}",
        "'any' stands alone in its mapping; put what stands beside it into the list of an 'all'",
    ),
    (
        "¦{any: [{encryption.at_rest: true}, {all: [{access.anonymous_read: false}, {any: [{access.anonymous_write: false}, {access.any_authenticated: false}]}]}]}",
        "rung T1 nests all and any deeper than two (facts side by side count as all); split the control or flatten it",
    ),
    ("{holds: ¦{fact: retention.backup_days}}", "'holds' in rung T1 has no 'name'; named predicates are within"),
    (
        "{holds: {name: ¦withn, fact: retention.declared_days, of: retention.declared_days}}",
        "unknown named predicate 'withn'; did you mean 'within'?; it takes within",
    ),
    ("{holds: ¦{name: within, fact: retention.declared_days}}", "'holds' in rung T1 has no 'of'; add it"),
    (
        "{holds: {name: within, fact: ¦encryption.at_rest, of: retention.declared_days}}",
        "'fact' takes a fact with a number, and encryption.at_rest is true or false",
    ),
    (
        "{holds: {name: within, fact: retention.declared_days, of: ¦retention.declared_dys}}",
        "unknown fact 'retention.declared_dys' in rung T1; did you mean 'retention.declared_days'?",
    ),
    (
        "{holds: {name: within, fact: retention.declared_days, of: retention.declared_days, times: ¦two}}",
        "times takes a whole number from 1 up, not 'two'",
    ),
]


@pytest.mark.parametrize(("predicate", "message"), PREDICATES, ids=[entry[0][:50] for entry in PREDICATES])
def test_a_fault_in_a_predicate_is_told_with_file_line_column(predicate: str, message: str):
    text, line, column = marked(changed(T1, predicate + "\n"))
    assert problems_of(text) == [f"{LABEL}:{line}:{column}: {message}"]


def test_a_number_takes_no_text_and_no_octal():
    text, line, column = marked(changed("{at-most: 365}", "{at-most: ¦010}", KEY_CONTROL))
    assert problems_of(text, KEY_LABEL) == [
        f"{KEY_LABEL}:{line}:{column}: key.rotation_days takes a number of days or unlimited, not '010'"
    ]


# What is replaced, by what, with `¦` where the fault is, and the message.
FILES = [
    (
        "title: Data at rest is encrypted\n",
        "¦titel: Data at rest is encrypted\n",
        "unknown key 'titel' in a control; did you mean 'title'?",
    ),
    ("A standard, section 1, https://example.org", '¦""', "source takes a text that is not empty"),
    ("id: ENC-01", "id: ¦ENC-1", "id 'ENC-1' is not three capitals, a hyphen and two digits, as ENC-01"),
    ("id: ENC-01", "id: ¦ENC-02", "id 'ENC-02' does not match the file name 'ENC-01.yaml'; did you mean 'ENC-01'?"),
    ("family: encryption", "family: ¦access", "family 'access' does not match the folder 'encryption'; move the file or change the family"),
    (
        "family: encryption",
        "family: ¦encription",
        "unknown family 'encription'; did you mean 'encryption'?; families are encryption, exposure, access, logging, retention, resilience, ownership, sharing, linkage, identifiers, supply, location, marking, scan, incident, lawful, individuals, people",
    ),
    ("[object-store, relational-db]", "[¦object-stor]", "unknown kind 'object-stor'; did you mean 'object-store'?"),
    ("[object-store, relational-db]", "[object-store, ¦object-store]", "'object-store' stands twice in applies_to"),
    ("[object-store, relational-db]", "¦[]", "applies_to names no kind"),
    ("severity: {T1: low, ", "¦severity: {", "severity takes exactly the tiers from the first rung to T4: T1, T2, T3, T4; not T2, T3, T4"),
    ("T2: medium", "T2: ¦midium", "unknown severity 'midium'; did you mean 'medium'?; it takes info, low, medium, high, critical"),
    ("T3: high", "¦T5: high", "unknown tier 'T5' in severity; did you mean 'T4'?; tiers are T0 to T4"),
    (
        "{aws: Switch encryption on., terraform: Set storage_encrypted.}",
        "¦{aws: Switch encryption on.}",
        "remediation has no 'terraform'; add it",
    ),
    ("terraform: Set", "¦terrafrom: Set", "unknown key 'terrafrom' in remediation; did you mean 'terraform'?"),
    ("source: A", "danger: ¦yes\nsource: A", "danger takes true or false, not 'yes'"),
    ("source: A", "cause: ¦Not Declared\nsource: A", "cause 'Not Declared' is not in lower-case words joined by hyphens"),
    (
        "source: A",
        "when: {¦encryption.key_custdy: customer}\nsource: A",
        "unknown fact 'encryption.key_custdy' in when; did you mean 'encryption.key_custody'?",
    ),
    ("{name: off, tier: T1", "{name: off, tier: ¦T9", "unknown tier 'T9'; did you mean 'T4'?; it takes T0, T1, T2, T3, T4"),
    (
        "false}, expect: fail",
        "false}, expect: ¦failed",
        "unknown verdict 'failed'; did you mean 'fail'?; it takes pass, fail, unknown, not-applicable",
    ),
    ("false}, expect: fail}", "false}, expect: fail, kind: ¦queue}", "unknown kind 'queue'; it takes object-store, relational-db"),
    (
        "{encryption.at_rest: false}",
        "{¦encryption.at_rst: false}",
        "unknown fact 'encryption.at_rst' in a case; did you mean 'encryption.at_rest'?",
    ),
    ("{encryption.at_rest: false}", "{¦key.state: enabled}", "key.state in a case is not listed for object-store, relational-db"),
    ("{encryption.at_rest: false}", "{encryption.at_rest: ¦{not-applicable: x}}", "encryption.at_rest is never not-applicable"),
    (
        "facts: {encryption.at_rest: {unknown: permission-denied}}",
        "facts: {encryption.at_rest: {unknown: ¦permission-denid}}",
        "unknown reason 'permission-denid'; did you mean 'permission-denied'?; it takes known-after-apply, permission-denied, api-error, throttled, unparsable, not-collected, not-supported, region-disabled, unresolved-reference, out-of-scope, redacted, tier-undetermined",
    ),
    (
        "{encryption.at_rest: false}",
        "{encryption.at_rest: {unknown: throttled, between: ¦[false, true]}}",
        "'between' goes with ordered facts, and encryption.at_rest is not one",
    ),
    (
        "{encryption.at_rest: false}",
        "{encryption.key_custody: {unknown: throttled, between: ¦[customer, provider-owned]}}",
        "'between' names the higher value first; write [lo, hi]",
    ),
    (
        "{encryption.at_rest: false}",
        "{encryption.key_custody: {unknown: throttled, ¦includes: [customer]}}",
        "'includes' goes with sets, and encryption.key_custody is not one; use 'between'",
    ),
    ("{encryption.at_rest: false}", "{ownership.roles: ¦owner}", "ownership.roles takes a list, not 'owner'"),
    (
        "{encryption.at_rest: false}",
        "{ownership.roles: [¦boss]}",
        "'boss' is not a member of ownership.roles (owner, team, asset-owner, custodian)",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), FILES, ids=[entry[2][:60] for entry in FILES])
def test_a_fault_in_a_control_file_is_told_with_file_line_column(old: str, new: str, message: str):
    text, line, column = marked(changed(old, new))
    assert problems_of(text) == [f"{LABEL}:{line}:{column}: {message}"]


# The same where the place is elsewhere: at the start of what lacks something, or at the whole.
ELSEWHERE = [
    ("rationale: A stolen disk then tells nothing about anyone.\n", "", 1, 1, "a control has no 'rationale'; add it"),
    ("T4: critical", "T4: low", 8, 1, "severity falls from high at T3 to low at T4; it may only rise"),
    (
        "  - {name: off, tier: T1, facts: {encryption.at_rest: false}, expect: fail}\n",
        "",
        12,
        1,
        "rung T1 has no case at T1 that expects fail; add one for each",
    ),
    ("name: off,", "name: on,", 14, 5, "two cases are called 'on'; give each its own name"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "message"), ELSEWHERE, ids=[entry[4][:60] for entry in ELSEWHERE])
def test_what_is_missing_is_told_where_it_should_stand(old: str, new: str, line: int, column: int, message: str):
    assert problems_of(changed(old, new)) == [f"{LABEL}:{line}:{column}: {message}"]


def test_a_guard_takes_orders_that_a_rung_refuses():
    text = changed(
        "ladder:\n", "when: {all: [{classification.declared: {at-most: T2}}, {marking.level: {at-least: official-sensitive}}]}\nladder:\n"
    )
    assert parse_control(text, LABEL).when is not None


REDUNDANT = [
    (
        "T3: {encryption.key_custody: {at-least: customer}}",
        "T3: {encryption.at_rest: true, access.anonymous_read: false}",
        7,
        "rung T3 repeats what already follows from rung T1: encryption.at_rest is true; leave it out",
    ),
    (
        "T3: {encryption.key_custody: {at-least: customer}}",
        "T3: {encryption.at_rest: {is-not: false}}",
        7,
        "rung T3 repeats what already follows from rung T1: encryption.at_rest is not false; leave it out",
    ),
    (
        "ladder:\n",
        "when: {encryption.at_rest: true}\nladder:\n",
        7,
        "rung T1 repeats what already follows from 'when': encryption.at_rest is true; leave it out",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), REDUNDANT)
def test_a_rung_that_says_nothing_new_is_refused(old: str, new: str, line: int, message: str):
    assert problems_of(changed(old, new)) == [f"{LABEL}:{line}:3: {message}"]


def test_all_problems_of_all_files_come_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "shipped", changed("T2: medium", "T2: midium"))
    write(tmp_path / "shipped", changed("title: Keys rotate", "titel: Keys rotate", KEY_CONTROL), KEY_LABEL)
    monkeypatch.setattr(controls, "shipped_dir", lambda name: tmp_path / "shipped")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue()
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [f"{LABEL}:8:25", f"{KEY_LABEL}:2:1"]


def test_further_folders_add_controls_and_an_id_used_twice_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "shipped", CONTROL)
    write(tmp_path / "mine", KEY_CONTROL, KEY_LABEL)
    monkeypatch.setattr(controls, "shipped_dir", lambda name: tmp_path / "shipped")
    assert list(load_catalogue([tmp_path / "mine"]).controls) == ["ENC-01", "ENC-04"]
    copy = write(tmp_path / "mine", CONTROL)
    with pytest.raises(CatalogueError) as caught:
        load_catalogue([tmp_path / "mine"])
    assert caught.value.problems == [
        f"{copy.as_posix()}:1:1: control ENC-01 is already defined in controls/encryption/ENC-01.yaml; give this one an id of its own"
    ]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CatalogueError, match="no control file is in it"):
        load_catalogue([tmp_path / "empty"])
    with pytest.raises(CatalogueError, match="not a folder"):
        load_catalogue([tmp_path / "none"])
