"""A plan against a live run: matched by id, and told apart by whether the plan touches the resource."""

from __future__ import annotations

from dataclasses import replace

from tests.reports.sample import BUCKET, bucket, finding, result_of
from tests.store.worlds import SERIES
from tierwise.evaluate.against import against, differing_controls
from tierwise.model.change import Action, Change
from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.history import KeptRun, LivePlace, PlanSort, Standing
from tierwise.model.sensitivity import Tier

FAIL, PASS, UNKNOWN, ABSENT = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
RUN = KeptRun(
    "run-1", SERIES, 1, "2026-01-05T09:00:00+00:00", "", "p", "0", (), {"ENC-01": "a", "ENC-02": "b"}, "failed", 1.0, 2, 1, 0, 0, 0
)
ADDRESS = "aws_s3_bucket.patients"


def live(name="patients", id_=BUCKET, *, aliases=(), **verdicts):
    """A live bucket; `c1=FAIL` is the verdict of ENC-01."""
    said = {f"ENC-0{key[1:]}": verdict for key, verdict in verdicts.items()}
    met, absent = (frozenset(control for control, one in said.items() if one is wanted) for wanted in (PASS, ABSENT))
    standings = {
        control: Standing(control, control, id_, one, Severity.HIGH, Tier.T3, False, title="way")
        for control, one in said.items()
        if one in (FAIL, UNKNOWN)
    }
    return LivePlace(id_, "object-store", "aws", name, aliases, met, absent, standings)


def plan(action=Action.UPDATE, aliases=(BUCKET,), **verdicts):
    """The same bucket in a plan that does something to it; None: it stays as it is, and CREATE: it is made anew."""
    planned = replace(bucket("patients", ADDRESS), address=ADDRESS, aliases=aliases, existing=action is not Action.CREATE)
    findings = tuple(finding(int(key[1:]), one, resource=ADDRESS) for key, one in verdicts.items())
    result = result_of(findings, held=() if action is Action.DELETE else (planned,))
    changes = () if action in (None, Action.CREATE) else (Change(ADDRESS, action, planned, destroys=action is Action.DELETE),)
    return replace(result, earlier=changes)


def sorts(found):
    return [(one.sort, one.control, one.before, one.after) for one in found.moves]


def test_what_a_change_breaks_mends_and_leaves_open():
    found = against(
        plan(c1=FAIL, c2=PASS, c3=UNKNOWN, c4=FAIL, c5=FAIL, c6=PASS), RUN, [live(c1=PASS, c2=FAIL, c3=FAIL, c4=FAIL, c5=UNKNOWN, c6=PASS)]
    )
    assert sorts(found) == [
        (PlanSort.BREAKS, "ENC-01", "pass", "fail"),
        (PlanSort.BREAKS, "ENC-05", "unknown", "fail"),
        (PlanSort.MENDS, "ENC-02", "fail", "pass"),
        (PlanSort.OPEN, "ENC-03", "fail", "unknown"),
    ]
    assert (found.matched, found.made, found.untouched, found.stays, found.unmatched) == (1, 0, 0, 1, ())
    assert {(one.resource, one.address) for one in found.moves} == {(BUCKET, ADDRESS)}


def test_what_the_plan_does_not_touch_differs_without_it():
    found = against(plan(None, c1=FAIL, c2=PASS, c3=UNKNOWN), RUN, [live(c1=PASS, c2=FAIL, c3=FAIL)])
    assert sorts(found) == [(PlanSort.DIFFERS, "ENC-01", "pass", "fail"), (PlanSort.DIFFERS, "ENC-02", "fail", "pass")]


def test_what_is_made_anew_has_no_before_and_what_is_deleted_no_after():
    made = against(plan(Action.CREATE, aliases=(), c1=FAIL, c2=UNKNOWN), RUN, [live("other", "arn:aws:s3:::other")])
    assert (sorts(made), made.made, made.untouched) == ([(PlanSort.BREAKS, "ENC-01", "", "fail")], 1, 1)
    gone = against(plan(Action.DELETE), RUN, [live(c1=FAIL, c2=UNKNOWN, c3=PASS)])
    assert (sorts(gone), gone.matched, gone.untouched) == ([(PlanSort.GOES, "ENC-01", "fail", "")], 1, 0)


def test_a_resource_is_matched_by_id_or_by_a_name_that_one_alone_has():
    cases = [
        ((BUCKET,), [live()], 1),
        ((BUCKET.upper(),), [live()], 1),
        (("key-1",), [live(aliases=("key-1",))], 1),
        ((), [live()], 1),
        ((), [live(), live(id_="arn:aws:s3:::patients-2")], 0),
        ((BUCKET,), [live(), live(id_="arn:aws:s3:::patients-2")], 1),
        ((BUCKET,), [replace(live("other"), kind="log-store")], 0),
        ((), [replace(live(), provider="gcp")], 0),
    ]
    for number, (aliases, there, matched) in enumerate(cases):
        found = against(plan(aliases=aliases), RUN, there)
        assert (found.matched, found.unmatched) == (matched, () if matched else (ADDRESS,)), number


def test_controls_that_ask_otherwise_are_counted():
    assert differing_controls(RUN, {"ENC-01": "a", "ENC-02": "other", "ENC-03": "c"}) == 2
