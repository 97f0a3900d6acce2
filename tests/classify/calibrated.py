"""Reads the calibration table and turns each row's evidence into a resource, a register and attestations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.classify.profiles import store
from tierwise.model.marking import ParsedMarking, parse_marking
from tierwise.model.register import Attestation, AttestationKind, Corrections, Group, Register, RegisterEntry, Selector, parse_category
from tierwise.model.resource import Column, Evidence, Kind, Resource
from tierwise.model.sensitivity import Marking, Tier

TABLE = Path(__file__).with_name("calibration.yaml")
KEYS = {"name", "columns", "tags", "marking", "categories", "subjects", "groups", "linked", "controllers", "attested", "kind"}


@dataclass(frozen=True)
class Row:
    what: str
    given: Mapping[str, Any]
    tier: Tier
    state: str


def rows() -> list[Row]:
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))["datasets"]
    return [Row(one["what"], one["given"], Tier[one["tier"]], one.get("state", "")) for one in table]


def evidence_of(row: Row) -> tuple[Resource, Register, Corrections]:
    given = row.given
    assert given.keys() <= KEYS, f"unknown evidence in {row.what!r}: {given.keys() - KEYS}"
    columns = tuple(Column("records", *text.split(":")) for text in given.get("columns", ()))
    tags = given.get("tags", {})
    resource = store(
        given.get("name", "unnamed"), kind=Kind(given.get("kind", "object-store")), tags=tags, evidence=Evidence(columns=columns)
    )
    marking = parse_marking(given["marking"]) if "marking" in given else ParsedMarking(Marking.NONE)
    assert marking is not None
    categories = tuple(found for one in given.get("categories", ()) if (found := parse_category(one)))
    assert len(categories) == len(given.get("categories", ()))
    entry = RegisterEntry(
        Selector(id=resource.id),
        categories=categories,
        subjects=given.get("subjects"),
        groups=frozenset(Group(one) for one in given.get("groups", ())),
        linked=given.get("linked", False),
        controllers=given.get("controllers", 0),
        marking=marking.level,
        marking_personal=marking.personal,
    )
    attestations: tuple[Attestation, ...] = ()
    if "attested" in given:
        attestations = (
            Attestation(AttestationKind(given["attested"]), "shown by a test", "A. Approver", date(2027, 6, 1), resource=resource.id),
        )
    return resource, Register((entry,)), Corrections((), attestations)
