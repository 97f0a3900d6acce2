from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.classify.detector import Match, all_detectors
from tierwise.classify.identifiers import identifier_signs, identifiers
from tierwise.classify.mask import Mask, passing_mask
from tierwise.classify.names import find_words
from tierwise.derive.links import resolve
from tierwise.model.change import Action, Change, Part
from tierwise.model.fact import Known, Provenance, Unknown, UnknownReason
from tierwise.model.register import AcceptanceRule, Correction, Corrections, Register, RegisterEntry, Selector, names
from tierwise.model.resource import FactUpdate, Gap, Grant, Kind, Link, Rel, Resource

MASK = Mask(lambda: b"made for these tests")
NUMBER = "4505577104"
BUCKET = f"patient-{NUMBER}"
NAMED = [one for one in all_detectors() if one.find is not None and one.values is not None]


def store(name: str = BUCKET, kind: Kind = Kind.OBJECT_STORE, **more: object) -> Resource:
    made = Resource(f"arn:aws:s3:::{name}", kind, "s3.bucket", "aws", "123456789012", "eu-west-2", name, aliases=(name,))
    return replace(made, **more)  # type: ignore[arg-type]


def test_an_identifier_in_a_name_becomes_its_detector_and_a_suffix_under_the_key():
    masked = MASK.text(BUCKET)
    assert masked.startswith("patient-[nhs_number~")
    assert NUMBER not in masked
    assert masked == MASK.text(BUCKET) != passing_mask().text(BUCKET)
    assert masked != MASK.text("patient-4505577112")
    assert MASK.text("logs-9990000018").startswith("logs-[nhs_number-test~")


def test_a_token_without_six_digits_or_sixteen_capitals_is_masked_as_well():
    token = "ghp_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZabcdefghij"
    assert MASK.text(f"deploy-{token}").startswith("deploy-[secret_key-")
    assert token not in repr(MASK.resource(store(f"deploy-{token}")))


@pytest.mark.parametrize("detector", NAMED, ids=lambda one: one.id)
def test_what_every_strong_detector_finds_in_a_name_is_masked_and_still_evidence(detector):
    for text in (*detector.positives, *detector.synthetic):
        if detector.find(text) is not Match.NO:
            before, after = store(text), store(MASK.text(text))
            assert after.name != text
            assert identifiers(after) == identifiers(before), text
            assert [one.rule for one in identifier_signs(after, synthetic_counts=False)] == [
                one.rule for one in identifier_signs(before, synthetic_counts=False)
            ]


@pytest.mark.parametrize("detector", NAMED, ids=lambda one: one.id)
def test_what_is_found_with_other_signs_between_its_parts_is_masked_with_them(detector):
    for text in (*detector.positives, *detector.synthetic):
        for sign in "-._ ":
            name = text.translate(dict.fromkeys(map(ord, "-._ "), sign))
            if detector.find(name) is not Match.NO:
                assert detector.find(MASK.text(name)) is Match.NO, name
                assert identifiers(store(MASK.text(name))) == identifiers(store(name)), name


ORDINARY = (
    "arn:aws:iam::123456789012:role/app", "arn:aws:s3:::prod-logs-123456789012-eu-west-2", "rds:orders-2026-11-27-03-07", "snap-0123456789abcdef0",
    "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-01/providers/Microsoft.Storage/storageAccounts/st20240101",
    "//storage.googleapis.com/projects/_/buckets/b-1718000004", "app@project-1.iam.gserviceaccount.com", "payments-team@dept.gov.uk",
    "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", 'aws_s3_bucket.this["eu-west-2"]', "build-4505577105", "",
)  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_names_stay_as_they_are(text):
    assert MASK.text(text) == text


@given(st.text("ab1234567890-_@./[]:QC", max_size=60))
def test_masking_twice_changes_nothing(text):
    once = MASK.text(text)
    assert MASK.text(once) == once


def test_what_stands_for_an_identifier_is_no_word_of_the_name():
    assert find_words(MASK.text(f"export-{NUMBER}")) == ()


def test_an_identifier_without_words_of_health_is_masked_and_no_evidence():
    bare = store(MASK.text(f"export-{NUMBER}"))
    assert NUMBER not in bare.name
    assert identifiers(bare) == Known(frozenset(), identifiers(bare).via)


def test_links_of_every_spelling_still_join():
    logs = store(f"logs-{NUMBER}")
    app = store("app", links=(Link(Rel.LOGS_TO, f"logs-{NUMBER}"), Link(Rel.COPY_OF, f"arn:aws:s3:::logs-{NUMBER}")))
    before, after = resolve((logs, app)), resolve((MASK.resource(logs), MASK.resource(app)))
    assert [link.to for link in after.resources[app.id].links] == [MASK.resource(logs).id] * 2
    assert {rel for rel, _ in before.incoming[logs.id]} == {rel for rel, _ in after.incoming[MASK.resource(logs).id]}


def test_principals_keep_the_addresses_that_name_staff_and_nothing_else_does():
    mail = "ann.smith@dept.gov.uk"
    assert MASK.resource(store(f"prod/{mail}", Kind.SECRET)).name.startswith("prod/[email-")
    assert MASK.resource(store(mail, Kind.USER)).name == mail
    assert NUMBER not in MASK.resource(store(f"{mail}-{NUMBER}", Kind.USER)).id
    grant = MASK.resource(store(grants=(Grant(f"user:{mail}", ("read",), (f"arn:aws:s3:::{BUCKET}/*",)),))).grants[0]
    assert (grant.principal, NUMBER in grant.resources[0]) == (f"user:{mail}", False)


def test_everything_of_a_resource_that_can_name_it_is_masked():
    address = f'aws_s3_bucket.a["{NUMBER}"]'
    via = Provenance(f"{address}#acl")
    everything = store(
        address=address, unit=f"unit-{NUMBER}", account=f"p-{NUMBER}", tags=Known({f"k-{NUMBER}": f"v-{NUMBER}"}),
        facts={
            "a": Known(True, via), "b": Known(frozenset({f"arn:aws:iam::1:role/r-{NUMBER}"}), via),
            "c": Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, f"for {NUMBER}", includes=frozenset({f"x-{NUMBER}"})),
        },
        links=(Link(Rel.USES_KEY, "", Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, f"2 go by {NUMBER}")),),
    )  # fmt: skip
    masked = MASK.resource(everything)
    assert NUMBER not in repr(masked)
    assert masked.facts["a"] == Known(True, Provenance(f"{masked.address}#acl"))
    assert MASK.resource(masked) is masked
    update = MASK.update(FactUpdate(everything.id, everything.facts, (), everything.links), masked)
    assert (update.resource, update.facts) == (masked.id, masked.facts)
    change = MASK.change(Change(address, Action.UPDATE, everything, previous_address=address, parts=(Part(address, "t", Action.KEEP),)))
    assert NUMBER not in repr(change)
    assert NUMBER not in repr(MASK.gap(Gap("gcp", f"p-{NUMBER}", "", "storage", "api-error", "", f"of {NUMBER}")))


def test_reviewed_files_speak_of_what_they_did():
    masked, soon = MASK.resource(store()), date(2027, 1, 1)
    register = MASK.register(Register((RegisterEntry(Selector(name=f"patient-{NUMBER[:10]}*")), RegisterEntry(Selector(id=store().id)))))
    assert [entry.selector.matches(masked) for entry in register.entries] == [True, True]
    (correction,) = MASK.corrections(Corrections((Correction(BUCKET, "*", "*", "r", "a", soon),))).corrections
    (rule,) = MASK.acceptances([AcceptanceRule("r", "o", "a", soon, resource=store().id)])
    assert names(correction.resource, masked)
    assert names(rule.resource, masked)
