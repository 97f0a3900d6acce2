from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.classify.profiles import COUNTING_SYNTHETIC, PROFILE, TODAY, by_name, lines, many, one, store
from tierwise.classify.engine import classify
from tierwise.classify.gather import Context, gather
from tierwise.classify.tags import dictionary
from tierwise.model.content import Found, Sampled
from tierwise.model.detection import Detection, Strength
from tierwise.model.fact import Provenance, Unknown, UnknownReason
from tierwise.model.register import (
    EVIDENCE_RULES,
    NO_CORRECTIONS,
    Attestation,
    AttestationKind,
    Correction,
    Corrections,
    DataCategory,
    Group,
    Register,
    RegisterEntry,
    Selector,
)
from tierwise.model.resource import Column, Evidence, Gap, Kind, Link, Rel
from tierwise.model.sensitivity import Category, Marking, PersonalData, Tier, TierInterval, TierState

DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:GetBucketTagging", "s3:GetBucketTagging"))
LATER = TODAY + timedelta(days=90)
OPEN = Evidence(unread=(Unknown(UnknownReason.PERMISSION_DENIED, Provenance("glue:GetTables", "glue:GetTables")),))


def attest(kind: str, **scope: str) -> Corrections:
    return Corrections(attestations=(Attestation(AttestationKind(kind), "shown", "A. Approver", LATER, **scope),))


def correct(rule: str, source: str, resource: str = "*", expires: date = LATER) -> Corrections:
    return Corrections((Correction(resource, rule, source, "it is about a product called so", "A. Approver", expires),))


def rules(found) -> set[str]:
    return {step.rule for step in found.trace}


def test_a_tag_declares() -> None:
    found = one(store(tags={"DataClassification": "Special Category"}))
    assert (found.tier, found.state, found.declared, found.confidence) == (Tier.T3, TierState.DECLARED, Tier.T3, 1.0)
    assert found.personal_data is PersonalData.YES
    assert found.interval == TierInterval(Tier.T3, Tier.T3)
    assert found.trace[0].because == "the tag DataClassification=Special Category declares T3 heightened"


def test_a_register_line_registers_and_gives_dataset_and_owner() -> None:
    found = one(store("case-1"), lines(by_name("case-*", tier=Tier.T2, dataset="Cases", owner="A. Owner", source="register.yaml:4")))
    assert (found.tier, found.state, found.dataset, found.owner) == (Tier.T2, TierState.REGISTERED, "Cases", "A. Owner")
    assert found.trace[0].source == "register.yaml:4"


def test_the_owner_tag_comes_before_the_register_and_the_account_comes_last() -> None:
    register = lines(by_name("a", owner="register"))
    account = store("acct", kind=Kind.ACCOUNT, tags={"owner": "account-team"})
    found = many(store("a", tags={"owner": "tag"}), account, register=register)
    assert found["a"].owner == "tag"
    assert many(store("a"), account, register=register)["a"].owner == "register"
    assert many(store("b"), account, register=register)["b"].owner == "account-team"


def test_the_higher_of_tag_and_register_applies() -> None:
    register = lines(by_name("*", tier=Tier.T3))
    assert one(store(tags={"data-classification": "internal"}), register).tier is Tier.T3
    raised = one(store(tags={"data-classification": "exceptional"}), register)
    assert (raised.tier, raised.state) == (Tier.T4, TierState.DECLARED)


def test_a_declaration_below_the_evidence_is_understated_and_the_evidence_applies() -> None:
    found = one(store("patient-records", tags={"data-classification": "internal"}))
    assert (found.tier, found.state, found.declared, found.inferred, found.understated) == (
        Tier.T3,
        TierState.INFERRED,
        Tier.T1,
        Tier.T3,
        True,
    )
    assert "understated" in rules(found)


def test_a_declaration_above_the_evidence_just_raises() -> None:
    found = one(store("applicants", tags={"data-classification": "exceptional"}))
    assert (found.tier, found.understated) == (Tier.T4, False)


def test_weak_evidence_neither_raises_nor_contradicts() -> None:
    found = one(store("patient-leaflets", tags={"data-classification": "public"}))
    assert (found.tier, found.understated) == (Tier.T0, False)
    assert "name-word-weak" in rules(found)


def test_silence_is_assumed_and_counted_apart() -> None:
    found = one(store("x"))
    assert (found.tier, found.state, found.confidence) == (Tier.T2, TierState.ASSUMED, 0.0)
    assert found.interval == TierInterval(Tier.T2, Tier.T2)
    assert found.personal_data is PersonalData.UNKNOWN


def test_a_declaration_may_lie_below_the_assumption() -> None:
    assert one(store(tags={"data-classification": "public"})).tier is Tier.T0


def test_the_marking_official_says_nothing_of_the_tier() -> None:
    found = one(store(tags={"data-marking": "OFFICIAL"}))
    assert (found.marking, found.state, found.declared) == (Marking.OFFICIAL, TierState.ASSUMED, None)


def test_unreadable_tags_open_the_interval() -> None:
    found = one(store(tags=DENIED))
    assert found.interval == TierInterval(Tier.T0, Tier.T4)
    assert (found.tier, found.state, found.unread) == (Tier.T2, TierState.ASSUMED, ("s3:GetBucketTagging",))
    assert "unread" in rules(found)


def test_what_is_known_beside_unreadable_tags_is_the_lower_end() -> None:
    found = one(store("patient-records", tags=DENIED))
    assert found.interval == TierInterval(Tier.T3, Tier.T4)
    assert (found.tier, found.state) == (Tier.T3, TierState.INFERRED)


def test_the_register_settles_unreadable_tags() -> None:
    found = one(store(tags=DENIED), lines(by_name("store", tier=Tier.T1)))
    assert (found.interval, found.state, found.unread) == (TierInterval(Tier.T1, Tier.T1), TierState.REGISTERED, ())
    assert not one(store(tags=DENIED), lines(by_name("store", owner="x"))).interval.settled


def test_an_unread_schema_opens_the_interval_even_beside_a_declaration() -> None:
    found = one(store(tags={"data-classification": "personal"}, evidence=OPEN), lines(by_name("*", tier=Tier.T2)))
    assert found.interval == TierInterval(Tier.T2, Tier.T4)
    assert found.unread == ("glue:GetTables",)


@pytest.mark.parametrize("rel", [Rel.COPY_OF, Rel.BACKUP_OF])
def test_a_copy_takes_the_tier_of_its_source(rel: Rel) -> None:
    snapshot = store("snap", kind=Kind.SNAPSHOT, links=(Link(rel, "arn:db"),))
    found = many(store("db", tags={"data-categories": "health"}), snapshot, register=lines(by_name("db", dataset="Clinic")))["snap"]
    assert (found.tier, found.state, found.dataset, found.personal_data) == (Tier.T3, TierState.INHERITED, "Clinic", PersonalData.YES)
    (step,) = [step for step in found.trace if step.rule == "inherit"]
    assert step.source == "arn:db"


def test_a_copy_of_a_published_store_is_published() -> None:
    found = many(
        store("db", tags={"data-classification": "public"}), store("snap", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:db"),))
    )
    assert (found["snap"].tier, found["snap"].state) == (Tier.T0, TierState.INHERITED)


def test_a_copy_of_something_assumed_is_assumed() -> None:
    found = many(store("db"), store("snap", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:db"),)))
    assert (found["snap"].tier, found["snap"].state) == (Tier.T2, TierState.ASSUMED)


@pytest.mark.parametrize("rel", [Rel.REPLICATES_TO, Rel.EXPORTS_TO])
def test_a_target_takes_the_tier_of_what_it_receives(rel: Rel) -> None:
    source = store("db", tags={"data-categories": "health"}, links=(Link(rel, "arn:target"),))
    declared_low = many(source, store("target", tags={"data-classification": "internal"}))["target"]
    assert (declared_low.tier, declared_low.state, declared_low.understated) == (Tier.T3, TierState.INHERITED, True)


def test_an_export_is_only_a_lower_bound_for_a_silent_target() -> None:
    source = store("db", tags={"data-classification": "internal"}, links=(Link(Rel.EXPORTS_TO, "arn:target"),))
    found = many(source, store("target"))["target"]
    assert (found.tier, found.state) == (Tier.T2, TierState.ASSUMED)


def test_links_are_followed_by_alias_and_over_several_steps() -> None:
    found = many(
        store("db", tags={"data-categories": "health"}, aliases=("db-alias",)),
        store("snap", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "db-alias"), Link(Rel.USES_KEY, "alias/app"))),
        store("again", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:snap"),)),
        store("key", kind=Kind.KEY, aliases=("alias/app",)),
    )
    assert {name: one_.tier for name, one_ in found.items()} == {"db": Tier.T3, "snap": Tier.T3, "again": Tier.T3, "key": Tier.T3}


def test_a_circle_of_links_ends() -> None:
    found = many(
        store("a", tags={"data-categories": "health"}, links=(Link(Rel.REPLICATES_TO, "arn:b"),)),
        store("b", links=(Link(Rel.REPLICATES_TO, "arn:a"),)),
    )
    assert {one_.tier for one_ in found.values()} == {Tier.T3}


@pytest.mark.parametrize("link", [Link(Rel.COPY_OF, "arn:gone"), Link(Rel.COPY_OF, ""), Link(Rel.BACKUP_OF, "", DENIED)])
def test_a_copy_whose_source_is_unlisted_may_be_anything(link: Link) -> None:
    found = one(store("snap", kind=Kind.SNAPSHOT, links=(link,), tags={"data-classification": "personal"}))
    assert found.interval == TierInterval(Tier.T2, Tier.T4)
    assert "source-unlisted" in rules(found)


def test_a_source_known_to_lie_outside_leaves_nothing_open() -> None:
    snapshot = store("snap", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:gone"),))
    found = classify([snapshot], PROFILE, Register(), NO_CORRECTIONS, today=TODAY, external={"arn:gone"})[snapshot.id]
    assert (found.interval.settled, found.state) == (True, TierState.ASSUMED)


def test_a_missing_key_target_does_nothing() -> None:
    assert one(
        store(links=(Link(Rel.USES_KEY, "arn:gone"), Link(Rel.LOGS_TO, "arn:gone"), Link(Rel.REPLICATES_TO, "arn:gone")))
    ).interval.settled


def test_what_holds_no_data_takes_the_tier_of_what_it_serves() -> None:
    patients = store("db", tags={"data-categories": "health"}, links=(Link(Rel.USES_KEY, "arn:key"), Link(Rel.LOGS_TO, "arn:logs")))
    found = many(
        patients,
        store("key", kind=Kind.KEY),
        store("logs", kind=Kind.LOG_STORE),
        store("trail", kind=Kind.AUDIT_TRAIL, links=(Link(Rel.RECORDS, "arn:db#write"),)),
        store("role", kind=Kind.ROLE, links=(Link(Rel.READS, "arn:db"),)),
        store("policy", kind=Kind.POLICY, links=(Link(Rel.READS, "arn:db"),)),
        store("holder", kind=Kind.USER, links=(Link(Rel.ATTACHES, "arn:policy"),)),
        store("secret", kind=Kind.SECRET, links=(Link(Rel.UNLOCKS, "arn:db"),)),
        store("plan", kind=Kind.BACKUP_PLAN, links=(Link(Rel.PROTECTS, "arn:db"),)),
        store("table", kind=Kind.DATA_CATALOG, links=(Link(Rel.DESCRIBES, "arn:db"),)),
        store("acct", kind=Kind.ACCOUNT),
        store("org", kind=Kind.ORGANISATION, account=""),
    )
    assert {name: (one_.tier, one_.state) for name, one_ in found.items() if name != "db"} == dict.fromkeys(
        ["key", "logs", "trail", "role", "policy", "holder", "secret", "plan", "table", "acct", "org"], (Tier.T3, TierState.INHERITED)
    )


def test_a_trail_takes_the_tier_of_every_store_of_a_service_that_it_records_and_its_log_bucket_takes_the_trails() -> None:
    found = many(
        store("patients", id="arn:aws:s3:::patients", tags={"data-categories": "health"}),
        store("trail", kind=Kind.AUDIT_TRAIL, links=(Link(Rel.RECORDS, "records:s3:*#all"), Link(Rel.LOGS_TO, "arn:aws:s3:::logs"))),
        store("quiet", kind=Kind.AUDIT_TRAIL, links=(Link(Rel.RECORDS, "records:dynamodb:*#all"),)),
        store("logs", id="arn:aws:s3:::logs"),
    )
    assert {name: one_.tier for name, one_ in found.items()} == {
        "patients": Tier.T3,
        "trail": Tier.T3,
        "logs": Tier.T3,
        "quiet": Tier.T1,
    }


def test_what_serves_nothing_is_assumed_internal() -> None:
    found = many(*(store(kind.value, kind=kind) for kind in (Kind.KEY, Kind.ROLE, Kind.ACCOUNT, Kind.NETWORK, Kind.AUDIT_TRAIL)))
    assert {(one_.tier, one_.state) for one_ in found.values()} == {(Tier.T1, TierState.ASSUMED)}


def test_a_key_of_an_assumed_store_is_assumed_at_its_tier() -> None:
    found = many(store("a", links=(Link(Rel.USES_KEY, "arn:key"),)), store("key", kind=Kind.KEY))["key"]
    assert (found.tier, found.state) == (Tier.T2, TierState.ASSUMED)


def test_evidence_above_the_assumption_decides_for_an_account() -> None:
    account = store("acct", kind=Kind.ACCOUNT)
    mixed = many(store("a", tags={"data-categories": "health"}), store("b"), account)["acct"]
    assert (mixed.tier, mixed.state) == (Tier.T3, TierState.INHERITED)
    low = many(store("a", tags={"data-classification": "public"}), store("b"), account)["acct"]
    assert (low.tier, low.state) == (Tier.T2, TierState.ASSUMED)


def test_an_account_takes_only_what_lies_inside_it() -> None:
    found = many(store("a", tags={"data-categories": "health"}, account="999988887777"), store("acct", kind=Kind.ACCOUNT))["acct"]
    assert (found.tier, found.state) == (Tier.T1, TierState.ASSUMED)


def test_an_open_store_opens_its_key() -> None:
    found = many(store("a", tags=DENIED, links=(Link(Rel.USES_KEY, "arn:key"),)), store("key", kind=Kind.KEY))["key"]
    assert found.interval == TierInterval(Tier.T0, Tier.T4)
    assert (found.tier, found.state) == (Tier.T2, TierState.ASSUMED)


def test_names_and_tags_of_principals_and_keys_are_no_evidence() -> None:
    assert one(store("patient-records-reader", kind=Kind.ROLE, tags={"data-classification": "exceptional"})).tier is Tier.T1


def test_a_gap_opens_what_could_serve_the_unlisted() -> None:
    gap = Gap(
        "aws", "111122223333", "eu-west-2", "rds", "permission-denied", "rds:DescribeDBInstances", kinds=frozenset({Kind.RELATIONAL_DB})
    )
    key, role, account = store("key", kind=Kind.KEY), store("role", kind=Kind.ROLE), store("acct", kind=Kind.ACCOUNT)
    found = many(key, role, account, store("bucket"), gaps=(gap,))
    assert {name: one_.interval.hi for name, one_ in found.items()} == {"key": Tier.T4, "role": Tier.T4, "acct": Tier.T4, "bucket": Tier.T2}
    elsewhere = Gap(
        "aws", "111122223333", "us-east-1", "rds", "permission-denied", "rds:DescribeDBInstances", kinds=frozenset({Kind.RELATIONAL_DB})
    )
    assert many(key, gaps=(elsewhere,))["key"].interval.settled
    policies = Gap("aws", "111122223333", "eu-west-2", "iam", "permission-denied", "iam:ListPolicies", kinds=frozenset({Kind.POLICY}))
    assert many(key, gaps=(policies,))["key"].interval.settled


def test_an_expected_gap_opens_nothing() -> None:
    gap = Gap("aws", "111122223333", "eu-west-2", "rds", "permission-denied", "x", kinds=frozenset({Kind.RELATIONAL_DB}), expected=True)
    assert one(store("key", kind=Kind.KEY), gaps=(gap,)).interval.settled


def test_a_kind_floor_applies_without_a_contradiction() -> None:
    found = one(store("s", kind=Kind.SECRET, tags={"data-classification": "internal"}))
    assert (found.tier, found.declared, found.understated) == (Tier.T2, Tier.T1, False)
    assert "kind-floor" in rules(found)


def test_a_correction_removes_one_piece_of_evidence_and_nothing_else() -> None:
    resource = store("biometrics", evidence=Evidence(columns=(Column("t", "email"),)))
    assert one(resource).tier is Tier.T3
    found = one(resource, corrections=correct("name-words", "name word biometrics"))
    assert (found.tier, found.categories) == (Tier.T2, (Category.C1,))
    assert "corrected" in rules(found)
    assert one(resource, corrections=correct("name-words", "name word patients")).tier is Tier.T3
    assert one(resource, corrections=correct("name-words", "name word biometrics", "other")).tier is Tier.T3


def test_an_expired_correction_no_longer_counts_and_says_so() -> None:
    found = one(store("biometrics"), corrections=correct("name-words", "name word biometrics", expires=TODAY - timedelta(days=1)))
    assert found.tier is Tier.T3
    assert "correction-expired" in rules(found)
    assert one(store("biometrics"), corrections=correct("name-words", "name word biometrics", expires=TODAY)).state is TierState.ASSUMED


def test_a_correction_can_cut_a_link() -> None:
    snapshot = store("snap", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:gone"),))
    assert one(snapshot, corrections=correct("inherit", "arn:gone", "snap")).interval.settled


@pytest.mark.parametrize(
    ("kind", "tiers"),
    [
        ("pseudonymised", (Tier.T1, Tier.T2, Tier.T2, Tier.T3)),
        ("anonymised", (Tier.T1,) * 4),
        ("synthetic", (Tier.T1,) * 4),
        ("published", (Tier.T0,) * 4),
    ],
)
def test_attestations_lower(kind: str, tiers: tuple[Tier, ...]) -> None:
    for start, expected in zip((Tier.T1, Tier.T2, Tier.T3, Tier.T4), tiers, strict=True):
        found = one(store("a"), lines(by_name("a", tier=start, dataset="D")), attest(kind, dataset="D"))
        assert found.tier is expected
        assert f"attested-{kind}" in rules(found)


def test_no_attestation_lowers_data_on_people_at_risk() -> None:
    for entry in (by_name("a", categories=(DataCategory(Category.C5),)), by_name("a", groups=frozenset({Group.AT_RISK}))):
        for kind in AttestationKind:
            found = one(store("a"), lines(entry), attest(kind.value, resource="a"))
            assert found.tier is Tier.T4
            assert "attestation-refused" in rules(found)


def test_a_copy_of_data_on_people_at_risk_cannot_be_attested_down() -> None:
    source = store("a", tags={"handling": "H7"}, links=(Link(Rel.EXPORTS_TO, "arn:b"),))
    assert many(source, store("b"), corrections=attest("anonymised", resource="b"))["b"].tier is Tier.T4


def test_an_attested_export_stays_low_below_its_source() -> None:
    source = store("a", tags={"data-categories": "health"}, links=(Link(Rel.EXPORTS_TO, "arn:b"),))
    found = many(source, store("b", tags={"data-classification": "internal"}), corrections=attest("anonymised", resource="b"))["b"]
    assert (found.tier, found.understated, found.personal_data) == (Tier.T1, False, PersonalData.NO)


def test_an_expired_or_foreign_attestation_does_nothing() -> None:
    old = Corrections(
        attestations=(Attestation(AttestationKind.PUBLISHED, "shown", "A", TODAY - timedelta(days=1), resource="biometrics"),)
    )
    assert one(store("biometrics"), corrections=old).tier is Tier.T3
    assert one(store("biometrics"), corrections=attest("published", account="999988887777")).tier is Tier.T3


def test_an_attestation_of_a_dataset_that_unread_tags_may_name_lowers_and_says_nothing_by_itself() -> None:
    perhaps = lines(RegisterEntry(Selector(tag=("service", "gp")), dataset="D"))
    silent = one(store(tags=DENIED), perhaps, corrections=attest("pseudonymised", dataset="D"))
    assert (silent.interval, silent.state) == (TierInterval(Tier.T0, Tier.T4), TierState.ASSUMED)
    found = one(store("biometrics", tags=DENIED), perhaps, corrections=attest("anonymised", dataset="D"))
    assert (found.interval, found.personal_data) == (TierInterval(Tier.T1, Tier.T4), one(store("biometrics")).personal_data)
    assert any("if it belongs to D" in step.because for step in found.trace if step.rule == "attested-anonymised")


def test_synthetic_identifiers_count_only_where_the_profile_says_so() -> None:
    resource = store("QQ123456C")
    assert one(resource).state is TierState.ASSUMED
    assert "identifier-synthetic" in rules(one(resource))
    assert one(resource, profile=COUNTING_SYNTHETIC).state is TierState.INFERRED


def test_items_are_noted_and_never_promote() -> None:
    found = one(store("payroll", kind=Kind.RELATIONAL_DB, items=5_000_000))
    assert found.tier is Tier.T2
    assert "scale-note" in rules(found)
    assert one(store("payroll", tags={"data-subjects": "5000"}, items=5_000_000)).tier is Tier.T3


def test_what_other_tools_report_is_evidence() -> None:
    assert one(store(evidence=Evidence(external=("nhs_number",)))).tier is Tier.T2
    assert one(store(evidence=Evidence(external=("C3/criminal",)))).tier is Tier.T3
    unheard = one(store(evidence=Evidence(external=("weird-thing",))))
    assert unheard.state is TierState.ASSUMED
    assert "imported-unknown" in rules(unheard)


def test_personal_data_is_a_statement_of_its_own() -> None:
    assert one(store(tags={"data-classification": "T2"})).personal_data is PersonalData.UNKNOWN
    assert one(store(tags={"data-classification": "personal"})).personal_data is PersonalData.YES
    assert one(store(tags={"data-categories": "none"})).personal_data is PersonalData.NO
    assert one(store("s"), lines(by_name("s", personal_data=PersonalData.NO))).personal_data is PersonalData.NO
    assert one(store("applicants"), lines(by_name("*", personal_data=PersonalData.NO))).personal_data is PersonalData.YES


def test_a_handling_code_is_not_put_into_words() -> None:
    found = one(store(tags={"handling": "H7"}))
    assert found.tier is Tier.T4
    text = " ".join(step.because for step in found.trace)
    assert "witness" not in text
    assert "at-risk" not in text


def test_the_most_specific_line_says_what_the_data_is_and_others_fill_in() -> None:
    register = Register(
        (
            RegisterEntry(Selector(account="111122223333"), tier=Tier.T4, owner="account", environment="production"),
            RegisterEntry(Selector(name="case-*"), tier=Tier.T3),
            RegisterEntry(Selector(name="case-notes-*"), tier=Tier.T2),
            RegisterEntry(Selector(id="arn:case-notes-1"), team="T"),
        )
    )
    assert one(store("case-notes-1"), register).tier is Tier.T2
    assert one(store("case-9"), register).tier is Tier.T3
    assert one(store("other"), register).tier is Tier.T4
    assert one(store("case-notes-1"), register).owner == "account" or one(store("case-notes-1"), register).owner == "T"


def test_every_piece_of_evidence_can_be_named_by_a_correction() -> None:
    everything = store(
        "patient-records-biometrics-customer-AB123456C",
        tags={
            "data-classification": "T1", "data-marking": "OFFICIAL", "data-categories": "C1", "data-subjects": "3", "handling": "H7",
            "subject-groups": "pupils", "env": "blue", "note": "QQ123456C",
        },
        evidence=Evidence(
            "clinical",
            (Column("t", "sex"), Column("t", "postcode"), Column("t", "dob", "date"), Column("t", "x", labels=("Health", "High")), Column("t", "nino", key=True)),
            external=("C1", "weird"),
            rows=(("t", 5_000),),
            sampled=Sampled(people=(("nino", 5_000),)),
            found=tuple(
                Found(Detection("nino", "ni", 5, 5, fake, 5, sure, Strength.STRONG), "csv objects") for fake, sure in ((0, 0.9), (5, 0.9), (0, 0.5))
            ),
        ),
    )  # fmt: skip
    register = lines(
        by_name(
            "*",
            tier=Tier.T1,
            categories=(DataCategory(Category.C1),),
            groups=frozenset(Group),
            subjects=1,
            linked=True,
            controllers=3,
            marking=Marking.OFFICIAL,
        )
    )
    context = Context(PROFILE, dictionary(PROFILE), register, NO_CORRECTIONS, TODAY)
    found = {sign.rule for sign in gather(everything, context).signs}
    assert found <= set(EVIDENCE_RULES)
    assert found == set(EVIDENCE_RULES) - {"inherit"}


def test_ten_thousand_resources_are_classified_together() -> None:
    words = ["applicants", "gp-referrals", "logs", "press", "x"]
    tags = [
        {"owner": "a-team", "data-classification": "internal"},
        {"environment": "prod", "data-classification": "personal"},
        {"owner": "x"},
    ]
    stores = [
        store(
            f"{words[at % 5]}-{at}",
            tags=tags[at % 3],
            links=(Link(Rel.USES_KEY, f"arn:key-{at % 50}"), Link(Rel.LOGS_TO, "arn:logs-2")),
            evidence=Evidence(columns=(Column("t", "nhs_number", "text"), Column("t", f"column_{at}", "text"))) if at % 5 == 0 else None,
        )
        for at in range(9_800)
    ]
    keys = [store(f"key-{at}", kind=Kind.KEY) for at in range(50)]
    roles = [
        store(f"role-{at}", kind=Kind.ROLE, links=tuple(Link(Rel.READS, stores[place].id) for place in range(at, 9_800, 400)))
        for at in range(150)
    ]
    found = classify([*stores, *keys, *roles], PROFILE, Register(), NO_CORRECTIONS, today=TODAY)
    assert len(found) == 10_000
    assert found["arn:key-0"].tier == max(found[one.id].tier for one in stores[::50]), "a key serves every fiftieth store"


def test_of_many_places_that_no_action_reads_a_few_are_named_in_whatever_order_they_come() -> None:
    stores = [
        store(f"s{number:03}", links=(Link(Rel.LOGS_TO, "", Unknown(UnknownReason.NOT_COLLECTED, Provenance(f"a.b{number:03}#logs"))),))
        for number in range(40)
    ]
    denied = store("denied", tags=DENIED, links=(Link(Rel.USES_KEY, "arn:key"),))
    found = many(*stores, denied, store("key", kind=Kind.KEY))
    assert {one_.unread for name, one_ in found.items() if name.startswith("s")} == {tuple(f"a.b{number:03}#logs" for number in range(5))}
    assert "s3:GetBucketTagging" in found["key"].unread
    assert {name: one_.unread for name, one_ in many(*reversed(stores)).items()} == {
        name: found[name].unread for name in found if name[0] == "s"
    }
