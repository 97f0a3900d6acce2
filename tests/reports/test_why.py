"""The page that explains one tier, with names that are hostile."""

from __future__ import annotations

import json

from tests.classify.profiles import PROFILE, TODAY, store
from tests.reports.hostile import HOSTILE
from tierwise.classify.why import Case, why
from tierwise.model.register import NO_CORRECTIONS, Register
from tierwise.reports.base import View
from tierwise.reports.why import why_json, why_text

OBEYED = "\x1b\x07\r\u202e\u2028\x9b"


def test_hostile_names_are_explained_harmlessly():
    for number, text in enumerate(HOSTILE):
        one = store(f"patient-records {text}", id=f"id-{number}", tags={"data-class": text})
        found = why(one, Case((one,), PROFILE, Register(), NO_CORRECTIONS, (), TODAY))
        page, made = why_text(found, View(width=200)), why_json([found], View()).decode()
        assert not [char for char in OBEYED if char in page or char in made], text
        assert not [line for line in page.splitlines() if line.lstrip().startswith("::")], text
        assert "##[" not in page + made
        json.loads(made)


def test_the_public_is_told_no_reason_and_no_change():
    one = store("patient-records", tags={"owner": "secret-team"})
    found = why(one, Case((one,), PROFILE, Register(), NO_CORRECTIONS, (), TODAY))
    page, made = why_text(found, View(audience="public")), json.loads(why_json([found], View(audience="public")))
    assert "T3 heightened" in page
    assert (made["resources"][0]["evidence"], made["resources"][0]["changes"]) == ([], [])
    assert "secret-team" not in page
    assert "name-words" not in page
