"""Why a tier came about and what would change it: every answer is held to what the engine says of the changed estate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.classify.profiles import PROFILE, TODAY, by_name, lines, store
from tierwise.classify.basis import Basis
from tierwise.classify.engine import classify
from tierwise.classify.why import Case, Change, Way, Why, why
from tierwise.model.fact import Provenance, Unknown, UnknownReason
from tierwise.model.register import NO_CORRECTIONS, Attestation, AttestationKind, Corrections, DataCategory, Group, Register
from tierwise.model.resource import Column, Evidence, Gap, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Category, Tier, TierState

DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:GetBucketTagging", "s3:GetBucketTagging"))


def asked(of: str, *resources: Resource, register: Register | None = None, corrections: Corrections = NO_CORRECTIONS) -> Why:
    case = Case(resources, PROFILE, register or Register(), corrections, (), TODAY)
    return why(next(one for one in resources if one.name == of), case)


def change(one: Why, *words: str) -> Change:
    """The change whose sentence holds all the words."""
    (found,) = [change for change in one.changes if all(word in change.what for word in words)]
    return found


def outcomes(one: Why) -> dict[str, tuple[Tier, TierState] | None]:
    return {change.what: (change.after.tier, change.after.state) if change.after else None for change in one.changes}


def test_strength_is_said_of_each_piece_of_evidence_and_of_no_step_that_only_combines():
    found = asked("patient-records", store("patient-records", tags={"data-class": "internal"}))
    told = {piece.step.rule: (piece.basis, piece.strength.split(" ")[0]) for piece in found.pieces}
    assert told == {
        "name-words": (Basis.NAMES, "strong"),
        "category": (None, ""),
        "declared-tag": (Basis.DECLARED, "a"),
        "understated": (None, ""),
    }


def test_weak_and_medium_evidence_are_told_apart():
    found = asked("staff", store("staff", evidence=Evidence(columns=(Column("t", "postcode"),))))
    strengths = {piece.step.rule: piece.strength.split(" (")[0] for piece in found.pieces if piece.strength}
    assert strengths == {"name-word-weak": "weak", "column-name-weak": "weak"}


def test_a_lower_declaration_lowers_nothing_that_the_evidence_shows_and_says_that_it_would_be_a_finding():
    found = asked("patient-records", store("patient-records"))
    lower = change(found, "said T2 personal")
    assert (lower.moves, lower.after and lower.after.tier) == (False, Tier.T3)
    assert "would be a finding" in lower.what


def test_a_tag_may_be_lowered_by_whoever_may_change_it():
    found = asked("plain", store("plain", tags={"data-class": "special-category"}))
    lowered = change(found, "the tag", "said T2 personal")
    assert (lowered.after and lowered.after.tier, lowered.way) == (Tier.T2, Way.EDIT)
    assert outcomes(found)["if the tag data-class were removed"] == (Tier.T2, TierState.ASSUMED)


def test_a_line_of_its_own_replaces_what_a_wider_line_says_of_the_data():
    register = lines(by_name("case-*", categories=(DataCategory(Category.C3),), source="register.yaml:4"))
    found = asked("case-1", store("case-1"), register=register)
    assert outcomes(found)["if a register line of its own said T2 personal"] == (Tier.T2, TierState.REGISTERED)
    assert outcomes(found)["if the register line register.yaml:4 said nothing of the data"] == (Tier.T2, TierState.ASSUMED)


@pytest.mark.parametrize(
    ("subjects", "people", "tier"),
    [(None, "1,000", Tier.T3), (999, "1,000", Tier.T3), (5_000, "1,000,000", Tier.T4)],
)
def test_the_next_number_of_people_that_counts_is_named(subjects, people, tier):
    register = lines(by_name("x", categories=(DataCategory(Category.C2),), subjects=subjects))
    found = change(asked("x", store("x"), register=register), "about ", "people or more")
    assert f"about {people} people or more" in found.what
    assert found.after is not None
    assert found.after.tier is tier


def test_no_number_of_people_is_named_where_none_changes_anything():
    register = lines(by_name("x", categories=(DataCategory(Category.C2),), subjects=2_000_000))
    assert not [one for one in asked("x", store("x"), register=register).changes if "people" in one.what]


def test_pieces_of_evidence_that_say_the_same_are_tried_together_too():
    columns = Evidence(columns=(Column("t", "nhs_number"), Column("t", "national_insurance_number")))
    found = asked("x", store("x", evidence=columns))
    single = [one for one in found.changes if "were wrong evidence" in one.what]
    assert [one.moves for one in single] == [False, False]
    assert outcomes(found)["if all 2 pieces of evidence were wrong, and each were corrected"] == (Tier.T2, TierState.ASSUMED)


def test_a_correction_is_proposed_as_the_command_that_writes_it():
    (how,) = change(asked("patient-records", store("patient-records")), "were wrong evidence").how
    assert (
        how
        == "tierwise correct patient-records --rule name-words --source 'name word patient-records' --reason WHY --approver NAME --until DATE"
    )


def test_a_name_that_two_resources_have_is_not_used_in_a_command():
    twins = (store("patient-records", id="arn:one"), store("patient-records", id="arn:two"))
    assert change(asked("patient-records", *twins), "were wrong evidence").how[0].startswith("tierwise correct arn:one ")


def test_without_the_link_named_the_next_giver_counts_and_without_all_its_own_evidence():
    high, low = store("high", tags={"data-class": "exceptional"}), store("low", tags={"data-class": "special-category"})
    copy = store("copy", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:high"), Link(Rel.COPY_OF, "arn:low")))
    found = asked("copy", high, low, copy)
    assert outcomes(found)["if its link to 'high' (copy-of) were removed"] == (Tier.T3, TierState.INHERITED)
    assert outcomes(found)["if all its 2 links were removed"] == (Tier.T2, TierState.ASSUMED)


def test_a_link_that_stands_on_the_other_end_is_found():
    source = store("letters", tags={"data-class": "special-category"}, links=(Link(Rel.REPLICATES_TO, "the-alias"),))
    found = asked("replica", source, store("replica", aliases=("the-alias",), tags={"data-class": "internal"}))
    assert outcomes(found)["if its link to 'letters' (replicates-to) were removed"] == (Tier.T1, TierState.DECLARED)


def test_an_account_follows_what_lies_in_it_and_what_it_says_itself_changes_nothing():
    account = store("111122223333", kind=Kind.ACCOUNT)
    found = asked("111122223333", account, store("plain"), store("patient-records"))
    assert [one.after for one in found.changes] == [None, None]
    assert change(found, "follows what lies in it").how == ("tierwise classify --why patient-records",)


def test_what_could_not_be_read_would_settle_it():
    found = change(asked("x", store("x", tags=DENIED)), "could not be read")
    assert found.how == ("allow s3:GetBucketTagging, then scan again",)
    assert "anywhere from T0 published to T4 exceptional" in found.what


def test_no_attestation_lowers_what_people_s_safety_depends_on():
    found = asked("x", store("x"), register=lines(by_name("x", groups=frozenset({Group.AT_RISK}))))
    attested = [one for one in found.changes if one.way is Way.ATTEST]
    assert [one.what for one in attested] == ["no attestation lowers it: it is about people whose safety may depend on it"]


def test_attestations_that_give_the_same_are_told_together():
    found = outcomes(asked("patient-records", store("patient-records")))
    assert found["if somebody attests that the data is pseudonymised"] == (Tier.T2, TierState.INFERRED)
    assert found["if somebody attests that the data is anonymised or synthetic"] == (Tier.T1, TierState.INFERRED)


def test_what_is_attested_already_is_evidence_with_a_name_behind_it():
    given = Attestation(AttestationKind.ANONYMISED, "tested", "A. Name", TODAY + timedelta(days=9), resource="patient-records")
    found = asked("patient-records", store("patient-records"), corrections=Corrections(attestations=(given,)))
    assert [piece.basis for piece in found.pieces if piece.basis is Basis.ATTESTED] == [Basis.ATTESTED]


def test_the_floor_of_a_kind_is_named_with_who_answers_for_it():
    found = asked("s", store("s", kind=Kind.SECRET, tags={"data-class": "internal"}))
    assert change(found, "below T2 personal").way is Way.PROFILE


def test_what_lies_elsewhere_is_left_out_and_the_tier_is_the_same():
    """Only what tiers flow from is classified again; a log store whose writers are not known takes from all that may write to it."""
    loose = store("loose", tags={"data-class": "special-category"}, links=(Link(Rel.LOGS_TO, "", DENIED),))
    estate = [store(f"other-{number}") for number in range(5)]
    logs = store("logs", kind=Kind.LOG_STORE)
    gap = Gap(
        "aws", "111122223333", "eu-west-2", "rds", "permission-denied", "rds:DescribeDBInstances", kinds=frozenset({Kind.RELATIONAL_DB})
    )
    case = Case((*estate, loose, logs), PROFILE, Register(), NO_CORRECTIONS, (gap,), TODAY)
    full = classify(case.resources, PROFILE, Register(), NO_CORRECTIONS, gaps=(gap,), today=TODAY)
    for one in case.resources:
        assert why(one, case).classification == full[one.id], one.name


def test_a_role_that_may_read_many_stores_by_a_pattern_falls_without_it():
    role = store("role", kind=Kind.ROLE, links=(Link(Rel.READS, "reads:s3:*"),))
    buckets = [replace(store(name, id=f"arn:aws:s3:::{name}"), type="s3.bucket") for name in ("patient-records", "plain")]
    found = asked("role", role, *buckets)
    assert found.classification.tier is Tier.T3
    assert outcomes(found)["if its link were removed"] == (Tier.T1, TierState.ASSUMED)


def test_a_number_of_people_changes_nothing_of_what_is_attested():
    given = Attestation(AttestationKind.PUBLISHED, "law", "A. Name", TODAY, resource="patient-records")
    found = asked("patient-records", store("patient-records"), corrections=Corrections(attestations=(given,)))
    assert not [one for one in found.changes if "people or more" in one.what]
