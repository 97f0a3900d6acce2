from __future__ import annotations

from dataclasses import replace

import pytest

from tests.classify.profiles import PROFILE, by_name, lines, one, store
from tierwise.classify.declarations import declared_facts, missing_tags
from tierwise.classify.identifiers import identifiers
from tierwise.model.fact import Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.register import DataCategory, Register, RegisterEntry, Selector
from tierwise.model.resource import Evidence, Inherited, Kind
from tierwise.model.sensitivity import Category, Marking, Tier, TierInterval, TierState
from tierwise.model.vocabulary import check_fact

DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:GetBucketTagging", "s3:GetBucketTagging"))


def facts(resource=None, register=None, **tags: str):
    resource = resource or store(tags={key.replace("_", "-"): value for key, value in tags.items()})
    found = declared_facts(resource, PROFILE, register or Register())
    for name, fact in found.items():
        assert check_fact(name, fact, resource.kind) == ""
    return found


def value(fact):
    assert isinstance(fact, Known), fact
    return fact.value


def at(tier: Tier, top: Tier | None = None) -> TierInterval:
    return TierInterval(tier, top or tier)


PERSONAL = Inherited("account 111122223333", Known({"data-classification": "personal", "owner": "board", "environment": "live"}))


def test_what_a_resource_lacks_it_takes_from_its_account_and_the_trace_says_so():
    found = one(store(evidence=Evidence(inherited=(PERSONAL,))))
    assert (found.tier, found.state, found.owner) == (Tier.T2, TierState.DECLARED, "board")
    assert any("inherited from account 111122223333" in step.because for step in found.trace)


def test_its_own_tag_and_then_the_nearest_one_stand():
    unit = Inherited("unit Health", Known({"data-classification": "internal", "owner": "hospital", "retention-period": "P7Y"}))
    resource = store(tags={"owner": "ward", "is-production": "false"}, evidence=Evidence(inherited=(PERSONAL, unit)))
    found = declared_facts(resource, PROFILE, Register())
    assert one(resource).owner == "ward"
    assert one(resource).tier is Tier.T2
    assert (value(found["retention.declared_days"]), value(found["environment.production"])) == (7 * 365, False)


def test_an_account_whose_tags_cannot_be_read_leaves_open_what_its_resources_do_not_say():
    denied = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("organizations:ListTagsForResource"))
    above = Evidence(inherited=(Inherited("account 111122223333", denied), Inherited("unit Health", Known({"owner": "hospital"}))))
    silent, tagged = store(evidence=above), store(tags={"data-classification": "internal"}, evidence=above)
    assert one(silent).interval.hi is Tier.T4
    assert one(tagged).interval == TierInterval(Tier.T1, Tier.T1)
    for resource in (silent, tagged):
        roles = declared_facts(resource, PROFILE, Register())["ownership.roles"]
        assert isinstance(roles, Unknown)
        assert roles.reason is UnknownReason.PERMISSION_DENIED


def test_roles_are_those_that_tags_and_register_name() -> None:
    assert value(facts(owner="payments-team", data_owner="A. Person")["ownership.roles"]) == {"owner", "asset-owner"}
    register = lines(by_name("store", custodian="Records", team="Platform"))
    assert value(facts(register=register, owner="x")["ownership.roles"]) == {"owner", "custodian", "team"}
    assert value(facts(owner=" ")["ownership.roles"]) == frozenset()


def test_roles_behind_unreadable_tags_are_unknown_but_the_registered_ones_are_certain() -> None:
    found = facts(store(tags=DENIED), lines(by_name("store", owner="x")))["ownership.roles"]
    assert isinstance(found, Unknown)
    assert found.includes == {"owner"}
    assert found.via.action == "s3:GetBucketTagging"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [({"env": "PROD"}, True), ({"environment": "dev"}, False), ({"is-production": "true"}, True), ({"IsProduction": "False"}, False)],
)
def test_the_environment_is_read_from_tags(tags: dict[str, str], expected: bool) -> None:
    assert value(facts(store(tags=tags))["environment.production"]) is expected


@pytest.mark.parametrize("tags", [{}, {"environment": "blue"}, {"environment": "prod", "is-production": "false"}])
def test_an_environment_that_is_absent_odd_or_contradicted_is_unknown(tags: dict[str, str]) -> None:
    assert isinstance(facts(store(tags=tags))["environment.production"], Unknown)


def test_the_register_settles_the_environment() -> None:
    register = lines(by_name("store", environment="production"))
    assert value(facts(store(tags=DENIED), register)["environment.production"]) is True
    assert value(facts(store(tags={"environment": "blue"}), register)["environment.production"]) is True
    assert isinstance(facts(store(tags={"environment": "dev"}), register)["environment.production"], Unknown)


def test_the_highest_marking_wins_and_none_is_a_value() -> None:
    assert value(facts(data_marking="official-sensitive-personal")["marking.level"]) == "official-sensitive"
    assert value(facts(data_classification="OFFICIAL", data_marking="SECRET")["marking.level"]) == "secret"
    assert value(facts(data_marking="secret-santa")["marking.level"]) == "none"
    assert value(facts(register=lines(by_name("store", marking=Marking.SECRET)), data_marking="OFFICIAL")["marking.level"]) == "secret"
    assert isinstance(facts(store(tags=DENIED))["marking.level"], Unknown)


def test_the_declared_tier_comes_from_tags_categories_or_register() -> None:
    assert value(facts(data_classification="internal")["classification.declared"]) == "T1"
    assert value(facts(data_categories="health")["classification.declared"]) == "T3"
    assert value(facts(data_categories="contact", data_subjects="200,000")["classification.declared"]) == "T3"
    assert value(facts(register=lines(by_name("store", tier=Tier.T2)), data_classification="internal")["classification.declared"]) == "T2"
    assert isinstance(facts(data_marking="OFFICIAL")["classification.declared"], NotApplicable)
    assert isinstance(facts()["classification.declared"], NotApplicable)


def test_names_do_not_declare() -> None:
    assert isinstance(facts(store("patient-records"))["classification.declared"], NotApplicable)


def test_unreadable_tags_leave_the_declared_tier_unknown_unless_the_register_settles_it() -> None:
    assert facts(store(tags=DENIED))["classification.declared"] == DENIED
    assert value(facts(store(tags=DENIED), lines(by_name("store", tier=Tier.T1)))["classification.declared"]) == "T1"
    assert facts(store(tags=DENIED), lines(by_name("store", owner="x")))["classification.declared"] == DENIED


def test_a_more_specific_line_that_waits_on_tags_leaves_it_unsettled() -> None:
    account = RegisterEntry(Selector(account="111122223333"), tier=Tier.T1)
    tagged = RegisterEntry(Selector(tag=("service", "gp")), tier=Tier.T3)
    assert facts(store(tags=DENIED), lines(account, tagged))["classification.declared"] == DENIED
    assert value(facts(store(tags=DENIED), lines(account))["classification.declared"]) == "T1"


def test_retention_is_read_by_tag_then_register() -> None:
    register = lines(by_name("store", retention_days=30.0))
    assert value(facts(retention_period="P7Y")["retention.declared_days"]) == 2555
    assert value(facts(register=register, retention_period="P7Y")["retention.declared_days"]) == 2555
    assert value(facts(register=register)["retention.declared_days"]) == 30
    assert value(facts(register=register, retention_period="seven years")["retention.declared_days"]) == 30
    odd = facts(retention_period="seven years")["retention.declared_days"]
    assert isinstance(odd, Unknown)
    assert odd.reason is UnknownReason.UNPARSABLE
    assert isinstance(facts()["retention.declared_days"], NotApplicable)
    assert facts(store(tags=DENIED))["retention.declared_days"] == DENIED


def test_a_schedule_is_declared_by_a_period_or_a_schedule_of_tag_or_register() -> None:
    name = "retention.schedule_declared"
    assert value(facts()[name]) is False
    assert value(facts(retention_period="P1Y")[name]) is True
    assert value(facts(retention_schedule="RS-4")[name]) is True
    assert value(facts(retention_period="a while")[name]) is False
    assert value(facts(register=lines(by_name("*", retention_schedule="RS-4")))[name]) is True
    assert facts(store(tags=DENIED))[name] == DENIED


def test_only_facts_that_the_kind_lists_are_given() -> None:
    assert set(facts(store(kind=Kind.KEY))) == {"ownership.roles"}
    assert set(facts(store(kind=Kind.ACCOUNT))) == {"ownership.roles", "environment.production"}
    assert facts(store(kind=Kind.ROLE)) == {}


def test_missing_tags_of_an_open_tier_are_certain_where_the_lowest_wants_them() -> None:
    open_ = missing_tags(store(), at(Tier.T1, Tier.T3), PROFILE, Register())
    assert isinstance(open_, Unknown)
    assert open_.reason is UnknownReason.TIER_UNDETERMINED
    assert open_.includes == {"data-classification", "owner", "environment"}


def test_missing_tags_grow_with_the_tier() -> None:
    bare = store()
    assert value(missing_tags(bare, at(Tier.T0), PROFILE, Register())) == frozenset()
    assert value(missing_tags(bare, at(Tier.T1), PROFILE, Register())) == {"data-classification", "owner", "environment"}
    assert value(missing_tags(bare, at(Tier.T3), PROFILE, Register())) >= {"data-subjects", "retention-period"}
    assert "iar-id" in value(missing_tags(bare, at(Tier.T4), PROFILE, Register()))


def test_a_malformed_tag_is_missing_and_another_key_of_its_role_stands_in() -> None:
    assert value(
        missing_tags(store(tags={"data_class": "blue", "owner": "x", "is-production": "true"}), at(Tier.T1), PROFILE, Register())
    ) == {"data-classification"}
    assert value(missing_tags(store(tags={"iar-id": "1"}), at(Tier.T4), PROFILE, Register())) >= {"dpia-ref"}


def test_what_the_register_says_is_not_missing() -> None:
    register = lines(by_name("store", tier=Tier.T2, owner="x", environment="production", references={"DPIA_ref": "D1", "iar-id": "I1"}))
    assert value(missing_tags(store(), at(Tier.T1), PROFILE, register)) == frozenset()
    assert value(missing_tags(store(tags=DENIED), at(Tier.T1), PROFILE, register)) == frozenset()
    assert value(missing_tags(store(), at(Tier.T4), PROFILE, register)) == {"data-subjects", "retention-period"}
    assert missing_tags(store(tags=DENIED), at(Tier.T4), PROFILE, register) == DENIED


def test_identifiers_are_ids_and_unreadable_tags_leave_them_open() -> None:
    assert value(identifiers(store("claims-AB123456C", tags={"note": "patient 450 557 7104"}))) == {"nino", "nhs_number"}
    assert value(identifiers(store("logs-123456789012", tags={"owner": "jane.smith@dept.gov.uk"}))) == frozenset()
    assert value(identifiers(store("x", tags={"note": "jane.smith@dept.gov.uk"}))) == {"email"}
    assert value(identifiers(store("x", evidence=Evidence(description="QQ123456C")))) == frozenset()
    hidden = identifiers(store("claims-AB123456C", tags=DENIED))
    assert isinstance(hidden, Unknown)
    assert hidden.includes == {"nino"}
    assert check_fact("metadata.identifiers", value_of := identifiers(store("x")), Kind.ROLE) == "", value_of


def test_categories_of_the_register_declare() -> None:
    register = lines(by_name("store", categories=(DataCategory(Category.C3, "criminal"),), subjects=10_000))
    assert value(facts(register=register)["classification.declared"]) == "T4"
    less = lines(replace(register.entries[0], subjects=9_999))
    assert value(facts(register=less)["classification.declared"]) == "T3"
