from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from tests.catalogue.sample import CONTROL, changed
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.schema import control_schema, profile_schema
from tierwise.catalogue.shipped import shipped_dir, yaml_files
from tierwise.catalogue.yamlfile import load, plain
from tierwise.model.vocabulary import SPECS


@pytest.fixture(scope="module")
def control() -> Draft202012Validator:
    schema = control_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def profile() -> Draft202012Validator:
    schema = profile_schema(load_catalogue().controls)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_every_shipped_control_fits_the_schema(control: Draft202012Validator):
    for path in yaml_files(shipped_dir("controls")):
        assert [error.message for error in control.iter_errors(plain(load(path)))] == [], path.name


def test_every_shipped_profile_fits_the_schema(profile: Draft202012Validator):
    for path in yaml_files(shipped_dir("profiles")):
        assert [error.message for error in profile.iter_errors(plain(load(path)))] == [], path.name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Data", "titel: Data"),
        ("T1: {encryption.at_rest: true}", "T1: {encryption.at_rst: true}"),
        ("T1: {encryption.at_rest: true}", "T1: {encryption.at_rest: no}"),
        ("{at-least: customer}", "{at-most: customer}"),
        ("{at-least: customer}", "{at-least: custmer}"),
        ("T4: critical", "T4: fatal"),
        ("[object-store, relational-db]", "[object-stor]"),
        ("id: ENC-01", "id: enc-1"),
        ("encryption.at_rest: {unknown: permission-denied}}, expect", "encryption.at_rest: {not-applicable: x}}, expect"),
    ],
)
def test_what_the_parser_refuses_an_editor_marks(control: Draft202012Validator, old: str, new: str):
    if old not in CONTROL or CONTROL.count(old) != 1:
        old, new = f"denied, tier: T1, facts: {{{old}", f"denied, tier: T1, facts: {{{new}"
    assert control.is_valid(plain(load(CONTROL)))
    assert not control.is_valid(plain(load(changed(old, new))))


def test_every_fact_is_in_the_schema(control: Draft202012Validator):
    text = str(control.schema)
    assert all(f"'{spec.name}'" in text for spec in SPECS)
