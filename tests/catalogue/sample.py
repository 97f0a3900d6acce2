"""Small control files that tests change at one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.catalogue.controls import Catalogue, parse_control
from tierwise.errors import CatalogueError
from tierwise.model.control import Control

LABEL = "controls/encryption/ENC-01.yaml"
CONTROL = """\
id: ENC-01
title: Data at rest is encrypted
family: encryption
applies_to: [object-store, relational-db]
ladder:
  T1: {encryption.at_rest: true}
  T3: {encryption.key_custody: {at-least: customer}}
severity: {T1: low, T2: medium, T3: high, T4: critical}
rationale: A stolen disk then tells nothing about anyone.
remediation: {aws: Switch encryption on., terraform: Set storage_encrypted.}
source: A standard, section 1, https://example.org
cases:
  - {name: on, tier: T1, facts: {encryption.at_rest: true}, expect: pass}
  - {name: off, tier: T1, facts: {encryption.at_rest: false}, expect: fail}
  - {name: denied, tier: T1, facts: {encryption.at_rest: {unknown: permission-denied}}, expect: unknown}
  - {name: own key, tier: T3, facts: {encryption.at_rest: true, encryption.key_custody: customer}, expect: pass}
  - {name: their key, tier: T3, facts: {encryption.at_rest: true, encryption.key_custody: provider-managed}, expect: fail}
  - {name: key denied, tier: T3, facts: {encryption.at_rest: true, encryption.key_custody: {unknown: permission-denied}}, expect: unknown}
"""
KEY_LABEL = "controls/encryption/ENC-04.yaml"
KEY_CONTROL = """\
id: ENC-04
title: Keys rotate
family: encryption
applies_to: [key]
ladder:
  T2: {key.rotation_days: {at-most: 365}}
severity: {T2: low, T3: medium, T4: medium}
rationale: A key that leaked stops being useful.
remediation: {aws: Switch rotation on., terraform: Set enable_key_rotation.}
source: A standard, section 2, https://example.org
cases:
  - {name: yearly, tier: T2, facts: {key.rotation_days: 365}, expect: pass}
  - {name: never, tier: T2, facts: {key.rotation_days: unlimited}, expect: fail}
  - {name: denied, tier: T2, facts: {key.rotation_days: {unknown: permission-denied}}, expect: unknown}
"""


def changed(old: str, new: str, text: str = CONTROL) -> str:
    """The sample with one place changed; the place must be there."""
    assert text.count(old) == 1, f"{old!r} is not in the sample exactly once"
    return text.replace(old, new)


def marked(text: str) -> tuple[str, int, int]:
    """The text without its mark `¦`, and the mark's line and column."""
    before, after = text.split("¦")
    return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def problems_of(text: str, label: str = LABEL) -> list[str]:
    """What is wrong with a control; the test fails if nothing is."""
    with pytest.raises(CatalogueError) as caught:
        parse_control(text, label)
    return caught.value.problems


def sample_controls() -> tuple[Control, ...]:
    return (parse_control(CONTROL, LABEL), parse_control(KEY_CONTROL, KEY_LABEL))


def sample_catalogue() -> Catalogue:
    return Catalogue({control.id: control for control in sample_controls()})


def write(folder: Path, text: str, label: str = LABEL) -> Path:
    path = folder / label.removeprefix("controls/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
