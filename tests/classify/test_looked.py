"""Facts from what was looked at and from the register: what counts, and what stays open where nobody looked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.classify.profiles import PROFILE, by_name, lines, store
from tierwise.classify.looked import identifier_keys, key_identifiers, logged_people
from tierwise.classify.registered import resolves
from tierwise.model.content import IN_KEYS, Depth, Found
from tierwise.model.detection import Detection, Strength
from tierwise.model.fact import AnyFact, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.register import Register
from tierwise.model.resource import Column, Evidence, Kind

NHS = Detection("nhs_number", "pk", 90, 90, 0, 90, 0.97, Strength.MEDIUM, 0.02, ("values",))
DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("sample: keys", "s3:ListBucket"))
YES, NO = Known(value=True), Known(value=False)


def found(fact: AnyFact) -> object:
    """Its value, or the reason and what is certain, or that it does not apply."""
    match fact:
        case Known(value=frozenset() as value):
            return set(value)
        case Known(value=value):
            return value
        case Unknown():
            return (fact.reason.value, set(fact.includes))
        case NotApplicable():
            return "n/a"


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(columns=(Column("t", "nhs_number", "S", key=True), Column("t", "nino", "S"))), {"nhs_number"}),
        (Evidence(columns=(Column("t", "pk", "S", key=True),)), set()),
        (Evidence(columns=(Column("t", "pk", "S", key=True),), found=(Found(NHS, "items"),)), {"nhs_number"}),
        (Evidence(columns=(Column("t", "pk", "S", key=True),), found=(Found(replace(NHS, synthetic=90), "items"),)), set()),
        (Evidence(columns=(Column("t", "email", "S", key=True), Column("t", "iban", "S", key=True))), set()),
        (Evidence(), ("not-supported", set())),
        (Evidence(unread=(DENIED,)), ("permission-denied", set())),
        (Evidence(columns=(Column("t", "nino", key=True),), unread=(DENIED,)), ("permission-denied", {"nino"})),
    ],
)
def test_a_key_is_an_identifier_by_its_name_or_by_sampled_values(evidence, said):
    assert found(identifier_keys(store("t", kind=Kind.DOCUMENT_DB, evidence=evidence))) == said


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(), ("not-collected", set())),
        (Evidence(looked=Depth.NAMES), set()),
        (Evidence(looked=Depth.CONTENT, found=(Found(replace(NHS, column=None), IN_KEYS),)), {"nhs_number"}),
        (Evidence(looked=Depth.CONTENT, found=(Found(NHS, "csv objects"), Found(replace(NHS, detector="uk_postcode"), IN_KEYS))), set()),
        (Evidence(unread=(DENIED,)), ("permission-denied", set())),
    ],
)
def test_keys_of_objects_are_told_only_where_they_were_looked_at(evidence, said):
    assert found(key_identifiers(store("b", evidence=evidence))) == said
    assert found(key_identifiers(replace(store("b", evidence=evidence), address="aws_s3_bucket.b"))) == "n/a"


IN_LOG = (Found(replace(NHS, detector="email"), "log objects"), Found(replace(NHS, detector="ip_address"), "log objects"))


@pytest.mark.parametrize(
    ("kind", "evidence", "delivered", "audit", "said"),
    [
        (Kind.LOG_STORE, Evidence(), NO, NO, ("not-collected", set())),
        (Kind.LOG_STORE, Evidence(external=("nhs_number", "weird")), NO, NO, ("not-collected", {"nhs_number"})),
        (Kind.OBJECT_STORE, Evidence(looked=Depth.CONTENT, found=IN_LOG), NO, NO, "n/a"),
        (Kind.OBJECT_STORE, Evidence(looked=Depth.CONTENT, found=IN_LOG), YES, NO, {"email"}),
        (Kind.OBJECT_STORE, Evidence(looked=Depth.CONTENT, found=IN_LOG), YES, YES, set()),
        (Kind.OBJECT_STORE, Evidence(looked=Depth.CONTENT, found=(Found(NHS, IN_KEYS),)), YES, NO, set()),
        (Kind.OBJECT_STORE, Evidence(looked=Depth.NAMES), YES, NO, ("not-collected", set())),
        (Kind.OBJECT_STORE, Evidence(), DENIED, DENIED, ("permission-denied", set())),
    ],
)
def test_what_is_logged_is_told_where_it_was_looked_into_or_another_tool_says_so(kind, evidence, delivered, audit, said):
    assert found(logged_people(store("l", kind=kind, evidence=evidence), delivered, audit)) == said


LINE = by_name("pay*", dataset="payroll")
REFERRED = replace(by_name("other", dataset="other"), references={"iar-id": "IAR-7"})


@pytest.mark.parametrize(
    ("register", "tagged", "said"),
    [
        (Register(), {}, ("not-collected", set())),
        (lines(LINE), {}, True),
        (lines(by_name("x*", dataset="x")), {}, False),
        (lines(by_name("pay*", owner="somebody")), {}, False),
        (lines(REFERRED), {"iar-id": "iar 7"}, True),
        (lines(REFERRED), {"iar-id": "IAR-9"}, False),
        (lines(replace(LINE, references={"iar-id": "IAR-1"}), REFERRED), {"iar-id": "IAR-7"}, False),
        (lines(REFERRED), None, ("permission-denied", set())),
        (replace(lines(REFERRED), tiers_only=True), {}, ("redacted", set())),
    ],
)
def test_a_store_is_registered_by_a_line_or_by_a_reference_that_the_register_knows(register, tagged, said):
    one = store("payroll", tags=tagged or {})
    assert found(resolves(replace(one, tags=DENIED) if tagged is None else one, PROFILE, register)) == said
