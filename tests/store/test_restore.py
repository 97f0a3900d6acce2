"""A kept run as a result again: all that was said, whether few or very many, which are held in files."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.reports.sample import classification
from tests.store.test_save import keep
from tests.store.worlds import World, random_world
from tierwise.evaluate.compiled import compile_control
from tierwise.evaluate.findings import findings_of
from tierwise.model.attestation import State
from tierwise.model.control import Compare, Control, Op, Severity
from tierwise.model.fact import UNLIMITED, Known, Provenance
from tierwise.model.finding import PROBLEMS, Findings
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Tier
from tierwise.reports.attested import standing_of
from tierwise.shelf import Named, Shelf
from tierwise.store.read import find_run
from tierwise.store.restore import restored
from tierwise.store.save import save


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


def test_how_what_is_attested_stands_is_restored_with_where_it_is_written(store):
    facts = {
        "attested.incident_plan": Known(10.0, Provenance("attested: a.yaml:2, by the owner")),
        "attested.lessons": Known(UNLIMITED, Provenance("rejected: a.yaml:9, its maker approved it")),
        "attested.training": Known(UNLIMITED, Provenance("missing: no attestation names it")),
        "attested.breach_route": Known(400.0, Provenance("attested: a.yaml:16, by the owner")),
    }
    dataset = Resource("dataset:benefits", Kind.DATASET, "dataset", "register", "", "", "benefits", facts=facts)
    controls = {
        one: Control(one, one, "incident", (Kind.DATASET,), {Tier.T2: Compare(name, Op.AT_MOST, 365)}, {Tier.T2: Severity.HIGH}, "", {}, "")
        for one, name in zip("ABCD", facts, strict=True)
    }
    told = {Tier.T3: classification(Tier.T3)}
    findings = findings_of([dataset], {Kind.DATASET: [compile_control(one) for one in controls.values()]}, {dataset.id: told[Tier.T3]}, {})
    made = replace(World({}, {}).result(1), resources=(dataset,), classifications={dataset.id: told[Tier.T3]}, findings=findings)
    save(store, made, series="one", controls=controls)
    found = restore(store)
    for kept, then in zip(found.findings, made.findings, strict=True):
        assert (kept.fingerprint, kept.severity, kept.expected) == (then.fingerprint, Severity.HIGH, then.expected)
    states = {one.control: (one.attested, [part.via for part in one.actual]) for one in found.findings}
    assert states == {one.control: (one.attested, [part.via for part in one.actual]) for one in made.findings}
    assert {control: state for control, (state, _) in states.items()} == {
        "A": State.ATTESTED, "B": State.REJECTED, "C": State.MISSING, "D": State.STALE
    }  # fmt: skip
    assert standing_of(found) == standing_of(made) == {"attested": 1, "stale": 1, "missing": 1, "rejected": 1, "open": 0}
