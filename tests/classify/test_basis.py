"""On what tiers rest, and how far an estate is described."""

from __future__ import annotations

from tests.classify.profiles import TODAY, by_name, lines, many, one, store
from tierwise.classify.basis import Basis, basis_of, basis_of_step, confirmed_by, is_confirmed, progress
from tierwise.model.fact import Provenance, Unknown, UnknownReason
from tierwise.model.register import EVIDENCE_RULES, Attestation, AttestationKind, Corrections
from tierwise.model.resource import Column, Evidence, Kind, Link, Rel
from tierwise.model.sensitivity import Tier, TierState, TraceStep


def test_every_rule_of_evidence_that_counts_has_a_basis():
    silent = {"tag-malformed", "imported-unknown", "column-label-unknown", "identifier-synthetic", "content-synthetic"}
    assert {rule for rule in EVIDENCE_RULES if basis_of_step(TraceStep(rule, "")) is None} == silent


def test_a_tier_rests_on_what_its_state_names():
    assert basis_of(one(store(tags={"data-class": "personal"}))) == (Basis.DECLARED,)
    assert basis_of(one(store("x"), lines(by_name("x", tier=Tier.T2)))) == (Basis.REGISTER,)
    assert basis_of(one(store("x"))) == (Basis.ASSUMED,)


def test_an_inferred_tier_rests_on_all_kinds_of_evidence_that_were_found():
    found = one(store("patient-records", evidence=Evidence(columns=(Column("t", "nhs_number"),), external=("C2",))))
    assert basis_of(found) == (Basis.IMPORTED, Basis.NAMES, Basis.SCHEMA)


def test_the_floor_of_a_kind_is_a_basis():
    assert Basis.KIND in basis_of(one(store("s", kind=Kind.SECRET, tags={"data-class": "internal"})))


def test_what_is_attested_rests_on_the_attestation():
    given = Attestation(AttestationKind.PUBLISHED, "law", "A. Name", TODAY, resource="x")
    assert basis_of(one(store("x"), corrections=Corrections(attestations=(given,)))) == (Basis.ATTESTED,)


def test_a_declaration_confirms_unless_the_evidence_or_what_was_not_read_speaks_against_it():
    denied = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("glue:GetTables", "glue:GetTables"))
    assert is_confirmed(one(store(tags={"data-class": "personal"})))
    assert not is_confirmed(one(store("patient-records", tags={"data-class": "internal"})))
    assert not is_confirmed(one(store(tags={"data-class": "personal"}, evidence=Evidence(unread=(denied,)))))
    assert not is_confirmed(one(store("patient-records")))


def test_who_confirmed_is_where_it_stands_and_who_answers():
    register = lines(by_name("x", tier=Tier.T2, owner="A. Owner", source="register.yaml:4"))
    assert confirmed_by(one(store("x"), register)) == "register.yaml:4 (A. Owner)"
    assert confirmed_by(one(store(tags={"data-class": "personal"}))) == "tag data-class"
    assert confirmed_by(one(store("patient-records"))) == ""


def test_progress_counts_stores_and_nothing_else():
    copy = store("copy", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:tagged"),))
    estate = (
        store("tagged", tags={"data-class": "personal"}),
        store("patient-records", tags={"data-class": "internal"}),
        store("silent"),
        copy,
        store("key", kind=Kind.KEY),
    )
    classified = many(*estate)
    found = progress(estate, {one.id: classified[one.name] for one in estate})
    assert (found.stores, found.confirmed, found.share, found.conflicts) == (4, 1, 0.25, 1)
    assert found.by_state[TierState.INHERITED] == 1
    assert progress((), {}).share == 1.0
