from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.connectors.checkov.mapping import load_map
from tierwise.connectors.terraform.converter import kept_types
from tierwise.errors import CatalogueError
from tierwise.evaluate.opinion import rung_of
from tierwise.model.opinion import Sense
from tierwise.model.sensitivity import Tier

ONE = "release: 1.0\nchecks:\n- {check: CKV_AWS_1, control: ENC-01, rung: T1, types: [aws_s3_bucket]"


def test_the_map_names_rungs_facts_and_types_that_there_are():
    controls, known = load_catalogue().controls, kept_types(frozenset({"aws", "azure", "gcp"}))
    asked = load_map()
    assert asked.release
    assert len({question.check for question in asked.questions}) >= 60
    for question in asked.questions:
        part, whole = (
            rung_of(one, controls[question.control]).compiled.rungs[question.rung]
            for one in (question, replace(question, facts=frozenset()))
        )
        assert question.facts <= {fact for conjunct in part for fact in conjunct.facts}, question.check
        assert not question.facts or len(part) < len(whole), f"{question.check}: facts that leave nothing out"
        assert question.types <= known, question.check


def test_a_check_that_asks_less_or_more_says_in_which_way():
    assert [question.check for question in load_map().questions if question.sense is not Sense.SAME and not question.note] == []


def test_a_map_says_facts_sense_and_note_or_leaves_them_out():
    (plain,) = load_map(ONE + "}\n").questions
    assert (plain.rung, plain.facts, plain.sense, plain.note) == (Tier.T1, frozenset(), Sense.SAME, "")
    (full,) = load_map(ONE + ", facts: [encryption.at_rest], sense: weaker, note: asks less}\n").questions
    assert (full.facts, full.sense, full.note) == (frozenset({"encryption.at_rest"}), Sense.WEAKER, "asks less")


def test_a_check_may_lie_between_two_rungs():
    below = ONE + ", sense: stronger, note: more}\n"
    weaker, stronger = load_map(
        below + "- {check: CKV_AWS_1, control: ENC-02, rung: T2, types: [aws_s3_bucket], sense: weaker, note: less}\n"
    ).questions
    assert {weaker.sense, stronger.sense} == {Sense.WEAKER, Sense.STRONGER}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ONE + ", factz: []}\n", "map.yaml:3:73: unknown key 'factz' in a check; did you mean 'facts'?"),
        (ONE.replace("T1", "T9") + "}\n", "map.yaml:3:45: unknown rung 'T9'"),
        (ONE + ", sense: wekaer}\n", "unknown sense 'wekaer'; did you mean 'weaker'?"),
        (ONE + "}\n- {check: CKV_AWS_1, control: ENC-02, rung: T2, types: [aws_s3_bucket]}\n", "CKV_AWS_1 stands twice for aws_s3_bucket"),
        (
            ONE
            + ", sense: weaker, note: a}\n- {check: CKV_AWS_1, control: ENC-02, rung: T2, types: [aws_s3_bucket], sense: weaker, note: a}\n",
            "CKV_AWS_1 stands twice for aws_s3_bucket, other than once weaker and once stronger",
        ),
        ("release: 1.0\n", "the map has no 'checks'; add it"),
    ],
)
def test_a_map_that_cannot_be_used_is_told_with_the_place(text, problem):
    with pytest.raises(CatalogueError) as found:
        load_map(text)
    assert any(problem in one for one in found.value.problems), found.value.problems


def test_installing_tierwise_installs_no_checkov():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    named = [*project["project"]["dependencies"], *(one for extra in extras for one in extra), *project["dependency-groups"]["dev"]]
    assert named
    assert [one for one in named if "checkov" in one] == []
