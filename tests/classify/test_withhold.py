from __future__ import annotations

from tierwise.classify.identifiers import identifier_signs, identifiers
from tierwise.classify.mask import Mask
from tierwise.classify.withhold import withhold
from tierwise.model.fact import Known
from tierwise.model.resource import Column, Evidence, Inherited, Kind, Resource

MASK = Mask(lambda: b"made for these tests")
NUMBER = "NHS 426 018 1599"


def resource(tags: dict[str, str] | None = None, evidence: Evidence | None = None) -> Resource:
    return Resource(
        "arn:a", Kind.OBJECT_STORE, "s3.bucket", "aws", "1", "eu-west-2", "a", tags=Known(tags or {}), evidence=evidence or Evidence()
    )  # fmt: skip


def test_identifiers_in_tags_descriptions_and_schemas_are_withheld_and_still_evidence():
    before = resource({"note": f"for {NUMBER}", "who": "AB123456C"}, Evidence(f"letters to {NUMBER}", (Column("t", "4260181599"),)))
    after = withhold(before, MASK)
    assert after.tags == Known({"note": "for NHS [nhs_number]", "who": "[nino]"})
    assert after.evidence.description == "letters to NHS [nhs_number]"
    assert after.evidence.columns == (Column("t", "[nhs_number]"),)
    assert identifiers(after) == identifiers(before)
    assert [sign.word for sign in identifier_signs(after, synthetic_counts=False)] == [
        sign.word for sign in identifier_signs(before, synthetic_counts=False)
    ]
    assert withhold(after, MASK) == after


def test_identifiers_in_tags_of_an_account_are_withheld():
    above = (Inherited(f"unit {NUMBER}", Known({f"for {NUMBER}": NUMBER, "owner": "ann@example.org"})),)
    after = withhold(resource(evidence=Evidence(inherited=above)), MASK)
    assert "426" not in str(after.evidence.inherited)
    assert "ann@example.org" in str(after.evidence.inherited)
    assert withhold(after, MASK) == after


def test_what_may_be_an_identifier_by_its_value_alone_is_withheld_and_is_no_evidence():
    after = withhold(resource({"ticket": "x 4685995287"}), MASK)
    assert after.tags == Known({"ticket": "x [nhs_number?]"})
    assert identifiers(after).value == frozenset()


def test_texts_without_identifiers_stay_as_they_are():
    plain = resource({"owner": "ann@example.org", "commit": "a1b2c3d4", "account": "123456789012", "day": "2026-01-02"})
    assert withhold(plain, MASK) is plain
