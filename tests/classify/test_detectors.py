from __future__ import annotations

import re

import pytest

from tierwise.classify.detector import Detector, Match, all_detectors, names_column

DETECTORS = all_detectors()


def _column(detector: Detector, text: str) -> bool:
    name, _, declared = text.partition(":")
    return names_column(detector, name, declared)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_each_detector_judges_its_own_samples(detector: Detector) -> None:
    assert detector.find or detector.columns, "a detector that can find nothing"
    if detector.find:
        assert detector.positives
        assert detector.negatives
        assert {text: detector.find(text) for text in detector.positives} == dict.fromkeys(detector.positives, Match.REAL)
        assert {text: detector.find(text) for text in detector.synthetic} == dict.fromkeys(detector.synthetic, Match.SYNTHETIC)
        assert {text: detector.find(text) for text in detector.negatives} == dict.fromkeys(detector.negatives, Match.NO)
    if detector.columns:
        assert detector.column_positives
        assert detector.column_negatives
        assert [text for text in detector.column_positives if not _column(detector, text)] == []
        assert [text for text in detector.column_negatives if _column(detector, text)] == []


@pytest.mark.parametrize("detector", [one for one in DETECTORS if one.find], ids=lambda detector: detector.id)
def test_a_text_in_which_a_detector_finds_something_has_what_it_needs(detector: Detector) -> None:
    assert detector.needs
    assert detector.values
    samples = [*detector.positives, *detector.synthetic, *detector.values.positives, *detector.values.synthetic]
    written = {re.sub("[ ._-]", sign, text) for text in samples for sign in (" ", ".", "_", "-", "")} | {*samples, *map(str.lower, samples)}
    context = " ".join(sorted(detector.values.context))
    found = [text for text in (f"{context} {one}" for one in written) if detector.find and detector.find(text) is not Match.NO]
    assert len(found) >= len(detector.positives)
    assert [text for text in found if not re.search(detector.needs, text.removeprefix(context), re.ASCII)] == []


def test_ids_are_unique_and_name_their_module() -> None:
    ids = [detector.id for detector in DETECTORS]
    assert len(set(ids)) == len(ids) >= 25


def test_no_column_detector_takes_a_flag() -> None:
    for detector in DETECTORS:
        for entry in detector.columns:
            assert not names_column(detector, entry.replace(" ", "_"), "boolean"), f"{detector.id} takes a flag named {entry}"


HARMLESS = [
    "123456789012",
    "logs-123456789012-eu-west-2",
    "terraform-state-20260101093000",
    "backup-1718000000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "550e8400-e29b-41d4-a716-446655440000",
    "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "aws-cloudtrail-logs-123456789012-4505577104",
    "i-0123456789abcdef0",
    "2026-01-31",
    "+44 20 7946 0000",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_account_ids_hashes_dates_and_lone_numbers_are_no_identifiers(text: str) -> None:
    assert [detector.id for detector in DETECTORS if detector.find and detector.find(text) is not Match.NO] == []
