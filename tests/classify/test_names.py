from __future__ import annotations

import pytest

from tests.classify.profiles import one, store
from tierwise.classify.names import find_words, singular, split_words
from tierwise.classify.words import VOCABULARIES
from tierwise.model.resource import Column, Evidence
from tierwise.model.sensitivity import Tier, TierState


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gp-referrals-1234-00001", ("gp", "referrals", "1234", "00001")),
        ("PatientRecords", ("patient", "records")),
        ("HTTPPatientData2", ("http", "patient", "data", "2")),
        ("/app/case_files.v2", ("app", "case", "files", "v", "2")),
    ],
)
def test_names_are_split_at_separators_case_and_digits(text: str, words: tuple[str, ...]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("files", "file"),
        ("diagnoses", "diagnosis"),
        ("bodies", "body"),
        ("status", "status"),
        ("gps", "gps"),
        ("address", "address"),
        ("branches", "branch"),
    ],
)
def test_plurals_are_folded(word: str, expected: str) -> None:
    assert singular(word) == expected


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("health-patient-records-0001", Tier.T3),
        ("courts-gp-referrals-9999-00012", Tier.T3),
        ("hr-biometrics-0001", Tier.T3),
        ("payments-case-files-1", Tier.T2),
        ("courts-case-files-1", Tier.T2),
        ("licensing-customer-exports-7", Tier.T2),
        ("housing-applicants-3", Tier.T2),
        ("CustomerExports", Tier.T2),
        ("table-patient-records-0003", Tier.T3),
    ],
)
def test_strong_words_suffice_alone(name: str, tier: Tier) -> None:
    found = one(store(name))
    assert (found.tier, found.state) == (tier, TierState.INFERRED)
    assert found.confidence >= 0.7


@pytest.mark.parametrize(
    "name",
    [
        "health-site-assets-0001", "healthcheck", "impatient-records", "outpatientless", "showcase-files2", "unionpay-logs", "press-office",
        "runbooks", "metrics", "open-data", "build-artifacts", "sentence-embeddings", "caution", "status-pages", "customer", "patient", "recordings-of-patience",
        "child-process-logs", "staff-portal-assets", "client-side-bundle", "contact-form-css", "test-fixtures", "minor-version-cache", "driver-firmware",
    ],
)  # fmt: skip
def test_pieces_of_words_and_lone_weak_words_infer_nothing(name: str) -> None:
    found = one(store(name))
    assert found.inferred is None
    assert found.state is TierState.ASSUMED


def test_two_weak_signs_of_different_kinds_count_together() -> None:
    weak = store("patient-uploads", evidence=Evidence(description="clinical images for triage"))
    assert one(weak).inferred is Tier.T3
    assert "weak-signs-agree" in {step.rule for step in one(weak).trace}


def test_the_same_weak_word_in_two_places_is_one_sign() -> None:
    assert one(store("patient-uploads", tags={"Name": "patient-uploads", "purpose": "patient uploads"})).inferred is None


def test_two_weak_words_in_one_place_are_one_kind() -> None:
    assert one(store("patient-clinical-uploads")).inferred is None


def test_public_words_never_lower() -> None:
    assert one(store("public-patient-records")).tier is Tier.T3
    assert one(store("public-internal-test-demo")).state is TierState.ASSUMED


def test_dictionaries_hold_words_as_they_are_looked_up() -> None:
    for vocabulary in VOCABULARIES:
        for entry in (*vocabulary.strong, *vocabulary.weak):
            assert {hit.vocabulary.category for hit in find_words(entry)} >= {vocabulary.category}, entry


def test_an_environment_never_lowers() -> None:
    assert one(store("dev-patient-records", tags={"environment": "dev"})).tier is Tier.T3


def test_columns_speak_table_by_table() -> None:
    together = Evidence(columns=(Column("people", "sex"), Column("people", "postcode"), Column("people", "date_of_birth", "date")))
    apart = Evidence(columns=(Column("a", "sex"), Column("b", "postcode"), Column("c", "created_on", "date")))
    assert [category.value for category in one(store(evidence=together)).categories] == ["C1", "C2"]
    assert one(store(evidence=apart)).inferred is None


def test_the_trace_names_the_words_and_never_a_value() -> None:
    found = one(store("ref-AB123456C"))
    assert found.tier is Tier.T2
    text = " ".join(step.because + step.source for step in found.trace)
    assert "National Insurance number" in text
    assert "AB123456C" not in text
