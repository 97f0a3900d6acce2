from __future__ import annotations

from dataclasses import replace

import pytest

from tests.classify.profiles import PROFILE, TODAY, store
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import load_profile
from tierwise.classify import tags
from tierwise.classify.engine import classify
from tierwise.classify.labels import label_signs
from tierwise.model.codec import resource_in, resource_out
from tierwise.model.register import NO_CORRECTIONS, Register
from tierwise.model.resource import Column, Evidence, Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState


def labelled(*labels: str, columns: int = 1, **tagged: str) -> Resource:
    found = tuple(Column("t1", f"field{place}", "STRING", labels=labels) for place in range(columns))
    return store(
        "warehouse-7", kind=Kind.WAREHOUSE, evidence=Evidence(columns=found), tags={k.replace("_", "-"): v for k, v in tagged.items()}
    )


def classified(resource: Resource) -> Classification:
    return classify([resource], PROFILE, Register(), NO_CORRECTIONS, today=TODAY)[resource.id]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        # Azure SQL, "Data discovery & classification": built-in information types and labels.
        ("Contact Info", ["C1"]), ("Credentials", ["C6"]), ("Credit Card", ["C2"]), ("Banking", ["C2"]), ("Financial", ["C2"]), ("Name", ["C1"]),
        ("National ID", ["C2"]), ("SSN", ["C2"]), ("Health", ["C3"]), ("Date Of Birth", ["C1"]), ("Networking", []), ("Other", []),
        ("Public", [None]), ("General", []), ("Confidential", [Tier.T2]), ("Confidential - GDPR", [Tier.T2, "C1"]),
        ("Highly Confidential", [Tier.T3]), ("Highly Confidential - GDPR", [Tier.T3, "C1"]),
        # BigQuery policy tags and Lake Formation tags, as people call them.
        ("PII", [Tier.T2]), ("email", ["C1"]), ("NHS number", ["C2"]), ("High", []), ("data-classification=special-category", [Tier.T3]),
        ("classification=T4", [Tier.T4]), ("OFFICIAL-SENSITIVE [PERSONAL]", ["OFFICIAL-SENSITIVE [PERSONAL]"]), ("team=payments", []),
        # What denies is no evidence, and what is of one column lowers no store.
        ("Non-PII", []), ("no personal data", []), ("Anonymised health", []), ("none", [None]), ("secret santa", []), ("", []),
    ],
)  # fmt: skip
def test_what_a_label_says_by_the_dictionary_the_markings_and_the_words_of_other_tools(label, said):
    known = tags.dictionary(load_profile("uk-gov-personal-data", load_catalogue([])))
    signs = label_signs([Column("t", "c", labels=(label,))], known)
    found = [
        one.category.category.value if one.category else one.tier if one.tier is not None else one.marking.text if one.marking else one.rule
        for one in signs
    ]
    assert found == ([] if said == [None] else said or ["column-label-unknown"])


def test_a_label_gives_the_tier_and_contradicts_a_lower_declaration():
    found = classified(labelled("Health", columns=5, data_classification="internal"))
    assert (found.tier, found.declared, found.understated) == (Tier.T3, Tier.T1, True)
    (step,) = [one for one in found.trace if one.rule == "column-label"]
    assert step.because == "the label 'Health' of t1.field0, t1.field1, t1.field2 and 2 more says C3"


def test_a_label_of_one_public_column_settles_no_store():
    assert classified(labelled("Public")).state is TierState.ASSUMED
    assert classified(labelled("Public", "none")).tier is classified(labelled()).tier


def test_labels_keys_and_rows_survive_a_saved_inventory():
    one = labelled("Health", "x")
    one = replace(one, evidence=replace(one.evidence, columns=(*one.evidence.columns, Column("t", "k", key=True)), rows=(("t", 7),)))
    assert resource_in(resource_out(one)).evidence == one.evidence
