"""A kept run as a result again: all that was said, whether few or very many, which are held in files."""

from __future__ import annotations

import random

from tests.store.test_save import keep
from tests.store.worlds import random_world
from tierwise.model.finding import PROBLEMS, Findings
from tierwise.shelf import Named, Shelf
from tierwise.store.read import find_run
from tierwise.store.restore import restored


def restore(store):
    with store.reading() as connection:
        return restored(connection, find_run(connection, "", "last"))


def said(findings):
    """By resource and control; of what is to be mended all that tells it apart."""
    return sorted((one.resource, one.control, one.verdict if one.verdict in PROBLEMS else "", one.tier) for one in findings)


def test_a_run_of_very_many_is_restored_as_one_of_few(store, monkeypatch):
    chance = random.Random(4)
    worlds = [random_world(chance) for _ in range(3)]
    keep(store, *worlds)
    few = restore(store)
    assert isinstance(few.findings.problems, tuple)
    then = worlds[-1].result(3, 7.0)
    assert said(few.findings) == said(then.findings)
    for place in ("shelf.MOST", "store.restore.MOST_PROBLEMS", "store.restore._ROWS"):
        monkeypatch.setattr(f"tierwise.{place}", 1)
    many = restore(store)
    assert isinstance(many.classifications, Named)
    assert isinstance(many.findings.problems, Shelf)
    assert many.findings == few.findings
    assert many.findings.tally == few.findings.tally == Findings.of(list(few.findings)).tally
    assert list(many.resources) == list(few.resources)
    assert dict(many.classifications.items()) == few.classifications
    assert dict(many.by_id.items()) == dict(few.by_id)


def test_what_fails_on_each_resource_stands_where_its_findings_say(store):
    keep(store, random_world(random.Random(9)))
    held = restore(store)
    findings = held.findings
    for place, resource in enumerate(held.resources):
        mine = [one for one in findings if one.resource == resource.id and one.verdict in PROBLEMS]
        assert list(findings.problems[findings.ends[place] : findings.ends[place + 1]]) == mine
