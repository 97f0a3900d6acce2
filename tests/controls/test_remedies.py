"""What the controls say is to be done, in the words of each cloud's own tools."""

from __future__ import annotations

import re

from tierwise.catalogue.controls import load_catalogue
from tierwise.model.resource import Kind

TOOLS = {"aws": re.compile(r"\baws "), "azure": re.compile(r"\baz "), "gcp": re.compile(r"\b(?:gcloud|bq) ")}


def test_google_cloud_is_told_by_every_control_and_the_register_by_those_over_datasets():
    told = {one.id: "register" if one.applies_to == (Kind.DATASET,) else "gcp" for one in load_catalogue().controls.values()}
    assert [one.id for one in load_catalogue().controls.values() if not one.remediation.get(told[one.id])] == []


def test_no_dialect_speaks_of_another_clouds_tools():
    wrong = [
        (one.id, dialect, tool)
        for one in load_catalogue().controls.values()
        for dialect, text in one.remediation.items()
        for tool, pattern in TOOLS.items()
        if dialect in TOOLS and tool != dialect and pattern.search(text)
    ]
    assert wrong == []
